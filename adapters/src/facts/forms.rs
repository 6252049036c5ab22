//! The forms of requests: where each dialect and operation spells the fields that we meter by, a table each.

mod anthropic;
mod bedrock;
mod cohere;
mod gemini;
mod ollama;
mod openai;
mod others;

use super::cap::CapMember;
use super::fields::Field;
use crate::call::{Dialect, Operation};
use crate::path::Call;
use crate::scan::Table;

pub(super) use anthropic::CAP as ANTHROPIC_CAP;

/// A form of requests.
#[derive(Debug)]
pub(super) struct Form {
    /// Where the fields stand.
    pub(super) fields: Table<Field>,
    /// What a cap on output tokens is called there, if one may be put into any request of this form.
    pub(super) cap: Option<CapMember>,
}

/// The form of a call's body.
pub(super) fn form(call: &Call) -> &'static Form {
    match (call.operation, call.dialect) {
        (Operation::Chat | Operation::Completions, Dialect::Cohere) => &cohere::CHAT,
        (Operation::Chat | Operation::Completions, Dialect::Ollama) => &ollama::CHAT,
        (Operation::Chat, _) => &openai::CHAT,
        (Operation::Completions, _) => &openai::COMPLETIONS,
        (Operation::Interactions, _) => &gemini::INTERACTIONS,
        (Operation::Responses, _) if call.is_compaction => &openai::COMPACTION,
        (Operation::Responses, _) => &openai::RESPONSES,
        (Operation::CountTokens, Dialect::OpenAi) => &openai::COMPACTION,
        (Operation::Messages, _) => &anthropic::MESSAGES,
        (Operation::CountTokens, Dialect::Anthropic) => &anthropic::COUNT_TOKENS,
        (Operation::GenerateContent, _) => &gemini::GENERATE_CONTENT,
        (Operation::Converse, _) => &bedrock::CONVERSE,
        (Operation::Invoke, _) => &bedrock::INVOKE,
        (Operation::EmbedContent, _) | (Operation::CountTokens, Dialect::Gemini) => {
            &gemini::EMBED_CONTENT
        }
        (Operation::Embeddings | Operation::Ocr, _) => &others::EMBEDDINGS,
        (Operation::Speech, _) => &others::SPEECH,
        (Operation::Images, _) => &others::IMAGES,
        (Operation::Rerank, _) => &others::RERANK,
        // Bodies without a model, or in formats of the model's own.
        _ => &others::OTHER,
    }
}
