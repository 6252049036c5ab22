//! Routes of several dialects: fallbacks across them, and the bytes that stay what they were.

use quotah_bench::mock::{Directives, Mock, Script};

use super::{Caller, DEPLOYMENTS};
use crate::harness::{Config, Quotah, Request, provider, served};

/// `first` and `second` are mocks, reached as OpenAI's and Anthropic's; `own` asks OpenAI's first, `other` Anthropic's.
fn mixed() -> (Mock, Mock, Quotah) {
    let (first, second) = (provider(), provider());
    let quotah = Config::empty()
        .provider("openai", "openai", &first.url(), "inject_usage = false")
        .provider("anthropic", "anthropic", &second.url(), "")
        .patient()
        .route(
            "own",
            "",
            &["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"],
        )
        .route(
            "other",
            "",
            &["anthropic/claude-haiku-4-5", "openai/gpt-4o-mini"],
        )
        .start();
    (first, second, quotah)
}

fn failing() -> Script {
    Script::always(Directives {
        status: Some(503),
        ..Directives::default()
    })
}

#[test]
fn a_request_falls_back_to_another_dialect_and_from_it() {
    let (openai, anthropic, quotah) = mixed();
    for caller in [Caller::Chat, Caller::Messages] {
        for streams in [false, true] {
            for (route, failed) in [("own", &openai), ("other", &anthropic)] {
                openai.set(Script::default());
                anthropic.set(Script::default());
                failed.set(failing());
                let answer = quotah.send(&caller.ask(route, streams));
                let what = format!("{caller:?} {route} {streams}");
                assert_eq!(answer.status, 200, "{what}: {}", answer.text());
                assert_eq!(answer.header("x-quotah-attempts"), Some("2"), "{what}");
                assert!(caller.text(&answer, streams).contains("token"), "{what}");
                let entry = quotah.entry(&answer);
                assert_eq!(entry.str("outcome"), "ok", "{what}");
                let is_own = (caller == Caller::Chat) == (route == "other");
                let dialect = match (is_own, caller) {
                    (true, _) => "",
                    (false, Caller::Chat) => "anthropic",
                    (false, _) => "openai",
                };
                assert_eq!(entry.str("translated_to"), dialect, "{what}");
            }
        }
    }
}

#[test]
fn a_deployment_of_the_clients_own_dialect_gets_and_gives_the_same_bytes_in_a_mixed_route() {
    let (openai, _anthropic, quotah) = mixed();
    for stream in ["", r#","stream":true"#] {
        openai.forget();
        let body = format!(
            "{{ \"model\" : \"own\",\n\t\"messages\":[{{\"role\":\"user\",\"content\":\"\\u0041\"}}],\"odd\":1e2{stream} }}"
        );
        let answer = quotah.send(&Request::post(DEPLOYMENTS[0].path, &body));
        let seen = &served(&openai, 1)[0];
        let sent = body.replace("\"own\"", "\"gpt-4o-mini\"");
        assert_eq!(String::from_utf8_lossy(&seen.body), sent);
        assert_eq!(answer.body, seen.answer, "{stream}");
        assert_eq!(quotah.entry(&answer).str("translated_to"), "");
    }
}
