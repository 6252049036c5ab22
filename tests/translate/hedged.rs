//! Two attempts side by side in two dialects: whichever answers first, the client reads its own.

use std::time::Duration;

use quotah_bench::mock::{Directives, Hang, Mock, Script};

use super::{Caller, said, says};
use crate::harness::{Config, Entry, Quotah, Response, provider, served};

/// What chat clients may ask for, and Anthropic has no words for.
const UNSAYABLE: &str = r#","logprobs":true"#;

/// A race of the two mocks, which are reached as OpenAI's and Anthropic's.
struct Race {
    openai: Mock,
    anthropic: Mock,
    quotah: Quotah,
}

impl Race {
    /// `own` asks OpenAI first, `other` Anthropic; the other one is asked as well soon after.
    fn new() -> Self {
        let (openai, anthropic) = (provider(), provider());
        let hedged = "lossy = true\nhedge = { after_ms = 30 }";
        let (gpt, claude) = ("openai/gpt-4o-mini", "anthropic/claude-haiku-4-5");
        let quotah = Config::empty()
            .provider("openai", "openai", &openai.url(), "")
            .provider("anthropic", "anthropic", &anthropic.url(), "")
            .patient()
            .route("own", hedged, &[gpt, claude])
            .route("other", hedged, &[claude, gpt])
            .table("[[budgets]]\nid = \"all\"\nlimit_usd = \"50\"\nmode = \"hard\"\nwindow = \"total\"")
            .start();
        Self {
            openai,
            anthropic,
            quotah,
        }
    }

    /// The one that a route asks first, and the other.
    fn in_order_of(&self, route: &str) -> (&Mock, &Mock) {
        match route {
            "own" => (&self.openai, &self.anthropic),
            _ => (&self.anthropic, &self.openai),
        }
    }

    /// The entry of a request, and that of the attempt which lost.
    fn booked(&self, answer: &Response, entries: usize) -> (Entry, Entry) {
        let own = self.quotah.entry(answer);
        let all = self.quotah.ledger_of(entries);
        assert_eq!(all.len(), entries, "each attempt is booked once");
        let lost = all.iter().find(|e| e.str("parent") == own.str("id"));
        (own, lost.cloned().expect("the attempt that lost is booked"))
    }

    fn reserved(&self) -> String {
        let budget = self.quotah.admin_json("/admin/v1/budgets/all");
        let reserved = budget["accounts"][0]["reserved_usd"].as_str();
        reserved.unwrap_or_default().to_owned()
    }
}

/// Takes the request, and is silent.
fn slow() -> Script {
    Script::always(Directives {
        hang: Some(Hang::BeforeHead),
        ..Directives::default()
    })
}

fn dropped(entry: &Entry) -> Vec<&str> {
    let list = entry.0["dropped"].as_array();
    list.into_iter()
        .flatten()
        .filter_map(|v| v.as_str())
        .collect()
}

#[test]
fn the_first_to_answer_is_told_in_the_callers_dialect_and_the_other_is_booked_once_as_what_it_was()
{
    let race = Race::new();
    let mut entries = 0;
    for route in ["own", "other"] {
        for streams in [false, true] {
            let (first, second) = race.in_order_of(route);
            [first, second].iter().for_each(|mock| mock.forget());
            first.set(slow());
            says(second, Directives::default());
            let answer = race
                .quotah
                .send(&Caller::Chat.ask_with(route, streams, UNSAYABLE));
            entries += 2;
            let what = format!("{route} {streams}: {}{}", answer.head, answer.text());
            assert_eq!(answer.status, 200, "{what}");
            assert_eq!(Caller::Chat.text(&answer, streams), said(streams), "{what}");
            let seen = served(second, 1).remove(0);
            let told = Caller::Chat.usage(&answer, streams);
            assert_eq!(told, (seen.billed.input, seen.billed.output), "{what}");
            // `own` is won by Anthropic, and `other` by OpenAI.
            let (winner, loser) = (("anthropic", true), ("openai", false));
            let (winner, loser) = if route == "own" {
                (winner, loser)
            } else {
                (loser, winner)
            };
            let (own, lost) = race.booked(&answer, entries);
            for (entry, (provider, is_translated)) in [(&own, winner), (&lost, loser)] {
                let what = format!("{what} {}", entry.0);
                assert_eq!(entry.str("provider"), provider, "{what}");
                let (dialect, left_out): (_, &[&str]) = match is_translated {
                    true => (provider, &["logprobs"]),
                    false => ("", &[]),
                };
                assert_eq!(entry.str("translated_to"), dialect, "{what}");
                assert_eq!(dropped(entry), left_out, "{what}");
            }
            let is_translated = winner.1;
            let header = answer.header("x-quotah-dropped");
            assert_eq!(header, is_translated.then_some("logprobs"), "{what}");
            assert_eq!(answer.header("x-quotah-provider"), Some(winner.0), "{what}");
            assert_eq!((own.str("outcome"), own.str("role")), ("ok", ""), "{what}");
            assert_eq!(own.tokens(), seen.billed, "{what}");
            let end = (lost.str("outcome"), lost.str("role"));
            assert_eq!(end, ("superseded", "hedge"), "{what}");
            assert!(served(first, 1)[0].aborted_at.is_some(), "{what}");
            assert_eq!(race.reserved(), "0.00", "{what}");
        }
    }
}

#[test]
fn a_second_attempt_in_another_dialect_that_is_late_changes_nothing_of_the_answer() {
    let race = Race::new();
    let mut entries = 0;
    for route in ["own", "other"] {
        for streams in [false, true] {
            let (first, second) = race.in_order_of(route);
            [first, second].iter().for_each(|mock| mock.forget());
            second.set(slow());
            says(
                first,
                Directives {
                    first_delay: Duration::from_millis(300),
                    ..Directives::default()
                },
            );
            let answer = race.quotah.send(&Caller::Messages.ask(route, streams));
            entries += 2;
            let what = format!("{route} {streams}: {}{}", answer.head, answer.text());
            assert_eq!(
                Caller::Messages.text(&answer, streams),
                said(streams),
                "{what}"
            );
            let (own, lost) = race.booked(&answer, entries);
            let told = [&own, &lost].map(|entry| entry.str("translated_to").to_owned());
            let expected = if route == "own" {
                ["openai", ""]
            } else {
                ["", "openai"]
            };
            assert_eq!(told, expected, "{what}");
            assert_eq!(lost.str("outcome"), "superseded", "{what}");
            assert!(served(second, 1)[0].aborted_at.is_some(), "{what}");
            assert_eq!(race.reserved(), "0.00", "{what}");
        }
    }
}
