//! Predictions, as Vertex AI's older models answer: embeddings by tokens, pictures by the piece.
//!
//! Videos are promised only (`predictLongRunning` answers with the name of an operation): nothing in the answer
//! counts them.

use quotah_policy::{Unit, Usage};

use crate::adapter::{Answers, never_last};
use crate::call::Operation;
use crate::meter::{Count, Counts, Field, Totals};
use crate::scan::{PathTable, Tracker};

pub(super) static ANSWERS: Answers = Answers {
    tracker: || Tracker::new(&FIELDS),
    envelope: None,
    totals,
    is_last_event: never_last,
    stop_is_last: false,
    may_end_unsaid: false,
};

/// Text embeddings as recorded in fixtures/vertex; pictures as documented at
/// docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/imagen-api, read 2026-11: one that a filter
/// held back has a reason in place of its bytes, and is not billed.
static FIELDS: PathTable<Field, 32> = PathTable::new(&[
    (
        "predictions[*].embeddings.statistics.token_count",
        Field::Add(Count::Input),
    ),
    (
        "predictions[*].bytesBase64Encoded",
        Field::Each(Count::Unit(Unit::OutputImages)),
    ),
    (
        "predictions[*].gcsUri",
        Field::Each(Count::Unit(Unit::OutputImages)),
    ),
    (
        "predictions[*].imageEmbedding",
        Field::Each(Count::Unit(Unit::InputImages)),
    ),
    (
        "metadata.tokenMetadata.inputTokenCount.totalTokens",
        Field::Count(Count::Input),
    ),
    (
        "metadata.tokenMetadata.outputTokenCount.totalTokens",
        Field::Count(Count::Output),
    ),
    ("error", Field::Error),
    ("error.status", Field::ErrorKind),
    ("error.code", Field::ErrorCode),
]);

fn totals(counts: &Counts, _: Operation) -> Totals {
    let units = counts.units();
    let input = counts
        .tokens(Count::Input)
        .or_else(|| (!units.is_none()).then_some(0));
    Totals {
        usage: Usage {
            input_tokens: input.unwrap_or(0),
            output_tokens: counts.part(Count::Output),
            units,
            ..Usage::default()
        },
        input_reported: input.is_some(),
        output_reported: input.is_some(),
    }
    .clamped()
}
