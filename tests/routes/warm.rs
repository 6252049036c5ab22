//! A prompt stays with the deployment whose cache holds it, while that is worth more than another's lower price.

use quotah_bench::mock::{Directives, Rule, Script};

use super::{served_by, two};
use crate::harness::Request;

/// A plain answer to a prompt of 2,100 tokens of which none came from a cache.
const ANSWER: &str = r#"{"id":"1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":2100,"completion_tokens":1,"total_tokens":2101,"prompt_tokens_details":{"cached_tokens":0}}}"#;

/// `b` is cheaper by its list, `a` for what its cache holds.
fn route(more: &str) -> String {
    let price = |provider: &str, input: &str, cached: &str| {
        format!(
            "[[prices]]\nprovider = \"{provider}\"\nmodel = \"m\"\neffective_from = \"2026-01-01\"\n\
             input_usd_per_mtok = \"{input}\"\ncached_input_usd_per_mtok = \"{cached}\"\noutput_usd_per_mtok = \"1\"\n"
        )
    };
    format!(
        "[[models]]\nname = \"m\"\nroute = \"cheapest\"\n{more}\n\
         deployments = [{{ provider = \"a\", model = \"m\" }}, {{ provider = \"b\", model = \"m\" }}]\n\n{}{}",
        price("a", "10", "1"),
        price("b", "9", "9")
    )
}

fn answering() -> Script {
    Script::always(Directives {
        body: Some(ANSWER.into()),
        ..Directives::default()
    })
}

/// A conversation that begins with 8 KiB of `letter` and goes on with a word.
fn turn(letter: &str, word: &str) -> Request {
    let system = letter.repeat(8 << 10);
    let body = format!(
        r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"system","content":"{system}"}},{{"role":"user","content":"{word}"}}]}}"#
    );
    Request::post("/v1/chat/completions", body)
}

#[test]
fn a_prompt_goes_where_its_beginning_is_cached_and_another_where_the_list_price_is_lower() {
    let (a, b, quotah) = two(&route(""));
    a.set(answering());
    let fails_once = Rule {
        directives: Directives {
            status: Some(503),
            ..Directives::default()
        },
        times: Some(1),
        ..Rule::default()
    };
    b.set(Script::default().then(fails_once).then(Rule {
        directives: Directives {
            body: Some(ANSWER.into()),
            ..Directives::default()
        },
        ..Rule::default()
    }));
    let first = quotah.send(&turn("x", "one"));
    assert_eq!(served_by(&first).0, "a", "b had failed");
    let next = quotah.send(&turn("x", "two"));
    assert_eq!(served_by(&next).0, "a", "its cache holds the prompt");
    let other = quotah.send(&turn("y", "one"));
    assert_eq!(served_by(&other).0, "b", "nobody holds this one");
    let entry = quotah.entry(&next);
    let shown = quotah.admin_json(&format!("/admin/v1/requests/{}", entry.str("id")));
    let of_a = &shown["decision"]["candidates"][0];
    assert_eq!(of_a["deployment"], "a/m");
    assert!(of_a["warm_tokens"].as_u64() >= Some(2_000), "{of_a}");
    // 2,100 x 9 + 1 x 1 millionths.
    assert_eq!(entry.u64("would_have_cost_nanousd"), 18_901_000);
    assert_eq!(entry.str("alternative"), "b/m");
}

#[test]
fn a_session_named_by_a_header_stays_where_it_is() {
    let (a, b, quotah) = two(&route("session_header = \"x-session\""));
    a.set(answering());
    b.set(Script::always(Directives {
        status: Some(503),
        ..Directives::default()
    }));
    let ask = |session: &str| quotah.send(&turn("z", "one").header("x-session", session));
    assert_eq!(served_by(&ask("s1")).0, "a");
    b.set(answering());
    assert_eq!(served_by(&ask("s1")).0, "a");
    assert_eq!(
        served_by(&ask("s2")).0,
        "b",
        "another session, whatever its prompt"
    );
}
