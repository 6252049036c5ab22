//! Reasoning items: thoughts, and what their makers signed.
//!
//! An item of `OpenAI`'s has an id and `encrypted_content`, and the API wants both back (the id is required by the
//! request's types, openai-python 3.54), so that both together are the signature: `rs_1:gAAAA…`. Others' signatures
//! stand in `encrypted_content` with their mark. The signature of a call, which no item here has a place for, is an item
//! of its own next to the call, without a summary, that names the call: `qh1.gemini.c.call_1.EqQB…`.

use crate::call::Dialect;
use crate::translate::json::{Object, Spelled};
use crate::translate::signature::{MARK, Signature};

/// What the id of a thought of ours begins with, so that the items of translated answers are told from `OpenAI`'s own.
pub(super) const ID_START: &str = "rs_qh1.";

/// What was thought, as far as it is told: the summary, or the thoughts themselves as open models tell them.
pub(super) fn text<'a>(item: &Object<'a>) -> Spelled<'a> {
    let summary = joined(item, "summary");
    if summary.is_empty() {
        joined(item, "content")
    } else {
        summary
    }
}

fn joined<'a>(item: &Object<'a>, name: &str) -> Spelled<'a> {
    let parts = item.items(name).iter();
    let mut texts = parts.filter_map(|part| part.as_object()?.text("text"));
    let mut all = texts.next().cloned().unwrap_or_default();
    for text in texts {
        all.push(&Spelled::of_raw(BETWEEN));
        all.push(text);
    }
    all
}

/// What stands between the parts of a summary where they become one text, as it is spelled.
pub(super) const BETWEEN: &str = "\\n\\n";

/// Whether it is a signature of somebody else, or of a call.
pub(super) fn is_marked(encrypted: &Spelled<'_>) -> bool {
    encrypted.raw().starts_with(MARK)
}

/// The signature of an item of `OpenAI`'s own.
pub(super) fn signature(item: &Object<'_>, encrypted: &Spelled<'_>) -> Signature<'static> {
    let mut data = match item.text("id") {
        Some(id) if !id.raw().contains(SEPARATOR) => id.clone().into_owned(),
        _ => Spelled::default(),
    };
    data.push(&Spelled::of_raw(SEPARATOR));
    data.push(encrypted);
    Signature {
        maker: Dialect::OpenAi,
        data: data.into_owned(),
        is_whole: false,
    }
}

/// Id and `encrypted_content` of what [`signature`] gave.
pub(super) fn apart<'a>(data: &'a Spelled<'_>) -> (Option<Spelled<'a>>, Spelled<'a>) {
    match data.raw().split_once(SEPARATOR) {
        Some((id, encrypted)) => (
            Some(Spelled::of_raw(id)).filter(|id| !id.is_empty()),
            Spelled::of_raw(encrypted),
        ),
        None => (None, data.borrowed()),
    }
}

/// Between id and content; neither has it, since ids are words and content is base64 of either alphabet.
const SEPARATOR: &str = ":";

/// The `encrypted_content` by which the signature of a call is carried.
pub(super) fn told_of_call(call: &Spelled<'_>, signature: &Signature<'_>) -> Spelled<'static> {
    let mut told = Spelled::of_owned(MARK);
    told.push(&Spelled::of_raw(signature.maker.as_str()));
    told.push(&Spelled::of_raw(".c."));
    told.push(call);
    told.push(&Spelled::of_raw("."));
    told.push(&signature.data);
    told
}

/// The call and its signature, if that is what the item carries.
pub(super) fn of_call(item: &Object<'_>) -> Option<(Spelled<'static>, Signature<'static>)> {
    let told = item.text("encrypted_content")?;
    let (maker, rest) = told.raw().strip_prefix(MARK)?.split_once(".c.")?;
    // Signatures have no dots, ids of calls may.
    let (call, data) = rest.rsplit_once('.')?;
    let maker = Dialect::ALL
        .into_iter()
        .find(|dialect| dialect.as_str() == maker)?;
    Some((
        Spelled::of_raw(call).into_owned(),
        Signature {
            maker,
            data: Spelled::of_raw(data).into_owned(),
            is_whole: false,
        },
    ))
}

/// Whether the item is none of `OpenAI`'s, which would refuse it.
pub(super) fn is_foreign(item: &Object<'_>) -> bool {
    let is_reasoning = item.text("type").is_some_and(|kind| kind.is("reasoning"));
    let is_ours = || {
        item.text("id")
            .is_some_and(|id| id.raw().starts_with(ID_START))
    };
    is_reasoning && (item.text("encrypted_content").is_some_and(is_marked) || is_ours())
}
