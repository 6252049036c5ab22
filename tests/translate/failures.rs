//! Errors arrive in the client's dialect, as the class that its SDK's users catch; what breaks off is seen to.

use quotah_bench::mock::{Cut, Directives, Script};

use super::{Caller, gateway, pairs, says};
use crate::harness::{End, Response, eventually, served};

/// Where a caller's errors say what they are.
fn class(caller: Caller, answer: &Response) -> String {
    let json = answer.json();
    let place = match caller {
        Caller::Chat | Caller::Responses => "/error/message",
        Caller::Messages => "/error/type",
        Caller::Generate => "/error/status",
    };
    super::text_at(&json, place)
}

#[test]
fn a_refusal_has_the_callers_status_and_words() {
    let (provider, quotah) = gateway("");
    for (caller, to) in pairs() {
        for (status, anthropic, gemini) in [
            (400, "invalid_request_error", "INVALID_ARGUMENT"),
            (429, "rate_limit_error", "RESOURCE_EXHAUSTED"),
            (500, "api_error", "INTERNAL"),
        ] {
            provider.set(Script::always(Directives {
                status: Some(status),
                ..Directives::default()
            }));
            let what = format!("{caller:?} {} {status}", to.route);
            let answer = quotah.send(&caller.ask(to.route, false));
            assert_eq!(answer.status, status, "{what}: {}", answer.text());
            let said = class(caller, &answer);
            match caller {
                Caller::Chat | Caller::Responses => assert!(!said.is_empty(), "{what}"),
                Caller::Messages => assert_eq!(said, anthropic, "{what}"),
                Caller::Generate => assert_eq!(said, gemini, "{what}"),
            }
            let entry = quotah.entry(&answer);
            assert_eq!(entry.str("outcome"), "upstream_error", "{what}");
            assert_eq!(entry.u64("status"), u64::from(status), "{what}");
            assert_eq!(entry.0["cost_nanousd"], serde_json::Value::Null, "{what}");
        }
    }
}

#[test]
fn an_error_in_mid_stream_is_told_in_the_callers_dialect_after_what_came_before() {
    let (provider, quotah) = gateway("");
    says(
        &provider,
        Directives {
            error_at: Some(2),
            ..Directives::default()
        },
    );
    for (caller, to) in pairs() {
        let what = format!("{caller:?} {}", to.route);
        let answer = quotah.send(&caller.ask(to.route, true));
        assert_eq!(answer.status, 200, "{what}");
        let text = answer.text();
        assert!(text.contains("error"), "{what}: {text}");
        assert_eq!(
            caller.text(&answer, true),
            super::SAID.repeat(2),
            "{what}: {text}"
        );
        assert_eq!(
            quotah.entry(&answer).str("outcome"),
            "upstream_error",
            "{what}"
        );
    }
}

#[test]
fn a_stream_that_breaks_off_is_broken_off_visibly_and_never_looks_complete() {
    let (provider, quotah) = gateway("");
    says(
        &provider,
        Directives {
            cut_body_at: Some(1_200),
            cut: Cut::Close,
            ..Directives::default()
        },
    );
    for (caller, to) in pairs() {
        let what = format!("{caller:?} {}", to.route);
        let answer = quotah.send(&caller.ask(to.route, true));
        assert_eq!(answer.end, End::Cut, "{what}: {}", answer.text());
        assert!(
            !answer.text().contains(caller.end()),
            "{what}: {}",
            answer.text()
        );
        assert_eq!(
            quotah.entry(&answer).str("outcome"),
            "upstream_error",
            "{what}"
        );
    }
}

#[test]
fn an_answer_that_is_not_the_dialects_is_a_502_and_is_on_the_books() {
    let (provider, quotah) = gateway("");
    says(
        &provider,
        Directives {
            body: Some("[1,2".into()),
            ..Directives::default()
        },
    );
    for (caller, to) in pairs() {
        let answer = quotah.send(&caller.ask(to.route, false));
        let what = format!("{caller:?} {}: {}", to.route, answer.text());
        assert_eq!(answer.status, 502, "{what}");
        let entry = quotah.entry(&answer);
        assert_eq!(entry.str("outcome"), "upstream_error", "{what}");
        assert_eq!(entry.str("reason"), "untranslatable", "{what}");
        assert_eq!(entry.u64("status"), 502, "{what}");
    }
}

