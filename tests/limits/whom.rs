//! Whose requests a limit counts: by key, user, team, project, model, provider, tag, and all together.

use super::{chat, limit, with};
use crate::harness::{Config, Quotah, Request, provider};

const RED: &str = "sk-virtual-key-of-red";
const BLUE: &str = "sk-virtual-key-of-blue";

fn keys(config: Config) -> Config {
    let owner = |name: &str| {
        format!(
            "user = \"{name}-user\"\nteam = \"{name}-team\"\nproject = \"{name}-project\"\ntags = {{ feature = \"{name}\" }}\n"
        )
    };
    config
        .key("red", RED, &owner("red"))
        .key("blue", BLUE, &owner("blue"))
}

fn statuses(quotah: &Quotah, request: &Request, times: usize) -> Vec<u16> {
    (0..times).map(|_| quotah.send(request).status).collect()
}

#[test]
fn each_value_of_what_a_key_binds_is_counted_alone() {
    let provider = provider();
    for per in ["key", "user", "team", "project", "tag.feature"] {
        let limit = limit("each", &format!("per = \"{per}\"\nrequests_per_hour = 2"));
        let quotah = keys(with(&provider, &limit)).start();
        for secret in [RED, BLUE] {
            let of_key = statuses(&quotah, &chat().bearer(secret), 3);
            assert_eq!(of_key, [200, 200, 429], "per {per}");
        }
    }
}

#[test]
fn models_and_providers_are_counted_alone() {
    let provider = provider();
    let messages = r#"{"model":"claude-haiku-4-5","max_tokens":10}"#;
    for per in ["model", "provider"] {
        let limit = limit("each", &format!("per = \"{per}\"\nrequests_per_hour = 2"));
        let quotah = with(&provider, &limit).start();
        assert_eq!(statuses(&quotah, &chat(), 3), [200, 200, 429], "per {per}");
        let other = Request::post("/v1/messages", messages);
        assert_eq!(statuses(&quotah, &other, 3), [200, 200, 429], "per {per}");
    }
}

#[test]
fn only_what_matches_is_counted() {
    let provider = provider();
    for (selector, is_under) in [
        ("{ key = \"red\" }", true),
        ("{ team = \"red-*\" }", true),
        ("{ user = \"red-user\", project = \"red-project\" }", true),
        ("{ \"tag.feature\" = \"red\" }", true),
        ("{ model = \"gpt-4o*\", provider = \"openai\" }", true),
        ("{ user = \"red-user\", project = \"blue-project\" }", false),
        ("{ model = \"claude-*\" }", false),
    ] {
        let limit = limit(
            "some",
            &format!("match = {selector}\nrequests_per_hour = 1"),
        );
        let quotah = keys(with(&provider, &limit)).start();
        let second = if is_under { 429 } else { 200 };
        let of_red = statuses(&quotah, &chat().bearer(RED), 2);
        assert_eq!(of_red, [200, second], "{selector}");
    }
}

#[test]
fn without_per_all_that_match_share_one_count() {
    let provider = provider();
    let quotah = keys(with(&provider, &limit("all", "requests_per_hour = 3"))).start();
    assert_eq!(statuses(&quotah, &chat().bearer(RED), 2), [200, 200]);
    assert_eq!(statuses(&quotah, &chat().bearer(BLUE), 2), [200, 429]);
    assert_eq!(statuses(&quotah, &chat(), 1), [429]);
}

#[test]
fn a_header_cannot_take_a_request_out_of_what_its_key_binds() {
    let provider = provider();
    let limit = limit("each", "per = \"tag.feature\"\nrequests_per_hour = 1");
    let quotah = keys(with(&provider, &limit)).start();
    let disguised = |feature: &str| {
        let tags = format!("feature={feature}");
        chat().bearer(RED).header("x-quotah-tags", &tags)
    };
    assert_eq!(quotah.send(&disguised("one")).status, 200);
    assert_eq!(quotah.send(&disguised("two")).status, 429);
    // Who binds nothing is counted by what it says.
    let plain = |feature: &str| chat().header("x-quotah-tags", &format!("feature={feature}"));
    for feature in ["one", "two"] {
        assert_eq!(statuses(&quotah, &plain(feature), 2), [200, 429]);
    }
}
