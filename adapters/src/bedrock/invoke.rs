//! Answers to `invoke`: each model's own format.
//!
//! One table has all of them. They do not contradict each other, and the id does not always tell the model: an
//! application's inference profile, a provisioned or an imported model has an ARN of numbers. Formats are documented
//! at <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>, read 2026-11.

use quotah_policy::Unit;

use crate::adapter::Answers;
use crate::anthropic;
use crate::meter::{Count, Counts, Field, Totals};
use crate::scan::{PathTable, Tracker};

pub(super) static ANSWERS: Answers = Answers {
    tracker: || Tracker::new(&FIELDS),
    // Claude's.
    envelope: anthropic::ANSWERS.envelope,
    totals: |counts, _| totals(counts),
    is_last_event: anthropic::ANSWERS.is_last_event,
    stop_is_last: false,
    may_end_unsaid: false,
};

/// Claude's messages have Anthropic's own format.
static FIELDS: PathTable<Field, 200> = PathTable::new(&joined::<
    { anthropic::ROWS.len() + ROWS.len() },
>(anthropic::ROWS, ROWS));

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "when it is compiled"
)]
const fn joined<const N: usize>(
    first: &[(&'static str, Field)],
    second: &[(&'static str, Field)],
) -> [(&'static str, Field); N] {
    let mut both = [("", Field::Usage); N];
    let mut at = 0;
    while at < N {
        both[at] = if at < first.len() {
            first[at]
        } else {
            second[at - first.len()]
        };
        at += 1;
    }
    both
}

const ROWS: &[(&str, Field)] = &[
    // Claude before messages
    ("completion", Field::Text),
    // Nova: `converse`'s format, in a stream each event by its name
    ("usage.inputTokens", Field::Count(Count::Input)),
    ("usage.outputTokens", Field::Count(Count::Output)),
    ("usage.totalTokens", Field::Count(Count::Total)),
    (
        "usage.cacheReadInputTokenCount",
        Field::Count(Count::CachedInput),
    ),
    (
        "usage.cacheReadInputTokens",
        Field::Count(Count::CachedInput),
    ),
    (
        "usage.cacheWriteInputTokenCount",
        Field::Count(Count::CacheWrite),
    ),
    (
        "usage.cacheWriteInputTokens",
        Field::Count(Count::CacheWrite),
    ),
    ("stopReason", Field::Stop),
    ("output.message.content[*].text", Field::Text),
    ("output.message.content[*].toolUse.name", Field::Text),
    ("output.message.content[*].toolUse.input", Field::Json),
    ("metadata.usage", Field::Usage),
    ("metadata.usage.inputTokens", Field::Count(Count::Input)),
    ("metadata.usage.outputTokens", Field::Count(Count::Output)),
    ("metadata.usage.totalTokens", Field::Count(Count::Total)),
    (
        "metadata.usage.cacheReadInputTokenCount",
        Field::Count(Count::CachedInput),
    ),
    (
        "metadata.usage.cacheWriteInputTokenCount",
        Field::Count(Count::CacheWrite),
    ),
    ("messageStop.stopReason", Field::Stop),
    ("contentBlockStart.start.toolUse.name", Field::Text),
    ("contentBlockDelta.delta.text", Field::Text),
    ("contentBlockDelta.delta.toolUse.input", Field::Text),
    (
        "contentBlockDelta.delta.reasoningContent.reasoningText.text",
        Field::Text,
    ),
    // Llama; in a stream each chunk has the count so far
    ("generation", Field::Text),
    ("prompt_token_count", Field::Count(Count::Input)),
    ("generation_token_count", Field::Count(Count::Output)),
    // Titan: text, embeddings
    ("inputTextTokenCount", Field::Count(Count::Input)),
    ("results[*].tokenCount", Field::Count(Count::Output)),
    ("results[*].outputText", Field::Text),
    ("results[*].completionReason", Field::Stop),
    ("totalOutputTextTokenCount", Field::Count(Count::Output)),
    ("outputText", Field::Text),
    ("completionReason", Field::Stop),
    // Mistral
    ("outputs[*].text", Field::Text),
    ("outputs[*].stop_reason", Field::Stop),
    // Cohere: command, command R, in a stream `is_finished` or `stream-end`
    ("text", Field::Text),
    ("finish_reason", Field::Stop),
    ("generations[*].text", Field::Text),
    ("generations[*].finish_reason", Field::Stop),
    // AI21's Jurassic
    ("completions[*].data.text", Field::Text),
    ("completions[*].finishReason.reason", Field::Stop),
    // What is like OpenAI's: gpt-oss, Jamba, DeepSeek, Qwen, Palmyra, Mistral's chat, imported models
    ("usage.prompt_tokens", Field::Count(Count::Input)),
    ("usage.completion_tokens", Field::Count(Count::Output)),
    ("usage.total_tokens", Field::Count(Count::Total)),
    (
        "usage.prompt_tokens_details.cached_tokens",
        Field::Count(Count::CachedInput),
    ),
    (
        "usage.completion_tokens_details.reasoning_tokens",
        Field::Count(Count::Reasoning),
    ),
    ("service_tier", Field::ServiceTier),
    ("choices[*].finish_reason", Field::Stop),
    ("choices[*].stop_reason", Field::Stop),
    ("choices[*].text", Field::Text),
    ("choices[*].message.content", Field::Text),
    ("choices[*].message.reasoning_content", Field::Text),
    ("choices[*].message.reasoning", Field::Text),
    (
        "choices[*].message.tool_calls[*].function.name",
        Field::Text,
    ),
    (
        "choices[*].message.tool_calls[*].function.arguments",
        Field::Text,
    ),
    ("choices[*].delta.content", Field::Text),
    ("choices[*].delta.reasoning_content", Field::Text),
    ("choices[*].delta.reasoning", Field::Text),
    ("choices[*].delta.tool_calls[*].function.name", Field::Text),
    (
        "choices[*].delta.tool_calls[*].function.arguments",
        Field::Text,
    ),
    // What gives no text says nothing of output: embeddings of Titan, Cohere and Nova, rerank
    ("embedding", Field::Says(Count::Output, 0)),
    ("embeddings", Field::Says(Count::Output, 0)),
    ("embeddingsByType", Field::Says(Count::Output, 0)),
    (
        "results[*].relevance_score",
        Field::Says(Count::Unit(Unit::SearchUnits), 1),
    ),
    // Images are billed by the image: Titan, Nova Canvas and Stability, before that as artifacts
    ("images[*]", Field::Each(Count::Unit(Unit::OutputImages))),
    ("artifacts[*]", Field::Each(Count::Unit(Unit::OutputImages))),
    // The service's own count in a stream's last chunk. Claude's is higher where it has called tools (133 and 97
    // recorded), and is what its own answer says, so the model's word goes first.
    ("amazon-bedrock-invocationMetrics", Field::Usage),
    (
        "amazon-bedrock-invocationMetrics.inputTokenCount",
        Field::Else(Count::Input),
    ),
    (
        "amazon-bedrock-invocationMetrics.outputTokenCount",
        Field::Else(Count::Output),
    ),
    (
        "amazon-bedrock-invocationMetrics.cacheReadInputTokenCount",
        Field::Else(Count::CachedInput),
    ),
    (
        "amazon-bedrock-invocationMetrics.cacheWriteInputTokenCount",
        Field::Else(Count::CacheWrite),
    ),
    ("amazon-bedrock-guardrailAction", Field::Intervened),
];

/// As Anthropic has it, but where the model's own total says that caches lie within the input.
fn totals(counts: &Counts) -> Totals {
    let mut totals = anthropic::totals(counts);
    let (input, output) = (counts.part(Count::Input), counts.part(Count::Output));
    let is_within = |total: u64| total <= input.saturating_add(output);
    if counts.tokens(Count::Total).is_some_and(is_within) {
        totals.usage.input_tokens = input;
    }
    // What is billed by the piece has no tokens.
    let has_units = !totals.usage.units.is_none();
    totals.input_reported |= has_units;
    totals.output_reported |= has_units;
    totals.clamped()
}
