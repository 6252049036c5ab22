//! The numbers of an embedding: as they were written, or as bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::translate::AnswerFault;
use crate::translate::json::{Items, Value};

/// Numbers as they were written.
///
/// # Errors
/// [`AnswerFault::Unreadable`] for what is no list of numbers: bytes in base64 do not say what they are (vLLM has sent
/// eight to a number, Perplexity sends one), and are not asked for.
pub(super) fn read<'v>(value: Option<&'v Value<'_>>) -> Result<Vec<&'v str>, AnswerFault> {
    let Some(Value::Array(array)) = value else {
        return Err(AnswerFault::Unreadable);
    };
    let digits = array.items.iter().map(|item| match item {
        Value::Number(digits) => Ok(*digits),
        _ => Err(AnswerFault::Unreadable),
    });
    digits.collect()
}

/// The same numbers.
pub(super) fn write(numbers: &[&str], items: &mut Items<'_>) {
    numbers.iter().for_each(|number| items.raw(number));
}

/// Four bytes to a number, the lowest first, in base64: what `OpenAI`'s SDK asks for and reads (`numpy`'s `float32`).
///
/// # Errors
/// [`AnswerFault::Unreadable`] for what is no such number.
pub(super) fn base64(numbers: &[&str]) -> Result<String, AnswerFault> {
    let mut bytes = Vec::with_capacity(numbers.len().saturating_mul(4));
    for number in numbers {
        let number: f32 = number.parse().map_err(|_| AnswerFault::Unreadable)?;
        if !number.is_finite() {
            return Err(AnswerFault::Unreadable);
        }
        bytes.extend(number.to_le_bytes());
    }
    Ok(STANDARD.encode(bytes))
}
