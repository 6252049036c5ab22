//! Reservations that experience has made: small enough for many, large enough to hold.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::{account, hard, money, with};
use crate::harness::{Quotah, Request, eventually, provider};

/// A model of our own at 20 USD per million output tokens.
const PRICE: &str = "[[prices]]\nprovider = \"openai\"\nmodel = \"agent\"\ninput_usd_per_mtok = \"1\"\noutput_usd_per_mtok = \"20\"\n";

const LIMIT: u64 = 5_000_000_000_000;

/// What a coding agent asks for.
const BODY: &str =
    r#"{"model":"agent","max_tokens":128000,"messages":[{"role":"user","content":"fix it"}]}"#;

fn ask(quotah: &Quotah, output: u64) -> u16 {
    let request = Request::post("/v1/chat/completions", BODY);
    quotah
        .send(&request.header("x-mock-output", &output.to_string()))
        .status
}

#[test]
fn eight_agents_that_ask_for_128_000_tokens_and_use_300_are_not_refused_before_the_money_is_gone() {
    let provider = provider();
    let tables = [
        PRICE.to_owned(),
        hard("agents", LIMIT, "window = \"total\"\n"),
    ]
    .concat();
    let quotah = with(&provider, &tables).start();
    for call in 0..20 {
        assert_eq!(ask(&quotah, 280 + 2 * call), 200, "call {call}");
    }
    let refused = AtomicUsize::new(0);
    thread::scope(|scope| {
        for agent in 0..8_u64 {
            let (quotah, refused) = (&quotah, &refused);
            scope.spawn(move || {
                for call in 0..75 {
                    // 600 calls of 300 tokens cost 3.60 USD and some input.
                    if ask(quotah, 270 + (agent * 13 + call * 7) % 60) != 200 {
                        refused.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(refused.into_inner(), 0);
    let agents = account(&quotah, "agents", "");
    assert_eq!(money(&agents, "reserved_usd"), 0);
    assert!(money(&agents, "spent_usd") > 3_600_000_000_000, "{agents}");
}

#[test]
fn outputs_that_suddenly_grow_are_capped_and_never_pass_the_budget() {
    let provider = provider();
    let tables = [
        PRICE.to_owned(),
        hard("agents", LIMIT, "window = \"total\"\n"),
    ]
    .concat();
    let quotah = with(&provider, &tables).start();
    for _ in 0..30 {
        assert_eq!(ask(&quotah, 300), 200);
    }
    // The mock gives as much as it may from here on, as a provider does that was told a cap.
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let long = Request::post("/v1/chat/completions", BODY).header("x-mock-fill", "1");
                while quotah.send(&long).status == 200 {}
            });
        }
    });
    eventually("nothing is set aside", || {
        (money(&account(&quotah, "agents", ""), "reserved_usd") == 0).then_some(())
    });
    let agents = account(&quotah, "agents", "");
    assert!(money(&agents, "spent_usd") <= LIMIT, "{agents}");
    // How much is left in the end depends on who came last: an eighth of the room at most is given to one.
    assert!(money(&agents, "spent_usd") > LIMIT / 10 * 8, "{agents}");
}

#[test]
fn a_plain_answer_is_capped_at_what_it_holds_only_where_that_is_less_than_its_client_allows() {
    let provider = provider();
    let tables = [
        PRICE.to_owned(),
        hard("agents", LIMIT, "window = \"total\"\n"),
    ]
    .concat();
    let quotah = with(&provider, &tables).start();
    let sent = |body: &str| {
        let answer = quotah.post("/v1/chat/completions", body);
        assert_eq!(answer.status, 200);
        let seen = provider.requests();
        let body = String::from_utf8_lossy(&seen.last().expect("seen").body).into_owned();
        (
            answer.header("x-quotah-max-tokens").map(str::to_owned),
            body,
        )
    };
    // Without experience: the prior of 1024 tokens, eight times.
    let (told, body) = sent(BODY);
    assert_eq!(told.as_deref(), Some("8192"));
    assert_eq!(body, BODY.replace("128000", "8192"));
    let small = BODY.replace("128000", "50");
    let (told, body) = sent(&small);
    assert_eq!((told, body), (None, small));
    let stream = BODY.replace(
        "{\"model\"",
        "{\"stream\":true,\"stream_options\":{\"include_usage\":true},\"model\"",
    );
    let (told, body) = sent(&stream);
    assert_eq!((told, body), (None, stream), "a stream can be cut");
}
