//! A whole answer as chat callers get it.

use quotah_policy::Usage;

use super::{details, ids, usage, words};
use crate::translate::answer::{Answer, Choice};
use crate::translate::json::{Items, Json, Members, Spelled};
use crate::translate::likelihood::{self, Token, Unsaid};
use crate::translate::request::{Citation, Part, ToolCall};
use crate::translate::{AnswerFault, Caller};

/// Writes an answer.
pub(super) fn write(
    answer: &Answer<'_>,
    caller: &Caller,
    used: Option<&Usage>,
) -> Result<String, AnswerFault> {
    Ok(Json::object(BYTES, |json| {
        head(json, (&answer.id, &answer.model), caller, "chat.completion");
        json.array("choices", |choices| {
            for (index, choice) in (0_u64..).zip(&answer.choices) {
                choices.object(|json| self::choice(json, index, choice));
            }
        });
        if let Some(tier) = &answer.tier {
            json.spelled("service_tier", &words::tier_told(tier));
        }
        if let Some(used) = used {
            usage::usage(json, used);
        }
    }))
}

/// What most answers fit in.
const BYTES: usize = 4 * 1024;

/// What every answer and every chunk of a stream begins with.
pub(super) fn head(
    json: &mut Members<'_>,
    (id, model): (&Spelled<'_>, &Spelled<'_>),
    caller: &Caller,
    object: &str,
) {
    match id.is_empty() {
        true => json.text("id", &caller.request_id),
        false => json.spelled("id", id),
    }
    json.text("object", object);
    json.number("created", caller.now_unix_seconds);
    match model.is_empty() {
        true => json.text("model", &caller.model),
        false => json.spelled("model", model),
    }
}

fn choice(json: &mut Members<'_>, index: u64, choice: &Choice<'_>) {
    json.number("index", index);
    json.object("message", |json| message(json, &choice.parts));
    match choice.tokens.is_empty() {
        true => json.null("logprobs"),
        false => likely(json, &choice.tokens),
    }
    json.text("finish_reason", words::finish_word(choice.finish.reason));
}

/// How likely tokens were.
pub(super) fn likely(json: &mut Members<'_>, tokens: &[Token<'_>]) {
    json.object("logprobs", |json| {
        json.array("content", |items| {
            likelihood::write(items, tokens, Unsaid::Null);
        });
        json.null("refusal");
    });
}

fn message(json: &mut Members<'_>, parts: &[Part<'_>]) {
    json.text("role", "assistant");
    let texts = parts.iter().filter_map(|part| match part {
        Part::Text { text, .. } => Some(text),
        _ => None,
    });
    joined(json, "content", texts);
    let refusals = parts.iter().filter_map(|part| match part {
        Part::Refusal { text } => Some(text),
        _ => None,
    });
    joined(json, "refusal", refusals);
    thoughts(json, parts);
    annotations(json, parts);
    let calls = parts.iter().filter_map(|part| match part {
        Part::ToolCall(call) => Some(call),
        _ => None,
    });
    some_array(json, "tool_calls", calls, tool_call);
}

/// Texts that are one in this dialect; `null` where there is none.
fn joined<'t>(json: &mut Members<'_>, name: &str, texts: impl Iterator<Item = &'t Spelled<'t>>) {
    let mut all: Option<Spelled<'static>> = None;
    for text in texts {
        all.get_or_insert_default().push(text);
    }
    match all {
        Some(text) => json.spelled(name, &text),
        None => json.null(name),
    }
}

/// An array that is there only where something is in it.
fn some_array<T>(
    json: &mut Members<'_>,
    name: &str,
    things: impl Iterator<Item = T>,
    write: impl Fn(&mut Items<'_>, T),
) {
    let mut things = things.peekable();
    if things.peek().is_some() {
        json.array(name, |items| things.for_each(|thing| write(items, thing)));
    }
}

fn thoughts(json: &mut Members<'_>, parts: &[Part<'_>]) {
    let thoughts = || {
        parts.iter().filter_map(|part| match part {
            Part::Thinking { text, signature } => Some((text, signature.as_ref())),
            _ => None,
        })
    };
    if thoughts().any(|(text, _)| !text.is_empty()) {
        joined(json, "reasoning_content", thoughts().map(|(text, _)| text));
    }
    let told = thoughts().filter(|(text, signature)| !text.is_empty() || signature.is_some());
    some_array(
        json,
        "reasoning_details",
        (0_u32..).zip(told),
        |items, (index, thought)| details::whole(items, index, thought),
    );
}

fn annotations(json: &mut Members<'_>, parts: &[Part<'_>]) {
    let is_cited =
        |part: &Part<'_>| matches!(part, Part::Text { citations, .. } if !citations.is_empty());
    if !parts.iter().any(is_cited) {
        // Texts are long and citations rare: nothing is counted for nothing.
        return;
    }
    let mut start = 0_u64;
    json.array("annotations", |items| {
        for part in parts {
            if let Part::Text {
                text, citations, ..
            } = part
            {
                let end = start.saturating_add(chars(text));
                for citation in citations {
                    annotation(items, citation, (start, end), None);
                }
                start = end;
            }
        }
    });
}

/// How many characters a text has.
pub(super) fn chars(text: &Spelled<'_>) -> u64 {
    u64::try_from(text.plain().chars().count()).unwrap_or(u64::MAX)
}

/// A citation of the text from `start` to `end` of the message, or of the span of it that is told.
pub(super) fn annotation(
    items: &mut Items<'_>,
    citation: &Citation<'_>,
    (start, end): (u64, u64),
    index: Option<u32>,
) {
    let (from, to) = match citation.span {
        Some((from, to)) => (start.saturating_add(from), start.saturating_add(to)),
        None => (start, end),
    };
    items.object(|json| {
        json.text("type", "url_citation");
        json.object("url_citation", |json| {
            json.number("start_index", from);
            json.number("end_index", to);
            let empty = Spelled::default();
            json.spelled("url", citation.url.as_ref().unwrap_or(&empty));
            json.spelled("title", citation.title.as_ref().unwrap_or(&empty));
            if let Some(text) = &citation.cited_text {
                // Beyond the dialect; OpenRouter's name for it.
                json.spelled("content", text);
            }
        });
        if let Some(index) = index {
            json.number("index", index.into());
        }
    });
}

fn tool_call(items: &mut Items<'_>, call: &ToolCall<'_>) {
    items.object(|json| {
        match &call.signature {
            Some(signature) => json.spelled("id", &ids::signed(&call.id, signature)),
            None => json.spelled("id", &call.id),
        }
        called(json, call);
    });
}

/// What is called, and with what: arguments, which are an object even if they are none, or a text.
pub(super) fn called(json: &mut Members<'_>, call: &ToolCall<'_>) {
    if call.is_custom {
        json.text("type", "custom");
        json.object("custom", |json| {
            json.spelled("name", &call.name);
            json.spelled("input", &call.input);
        });
        return;
    }
    json.text("type", "function");
    json.object("function", |json| {
        json.spelled("name", &call.name);
        match call.input.is_empty() {
            true => json.text("arguments", "{}"),
            false => json.spelled("arguments", &call.input),
        }
    });
}
