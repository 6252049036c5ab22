//! A whole answer of `OpenAI` and those that speak like it.

use super::words;
use crate::translate::AnswerFault;
use crate::translate::answer::{ANSWERS_MAX, Answer, Choice, Finish, PARTS_MAX, Reason};
use crate::translate::json::{Object, Spelled, Value};
use crate::translate::likelihood::{self, Token};
use crate::translate::request::{Citation, Part, ToolCall};

/// Reads an answer.
pub(super) fn read<'a>(value: &Value<'a>) -> Result<Answer<'a>, AnswerFault> {
    let body = value.as_object().ok_or(AnswerFault::Unreadable)?;
    let choices = body.items("choices");
    if choices.is_empty() || choices.len() > ANSWERS_MAX {
        return Err(AnswerFault::Unreadable);
    }
    let mut read = Vec::with_capacity(choices.len());
    for choice in choices {
        let choice = choice.as_object().ok_or(AnswerFault::Unreadable)?;
        read.push((
            choice.u64("index").unwrap_or(0),
            self::choice(choice, body)?,
        ));
    }
    read.sort_by_key(|(index, _)| *index);
    Ok(Answer {
        id: body.text("id").cloned().unwrap_or_default(),
        model: body.text("model").cloned().unwrap_or_default(),
        tier: body.text("service_tier").cloned(),
        choices: read.into_iter().map(|(_, choice)| choice).collect(),
    })
}

fn choice<'a>(choice: &Object<'a>, body: &Object<'a>) -> Result<Choice<'a>, AnswerFault> {
    // Azure's filter leaves nothing where a message stood (recorded in fixtures/azure).
    let nothing = Object {
        raw: "{}",
        members: Vec::new(),
    };
    let message = choice.object("message").unwrap_or(&nothing);
    let mut parts = Vec::new();
    if let Some(text) = thought(message) {
        parts.push(thinking(text.clone()));
    }
    said(message, &mut parts);
    cite(message, body, &mut parts);
    if let Some(text) = text(message, "refusal") {
        parts.push(Part::Refusal { text: text.clone() });
    }
    for (at, call) in message.items("tool_calls").iter().enumerate() {
        let call = call.as_object().ok_or(AnswerFault::Unreadable)?;
        parts.push(tool_call(call, at, body)?);
    }
    if let Some(function) = message.object("function_call") {
        parts.push(one_call((function, false), None, (0, body))?);
    }
    if parts.len() > PARTS_MAX {
        return Err(AnswerFault::TooLong);
    }
    let has_calls = parts.iter().any(|part| matches!(part, Part::ToolCall(_)));
    Ok(Choice {
        parts,
        tokens: tokens(choice),
        finish: finish(choice, has_calls).unwrap_or_else(|| unsaid(has_calls)),
    })
}

/// How likely the tokens of its text were, where that is told. A refusal's are left out: other dialects tell of one kind.
pub(super) fn tokens<'a>(choice: &Object<'a>) -> Vec<Token<'a>> {
    let told = choice.object("logprobs").map(|told| told.items("content"));
    likelihood::read(told.unwrap_or_default())
}

/// Why an answer ended that does not say it.
pub(super) const fn unsaid(has_calls: bool) -> Finish<'static> {
    Finish {
        reason: if has_calls {
            Reason::ToolCalls
        } else {
            Reason::Other
        },
        stop: None,
    }
}

/// A text that says something.
pub(super) fn text<'v, 'a>(object: &'v Object<'a>, name: &str) -> Option<&'v Spelled<'a>> {
    object.text(name).filter(|text| !text.is_empty())
}

/// What was thought, as far as it is told: `DeepSeek`'s, vLLM's and xAI's name for it, or Groq's and `OpenRouter`'s.
/// Who tells both says the same twice.
pub(super) fn thought<'v, 'a>(message: &'v Object<'a>) -> Option<&'v Spelled<'a>> {
    text(message, "reasoning_content").or_else(|| text(message, "reasoning"))
}

/// A part that Mistral's reasoning models give in place of a text.
#[derive(Debug)]
pub(super) enum Piece<'v, 'a> {
    Text(&'v Spelled<'a>),
    Thought(&'v Spelled<'a>),
}

/// What the content says: a text, or Mistral's list of texts and thoughts.
pub(super) fn pieces<'v, 'a>(message: &'v Object<'a>) -> Vec<Piece<'v, 'a>> {
    match message.get("content") {
        Some(Value::String(text)) if !text.is_empty() => vec![Piece::Text(text)],
        Some(Value::Array(array)) => {
            let blocks = array.items.iter().filter_map(Value::as_object);
            let mut pieces = Vec::new();
            for block in blocks {
                let thoughts = block.items("thinking").iter().filter_map(Value::as_object);
                let thoughts = thoughts.filter_map(|inside| text(inside, "text"));
                pieces.extend(thoughts.map(Piece::Thought));
                pieces.extend(text(block, "thinking").map(Piece::Thought));
                pieces.extend(text(block, "text").map(Piece::Text));
            }
            pieces
        }
        // Sound, as far as it can be read.
        _ => {
            let audio = message.object("audio");
            let transcript = audio.and_then(|audio| text(audio, "transcript"));
            transcript.map(Piece::Text).into_iter().collect()
        }
    }
}

