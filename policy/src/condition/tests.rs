//! What conditions say about a request, what is refused, and that no text does harm.

use proptest::prelude::*;

use super::*;

const TAGS: &[(&str, &str)] = &[("tier", "gold"), ("feature", "search")];

fn about() -> About<'static> {
    About {
        key: "k1",
        team: "research",
        user: "ada",
        project: "atlas",
        tags: TAGS,
        model: "fast",
        provider_asked: "groq",
        operation: "chat",
        dialect: "openai",
        stream: true,
        body_bytes: 4_096,
        input_tokens: 1_000,
        output_cap: Some(256),
        has_tools: true,
        has_images: false,
    }
}

fn says(text: &str) -> Result<bool, ConditionFault> {
    Condition::compile(text).unwrap().holds(&about())
}

fn refused(text: &str) -> ConditionError {
    Condition::compile(text).unwrap_err()
}

#[test]
fn every_variable_says_what_the_request_says() {
    for text in [
        r#"key == "k1" && team == "research" && user == "ada" && project == "atlas""#,
        r#"model == "fast" && provider_asked == "groq""#,
        r#"operation == "chat" && dialect == "openai""#,
        "stream && has_tools && !has_images",
        "body_bytes == 4096 && input_tokens == 1000 && output_cap == 256",
        r#"tags == {"tier": "gold", "feature": "search"}"#,
    ] {
        assert_eq!(says(text), Ok(true), "{text}");
    }
    for variable in VARIABLES {
        Condition::compile(&format!("{variable} == {variable}")).unwrap();
    }
}

