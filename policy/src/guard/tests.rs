use super::*;

fn guard(json: &str) -> Guard {
    let form: GuardForm = serde_json::from_str(json).unwrap();
    form.read().unwrap()
}

fn fault(json: &str) -> GuardFault {
    let form: GuardForm = serde_json::from_str(json).unwrap();
    form.read().unwrap_err()
}

#[test]
fn what_is_beyond_a_bound_is_lowered_to_the_strictest_of_all() {
    let wide = guard(
        r#"{"id":"w","max_tokens":8000,"max_tokens_action":"clamp","n":4,"n_action":"clamp"}"#,
    );
    let narrow = guard(
        r#"{"id":"n","max_tokens":2000,"max_tokens_action":"clamp","reasoning_effort":"medium","reasoning_effort_action":"clamp",
            "reasoning_tokens":1024,"reasoning_tokens_action":"clamp"}"#,
    );
    let asked = Asked {
        max_tokens: Some(128_000),
        answers: Some(8),
        effort: Some(Effort::XHigh),
        reasoning_tokens: Some(32_000),
        ..Asked::default()
    };
    let clamps = Clamps {
        max_tokens: Some(2_000),
        answers: Some(4),
        effort: Some(Effort::Medium),
        reasoning_tokens: Some(1_024),
    };
    assert_eq!(judge(&[&wide, &narrow], &asked), Ok(clamps));
    assert_eq!(judge(&[&narrow, &wide], &asked), Ok(clamps));
}

#[test]
fn what_is_within_all_bounds_stays() {
    let guard = guard(
        r#"{"id":"g","max_tokens":8000,"max_tokens_action":"refuse","n":1,"n_action":"clamp",
            "reasoning_effort":"high","reasoning_effort_action":"clamp","deny":["images"],"body_bytes_max":100}"#,
    );
    let mut asked = Asked {
        max_tokens: Some(8_000),
        answers: Some(1),
        effort: Some(Effort::High),
        body_bytes: 100,
        ..Asked::default()
    };
    asked.contents.tools = true;
    assert_eq!(judge(&[&guard], &asked), Ok(Clamps::default()));
    assert_eq!(judge(&[], &asked), Ok(Clamps::default()));
}

#[test]
fn a_request_that_names_no_cap_is_given_one_and_nothing_else() {
    let guard = guard(
        r#"{"id":"g","max_tokens":500,"max_tokens_action":"refuse","n":1,"n_action":"clamp",
            "reasoning_effort":"low","reasoning_effort_action":"clamp","reasoning_tokens":9,"reasoning_tokens_action":"clamp"}"#,
    );
    let clamps = Clamps {
        max_tokens: Some(500),
        ..Clamps::default()
    };
    assert_eq!(judge(&[&guard], &Asked::default()), Ok(clamps));
}

#[test]
fn a_refusal_names_the_guard_and_both_figures() {
    let mut asked = Asked {
        max_tokens: Some(128_000),
        answers: Some(3),
        effort: Some(Effort::Max),
        reasoning_tokens: Some(50),
        body_bytes: 2_000,
        ..Asked::default()
    };
    asked.contents.server_tools = true;
    for (json, says) in [
        (
            r#"{"id":"g","max_tokens":4096,"max_tokens_action":"refuse"}"#,
            "guard \"g\" allows at most 4096 for max_tokens, not 128000",
        ),
        (
            r#"{"id":"g","n":2,"n_action":"refuse"}"#,
            "guard \"g\" allows at most 2 for n, not 3",
        ),
        (
            r#"{"id":"g","reasoning_effort":"none","reasoning_effort_action":"refuse"}"#,
            "guard \"g\" allows at most none for reasoning_effort, not max",
        ),
        (
            r#"{"id":"g","reasoning_tokens":49,"reasoning_tokens_action":"refuse"}"#,
            "guard \"g\" allows at most 49 for reasoning_tokens, not 50",
        ),
        (
            r#"{"id":"g","body_bytes_max":1999}"#,
            "guard \"g\" allows at most 1999 for body_bytes_max, not 2000",
        ),
        (
            r#"{"id":"g","deny":["tools","server_tools"]}"#,
            "guard \"g\" does not allow server_tools",
        ),
    ] {
        let lax = guard(r#"{"id":"lax","max_tokens":1,"max_tokens_action":"clamp"}"#);
        let refused = judge(&[&lax, &guard(json)], &asked).unwrap_err();
        assert_eq!(refused.to_string(), says);
    }
}

#[test]
fn only_guards_that_match_are_asked() {
    let team = guard(r#"{"id":"t","match":{"team":"a"},"deny":["audio"],"body_bytes_max":50}"#);
    let all = guard(r#"{"id":"all","body_bytes_max":90}"#);
    let rules = Rules::new([team, all].map(|guard| (guard.selector.clone(), Arc::new(guard))));
    let by = |team| Subject {
        team,
        ..Subject::default()
    };
    assert_eq!(rules.body_bytes_max(&by("a")), Some(50));
    assert_eq!(rules.body_bytes_max(&by("b")), Some(90));
    let mut asked = Asked::default();
    asked.contents.audio = true;
    assert_eq!(rules.judge(&by("b"), &asked), Ok(Clamps::default()));
    let refused = Refused::Denied {
        guard: "t".into(),
        content: "audio",
    };
    assert_eq!(rules.judge(&by("a"), &asked), Err(refused));
}

#[test]
fn a_guard_reads_back_as_it_was_written() {
    let json = r#"{"id":"g","match":{"key":"k*"},"max_tokens":4096,"max_tokens_action":"clamp","reasoning_effort":"xhigh","reasoning_effort_action":"refuse","deny":["tools","files"],"body_bytes_max":1000}"#;
    let form = GuardForm::from(&guard(json));
    assert_eq!(serde_json::to_string(&form).unwrap(), json);
}

#[test]
fn what_means_nothing_is_named_with_its_field() {
    for (json, field) in [
        (r#"{"id":"","deny":["tools"]}"#, "id"),
        (r#"{"id":"g","match":{"x":"y"},"deny":["tools"]}"#, "match"),
        (
            r#"{"id":"g","max_tokens":0,"max_tokens_action":"clamp"}"#,
            "max_tokens",
        ),
        (r#"{"id":"g","n":1,"n_action":"cut"}"#, "n_action"),
        (
            r#"{"id":"g","reasoning_effort":"most","reasoning_effort_action":"clamp"}"#,
            "reasoning_effort",
        ),
        (
            r#"{"id":"g","n_action":"clamp","deny":["tools"]}"#,
            "n_action",
        ),
        (r#"{"id":"g","deny":["video"]}"#, "deny"),
        (r#"{"id":"g","body_bytes_max":0}"#, "body_bytes_max"),
    ] {
        assert_eq!(fault(json).field(), field, "{json}");
    }
    assert_eq!(fault(r#"{"id":"g"}"#), GuardFault::Nothing);
    assert!(serde_json::from_str::<GuardForm>(r#"{"id":"g","most_tokens":1}"#).is_err());
}
