//! The names that a description may use, and the tables that its pointers make.

use quotah_policy::Unit;

use super::{CustomError, CustomSpec};
use crate::facts::Field as Asked;
use crate::meter::{Count, Field};
use crate::scan::Table;

/// Fields of an answer that a description may place, beside the names of [`Unit`]: `input` and `output` tokens, their
/// `total`, their parts, what the provider says it cost in dollars (`cost_usd`), the `model` that answered, generated
/// `text` (for estimates), the reason of its end (`stop`), and what an error looks like.
pub const CUSTOM_FIELDS: [&str; 21] = [
    "input",
    "output",
    "total",
    "cached_input",
    "cache_write",
    "cache_write_long",
    "reasoning",
    "input_audio",
    "output_audio",
    "input_image",
    "output_image",
    "input_video",
    "web_searches",
    "cost_usd",
    "model",
    "service_tier",
    "text",
    "stop",
    "error",
    "error_kind",
    "error_code",
];

/// The table of an answer.
pub(super) fn answer(places: &[(String, String)]) -> Result<Table<Field>, CustomError> {
    let places: Vec<_> = places
        .iter()
        .map(|(name, pointer)| {
            let field = field(name).ok_or_else(|| CustomError::UnknownField(name.clone()))?;
            Ok((checked(pointer)?, field))
        })
        .collect::<Result<_, CustomError>>()?;
    Ok(Table::build(places)?)
}

/// The table of a request.
pub(super) fn request(spec: &CustomSpec) -> Result<Table<Asked>, CustomError> {
    let places = [
        (&spec.model, Asked::Model),
        (&spec.stream, Asked::Stream),
        (&spec.output_cap, Asked::MaxTokens),
    ];
    let places: Vec<_> = places
        .into_iter()
        .filter_map(|(pointer, field)| Some((pointer.as_deref()?, field)))
        .map(|(pointer, field)| Ok((checked(pointer)?, field)))
        .collect::<Result<_, CustomError>>()?;
    Ok(Table::build(places)?)
}

/// Whether a field tells what is billed.
pub(super) fn is_billed(name: &str) -> bool {
    matches!(field(name), Some(Field::Count(_) | Field::Cost))
}

fn checked(pointer: &str) -> Result<&str, CustomError> {
    if pointer.starts_with('/') {
        Ok(pointer)
    } else {
        Err(CustomError::NotAPointer(pointer.to_owned()))
    }
}

fn field(name: &str) -> Option<Field> {
    Some(match name {
        "input" => Field::Count(Count::Input),
        "output" => Field::Count(Count::Output),
        "total" => Field::Count(Count::Total),
        "cached_input" => Field::Count(Count::CachedInput),
        "cache_write" => Field::Count(Count::CacheWrite),
        "cache_write_long" => Field::Count(Count::CacheWriteLong),
        "reasoning" => Field::Count(Count::Reasoning),
        "input_audio" => Field::Count(Count::InputAudio),
        "output_audio" => Field::Count(Count::OutputAudio),
        "input_image" => Field::Count(Count::InputImage),
        "output_image" => Field::Count(Count::OutputImage),
        "input_video" => Field::Count(Count::InputVideo),
        "web_searches" => Field::Count(Count::WebSearches),
        "cost_usd" => Field::Cost,
        "model" => Field::Model,
        "service_tier" => Field::ServiceTier,
        "text" => Field::Text,
        "stop" => Field::Stop,
        "error" => Field::Error,
        "error_kind" => Field::ErrorKind,
        "error_code" => Field::ErrorCode,
        unit => Field::Count(Count::Unit(Unit::parse(unit)?)),
    })
}
