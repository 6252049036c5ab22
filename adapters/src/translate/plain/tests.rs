//! What holds of every task without turns.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::translate::check::{caller, to};

const FORMS: [Form; 7] = [
    Form::Embeddings,
    Form::GeminiEmbed,
    Form::GeminiEmbedBatch,
    Form::CohereEmbed,
    Form::OllamaEmbed,
    Form::CohereRerank,
    Form::Rerank,
];

/// The least that may be asked.
fn least(form: Form) -> Value {
    match form {
        Form::Embeddings | Form::OllamaEmbed => json!({"model": "m", "input": "a"}),
        Form::GeminiEmbed => json!({"content": {"parts": [{"text": "a"}]}}),
        Form::GeminiEmbedBatch => json!({"requests": [{"content": {"parts": [{"text": "a"}]}}]}),
        Form::CohereEmbed => json!({"model": "m", "texts": ["a"]}),
        _ => json!({"model": "m", "query": "q", "documents": ["a", {"text": "b"}]}),
    }
}

fn pairs() -> impl Iterator<Item = (Form, Form)> {
    let pairs = FORMS
        .into_iter()
        .flat_map(|from| FORMS.map(|to| (from, to)));
    pairs.filter(|(from, to)| from != to && from.task() == to.task())
}

#[test]
fn every_member_of_a_request_fares_as_its_fate_says() {
    let mut checked = 0;
    for (from, served) in pairs() {
        let Some(Shape::Object(fields)) = shape(from) else {
            panic!("a request is an object");
        };
        for field in fields.iter().filter(|field| !field.sample.is_empty()) {
            let (without, mut with) = (least(from), least(from));
            with[field.name] = serde_json::from_str(field.sample).unwrap();
            let feature = field.feature.unwrap();
            let seen = crate::translate::look(from, with.to_string().as_bytes()).unwrap();
            assert!(seen.features.has(feature), "{from:?} {}", field.name);
            // What would be embedded beside the rest cannot be left out without counting the others wrong.
            if feature == Feature::EmbeddingImages {
                continue;
            }
            let written = |body: &Value| {
                let body = body.to_string();
                crate::translate::request(from, body.as_bytes(), false, &to(served)).unwrap()
            };
            let is_same = written(&without) == written(&with);
            let fate = served.fate(feature, to(served).kind);
            let as_said = match fate {
                Fate::Lost => is_same,
                Fate::Carried | Fate::Adapted(_) => !is_same,
                Fate::Needless(_) => true,
            };
            assert!(as_said, "{from:?} {} to {served:?}: {fate:?}", field.name);
            checked += 1;
        }
    }
    assert!(checked > 60, "{checked}");
}

#[test]
fn what_belongs_to_another_task_is_not_translated() {
    let asked = least(Form::Rerank).to_string();
    for served in [Form::CohereEmbed, Form::MessagesCount, Form::Messages] {
        let fault = crate::translate::request(Form::Rerank, asked.as_bytes(), false, &to(served));
        assert_eq!(fault.unwrap_err().why, "there is no translation of it");
        let fault = crate::translate::answer(&caller(Form::Rerank), served, b"{}", None);
        assert_eq!(fault, Err(AnswerFault::Unsayable));
    }
}

/// Requests and answers, and much that is neither.
fn bodies() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        least(Form::Embeddings).to_string(),
        least(Form::GeminiEmbedBatch).to_string(),
        least(Form::Rerank).to_string(),
        r#"{"inputs":[{"content":[{"type":"image_url","image_url":{"url":"data:a;base64,b"}}]}]}"#.to_owned(),
        r#"{"data":[{"index":1,"embedding":[1e5,-0.1]}],"embeddings":[[1]],"results":[]}"#.to_owned(),
        r#"{"embeddings":{"float":[[1]]},"embedding":{"values":[2]},"totalTokens":1,"input_tokens":2}"#.to_owned(),
    ]);
    (
        known,
        any::<prop::sample::Index>(),
        "[\\[\\]{}\",:a0\\\\-]{0,3}",
    )
        .prop_map(|(known, at, more)| {
            let at = at.index(known.len());
            let rest = known
                .get(at.saturating_add(more.len())..)
                .unwrap_or_default();
            [known.get(..at).unwrap_or_default(), &more, rest].concat()
        })
}

proptest! {
    #[test]
    fn nothing_breaks_and_what_is_written_is_json(body in bodies(), base64 in any::<bool>()) {
        for (from, served) in pairs() {
            let seen = crate::translate::look(from, body.as_bytes());
            if let Ok(written) = crate::translate::request(from, body.as_bytes(), false, &to(served)) {
                let written = written.body;
                prop_assert!(serde_json::from_str::<Value>(&written).is_ok(), "{}", written);
                prop_assert!(seen.is_ok());
            }
            let caller = Caller { wants_base64: base64, ..caller(from) };
            if let Ok(told) = crate::translate::answer(&caller, served, body.as_bytes(), None) {
                prop_assert!(serde_json::from_str::<Value>(&told).is_ok(), "{}", told);
            }
        }
    }
}