fn said<'a>(message: &Object<'a>, parts: &mut Vec<Part<'a>>) {
    for piece in pieces(message) {
        match (piece, parts.last_mut()) {
            (Piece::Text(more), Some(Part::Text { text, .. }))
            | (Piece::Thought(more), Some(Part::Thinking { text, .. })) => text.push(more),
            (Piece::Text(text), _) => parts.push(Part::text(text.clone())),
            (Piece::Thought(text), _) => parts.push(thinking(text.clone())),
        }
    }
}

const fn thinking(text: Spelled<'_>) -> Part<'_> {
    Part::Thinking {
        text,
        signature: None,
    }
}

fn cite<'a>(message: &Object<'a>, body: &Object<'a>, parts: &mut [Part<'a>]) {
    let last = parts.iter_mut().rev().find_map(|part| match part {
        Part::Text { citations, .. } => Some(citations),
        _ => None,
    });
    if let Some(citations) = last {
        citations.extend(annotations(message));
        if citations.is_empty() {
            citations.extend(sources(body));
        }
    }
}

/// `OpenAI`'s and `OpenRouter`'s citations.
pub(super) fn annotations<'a>(message: &Object<'a>) -> impl Iterator<Item = Citation<'a>> {
    let annotations = message.items("annotations").iter();
    annotations.filter_map(|annotation| {
        let cited = annotation.as_object()?.object("url_citation")?;
        let span = cited.u64("start_index").zip(cited.u64("end_index"));
        Some(Citation {
            place: None,
            url: cited.text("url").cloned(),
            title: cited.text("title").cloned(),
            cited_text: cited.text("content").cloned(),
            // OpenRouter tells 0 to 0 where it does not know.
            span: span.filter(|(start, end)| start < end),
        })
    })
}

/// Perplexity's sources: addresses, which the text refers to by number, and for each what its search found.
pub(super) fn sources<'a>(body: &Object<'a>) -> impl Iterator<Item = Citation<'a>> {
    let found = body.items("search_results");
    let urls = body.items("citations").iter().filter_map(Value::as_text);
    urls.take(SOURCES_MAX).map(|url| {
        let results = found.iter().filter_map(Value::as_object);
        let mut results = results.filter(|result| result.text("url") == Some(url));
        Citation {
            place: None,
            url: Some(url.clone()),
            title: results
                .next()
                .and_then(|result| result.text("title"))
                .cloned(),
            cited_text: None,
            span: None,
        }
    })
}

/// Most sources of an answer. Perplexity gives twenty or so.
const SOURCES_MAX: usize = 256;

fn tool_call<'a>(call: &Object<'a>, at: usize, body: &Object<'a>) -> Result<Part<'a>, AnswerFault> {
    let called = called(call).ok_or(AnswerFault::Unsayable)?;
    one_call(called, text(call, "id"), (at, body))
}

/// What is called, and whether it takes text: a function, or a custom tool.
pub(super) fn called<'v, 'a>(call: &'v Object<'a>) -> Option<(&'v Object<'a>, bool)> {
    let function = call.object("function").map(|function| (function, false));
    function.or_else(|| call.object("custom").map(|custom| (custom, true)))
}

fn one_call<'a>(
    (called, is_custom): (&Object<'a>, bool),
    id: Option<&Spelled<'a>>,
    (at, body): (usize, &Object<'_>),
) -> Result<Part<'a>, AnswerFault> {
    let name = text(called, "name").ok_or(AnswerFault::Unreadable)?;
    Ok(Part::ToolCall(ToolCall {
        id: id.map_or_else(|| made_id(body.text("id"), at), Clone::clone),
        name: name.clone(),
        input: input(called, is_custom),
        signature: None,
        cache: None,
        is_custom,
    }))
}

/// What a tool is called with: a text, or arguments as a text, as the dialect has them, or as an object, as some have it.
pub(super) fn input<'a>(called: &Object<'a>, is_custom: bool) -> Spelled<'a> {
    let name = if is_custom { "input" } else { "arguments" };
    match called.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(object)) => Spelled::of_owned(object.raw),
        _ => Spelled::default(),
    }
}

/// An id for a call that has none, unlike that of any other call in a conversation.
pub(super) fn made_id(answer: Option<&Spelled<'_>>, at: usize) -> Spelled<'static> {
    let answer = answer.map(Spelled::plain).unwrap_or_default();
    let is_letter = |char: &char| char.is_ascii_alphanumeric();
    let last: String = answer.chars().rev().filter(is_letter).take(16).collect();
    Spelled::of_owned(&format!("call_{at}_{last}"))
}

/// Why an answer ended; `None` where that is not told.
pub(super) fn finish<'a>(choice: &Object<'a>, has_calls: bool) -> Option<Finish<'a>> {
    let word = text(choice, "finish_reason")?;
    let reason = words::reason(&word.plain(), has_calls);
    // vLLM tells the text at which it stopped; a number is the end of the model's own.
    let stop = choice.text("stop_reason").cloned();
    Some(match (reason, stop) {
        (Reason::Done, Some(stop)) => Finish {
            reason: Reason::Stop,
            stop: Some(stop),
        },
        (reason, stop) => Finish { reason, stop },
    })
}
