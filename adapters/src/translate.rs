//! One dialect into another: requests, answers, streams, refusals, and what cannot be carried.
//!
//! Every form that callers use is read into a neutral form and every form that deployments use is written from it, so
//! that any pair of them is two halves that know nothing of each other. Only where a route names a deployment of
//! another dialect than the caller's is anything translated; what is not known here never passes silently.

#[cfg(test)]
mod agents;
mod answer;
mod arguments;
mod caching;
mod chat;
#[cfg(test)]
pub(crate) mod check;
mod claude;
mod cohere;
mod converse;
mod feature;
mod form;
mod generate;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod identity;
mod json;
mod likelihood;
mod lines;
mod messages;
mod ollama;
mod parts;
mod plain;
mod refused;
mod request;
mod responses;
mod shape;
mod signature;
mod speaker;
mod stream;
mod table;
#[cfg(test)]
mod truth;
#[cfg(test)]
mod twins;
mod variant;
mod whole;

use quotah_policy::Usage;

use crate::provider::ProviderKind;

pub use feature::{Fate, Feature, Features};
pub use form::{Api, Form, Task};
pub use lines::{ID_LINES, id_line, request_lines};
pub use refused::{Refused, refused};
pub use shape::{PLACES_MAX, Seen};
pub use stream::{EVENT_BYTES_MAX, StreamTranslator};
pub use table::translation_table;
pub(crate) use variant::{ChatVariant, ToolIds};

/// A request cannot be translated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct Untranslatable {
    /// The member at fault (`messages[2].content[0]`), empty for the whole body.
    pub place: String,
    /// What is wrong with it, in a few words and without its value.
    pub why: &'static str,
}

impl Untranslatable {
    pub(crate) fn at(place: impl Into<String>, why: &'static str) -> Self {
        Self {
            place: place.into(),
            why,
        }
    }
}

/// An answer cannot be translated. What the caller has of it by then is broken off visibly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFault {
    /// It is not what the deployment's dialect has.
    #[error("the answer cannot be read")]
    Unreadable,
    /// It is longer than is translated.
    #[error("the answer is too long to be translated")]
    TooLong,
    /// The stream ended before its end.
    #[error("the answer was cut short")]
    CutShort,
    /// It holds something that the caller's dialect has no place for.
    #[error("the answer holds what the caller's dialect cannot say")]
    Unsayable,
    /// A call's arguments are no JSON object, and the caller's dialect has no place for another.
    #[error("the model's arguments for a tool are not JSON")]
    BadArguments,
}

/// A caller, as far as its answer depends on it.
#[derive(Debug, Clone)]
pub struct Caller {
    /// How it asked.
    pub form: Form,
    /// The model's name as it asked for it.
    pub model: Box<str>,
    /// Its chat stream asked for usage (`stream_options.include_usage`).
    pub wants_usage: bool,
    /// Its embeddings are to be told as base64: [`wants_base64`].
    pub wants_base64: bool,
    /// Its stream is to be one array: Gemini's without `alt=sse`.
    pub wants_array: bool,
    /// What an answer without an id is called.
    pub request_id: Box<str>,
    /// When it came, Unix seconds.
    pub now_unix_seconds: u64,
}

/// Where a request goes.
#[derive(Debug, Clone, Copy)]
pub struct To<'a> {
    /// How it is asked there.
    pub form: Form,
    /// What kind of provider it is.
    pub kind: ProviderKind,
    /// Its own name for the model.
    pub model: &'a str,
}

/// What a request asks for: read once, held against each deployment that speaks another dialect.
///
/// # Errors
/// [`Untranslatable`] for a body that no deployment of another dialect could be asked with.
pub fn look(form: Form, body: &[u8]) -> Result<Seen, Untranslatable> {
    let value = tree(body)?;
    let mut seen = Seen::default();
    match form.asks() {
        Some(asks) => {
            shape::look(asks.shape, &value, &mut seen);
            (asks.read)(&value, &mut seen)?;
        }
        None => plain::look(form, &value, &mut seen)?,
    }
    Ok(seen)
}

/// A request as a deployment is asked it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// JSON.
    pub body: String,
    /// Places in the caller's request of what this very model is not told, or not as it was said: beside what
    /// [`Form::lost`] says of all of them.
    pub left_out: Vec<String>,
}

