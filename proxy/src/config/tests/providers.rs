//! Several credentials of one provider, and how it is asked whether it is well.

use std::time::Duration;

use super::faults::faults;
use super::{inputs, load, loaded};
use crate::config::resolved::{Credential, HealthCheck, Provider, Secret};

/// A second provider, `groq`, with `lines`.
fn groq(lines: &str) -> String {
    format!("[[providers]]\nkind = \"groq\"\n{lines}\n")
}

fn provider(lines: &str) -> Provider {
    loaded(&groq(lines)).config.providers.remove(1)
}

#[test]
fn a_key_alone_has_no_name_and_no_company() {
    let provider = provider("api_key = \"a\"");
    assert_eq!(provider.credential_label, None);
    assert!(provider.credentials_more.is_empty() && provider.health_check.is_none());
}

#[test]
fn several_keys_arrive_in_their_order_each_with_its_name() {
    let text = groq(
        "credentials = [{ name = \"team-a\", api_key = \"one\" }, { name = \"b\", api_key = \"${KEY_B}\" }]\n\
         credential_place = \"x-api-key\"",
    );
    let loaded = load(&text, &inputs(&[("KEY_B", "two")])).unwrap_or_else(|e| panic!("{e:?}"));
    let [provider] = &*loaded.config.providers else {
        panic!("{:?}", loaded.config.providers)
    };
    let key = |text: &str| Credential::Configured(Secret::new(text));
    assert_eq!(provider.credential_label.as_deref(), Some("team-a"));
    assert_eq!(provider.credential, key("one"));
    let [second] = &*provider.credentials_more else {
        panic!("{:?}", provider.credentials_more)
    };
    assert_eq!((&*second.label, &second.credential), ("b", &key("two")));
}

#[test]
fn a_wrong_credential_is_told_in_its_place() {
    for (lines, said) in [
        (
            "credentials = []",
            "6:15 `credentials` must be at least one { name = \"…\", api_key = \"…\" }",
        ),
        (
            "credentials = [\n\"k\"]",
            "6:15 `credentials` must be a list of tables",
        ),
        (
            "credentials = [{ api_key = \"k\" }]",
            "6:16 `credentials` in [[providers]] needs `name`: how `/admin/v1/rate-limits` calls it",
        ),
        (
            "credentials = [{ name = \"a\" }]",
            "6:16 `credentials` in [[providers]] needs `api_key`",
        ),
        (
            "credentials = [{ name = \"a b\", api_key = \"k\" }]",
            "6:25 `name` must be at most 64 letters, digits, `_`, `-`, `.`, and not \"client\"",
        ),
        (
            "credentials = [{ name = \"client\", api_key = \"k\" }]",
            "6:25 `name` must be at most 64 letters, digits, `_`, `-`, `.`, and not \"client\"",
        ),
        (
            "credentials = [{ name = \"a\", api_key = \"k k\" }]",
            "6:40 `api_key` must be visible ASCII characters, at least one",
        ),
        (
            "credentials = [{ name = \"a\", apikey = \"k\", api_key = \"k\" }]",
            "6:30 unknown key `apikey` in `credentials` in [[providers]], did you mean `api_key`?",
        ),
        (
            "credentials = [{ name = \"a\", api_key = \"k\" },\n{ name = \"a\", api_key = \"l\" }]",
            "7:10 credential `a` is defined twice",
        ),
        (
            "credentials = [{ name = \"a\", api_key = \"k\" },\n{ name = \"b\", api_key = \"k\" }]",
            "7:25 `api_key` must be a key that no other row has",
        ),
        (
            "api_key = \"k\"\ncredentials = [{ name = \"a\", api_key = \"k\" }]",
            "6:11 `api_key` must be left out beside `credentials`, which have an `api_key` each",
        ),
        (
            "credential = \"client\"\ncredentials = [{ name = \"a\", api_key = \"k\" }]",
            "6:14 `credential` must be left out beside `credentials`, which have an `api_key` each",
        ),
        (
            "credentials = [{ name = \"a\", api_key = \"${NOPE}\" }]",
            "6:40 environment variable NOPE is not set",
        ),
    ] {
        assert_eq!(faults(&groq(lines)), [said], "{lines}");
    }
}

#[test]
fn no_key_of_several_is_shown_anywhere() {
    let text = groq(
        "credentials = [\n{ name = \"a\", api_key = \"hidden-1\" },\n{ name = \"b\", api_key = \"hidden-2\" }]",
    );
    let config = loaded(&text).config;
    let shown = config.redacted.to_string();
    assert!(
        !shown.contains("hidden") && shown.contains(r#"{"api_key":"***","name":"b"}"#),
        "{shown}"
    );
    assert!(!format!("{config:?}").contains("hidden"));
    let twice = text.replace("\"b\"", "\"a\"");
    let same = text.replace("hidden-2", "hidden-1");
    let spaced = text.replace("hidden-2", "hidden 2");
    let bare = groq("credentials = [\"hidden-3\"]");
    let listed = groq("credentials = [\n\"hidden-5\",\n]");
    let misspelt = groq("credentials = [{ name = \"a\", apikey = \"hidden-4\" }]");
    for text in [twice, same, spaced, bare, listed, misspelt] {
        for error in load(&text, &inputs(&[])).expect_err("faults") {
            assert!(!error.to_string().contains("hidden"), "{error}");
            assert!(!format!("{error:?}").contains("hidden"), "{error:?}");
        }
    }
}

#[test]
fn a_health_check_has_a_path_and_usual_figures() {
    let check = |text: &str| provider(&format!("api_key = \"k\"\nhealth_check = {text}"));
    let usual = HealthCheck {
        path: "/v1/models".into(),
        interval: Duration::from_secs(10),
        timeout: Duration::from_secs(2),
    };
    let found = check("{ path = \"/v1/models\" }").health_check;
    assert_eq!(found, Some(usual));
    let own = HealthCheck {
        path: "/health?deep=1".into(),
        interval: Duration::from_secs(1),
        timeout: Duration::from_millis(500),
    };
    let found = check("{ path = \"/health?deep=1\", interval_s = 1, timeout_ms = 500 }");
    assert_eq!(found.health_check, Some(own));
    let often = check("{ path = \"/\", interval_s = 1 }").health_check;
    let often = often.expect("a check").timeout;
    assert_eq!(often, Duration::from_secs(1), "no longer than the interval");
}

#[test]
fn a_wrong_health_check_is_told_in_its_place() {
    for (check, said) in [
        ("true", "7:16 `health_check` must be a table"),
        (
            "{ interval_s = 10 }",
            "7:16 `health_check` in [[providers]] needs `path`: such as \"/v1/models\", below the base URL",
        ),
        (
            "{ path = \"v1/models\" }",
            "7:25 `path` must be a path that begins with `/`",
        ),
        (
            "{ path = \"/a b\" }",
            "7:25 `path` must be a path that begins with `/`",
        ),
        (
            "{ path = \"/\", interval_s = 0 }",
            "7:43 `interval_s` must be a whole number from 1 to 3600",
        ),
        (
            "{ path = \"/\", interval_s = 1, timeout_ms = 1_500 }",
            "7:59 `timeout_ms` must be at most `interval_s`, which is 1",
        ),
        (
            "{ path = \"/\", timeout_s = 1 }",
            "7:30 unknown key `timeout_s` in `health_check` in [[providers]], did you mean `timeout_ms`?",
        ),
    ] {
        let text = groq(&format!("api_key = \"k\"\nhealth_check = {check}"));
        assert_eq!(faults(&text), [said], "{check}");
    }
}
