//! Streams that run into the end of a budget: cut in their dialect, within a chunk of what was left.

use quotah_bench::mock::Mock;

use super::{account, hard, money, spent, with};
use crate::harness::{End, Quotah, Request, eventually, provider, served};

/// One request of each dialect that streams and caps nothing, with its model.
const STREAMS: [(&str, &str, &str); 3] = [
    (
        "gpt-4o-mini",
        "/v1/chat/completions",
        r#"{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"hi"}]}"#,
    ),
    (
        "claude-haiku-4-5",
        "/v1/messages",
        r#"{"model":"claude-haiku-4-5","stream":true,"messages":[{"role":"user","content":"hi"}]}"#,
    ),
    (
        "gemini-2.5-flash",
        "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#,
    ),
];

/// Content chunks of the mock's long streams; a token each.
const CHUNKS: u64 = 4_000;

fn long(target: &str, body: &str) -> Request {
    Request::post(target, body)
        .header("x-mock-chunks", &CHUNKS.to_string())
        .header("x-mock-text-bytes", "4")
        .header("x-mock-delay-ms", "1")
}

fn running_into(limit_picousd: u64) -> (Mock, Quotah) {
    let provider = provider();
    let quotah = with(
        &provider,
        &hard("small", limit_picousd, "window = \"total\"\n"),
    )
    .start();
    (provider, quotah)
}

#[test]
fn a_stream_that_uses_a_budget_up_is_cut_in_its_dialect_and_never_over_the_limit() {
    for (model, target, body) in STREAMS {
        // Some hundred tokens of the dearest of them.
        let limit = 2_000_000_000;
        let (provider, quotah) = running_into(limit);
        let answer = quotah.send(&long(target, body));
        assert_eq!((answer.status, answer.end), (200, End::Cut), "{model}");
        let text = answer.text();
        assert!(
            text.contains("budget \\\"small\\\" is exhausted"),
            "{model}: {text}"
        );
        let entry = quotah.entry(&answer);
        assert_eq!(entry.str("outcome"), "cut_by_budget", "{model}");
        assert_eq!(entry.str("reason"), "insufficient_quota", "{model}");
        assert!(entry.u64("output_tokens") > 0, "{model}");
        let small = account(&quotah, "small", "");
        assert_eq!(money(&small, "reserved_usd"), 0, "{model}");
        assert_eq!(money(&small, "spent_usd"), spent([&entry]), "{model}");
        assert!(money(&small, "spent_usd") <= limit, "{model}: {small}");
        // What the provider had made by then: what is booked, and what was on its way while this machine did something else.
        let billed = served(&provider, 1)[0].billed;
        assert!(
            billed.output <= entry.u64("output_tokens") + CHUNKS / 4,
            "{model}: {billed:?}"
        );
        // The next ones take what is left, and in the end none is begun.
        let mut until_refused = (0..200).map(|_| quotah.send(&long(target, body)));
        let refused = until_refused.find(|answer| answer.status != 200);
        let refused = refused.expect("a refusal");
        assert_eq!(refused.status, 429, "{model}");
        assert_eq!(refused.header("x-should-retry"), Some("false"), "{model}");
        assert!(
            money(&account(&quotah, "small", ""), "spent_usd") <= limit,
            "{model}"
        );
    }
}

#[test]
fn several_streams_share_what_is_left_and_are_cut_when_it_is_gone() {
    let limit = 1_000_000_000;
    let (_provider, quotah) = running_into(limit);
    let (_, target, body) = STREAMS[0];
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let answer = quotah.send(&long(target, body));
                assert!(matches!(
                    (answer.status, answer.end),
                    (200, End::Cut) | (429, _)
                ));
            });
        }
    });
    eventually("all is settled", || {
        (money(&account(&quotah, "small", ""), "reserved_usd") == 0).then_some(())
    });
    assert!(money(&account(&quotah, "small", ""), "spent_usd") <= limit);
}

#[test]
fn a_stream_that_nobody_reads_any_more_is_not_read_on_beyond_the_budget() {
    let provider = provider();
    let limit = 1_000_000_000;
    let config = with(&provider, &hard("small", limit, "window = \"total\"\n"));
    let quotah = config.server("on_client_disconnect = \"drain\"").start();
    let (_, target, body) = STREAMS[0];
    let mut conn = quotah.connect();
    conn.send(long(target, body).bytes());
    conn.read_exact(600);
    drop(conn);
    let entries = quotah.ledger_of(1);
    assert_eq!(entries[0].str("outcome"), "client_gone");
    assert!(spent(&entries) <= limit, "{entries:?}");
    assert!(served(&provider, 1)[0].billed.output < CHUNKS);
}
