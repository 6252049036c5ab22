//! What Gemini's deployments answer.

use std::fs;
use std::path::Path;

use quotah_policy::Usage;

use crate::error_class::ErrorClass;
use crate::translate::answer::{Answer, Event, Reason};
use crate::translate::check::{self, events, folded};
use crate::translate::form::Form;
use crate::translate::generate::hear;
use crate::translate::json::parse;
use crate::translate::request::Part;
use crate::translate::{self, AnswerFault};

/// Recorded answers of status 200: name, whether it is a stream, body.
fn recorded() -> Vec<(String, bool, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let files = ["gemini", "vertex"]
        .into_iter()
        .flat_map(|provider| fs::read_dir(root.join(provider)).unwrap())
        .map(|entry| entry.unwrap().path());
    let mut all: Vec<_> = files
        .filter_map(|file| {
            let name = file.file_stem()?.to_str()?.to_owned();
            let case: serde_json::Value =
                serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
            let is_case = name.starts_with("generate-content") && case["response"]["status"] == 200;
            let body = case["response"]["body"].as_str()?.to_owned();
            is_case.then(|| (name, body.starts_with("data:"), body))
        })
        .collect();
    all.sort();
    assert!(all.len() >= 20, "{}", all.len());
    all
}

/// Nothing that stands in usage but what Google's own tools used.
fn without_tools(usage: Option<Usage>) -> Usage {
    Usage {
        web_search_requests: 0,
        ..usage.unwrap()
    }
}

#[test]
fn every_recorded_answer_comes_back_as_it_was_in_any_cut() {
    let form = Form::Generate;
    for (name, is_stream, body) in recorded() {
        if !is_stream {
            let usage = |body: &str| check::usage(form, body.as_bytes(), "application/json");
            let told = translate::answer(
                &check::caller(form),
                form,
                body.as_bytes(),
                usage(&body).as_ref(),
            )
            .unwrap();
            // Arguments that are laid out over lines come back on one.
            let line = body.replace('\n', " ");
            let (before, after) = (parse(&line).unwrap(), parse(&told).unwrap());
            assert_eq!(hear::answer(&after), hear::answer(&before), "{name}");
            assert_eq!(usage(&told), Some(without_tools(usage(&body))), "{name}");
            continue;
        }
        let whole = check::stream(form, form, body.as_bytes(), &[usize::MAX]).unwrap();
        for cuts in [&[1][..], &[7, 1, 130], &[64, 2_000]] {
            let cut = check::stream(form, form, body.as_bytes(), cuts).unwrap();
            assert_eq!(cut, whole, "{name}");
        }
        let before = folded(form, body.as_bytes()).unwrap();
        assert_eq!(folded(form, whole.as_bytes()).unwrap(), before, "{name}");
        let usage = |body: &str| check::usage(form, body.as_bytes(), "text/event-stream");
        assert_eq!(usage(&whole), Some(without_tools(usage(&body))), "{name}");
    }
}

fn read(body: &str) -> Answer<'static> {
    let value = parse(body).unwrap();
    let told = hear::answer(&value).unwrap();
    // The chunk again as a stream of one: the same.
    let stream = format!("data: {}\r\n\r\n", body.replace('\n', ""));
    let folded = folded(Form::Generate, stream.as_bytes()).unwrap();
    assert_eq!(told, folded);
    folded
}

fn texts(answer: &Answer<'_>) -> Vec<String> {
    let parts = answer.choices.iter().flat_map(|choice| &choice.parts);
    let told = parts.map(|part| match part {
        Part::Text { text, .. } => format!("said {}", text.plain()),
        Part::Thinking { text, signature } => {
            let signed = signature.as_ref().map(|signed| signed.data.plain());
            format!("thought {} {}", text.plain(), signed.unwrap_or_default())
        }
        Part::ToolCall(call) => {
            let signed = call.signature.as_ref().map(|signed| signed.data.plain());
            let (id, name, input) = (call.id.plain(), call.name.plain(), call.input.plain());
            format!("{id} {name} {input} {}", signed.unwrap_or_default())
        }
        other => format!("{other:?}"),
    });
    told.map(|told| told.trim_end().to_owned()).collect()
}

