use std::collections::HashSet;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

const NOW: u64 = 1_790_000_000_000;

fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
    let line = |(name, value): &(&'static str, &'static str)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    };
    lines.iter().map(line).collect()
}

fn asking(headers: &HeaderMap) -> Asking<'_> {
    Asking {
        tenant: Tenant::Anonymous,
        route: &["fast", "openai/gpt"],
        dialect: "openai",
        operation: "chat",
        method: "POST",
        path: "/v1/chat/completions?a=b",
        headers,
        body: &[],
    }
}

fn answer(body_bytes: usize, ttl: Duration) -> Kept {
    let mut copying = Copying::begin(&HeaderMap::new(), usize::MAX);
    assert!(copying.take(&vec![b'x'; body_bytes]));
    copying.keep(Worth::default(), NOW, ttl)
}

fn key(number: usize) -> CacheKey {
    let text = number.to_string();
    CacheKey::of(&Asking {
        operation: &text,
        ..asking(&HeaderMap::new())
    })
}

fn settings(bytes_max: u64) -> CacheSettings {
    CacheSettings {
        bytes_max,
        ..CacheSettings::default()
    }
}

const HOUR: Duration = Duration::from_secs(3_600);

/// Each by itself makes another key.
const TELLING: [(&str, &str); 15] = [
    ("authorization", "Bearer one"),
    ("authorization", "Bearer two"),
    ("x-api-key", "Bearer one"),
    ("cookie", "a=b"),
    ("x-my-auth", "me"),
    ("accept", "text/event-stream"),
    ("accept-encoding", "gzip"),
    ("content-type", "application/json"),
    ("anthropic-version", "2023-06-01"),
    ("anthropic-beta", "a"),
    ("anthropic-beta", "ab"),
    ("openai-beta", "a"),
    ("openai-organization", "a"),
    ("openai-project", "a"),
    ("x-quotah-provider", "a"),
];

#[test]
fn every_part_makes_another_key() {
    let none = HeaderMap::new();
    let base = asking(&none);
    let of = |lines: &[(&'static str, &'static str)]| {
        CacheKey::of(&Asking {
            headers: &headers(lines),
            ..base
        })
    };
    let body = |pieces: &[&'static str]| {
        let pieces: Vec<_> = pieces
            .iter()
            .map(|piece| Bytes::from_static(piece.as_bytes()))
            .collect();
        CacheKey::of(&Asking {
            body: &pieces,
            ..base
        })
    };
    let with = |asking: Asking<'_>| CacheKey::of(&asking);
    let keys = [
        with(base),
        with(Asking {
            tenant: Tenant::Key("red"),
            ..base
        }),
        with(Asking {
            tenant: Tenant::Key("blue"),
            ..base
        }),
        with(Asking {
            route: &["fast", "openai/other"],
            ..base
        }),
        with(Asking {
            route: &["fastopenai/gpt"],
            ..base
        }),
        with(Asking {
            dialect: "anthropic",
            ..base
        }),
        with(Asking {
            operation: "completions",
            ..base
        }),
        with(Asking {
            method: "PUT",
            ..base
        }),
        with(Asking {
            path: "/v1/chat/completions",
            ..base
        }),
        of(&[("anthropic-beta", "a"), ("anthropic-beta", "b")]),
        body(&["{}"]),
        body(&["{} "]),
    ];
    let telling = TELLING.iter().map(|line| of(&[*line]));
    let keys: Vec<_> = keys.into_iter().chain(telling).collect();
    let distinct: HashSet<_> = keys.iter().collect();
    assert_eq!(distinct.len(), keys.len());
}

#[test]
fn how_the_bytes_came_and_what_sdks_tell_of_themselves_makes_no_other_key() {
    let none = HeaderMap::new();
    let base = asking(&none);
    let body = |pieces: &[&'static str]| {
        let pieces: Vec<_> = pieces
            .iter()
            .map(|piece| Bytes::from_static(piece.as_bytes()))
            .collect();
        CacheKey::of(&Asking {
            body: &pieces,
            ..base
        })
    };
    assert_eq!(body(&["{", "}"]), body(&["{}"]));
    // What changes with every request is no part of it either.
    let told = headers(&[
        ("user-agent", "sdk"),
        ("x-stainless-lang", "rust"),
        ("idempotency-key", "1"),
        ("x-quotah-cache", "refresh"),
    ]);
    let with_told = CacheKey::of(&Asking {
        headers: &told,
        ..base
    });
    assert_eq!(with_told, CacheKey::of(&base));
}

