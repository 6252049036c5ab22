//! Which row a model's name leads to, and for whom.

use super::{chat, served_by, two};
use crate::harness::Request;

fn at(provider: &str, model: &str) -> (String, String) {
    (provider.to_owned(), model.to_owned())
}

#[test]
fn names_aliases_and_wildcards_lead_to_their_row_and_exact_names_first() {
    let (a, b, quotah) = two(r#"
        [[models]]
        name = "fast"
        aliases = ["quick", "gpt-4o-mini"]
        deployments = [{ provider = "a", model = "m-of-a" }]

        [[models]]
        name = "claude-*"
        deployments = [{ provider = "b" }]

        [[models]]
        name = "claude-haiku-4-5"
        deployments = [{ provider = "a", model = "exact" }]
        "#);
    for (asked, expected) in [
        ("fast", at("a", "m-of-a")),
        ("quick", at("a", "m-of-a")),
        ("gpt-4o-mini", at("a", "m-of-a")),
        ("claude-opus-4", at("b", "claude-opus-4")),
        ("claude-haiku-4-5", at("a", "exact")),
        ("a/gpt-4o", at("a", "gpt-4o")),
        ("b/vendor/model", at("b", "vendor/model")),
    ] {
        let answer = quotah.send(&chat(asked));
        assert_eq!(served_by(&answer), expected, "{asked}");
        let seen = if expected.0 == "a" { &a } else { &b };
        let body: serde_json::Value =
            serde_json::from_slice(&seen.requests().pop().unwrap().body).unwrap();
        assert_eq!(body["model"], *expected.1, "{asked}");
    }
}

#[test]
fn the_first_row_of_a_name_whose_condition_holds_counts() {
    let (_a, _b, quotah) = two(r#"
        [[models]]
        name = "m"
        when = 'team == "research"'
        deployments = [{ provider = "a", model = "for-research" }]

        [[models]]
        name = "m"
        when = '"tier" in tags && tags["tier"] == "gold"'
        deployments = [{ provider = "b", model = "for-gold" }]

        [[models]]
        name = "m"
        when = 'stream'
        deployments = [{ provider = "b", model = "for-streams" }]

        [[models]]
        name = "m"
        deployments = [{ provider = "a", model = "for-all" }]

        [[keys]]
        id = "r1"
        key = "sk-key-of-research-1"
        team = "research"

        [[keys]]
        id = "g1"
        key = "sk-key-of-somebody-1"
        tags = { tier = "gold" }
        "#);
    let stream = r#"{"model":"m","stream":true,"messages":[]}"#;
    for (request, expected) in [
        (chat("m"), at("a", "for-all")),
        (
            chat("m").bearer("sk-key-of-research-1"),
            at("a", "for-research"),
        ),
        (
            chat("m").bearer("sk-key-of-somebody-1"),
            at("b", "for-gold"),
        ),
        (
            Request::post("/v1/chat/completions", stream),
            at("b", "for-streams"),
        ),
    ] {
        assert_eq!(
            served_by(&quotah.send(&request)),
            expected,
            "{}",
            request.head()
        );
    }
}

#[test]
fn a_deployment_may_have_a_condition_of_its_own() {
    let (a, b) = (crate::harness::provider(), crate::harness::provider());
    let quotah = crate::harness::Config::empty()
        .server("tags = [\"tier\"]")
        .provider("a", "openai", &a.url(), "")
        .provider("b", "openai", &b.url(), "")
        .table(
            r#"
            [[models]]
            name = "m"
            deployments = [
              { provider = "a", model = "m", when = 'has(tags.tier) && tags.tier == "gold"' },
              { provider = "b", model = "m" },
            ]
            "#,
        )
        .start();
    for (tags, provider) in [("tier=gold", "a"), ("tier=iron", "b"), ("other=gold", "b")] {
        let answer = quotah.send(&chat("m").header("x-quotah-tags", tags));
        assert_eq!(served_by(&answer).0, provider, "{tags}");
        assert_eq!(answer.header("x-quotah-attempts"), Some("1"), "{tags}");
    }
}

#[test]
fn a_client_may_ask_for_one_of_the_providers() {
    let (_a, _b, quotah) = two(r#"
        [[models]]
        name = "m"
        deployments = [{ provider = "a", model = "m-of-a" }, { provider = "b", model = "m-of-b" }]
        "#);
    assert_eq!(served_by(&quotah.send(&chat("m"))).0, "a");
    for name in ["a", "b"] {
        let answer = quotah.send(&chat("m").header("x-quotah-provider", name));
        assert_eq!(served_by(&answer).0, name);
    }
    let nobody = quotah.send(&chat("m").header("x-quotah-provider", "c"));
    assert_eq!(nobody.status, 404, "{}", nobody.text());
}
