//! What an answer cites of what the caller gave, as a caller of Anthropic's dialect gets it.

use serde_json::{Value, json};

use super::{answer, folded, frames};
use crate::translate::json::parse;
use crate::translate::{Form, check};

/// A citation there, and what the caller gets of it.
fn citations() -> Vec<(Value, Value)> {
    let at = |kind: &str, index: &str| json!({kind: {index: 1, "start": 2, "end": 5}});
    let said = |location: Value| {
        json!({"title": "a pdf", "sourceContent": [{"text": "It "}, {"text": "rains."}],
            "location": location})
    };
    let document = |kind: &str, from: &str, to: &str| {
        json!({"type": kind, "cited_text": "It rains.", "document_index": 1, "document_title": "a pdf",
            from: 2, to: 5})
    };
    let mut found = said(at("searchResultLocation", "searchResultIndex"));
    found["source"] = json!("shelf-1");
    vec![
        (
            said(at("documentChar", "documentIndex")),
            document("char_location", "start_char_index", "end_char_index"),
        ),
        (
            said(at("documentPage", "documentIndex")),
            document("page_location", "start_page_number", "end_page_number"),
        ),
        (
            said(at("documentChunk", "documentIndex")),
            document(
                "content_block_location",
                "start_block_index",
                "end_block_index",
            ),
        ),
        (
            found,
            json!({"type": "search_result_location", "cited_text": "It rains.", "search_result_index": 1,
                "source": "shelf-1", "title": "a pdf", "start_block_index": 2, "end_block_index": 5}),
        ),
    ]
}

fn whole(cited: &[Value]) -> Value {
    json!({"output": {"message": {"role": "assistant", "content": [
        {"text": "As they say, "},
        {"citationsContent": {"content": [{"text": "rain."}], "citations": cited}},
    ]}}, "stopReason": "end_turn", "usage": {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7}})
}

fn stream(cited: &[Value], text_first: bool) -> Vec<u8> {
    let delta = |index: u64, delta: Value| {
        let data = json!({"contentBlockIndex": index, "delta": delta});
        ("contentBlockDelta", data)
    };
    let stop = |index: u64| ("contentBlockStop", json!({"contentBlockIndex": index}));
    let text = delta(1, json!({"text": "rain."}));
    let cited = cited.iter().map(|said| delta(1, json!({"citation": said})));
    let mut events = vec![
        ("messageStart", json!({"role": "assistant"})),
        delta(0, json!({"text": "As they say, "})),
        stop(0),
    ];
    if text_first {
        events.push(text);
        events.extend(cited);
    } else {
        events.extend(cited);
        events.push(text);
    }
    events.extend([
        stop(1),
        ("messageStop", json!({"stopReason": "end_turn"})),
        (
            "metadata",
            json!({"usage": {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7}, "metrics": {"latencyMs": 1}}),
        ),
    ]);
    frames(&events)
}

#[test]
fn places_in_documents_and_search_results_are_told() {
    let (said, told): (Vec<_>, Vec<_>) = citations().into_iter().unzip();
    let message = check::answer(Form::Messages, Form::Converse, &whole(&said).to_string()).unwrap();
    assert_eq!(
        message["content"],
        json!([
            {"type": "text", "text": "As they say, "},
            {"type": "text", "text": "rain.", "citations": told},
        ])
    );
}

#[test]
fn a_stream_cites_what_the_whole_answer_cites_wherever_it_is_cut() {
    let (said, told): (Vec<_>, Vec<_>) = citations().into_iter().unzip();
    let whole = whole(&said).to_string();
    for text_first in [true, false] {
        let bytes = stream(&said, text_first);
        assert_eq!(
            folded(&bytes),
            answer::read(&parse(&whole).unwrap()).unwrap()
        );
        let all = check::stream(Form::Messages, Form::Converse, &bytes, &[usize::MAX]).unwrap();
        for cuts in [[1].as_slice(), &[7, 64]] {
            let cut = check::stream(Form::Messages, Form::Converse, &bytes, cuts).unwrap();
            assert_eq!(cut, all);
        }
        for citation in &told {
            let said = all.lines().any(|line| {
                let data = line.strip_prefix("data: ");
                data.and_then(|data| serde_json::from_str::<Value>(data).ok())
                    .is_some_and(|event| event["delta"]["citation"] == *citation)
            });
            assert!(said, "{citation} is not in {all}");
        }
    }
}

#[test]
fn other_callers_get_the_text_without_places_that_they_have_no_word_for() {
    let (said, _): (Vec<_>, Vec<_>) = citations().into_iter().unzip();
    let whole = whole(&said).to_string();
    let told = check::answer(Form::Chat, Form::Converse, &whole).unwrap();
    assert_eq!(
        told["choices"][0]["message"]["content"],
        "As they say, rain."
    );
    assert!(!told.to_string().contains("shelf-1"));
}
