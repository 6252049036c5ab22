//! By what a deployment is chosen, and how the books tell why.

use quotah_bench::mock::{Directives, Script};

use super::{chat, served_by, two};
use crate::harness::Conn;

/// Two deployments behind `m`, chosen by `strategy`; `a` costs twice as much as `b`.
fn priced(strategy: &str) -> String {
    let prices = [("a", "20"), ("b", "10")].map(|(provider, usd)| {
        format!(
            "[[prices]]\nprovider = \"{provider}\"\nmodel = \"m\"\neffective_from = \"2026-01-01\"\n\
             input_usd_per_mtok = \"{usd}\"\noutput_usd_per_mtok = \"{usd}\"\n"
        )
    });
    format!(
        "[[models]]\nname = \"m\"\nroute = \"{strategy}\"\n\
         deployments = [{{ provider = \"a\", model = \"m\" }}, {{ provider = \"b\", model = \"m\" }}]\n\n{}",
        prices.join("\n")
    )
}

#[test]
fn a_lot_is_drawn_by_the_weights() {
    let (a, b, quotah) = two(r#"
        [[models]]
        name = "m"
        route = "weighted"
        deployments = [
          { provider = "a", model = "m", weight = 1 },
          { provider = "b", model = "m", weight = 3 },
        ]
        "#);
    let mut conn: Conn = quotah.connect();
    for _ in 0..400 {
        let answer = conn.exchange(&chat("m"));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let shares = (a.requests().len(), b.requests().len());
    assert_eq!(shares.0 + shares.1, 400);
    // Five standard deviations of a binomial share: 5 × √(400 × ¾ × ¼) = 43.3.
    assert!((257..=343).contains(&shares.1), "{shares:?}");
}

#[test]
fn what_weighs_nothing_serves_only_when_nothing_else_can() {
    let (a, b, quotah) = two(r#"
        [[models]]
        name = "m"
        route = "weighted"
        deployments = [
          { provider = "a", model = "m", weight = 0 },
          { provider = "b", model = "m" },
        ]
        "#);
    for _ in 0..20 {
        assert_eq!(served_by(&quotah.send(&chat("m"))).0, "b");
    }
    assert!(a.requests().is_empty());
    b.set(Script::always(Directives {
        status: Some(500),
        ..Directives::default()
    }));
    assert_eq!(served_by(&quotah.send(&chat("m"))).0, "a");
}

#[test]
fn the_cheaper_serves_until_it_must_wait_and_the_books_tell_the_other_ones_cost() {
    let (_a, b, quotah) = two(&priced("cheapest"));
    let answer = quotah.send(&chat("m"));
    assert_eq!(served_by(&answer).0, "b");
    let entry = quotah.entry(&answer);
    let tokens = entry.tokens();
    let sum = tokens.input + tokens.output;
    assert_eq!(entry.u64("cost_nanousd"), sum * 10_000);
    assert_eq!(entry.str("alternative"), "a/m", "{}", entry.0);
    assert_eq!(
        entry.u64("would_have_cost_nanousd"),
        sum * 20_000,
        "{}",
        entry.0
    );

    b.set(Script::first(
        1,
        Directives {
            status: Some(429),
            headers: vec![("retry-after".to_owned(), "30".to_owned())],
            ..Directives::default()
        },
    ));
    let moved = quotah.send(&chat("m"));
    assert_eq!(
        (served_by(&moved).0, moved.header("x-quotah-attempts")),
        ("a".into(), Some("2"))
    );
    let stays = quotah.send(&chat("m"));
    assert_eq!(
        (served_by(&stays).0, stays.header("x-quotah-attempts")),
        ("a".into(), Some("1"))
    );
}

#[test]
fn the_books_tell_why_it_was_this_one() {
    for strategy in ["ordered", "weighted", "fastest", "cheapest", "balanced"] {
        let (_a, _b, quotah) = two(&priced(strategy));
        let answer = quotah.send(&chat("m"));
        let (provider, _) = served_by(&answer);
        let entry = quotah.entry(&answer);
        assert_eq!(entry.str("route"), "m", "{}", entry.0);
        let decision = &entry.0["decision"];
        assert_eq!(decision["strategy"], strategy, "{decision}");
        let candidates = decision["candidates"].as_array().unwrap();
        let names: Vec<_> = candidates
            .iter()
            .map(|row| row["deployment"].clone())
            .collect();
        assert_eq!(names, ["a/m", "b/m"], "{decision}");
        let chosen: Vec<_> = candidates
            .iter()
            .filter(|row| row["chosen"] == true)
            .collect();
        assert_eq!(chosen.len(), 1, "{decision}");
        assert_eq!(
            chosen[0]["deployment"],
            format!("{provider}/m"),
            "{decision}"
        );
        for row in candidates {
            assert_eq!(row["state"], "ready", "{row}");
            for factor in ["latency", "success", "cost", "breaker", "headroom"] {
                let value = row["factors"][factor].as_f64().unwrap_or(-1.0);
                assert!((0.0..=1.0).contains(&value), "{factor}: {row}");
            }
        }
        // The dearer one costs twice as much.
        let cost = |place: usize| candidates[place]["factors"]["cost"].as_f64().unwrap();
        assert!(
            (cost(1) - 1.0).abs() < 1e-9 && (cost(0) - 0.5).abs() < 0.01,
            "{decision}"
        );
    }
}

#[test]
fn a_request_that_no_row_names_leads_directly_to_its_provider() {
    let (_a, _b, quotah) = two(&priced("cheapest"));
    let answer = quotah.send(&chat("b/m"));
    assert_eq!(served_by(&answer).0, "b");
    assert_eq!(quotah.entry(&answer).str("route"), "direct");
}