#[test]
fn a_credential_in_the_query_tells_tenants_apart_and_is_no_part_of_the_path() {
    let none = HeaderMap::new();
    let of = |tenant, path| {
        CacheKey::of(&Asking {
            tenant,
            path,
            ..asking(&none)
        })
    };
    let (one, two) = ("/v1beta/m?key=one&alt=sse", "/v1beta/m?key=two&alt=sse");
    assert_ne!(of(Tenant::Anonymous, one), of(Tenant::Anonymous, two));
    let key = Tenant::Key("red");
    assert_eq!(of(key, one), of(key, two));
    assert_eq!(of(key, one), of(key, "/v1beta/m?alt=sse"));
}

#[test]
fn an_answer_comes_back_in_its_pieces_without_what_was_for_its_first_client() {
    let lines = headers(&[
        ("content-type", "text/event-stream"),
        ("date", "Sat, 21 Nov 2026 00:00:00 GMT"),
        ("set-cookie", "a=b"),
        ("x-ratelimit-remaining-requests", "5"),
        ("anthropic-ratelimit-tokens-remaining", "5"),
        ("x-quotah-request-id", "1"),
        ("retry-after", "1"),
        ("x-request-id", "theirs"),
    ]);
    let mut copying = Copying::begin(&lines, 10);
    for piece in ["data", "", ": 1\n", "\n"] {
        assert!(copying.take(piece.as_bytes()));
    }
    let kept = copying.keep(Worth::default(), NOW, HOUR);
    let pieces: Vec<_> = (0..9).map_while(|index| kept.piece(index)).collect();
    assert_eq!(pieces, ["data", ": 1\n", "\n"]);
    let map = kept.header_map();
    let names: Vec<_> = map.keys().map(HeaderName::as_str).collect();
    assert_eq!(names, ["content-type", "date", "x-request-id"]);
    assert_eq!(kept.body_bytes(), 9);
}

#[test]
fn an_answer_beyond_the_bound_is_given_up() {
    let mut copying = Copying::begin(&HeaderMap::new(), 5);
    assert!(copying.take(b"12345"));
    assert!(!copying.take(b"6"));
    let mut crumbs = Copying::begin(&HeaderMap::new(), usize::MAX);
    let taken = (0..100_000).take_while(|_| crumbs.take(b"x")).count();
    assert_eq!(taken, 65_536);
}

#[test]
fn an_answer_is_given_until_its_time_is_over() {
    let cache = Cache::new(settings(1 << 20));
    let (short, long) = (Duration::from_millis(1_500), HOUR);
    cache.put(key(1), answer(10, short));
    cache.put(key(2), answer(10, long));
    assert!(cache.get(&key(1), NOW + 1_499).is_some());
    assert!(cache.get(&key(1), NOW + 1_500).is_none());
    assert!(cache.get(&key(2), NOW + 1_500).is_some());
    assert!(cache.get(&key(3), NOW).is_none());
    // Put again, it lives as long as the new one says.
    cache.put(key(1), answer(11, long));
    let again = cache.get(&key(1), NOW + 1_500).unwrap();
    assert_eq!((again.body_bytes(), again.ttl()), (11, HOUR));
}

#[test]
fn there_are_never_more_bytes_than_the_bound_and_the_oldest_make_room() {
    const BYTES_MAX: u64 = 100_000;
    let cache = Cache::new(settings(BYTES_MAX));
    let one = answer(1_000, HOUR).bytes();
    for number in 0..500 {
        cache.put(key(number), answer(1_000, HOUR));
        let bytes = cache.bytes();
        assert!(bytes <= BYTES_MAX, "{bytes} after {number}");
    }
    let room = usize::try_from(BYTES_MAX).unwrap() / one;
    assert_eq!(cache.bytes(), (room * one) as u64);
    let kept: Vec<_> = (0..500)
        .filter(|number| cache.get(&key(*number), NOW).is_some())
        .collect();
    assert_eq!(kept, (500 - room..500).collect::<Vec<_>>());
    cache.put(key(999), answer(100_001, HOUR));
    assert!(cache.get(&key(999), NOW).is_none(), "larger than all of it");
}

#[test]
fn other_settings_empty_it_only_if_there_is_other_room() {
    let cache = Cache::new(settings(1 << 20));
    cache.put(key(1), answer(10, HOUR));
    cache.apply(CacheSettings {
        ttl: Duration::ZERO,
        ..settings(1 << 20)
    });
    assert!(cache.get(&key(1), NOW).is_some());
    cache.apply(settings(1 << 19));
    assert!(cache.get(&key(1), NOW).is_none());
    cache.apply(settings(0));
    cache.put(key(1), answer(10, HOUR));
    assert!(cache.get(&key(1), NOW).is_none(), "no room at all");
    assert_eq!(cache.bytes(), 0);
}