#[test]
fn a_stream_that_uses_a_budget_up_is_cut_between_events_in_the_callers_dialect() {
    for (caller, to) in pairs() {
        let what = format!("{caller:?} {}", to.route);
        let (provider, quotah) = gateway(
            "[[budgets]]\nid = \"small\"\nlimit_usd = \"0.002\"\nmode = \"hard\"\nwindow = \"total\"\n",
        );
        provider.set(Script::always(Directives {
            chunks: Some(4_000),
            text_bytes: Some(4),
            delay: std::time::Duration::from_millis(1),
            ..Directives::default()
        }));
        let answer = quotah.send(&caller.ask(to.route, true));
        let entry = quotah.entry(&answer);
        if entry.str("outcome") == "ok" {
            // Whoever capped its own output got all of it.
            assert_eq!(caller, Caller::Messages, "{what}");
            continue;
        }
        assert_eq!(entry.str("outcome"), "cut_by_budget", "{what}: {}", entry.0);
        assert_eq!((answer.status, answer.end), (200, End::Cut), "{what}");
        assert!(answer.text().contains("is exhausted"), "{what}");
        // Every event before it is whole, and so is the error itself.
        assert!(super::events(&answer).len() > 1, "{what}");
        assert!(!answer.text().contains(caller.end()), "{what}");
    }
}

#[test]
fn a_client_that_leaves_a_translated_stream_closes_the_provider_and_is_booked_once() {
    let (provider, quotah) = gateway("");
    for (caller, to) in pairs() {
        let what = format!("{caller:?} {}", to.route);
        provider.forget();
        provider.set(Script::always(Directives {
            chunks: Some(2_000),
            text_bytes: Some(40),
            delay: std::time::Duration::from_millis(5),
            ..Directives::default()
        }));
        let before = quotah.ledger().len();
        let mut conn = quotah.connect();
        conn.send(caller.ask(to.route, true).bytes());
        conn.read_until("quota quota");
        drop(conn);
        let seen = served(&provider, 1);
        assert!(seen[0].aborted_at.is_some(), "{what}");
        let entry = eventually("it is booked", || {
            let entries = quotah.ledger();
            (entries.len() > before)
                .then(|| entries.last().cloned())
                .flatten()
        });
        assert_eq!(entry.str("outcome"), "client_gone", "{what}");
        assert!(entry.u64("output_tokens") > 0, "{what}: {}", entry.0);
        assert!(entry.u64("output_tokens") < 1_000, "{what}: {}", entry.0);
    }
}

#[test]
fn a_client_that_leaves_before_a_whole_answer_is_translated_is_booked_for_what_had_come() {
    let (provider, quotah) = gateway("");
    for (caller, to) in pairs() {
        let what = format!("{caller:?} {}", to.route);
        provider.forget();
        // All but the end of the answer comes, and then nothing.
        says(
            &provider,
            Directives {
                hang: Some(quotah_bench::mock::Hang::MidStream),
                split: Some(20),
                ..Directives::default()
            },
        );
        let before = quotah.ledger().len();
        let mut conn = quotah.connect();
        conn.send(caller.ask(to.route, false).bytes());
        eventually("the provider is asked", || {
            (!provider.requests().is_empty()).then_some(())
        });
        drop(conn);
        let entry = eventually("it is booked", || {
            let entries = quotah.ledger();
            (entries.len() > before)
                .then(|| entries.last().cloned())
                .flatten()
        });
        assert_eq!(entry.str("outcome"), "client_gone", "{what}");
        assert!(entry.u64("input_tokens") > 0, "{what}: {}", entry.0);
        assert_eq!(quotah.ledger().len(), before + 1, "{what}");
    }
}
