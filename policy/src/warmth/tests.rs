//! Who is known to hold what, and for how long.

use proptest::prelude::*;

use super::*;

const NOW: u64 = 1_800_000_000_000;
const TTL_MS: u64 = 300_000;

fn of(body: &[u8]) -> PrefixHashes {
    PrefixHashes::of([body], 7)
}

fn tokens(tokens: u64) -> Held {
    Held {
        tokens,
        ttl_ms: TTL_MS,
    }
}

/// A body without a repetition.
fn body(bytes: usize, seed: u64) -> Vec<u8> {
    let words = (0..).map(|n: u64| (n ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    words.flat_map(u64::to_be_bytes).take(bytes).collect()
}

#[test]
fn a_prompt_that_goes_on_is_warm_where_its_beginning_was() {
    let warmth = Warmth::new();
    let long = body(20_000, 1);
    warmth.note(5, &of(&long[..9_000]), tokens(2_300), NOW);
    assert_eq!(warmth.warm_tokens(5, &of(&long), NOW), 2_300);
    assert_eq!(warmth.warm_tokens(6, &of(&long), NOW), 0);
    assert!(warmth.find(&of(&body(20_000, 2)), NOW).is_empty());
    // One that shares only the first 4 KiB has no more of it than fits in there.
    let mut other = long.clone();
    other[5_000] ^= 1;
    assert_eq!(warmth.warm_tokens(5, &of(&other), NOW), 1_024);
}

#[test]
fn each_deployment_is_known_by_the_longest_prefix_that_it_holds() {
    let warmth = Warmth::new();
    let long = body(40_000, 1);
    warmth.note(1, &of(&long[..5_000]), tokens(1_100), NOW);
    warmth.note(2, &of(&long[..33_000]), tokens(9_000), NOW);
    let warm = warmth.find(&of(&long), NOW);
    assert_eq!(warm.iter().collect::<Vec<_>>(), [(2, 9_000), (1, 1_100)]);
    warmth.note(1, &of(&long), tokens(11_000), NOW);
    assert_eq!(warmth.warm_tokens(1, &of(&long), NOW), 11_000);
    assert_eq!(warmth.warm_tokens(1, &of(&long[..5_000]), NOW), 1_100);
}

#[test]
fn what_a_cache_held_is_cold_when_its_time_is_over() {
    let warmth = Warmth::new();
    let hashes = of(&body(5_000, 1));
    warmth.note(1, &hashes, tokens(1_100), NOW);
    assert_eq!(warmth.warm_tokens(1, &hashes, NOW + TTL_MS - 1), 1_100);
    assert_eq!(warmth.warm_tokens(1, &hashes, NOW + TTL_MS), 0);
    let forever = Held {
        ttl_ms: u64::MAX,
        ..tokens(1)
    };
    warmth.note(1, &hashes, forever, NOW);
    assert_eq!(warmth.warm_tokens(1, &hashes, NOW + WARM_MS_MAX), 0);
}

#[test]
fn an_answer_that_found_nothing_cached_makes_it_cold() {
    let warmth = Warmth::new();
    let hashes = of(&body(70_000, 1));
    warmth.note(1, &hashes, tokens(9_000), NOW);
    warmth.note(2, &hashes, tokens(9_000), NOW);
    warmth.note(1, &hashes, tokens(0), NOW);
    assert_eq!(warmth.warm_tokens(1, &hashes, NOW), 0);
    assert_eq!(warmth.warm_tokens(2, &hashes, NOW), 9_000);
    warmth.note(2, &hashes, tokens(0), NOW);
    assert!(warmth.is_empty());
}

#[test]
fn a_session_is_warm_whatever_its_prompts_are() {
    let warmth = Warmth::new();
    let session = PrefixHashes::session(b"4711", 7);
    warmth.note(3, &session, tokens(500), NOW);
    let again = PrefixHashes::session(b"4711", 7);
    assert_eq!(warmth.warm_tokens(3, &again, NOW), 500);
    let other = PrefixHashes::session(b"4712", 7);
    assert_eq!(warmth.warm_tokens(3, &other, NOW), 0);
}

#[test]
fn of_five_holders_the_first_to_go_cold_is_forgotten() {
    let warmth = Warmth::new();
    let hashes = of(&body(5_000, 1));
    for deployment in 0..5 {
        warmth.note(deployment, &hashes, tokens(1_000), NOW + deployment);
    }
    let warm = warmth.find(&hashes, NOW + 4);
    let mut holders: Vec<_> = warm.iter().map(|(deployment, _)| deployment).collect();
    holders.sort_unstable();
    assert_eq!(holders, [1, 2, 3, 4]);
}

#[test]
fn the_table_is_bounded_and_forgets_what_was_noted_longest_ago() {
    let warmth = Warmth::new();
    let session = |n: usize| PrefixHashes::session(&n.to_be_bytes(), 7);
    let kept = session(0);
    for n in 0..3 * PREFIXES_MAX {
        warmth.note(1, &session(n), tokens(9), NOW);
        if n % 1_000 == 0 {
            warmth.note(1, &kept, tokens(9), NOW);
        }
    }
    assert_eq!((warmth.len(), PREFIXES_MAX), (65_536, 65_536));
    let last = 3 * PREFIXES_MAX - 1;
    assert_eq!(warmth.warm_tokens(1, &session(last), NOW), 9);
    assert_eq!(warmth.warm_tokens(1, &kept, NOW), 9);
    assert_eq!(warmth.warm_tokens(1, &session(1), NOW), 0);
}

#[test]
fn a_body_has_a_hash_for_each_length_that_it_reaches() {
    let long = body(300_000, 1);
    let count = |bytes: usize| of(&long[..bytes]).longest_first().count();
    assert_eq!((count(4_095), count(4_096), count(8_191)), (0, 1, 1));
    assert_eq!((count(262_143), count(262_144), count(300_000)), (6, 7, 7));
    assert!(of(&long[..4_095]).is_empty());
    assert_eq!(of(&long), of(&long[..262_144]));
    assert_ne!(of(&long), PrefixHashes::of([&long[..]], 8));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn hashes_do_not_depend_on_how_a_body_is_cut(
        cuts in prop::collection::vec(0..40_000_usize, 0..12),
        bytes in 0..40_000_usize,
    ) {
        let whole = body(bytes, 3);
        let mut rest = &whole[..];
        let mut chunks = Vec::new();
        for cut in cuts {
            let (chunk, after) = rest.split_at(cut.min(rest.len()));
            chunks.push(chunk);
            rest = after;
        }
        chunks.push(rest);
        prop_assert_eq!(PrefixHashes::of(chunks, 7), of(&whole));
    }
}
