//! Thoughts in messages: `reasoning_content`, which people read, and `reasoning_details`, which come back.
//!
//! The second are `OpenRouter`'s (recorded in fixtures/openrouter; documented at
//! <https://openrouter.ai/docs/use-cases/reasoning-tokens>, read 2026-11): a list of `reasoning.text` with `text` and
//! `signature`, and of `reasoning.encrypted` with `data`. openai-python merges the pieces of a stream by their `index`,
//! which must be there, and joins every text in them: what is not a piece is told once.

use crate::call::Dialect;
use crate::translate::json::{Items, Object, Spelled, Value};
use crate::translate::request::Part;
use crate::translate::signature::{MARK, Signature};

/// The thoughts of an assistant's message, in their order.
pub(super) fn read<'a>(message: &Object<'a>) -> Vec<Part<'a>> {
    let details = message.items("reasoning_details");
    let thoughts: Vec<Part<'a>> = details.iter().filter_map(thought).collect();
    if !thoughts.is_empty() {
        return thoughts;
    }
    let text = |name| message.text(name).filter(|text| !text.is_empty());
    let text = text("reasoning_content").or_else(|| text("reasoning"));
    let thought = text.map(|text| Part::Thinking {
        text: text.clone(),
        signature: None,
    });
    thought.into_iter().collect()
}

fn thought<'a>(detail: &Value<'a>) -> Option<Part<'a>> {
    let detail = detail.as_object()?;
    let text = detail.text("text").or_else(|| detail.text("summary"));
    let signature = detail.text("signature").or_else(|| detail.text("data"));
    if text.is_none() && signature.is_none() {
        return None;
    }
    Some(Part::Thinking {
        text: text.cloned().unwrap_or_default(),
        signature: signature.and_then(signed),
    })
}

/// A signature with a mark; one without could be anybody's behind an aggregator, and is nobody's.
fn signed(text: &Spelled<'_>) -> Option<Signature<'static>> {
    let is_marked = text.raw().starts_with(MARK);
    is_marked.then(|| Signature::read_in(Dialect::OpenAi, text).into_owned())
}

/// Whether a detail is one of ours: nobody but us can read its signature.
pub(super) fn is_marked(detail: &Value<'_>) -> bool {
    let Some(detail) = detail.as_object() else {
        return false;
    };
    let marked = |name| {
        detail
            .text(name)
            .is_some_and(|text| text.raw().starts_with(MARK))
    };
    marked("signature") || marked("data")
}

/// A piece of a thought's text.
pub(super) fn text(items: &mut Items<'_>, index: u32, text: &Spelled<'_>) {
    items.object(|detail| {
        detail.text("type", "reasoning.text");
        detail.spelled("text", text);
        detail.number("index", index.into());
    });
}

/// What was signed of a thought whose text, if it has any, was told before.
pub(super) fn signature(
    items: &mut Items<'_>,
    index: u32,
    signature: &Signature<'_>,
    has_text: bool,
) {
    items.object(|detail| {
        if signature.is_whole && !has_text {
            detail.text("type", "reasoning.encrypted");
            detail.spelled("data", &signature.marked());
        } else {
            detail.text("type", "reasoning.text");
            detail.spelled("signature", &signature.marked());
        }
        detail.number("index", index.into());
    });
}

/// A whole thought.
pub(super) fn whole(
    items: &mut Items<'_>,
    index: u32,
    thought: (&Spelled<'_>, Option<&Signature<'_>>),
) {
    let (words, signed) = thought;
    match signed {
        Some(signed) if words.is_empty() => signature(items, index, signed, false),
        _ => items.object(|detail| {
            detail.text("type", "reasoning.text");
            detail.spelled("text", words);
            if let Some(signed) = signed {
                detail.spelled("signature", &signed.marked());
            }
            detail.number("index", index.into());
        }),
    }
}