#[test]
fn what_people_write_means_what_they_think() {
    for (text, holds) in [
        (r#"team in ["research", "sales"]"#, true),
        (r#"team in ["sales"]"#, false),
        (r#"tags.tier == "gold""#, true),
        (r#"tags["tier"] == 'gold'"#, true),
        (r#""tier" in tags && tags.tier != "gold""#, false),
        (r#"has(tags.tier)"#, true),
        (r#"has(tags.region) && tags.region == "eu""#, false),
        (r#"tags.exists(name, name.startsWith("feat"))"#, true),
        (r#"["a", "b"].all(x, user.contains(x))"#, false),
        (r#"["r", "s"].exists_one(x, team.startsWith(x))"#, true),
        (r#"tags.map(n, tags[n]).size() == 2"#, true),
        ("input_tokens + output_cap < 1257", true),
        ("input_tokens * 4 > body_bytes ? stream : has_images", false),
        ("size(tags) == 2 && user.size() == 3", true),
        (r#"user.endsWith("da") || team == "x""#, true),
        ("output_cap != null && output_cap > 255", true),
        ("true", true),
    ] {
        assert_eq!(says(text), Ok(holds), "{text}");
    }
}

#[test]
fn an_open_cap_is_null() {
    let open = About {
        output_cap: None,
        ..about()
    };
    let holds = |text: &str| Condition::compile(text).unwrap().holds(&open);
    assert_eq!(holds("output_cap == null"), Ok(true));
    assert_eq!(holds("output_cap != null && output_cap > 5"), Ok(false));
    assert_eq!(holds("output_cap > 5"), Err(ConditionFault::WrongTypes));
}

#[test]
fn numbers_that_cel_has_no_place_for_are_its_largest() {
    let huge = About {
        body_bytes: u64::MAX,
        ..about()
    };
    let holds = |text: &str| Condition::compile(text).unwrap().holds(&huge);
    assert_eq!(holds("body_bytes == 9223372036854775807"), Ok(true));
    assert_eq!(holds("body_bytes + 1 > 0"), Err(ConditionFault::Arithmetic));
}

#[test]
fn what_has_no_answer_is_a_fault() {
    for (text, fault) in [
        (r#"tags.region == "eu""#, ConditionFault::MissingEntry),
        (r#"tags["region"] == "eu""#, ConditionFault::MissingEntry),
        ("team > 5", ConditionFault::WrongTypes),
        ("input_tokens / 0 == 1", ConditionFault::Arithmetic),
        ("team && true", ConditionFault::WrongTypes),
    ] {
        assert_eq!(says(text), Err(fault), "{text}");
    }
    // An answer that does not depend on what is missing is one.
    assert_eq!(says(r#"tags.region == "eu" || stream"#), Ok(true));
    assert_eq!(says(r#"tags.region == "eu" && has_images"#), Ok(false));
}

#[test]
fn an_unknown_name_is_refused_wherever_it_stands() {
    let unknown = |name: &str| ConditionError::UnknownVariable(name.to_owned());
    for (text, name) in [
        (r#"teem == "x""#, "teem"),
        ("true || teem", "teem"),
        (r#"tags.exists(t, t == u)"#, "u"),
        (r#"tags.exists(t, t == "x") && t == "x""#, "t"),
        ("team == tag.x", "tag"),
        ("[1, x].size() == 2", "x"),
        ("{1: x} == {}", "x"),
    ] {
        assert_eq!(refused(text), unknown(name), "{text}");
    }
    let function = ConditionError::UnknownFunction("lower".into());
    assert_eq!(refused(r#"lower(team) == "x""#), function);
    assert_eq!(refused(r#"team.lower() == "x""#), function);
    assert_eq!(
        refused("Thing{a: 1} == 1"),
        ConditionError::UnknownType("Thing".into())
    );
    assert!(refused("teem").to_string().contains("provider_asked"));
}

#[test]
fn what_is_no_condition_is_told_with_its_place() {
    let ConditionError::Syntax {
        line,
        column,
        message,
    } = refused("team ==\n  && stream")
    else {
        panic!("not syntax");
    };
    assert_eq!((line, column), (2, 3));
    assert!(!message.is_empty());
    for text in ["", "team = 'x'", "(", "'", "1 +", "team\0"] {
        let error = refused(text);
        assert!(
            matches!(error, ConditionError::Syntax { .. }),
            "{text:?}: {error:?}"
        );
    }
}

#[test]
fn what_is_no_question_is_refused() {
    for (text, kind) in [
        ("team", "a text"),
        ("input_tokens + 1", "a number"),
        ("[team]", "a list"),
        ("tags", "a map"),
        ("null", "null"),
    ] {
        assert_eq!(refused(text), ConditionError::NotBoolean(kind), "{text}");
    }
    assert_eq!(
        says("stream ? team : true"),
        Err(ConditionFault::NotBoolean)
    );
}

#[test]
fn a_condition_is_told_apart_by_its_text() {
    let compile = |text: &str| Condition::compile(text).unwrap();
    assert_eq!(compile("stream"), compile("stream"));
    assert_ne!(compile("stream"), compile("stream "));
    assert_eq!(format!("{:?}", compile("stream")), r#"Condition("stream")"#);
    assert_eq!(compile("stream").text(), "stream");
}

#[test]
fn what_could_take_too_long_is_refused() {
    let long = format!("team == '{}'", "x".repeat(CONDITION_BYTES_MAX));
    assert_eq!(
        refused(&long),
        ConditionError::TooLong { bytes: long.len() }
    );
    for nested in [
        "[1].all(x, [2].all(y, x < y))",
        "[team].map(s, s + s).map(s, s + s).size() > 0",
        "[1].all(x, tags.exists(t, true))",
    ] {
        assert_eq!(refused(nested), ConditionError::Nested, "{nested}");
    }
    let list = vec!["1"; 500].join(",");
    let many = format!("[{list}].all(x, x in [{list}])");
    assert_eq!(refused(&many), ConditionError::TooManySteps);
    let names = format!("team in ['{}']", ["a-team-of-some-name"; 150].join("','"));
    assert_eq!(says(&names), Ok(false));
    assert_eq!(
        says("tags.exists(t, t == 'a') || tags.all(t, t != 'b')"),
        Ok(true)
    );
}

#[test]
fn long_is_not_deep() {
    let names: Vec<String> = (0..100).map(|n| format!("team == 'team-{n}'")).collect();
    assert_eq!(says(&names.join(" || ")), Ok(false));
    let sum = |terms: usize| format!("input_tokens > {}", vec!["1"; terms].join(" + "));
    assert_eq!(says(&sum(16)), Ok(true));
    assert_eq!(refused(&sum(17)), ConditionError::TooDeep);
}

#[test]
fn no_depth_takes_the_stack() {
    let deep = |open: &str, close: &str| {
        let times = (CONDITION_BYTES_MAX - 8) / (open.len() + close.len());
        format!("{}true{}", open.repeat(times), close.repeat(times))
    };
    let texts = [
        deep("(", ")"),
        deep("[", "]"),
        deep("{1:", "}"),
        deep("!", ""),
        deep("-", ""),
        deep("1+", ""),
        deep("true&&", ""),
        deep("true?1:", ""),
        deep("", ".a"),
        deep("", "[1]"),
        deep("", ".size()"),
        deep("", "<1"),
        deep("((", ""),
        deep("", "))"),
        deep("size(", ")"),
        deep("[1].map(x,", ")"),
    ];
    // Half of what a thread of a runtime has.
    let small = std::thread::Builder::new().stack_size(1024 * 1024);
    let run = move || {
        for text in texts {
            if let Ok(condition) = Condition::compile(&text) {
                assert_eq!(condition.holds(&about()), condition.holds(&about()));
            }
        }
    };
    small.spawn(run).unwrap().join().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_panics(
        parts in prop::collection::vec(prop::sample::select(vec![
            "team", "tags", "tags.tier", "output_cap", "x", "1", "-", "9223372036854775807", "'a'", "\"", "b'a'", "1.5",
            "1u", "null", "true", "!", "==", "<", "&&", "||", "?", ":", "+", "*", "/", "%", "in", "(", ")", "[", "]", "{",
            "}", ",", ".", ".size()", ".map(x,", ".exists(t,", "has(", "int(", "string(", " ", "\n", "\u{e9}", "\\",
        ]), 0..20),
    ) {
        if let Ok(condition) = Condition::compile(&parts.concat()) {
            assert_eq!(condition.holds(&about()), condition.holds(&about()));
        }
    }
}
