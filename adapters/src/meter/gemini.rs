//! Gemini's answers: generated content, plain, as events and as an array of chunks, and embeddings.

use quotah_policy::Usage;

use super::counts::{Count, Counts, Known};
use super::field::{Field, Side};
use super::totals::Totals;
use crate::scan::PathTable;

pub(super) static FIELDS: PathTable<Field, 56> = PathTable::new(&[
    ("modelVersion", Field::Model),
    ("responseId", Field::Id),
    ("usageMetadata", Field::Usage),
    ("usageMetadata.promptTokenCount", Field::Count(Count::Input)),
    (
        "usageMetadata.toolUsePromptTokenCount",
        Field::Count(Count::ToolInput),
    ),
    (
        "usageMetadata.cachedContentTokenCount",
        Field::Count(Count::CachedInput),
    ),
    (
        "usageMetadata.candidatesTokenCount",
        Field::Count(Count::Output),
    ),
    (
        "usageMetadata.thoughtsTokenCount",
        Field::Count(Count::Reasoning),
    ),
    ("usageMetadata.serviceTier", Field::ServiceTier),
    (
        "usageMetadata.promptTokensDetails[*]",
        Field::Modalities(Side::Input),
    ),
    (
        "usageMetadata.promptTokensDetails[*].modality",
        Field::Modality,
    ),
    (
        "usageMetadata.promptTokensDetails[*].tokenCount",
        Field::ModalityTokens,
    ),
    // Embeddings spell it without the s.
    (
        "usageMetadata.promptTokenDetails[*]",
        Field::Modalities(Side::Input),
    ),
    (
        "usageMetadata.promptTokenDetails[*].modality",
        Field::Modality,
    ),
    (
        "usageMetadata.promptTokenDetails[*].tokenCount",
        Field::ModalityTokens,
    ),
    (
        "usageMetadata.cacheTokensDetails[*]",
        Field::Modalities(Side::Cached),
    ),
    (
        "usageMetadata.cacheTokensDetails[*].modality",
        Field::Modality,
    ),
    (
        "usageMetadata.cacheTokensDetails[*].tokenCount",
        Field::ModalityTokens,
    ),
    (
        "usageMetadata.candidatesTokensDetails[*]",
        Field::Modalities(Side::Output),
    ),
    (
        "usageMetadata.candidatesTokensDetails[*].modality",
        Field::Modality,
    ),
    (
        "usageMetadata.candidatesTokensDetails[*].tokenCount",
        Field::ModalityTokens,
    ),
    ("candidates[*].content.parts[*].text", Field::Text),
    ("candidates[*].content.parts[*].functionCall", Field::Json),
    ("candidates[*].content.parts[*].executableCode", Field::Json),
    ("candidates[*].finishReason", Field::Stop),
    ("promptFeedback.blockReason", Field::Stop),
    ("error", Field::Error),
    ("error.status", Field::ErrorKind),
    ("error.code", Field::ErrorCode),
]);

/// Tools' prompts lie beside the prompt and thoughts beside the candidates; caches lie inside the prompt.
///
/// The format leaves zeros out: with a prompt count, no candidates means none. Every chunk of a stream reports
/// the totals so far, and early ones lack some.
pub(super) fn totals(counts: &Counts) -> Totals {
    let input = counts.tokens(Count::Input);
    let thoughts = counts.part(Count::Reasoning);
    let output = match (counts.known(Count::Output), input) {
        (Known::As(output), _) => Some(output),
        (Known::Absent, Some(_)) => Some(0),
        (Known::Absent, None) | (Known::Refused, _) => None,
    };
    Totals {
        usage: Usage {
            input_tokens: input
                .unwrap_or(0)
                .saturating_add(counts.part(Count::ToolInput)),
            cached_input_tokens: counts.part(Count::CachedInput),
            output_tokens: output.unwrap_or(0).saturating_add(thoughts),
            reasoning_tokens: thoughts,
            input_audio_tokens: counts.part(Count::InputAudio),
            cached_audio_tokens: counts.part(Count::CachedAudio),
            output_audio_tokens: counts.part(Count::OutputAudio),
            input_image_tokens: counts.part(Count::InputImage),
            output_image_tokens: counts.part(Count::OutputImage),
            ..Usage::default()
        },
        input_reported: input.is_some(),
        output_reported: output.is_some(),
    }
    .clamped()
}