/// A request as the deployment is asked it. `streams` is whether the caller asks for a stream, in the path or the body.
/// What is lost there is left out: whoever calls has seen by [`look`] and [`Form::lost`] that it may be, and sees by
/// [`Written::left_out`] what else is.
///
/// # Errors
/// [`Untranslatable`] for what depends on values: arguments that are no JSON, say.
pub fn request(
    from: Form,
    body: &[u8],
    streams: bool,
    to: &To<'_>,
) -> Result<Written, Untranslatable> {
    let mut value = tree(body)?;
    // Everything that is read borrows from the body: what has to be spelled anew is so before.
    let respelled = match from {
        Form::Generate => generate::respelled(&value),
        _ => None,
    };
    if let Some(respelled) = &respelled {
        value = tree(respelled.as_bytes())?;
    }
    let (Some(asks), Some(serves)) = (from.asks(), to.form.serves()) else {
        return plain::request(from, &value, to).map(|body| Written {
            body,
            left_out: Vec::new(),
        });
    };
    let mut seen = Seen::default();
    let mut request = (asks.read)(&value, &mut seen)?;
    request.stream = streams;
    request.keep_signatures_of(to.form.dialect());
    if !to.kind.is_openai() {
        request.forget_caching_of_openai();
    }
    request.leave_out(|feature| to.form.fate(feature, to.kind) == Fate::Lost);
    let left_out = (serves.left_out)(&request, to);
    if !left_out.is_empty() {
        shape::look(asks.shape, &value, &mut seen);
    }
    Ok(Written {
        body: (serves.write)(&request, to)?,
        left_out: seen.places_of(left_out),
    })
}

/// A request for a deployment of the caller's own dialect, without what translated answers have left in its history: a
/// deployment that did not sign it would refuse it. `None` for the request as it is, which almost every one is.
#[must_use]
pub fn unmarked(form: Form, body: &[u8]) -> Option<String> {
    let turn = plain::turn_of(form).unwrap_or(form);
    let mark = match turn {
        Form::Generate => signature::MARK_BASE64,
        _ => signature::MARK,
    };
    memchr::memmem::find(body, mark.as_bytes())?;
    (turn.asks()?.unmarked)(&tree(body).ok()?)
}

/// A whole answer as the caller gets it. `usage` is what a [`crate::Meter`] read in it.
///
/// # Errors
/// [`AnswerFault`]
pub fn answer(
    caller: &Caller,
    from: Form,
    body: &[u8],
    usage: Option<&Usage>,
) -> Result<String, AnswerFault> {
    let value = answer_tree(body)?;
    let (Some(asks), Some(serves)) = (caller.form.asks(), from.serves()) else {
        return plain::answer(caller, from, &value, usage);
    };
    let answer = heard(&value, serves, asks)?;
    (asks.write_answer)(&answer, caller, usage)
}

/// A whole answer as a caller gets it that asked for a stream: some servers answer whole all the same. `usage` is what a
/// [`crate::Meter`] read in it.
///
/// # Errors
/// [`AnswerFault`]
pub fn answer_as_stream(
    caller: &Caller,
    from: Form,
    body: &[u8],
    usage: Option<&Usage>,
) -> Result<String, AnswerFault> {
    let value = answer_tree(body)?;
    let (Some(asks), Some(serves)) = (caller.form.asks(), from.serves()) else {
        return Err(AnswerFault::Unsayable);
    };
    let answer = heard(&value, serves, asks)?;
    let mut writer = (asks.stream)(caller);
    let mut out = String::new();
    whole::tell(&answer, &mut |event| {
        writer.event(&event, usage, &mut out);
    })?;
    Ok(out)
}

fn answer_tree(body: &[u8]) -> Result<json::Value<'_>, AnswerFault> {
    let text = std::str::from_utf8(body).map_err(|_| AnswerFault::Unreadable)?;
    json::parse(text).map_err(|_| AnswerFault::Unreadable)
}

/// A whole answer of which the caller can be told.
fn heard<'a>(
    value: &'a json::Value<'_>,
    serves: &speaker::Serves,
    asks: &speaker::Asks,
) -> Result<answer::Answer<'a>, AnswerFault> {
    let answer = (serves.read_answer)(value)?;
    if answer.has_custom_calls() && !asks.has_custom_tools {
        return Err(AnswerFault::Unsayable);
    }
    Ok(answer)
}

/// Whether a request asks for embeddings as base64, as `OpenAI`'s SDK does of itself.
#[must_use]
pub fn wants_base64(form: Form, body: &[u8]) -> bool {
    let may = form == Form::Embeddings && memchr::memmem::find(body, b"base64").is_some();
    may && tree(body).is_ok_and(|value| plain::wants_base64(&value))
}

/// The `content-type` of a stream to a caller.
#[must_use]
pub fn stream_type(caller: &Caller) -> &'static str {
    if caller.wants_array {
        return "application/json";
    }
    let asks = caller.form.asks();
    asks.map_or("text/event-stream", |asks| asks.stream_type)
}

fn tree(body: &[u8]) -> Result<json::Value<'_>, Untranslatable> {
    let text = std::str::from_utf8(body).map_err(|_| Untranslatable::at("", "not UTF-8"))?;
    json::parse(text).map_err(|error| match error {
        json::ParseError::NotJson(_) => Untranslatable::at("", "not JSON"),
        json::ParseError::TooDeep => Untranslatable::at("", "nested too deep to be translated"),
        json::ParseError::TooMany => Untranslatable::at("", "too many values to be translated"),
    })
}
