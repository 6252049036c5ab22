use proptest::prelude::*;
use proptest::sample::Index;

use crate::translate::answer::{Answer, Event};
use crate::translate::check::in_order;
use crate::translate::form::Form;
use crate::translate::json::parse;

/// Events as each form has them, and some that no provider would send so.
const CONVERSE: &[(&str, &str)] = &[
    ("messageStart", r#"{"role":"assistant","p":"abc"}"#),
    (
        "contentBlockStart",
        r#"{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"t","name":"f"}}}"#,
    ),
    (
        "contentBlockDelta",
        r#"{"contentBlockIndex":0,"delta":{"text":"a\u00e4"}}"#,
    ),
    (
        "contentBlockDelta",
        r#"{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{}"}}}"#,
    ),
    (
        "contentBlockDelta",
        r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"b"}}}"#,
    ),
    (
        "contentBlockDelta",
        r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"c"}}}"#,
    ),
    (
        "contentBlockDelta",
        r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"redactedContent":"d"}}}"#,
    ),
    (
        "contentBlockDelta",
        r#"{"contentBlockIndex":0,"delta":{"citation":{"title":"e","sourceContent":[{"text":"f"}]}}}"#,
    ),
    ("contentBlockStop", r#"{"contentBlockIndex":0}"#),
    ("messageStop", r#"{"stopReason":"end_turn"}"#),
    (
        "metadata",
        r#"{"usage":{"inputTokens":1},"serviceTier":{"type":"flex"}}"#,
    ),
    ("!throttlingException", r#"{"message":"g"}"#),
    ("odd", "[]"),
];
const COHERE: &[(&str, &str)] = &[
    ("", r#"{"type":"message-start","id":"i","delta":{}}"#),
    (
        "",
        r#"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}"#,
    ),
    (
        "content-delta",
        r#"{"index":0,"delta":{"message":{"content":{"text":"a"}}}}"#,
    ),
    (
        "",
        r#"{"type":"content-delta","delta":{"message":{"content":{"thinking":"b"}}}}"#,
    ),
    ("", r#"{"type":"content-end","index":0}"#),
    (
        "",
        r#"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"c"}}}"#,
    ),
    (
        "",
        r#"{"type":"tool-call-start","delta":{"message":{"tool_calls":{"id":"t","function":{"name":"f"}}}}}"#,
    ),
    (
        "",
        r#"{"type":"tool-call-delta","delta":{"message":{"tool_calls":{"function":{"arguments":"{"}}}}}"#,
    ),
    ("", r#"{"type":"tool-call-end"}"#),
    (
        "",
        r#"{"type":"citation-start","delta":{"message":{"citations":{"start":0,"end":1,"sources":[{}]}}}}"#,
    ),
    (
        "",
        r#"{"type":"message-end","delta":{"finish_reason":"COMPLETE"}}"#,
    ),
    (
        "",
        r#"{"type":"message-end","delta":{"finish_reason":"ERROR","error":"d"}}"#,
    ),
];
const OLLAMA: &[(&str, &str)] = &[
    (
        "",
        r#"{"model":"m","message":{"content":"a"},"done":false}"#,
    ),
    (
        "",
        r#"{"model":"m","message":{"thinking":"b","content":""}}"#,
    ),
    (
        "",
        r#"{"message":{"tool_calls":[{"function":{"name":"f","arguments":{}}},{"id":"t","function":{"name":"g"}}]}}"#,
    ),
    (
        "",
        r#"{"message":{"content":""},"done":true,"done_reason":"stop"}"#,
    ),
    ("", r#"{"done":true,"done_reason":"length"}"#),
    ("", r#"{"error":"c"}"#),
];

/// Which event comes, and what is written over a byte of it.
fn events() -> impl Strategy<Value = Vec<(Index, Option<(Index, char)>)>> {
    let stroke = prop_oneof!["[ -~]", Just("\u{e4}".to_owned())];
    let stroke = stroke.prop_map(|text| text.chars().next().unwrap_or('x'));
    let one = (
        any::<Index>(),
        prop::option::weighted(0.2, (any::<Index>(), stroke)),
    );
    prop::collection::vec(one, 0..40)
}

/// What is told until a fault, or to the end.
fn told(
    form: Form,
    pool: &[(&str, &str)],
    chosen: &[(Index, Option<(Index, char)>)],
) -> Vec<Event<'static>> {
    let mut reader = (form.serves().unwrap().stream)();
    let mut events = Vec::new();
    let mut sink = |event: Event<'_>| events.push(event.into_owned());
    for (which, stroke) in chosen {
        let (name, data) = which.get(pool);
        let mut data: Vec<char> = data.chars().collect();
        if let Some((at, over)) = stroke {
            let at = at.index(data.len());
            data[at] = *over;
        }
        let data: String = data.into_iter().collect();
        let Ok(value) = parse(&data) else { break };
        if reader.event(name, &value, &mut sink).is_err() {
            return events;
        }
    }
    let _cut_short = reader.done(&mut sink);
    events
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_comes_parts_are_told_in_order(chosen in events()) {
        for (form, pool) in [
            (Form::Converse, CONVERSE),
            (Form::CohereChat, COHERE),
            (Form::OllamaChat, OLLAMA),
        ] {
            let events = told(form, pool, &chosen);
            in_order(&events);
            let mut answer = Answer::default();
            events.into_iter().for_each(|event| answer.take(event));
            assert!(answer.choices.len() <= 1);
        }
    }
}
