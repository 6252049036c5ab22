//! A request that stands for those that come: a page of text, a plain answer, no cap of its own.

use http::Request;
use quotah_adapters::{Facts, ModelAsked, Operation, Spelling, percent_encode};

use super::super::choose::{Asking, lead};
use super::super::identify::Identity;
use super::super::parse::{Target, target};
use super::Wish;
use crate::ledger::Entry;
use crate::state::Snapshot;

/// Text that it has, bytes: about a thousand tokens.
pub(crate) const PROMPT_BYTES: usize = 4 * 1024;

/// The request, as the line would read it. Without an operation, the first by which the model can be reached.
pub(super) fn request(snapshot: &Snapshot, wish: Wish<'_>) -> (Target, Facts) {
    if let Some(operation) = wish.operation {
        return read(snapshot, operation, wish.model);
    }
    let mut first = None;
    for operation in USUAL {
        let (target, facts) = read(snapshot, operation, wish.model);
        let asking = Asking {
            snapshot,
            target: &target,
            facts: &facts,
            identity: &Identity::default(),
            entry: &Entry::default(),
            wished: wish.provider,
        };
        let Ok(lead) = lead(&asking) else {
            continue;
        };
        if lead.route.fits(target.wire()) {
            return (target, facts);
        }
        let is_translated = lead.route.translated(|| target.form()).is_some();
        if is_translated {
            first.get_or_insert((target, facts));
        }
    }
    // Who would be answered in translation only is answered all the same.
    first.unwrap_or_else(|| read(snapshot, Operation::Chat, wish.model))
}

/// The operation of that name, if it is one for which a model is named.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    let mut all = Operation::ALL.into_iter();
    all.find(|operation| operation.as_str() == name && !path(*operation, name).is_empty())
}

fn read(snapshot: &Snapshot, operation: Operation, model: &str) -> (Target, Facts) {
    let path = path(operation, model);
    let mut request = Request::new(());
    *request.method_mut() = http::Method::POST;
    // Names are encoded, so that every path is one.
    *request.uri_mut() = path.parse().unwrap_or_default();
    let target = target(snapshot, &request);
    let name = Facts {
        model: Some(ModelAsked {
            name: model.into(),
            span: 0..0,
            spelling: Spelling::Json,
        }),
        answers: 1,
        body_bytes: PROMPT_BYTES,
        prompt_bytes: PROMPT_BYTES,
        ..Facts::default()
    };
    (target, name)
}

/// Where clients ask for it; empty where no model is named.
fn path(operation: Operation, model: &str) -> String {
    let model = percent_encode(model);
    let fixed = match operation {
        Operation::Chat => "/v1/chat/completions",
        Operation::Completions => "/v1/completions",
        Operation::Responses => "/v1/responses",
        Operation::Embeddings => "/v1/embeddings",
        Operation::Messages => "/v1/messages",
        Operation::CountTokens => "/v1/messages/count_tokens",
        Operation::Interactions => "/v1beta/interactions",
        Operation::Transcription => "/v1/audio/transcriptions",
        Operation::Speech => "/v1/audio/speech",
        Operation::Images => "/v1/images/generations",
        Operation::Moderations => "/v1/moderations",
        Operation::Rerank => "/v1/rerank",
        Operation::Ocr => "/v1/ocr",
        Operation::GenerateContent => return format!("/v1beta/models/{model}:generateContent"),
        Operation::EmbedContent => return format!("/v1beta/models/{model}:embedContent"),
        Operation::Converse => return format!("/model/{model}/converse"),
        Operation::Invoke => return format!("/model/{model}/invoke"),
        Operation::Predict
        | Operation::BatchResults
        | Operation::Retrieval
        | Operation::Models
        | Operation::Other => "",
    };
    fixed.to_owned()
}

/// What clients ask for most, one for each dialect.
const USUAL: [Operation; 5] = [
    Operation::Chat,
    Operation::Messages,
    Operation::GenerateContent,
    Operation::Converse,
    Operation::Embeddings,
];