#[test]
fn thoughts_texts_and_calls_come_in_their_order_with_their_signatures() {
    let answer = read(
        r#"{"candidates":[{"content":{"parts":[
            {"text":"T","thought":true},{"text":"t","thought":true},{"text":"","thoughtSignature":"c2ln"},
            {"text":"A"},{"text":"b","thoughtSignature":"c2ky"},{"text":"C"},
            {"functionCall":{"name":"f","args":{"x": 1.0}},"thoughtSignature":"c2kz"},
            {"functionCall":{"id":"own","name":"g"}},{"executableCode":{}},{"inlineData":{}}
        ]},"finishReason":"STOP"}],"responseId":"r/1","modelVersion":"m"}"#,
    );
    assert_eq!(
        texts(&answer),
        [
            "thought Tt c2ln",
            "said Ab",
            "thought  c2ky",
            "said C",
            "call_r1_0 f {\"x\": 1.0} c2kz",
            "own g {}",
        ]
    );
    assert_eq!(answer.choices[0].finish.reason, Reason::ToolCalls);
}

#[test]
fn several_answers_keep_apart() {
    let chunk = |index: &str, text: &str, end: &str| {
        format!(
            "data: {{\"candidates\":[{{{index}\"content\":{{\"parts\":[{{\"text\":\"{text}\"}}]}}{end}}}]}}\r\n\r\n"
        )
    };
    let stream = [
        chunk("", "a", ""),
        chunk("\"index\":1,", "x", ""),
        chunk("\"index\":0,", "b", ",\"finishReason\":\"STOP\""),
        chunk("\"index\":1,", "y", ",\"finishReason\":\"MAX_TOKENS\""),
    ]
    .concat();
    let answer = folded(Form::Generate, stream.as_bytes()).unwrap();
    assert_eq!(texts(&answer), ["said ab", "said xy"]);
    let reasons: Vec<_> = answer
        .choices
        .iter()
        .map(|choice| choice.finish.reason)
        .collect();
    assert_eq!(reasons, [Reason::Done, Reason::Length]);
    // Without numbers they are counted.
    let whole = read(
        r#"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":1},{"content":{"parts":[{"text":"b"}]},"finishReason":3}]}"#,
    );
    assert_eq!(whole.choices[1].finish.reason, Reason::Filtered);
}

#[test]
fn a_blocked_prompt_is_an_answer_held_back() {
    let answer =
        read(r#"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{}}"#);
    assert_eq!(answer.choices.len(), 1);
    assert_eq!(answer.choices[0].parts, []);
    assert_eq!(answer.choices[0].finish.reason, Reason::Filtered);
}

#[test]
fn pages_that_an_answer_rests_on_are_its_citations_once() {
    let chunk = r#"data: {"candidates":[{"content":{"parts":[{"text":"a"}]},"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a.example/","title":"A"}}]}}]}"#;
    let end = r#"data: {"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP","groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a.example/","title":"A"}},{"maps":{}},{"web":{"uri":"https://b.example/"}}]}}]}"#;
    let answer = folded(
        Form::Generate,
        format!("{chunk}\r\n\r\n{end}\r\n\r\n").as_bytes(),
    )
    .unwrap();
    let [Part::Text { citations, .. }] = &*answer.choices[0].parts else {
        panic!("{answer:?}");
    };
    let urls: Vec<_> = citations
        .iter()
        .map(|citation| citation.url.as_ref().unwrap().raw())
        .collect();
    assert_eq!(urls, ["https://a.example/", "https://b.example/"]);
}

#[test]
fn an_error_in_a_stream_has_its_class() {
    for stream in [
        r#"data: {"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}"#,
        r#"{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}"#,
    ] {
        let told = events(Form::Generate, stream.as_bytes()).unwrap();
        let [Event::Failed { class, message }] = &*told else {
            panic!("{told:?}");
        };
        assert_eq!(*class, ErrorClass::Overloaded);
        assert_eq!(message.raw(), "The model is overloaded.");
        let translated = check::stream(Form::Generate, Form::Generate, stream.as_bytes(), &[5]);
        let read = events(Form::Generate, translated.unwrap().as_bytes()).unwrap();
        let [Event::Failed { class, message }] = &*read else {
            panic!("{read:?}");
        };
        assert_eq!(*class, ErrorClass::Overloaded);
        assert!(message.raw().contains("The model is overloaded."));
    }
    let error = parse(r#"{"error":{"code":500}}"#).unwrap();
    assert_eq!(hear::answer(&error), Err(AnswerFault::Unreadable));
}

#[test]
fn a_stream_without_its_reason_was_cut_short() {
    let begun = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\r\n\r\n";
    for stream in ["", begun] {
        assert_eq!(
            folded(Form::Generate, stream.as_bytes()),
            Err(AnswerFault::CutShort)
        );
    }
    let far = r#"data: {"candidates":[{"index":4000000000,"content":{}}]}"#;
    assert_eq!(
        folded(Form::Generate, far.as_bytes()),
        Err(AnswerFault::TooLong)
    );
}
