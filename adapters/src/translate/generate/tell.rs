//! Answers as Gemini's callers get them, whole or as a stream.

mod border;
mod stream;
mod usage;

use quotah_policy::Usage;

use crate::translate::answer::{Answer, Choice};
use crate::translate::json::{Items, Json, Members, Spelled, Value, parse};
use crate::translate::request::{Citation, Part};
use crate::translate::signature::Signature;
use crate::translate::{AnswerFault, Caller};

use super::{likely, signed, words};
pub(super) use stream::stream;

/// Writes a whole answer.
pub(super) fn answer(
    answer: &Answer<'_>,
    caller: &Caller,
    usage: Option<&Usage>,
) -> Result<String, AnswerFault> {
    let parts = answer.choices.iter().flat_map(|choice| &choice.parts);
    for part in parts {
        if let Part::ToolCall(call) = part
            && !is_object(&call.input)
        {
            return Err(AnswerFault::BadArguments);
        }
    }
    Ok(Json::object(1_024, |json| {
        json.array("candidates", |candidates| {
            for (at, choice) in answer.choices.iter().enumerate() {
                candidates.object(|json| candidate(choice, at, json));
            }
        });
        usage::metadata(usage, answer.tier.as_ref(), json);
        let head = Head {
            id: &answer.id,
            model: &answer.model,
        };
        head.write(caller, json);
    }))
}

fn candidate(choice: &Choice<'_>, at: usize, json: &mut Members<'_>) {
    json.object("content", |json| {
        if !choice.parts.is_empty() {
            json.array("parts", |parts| {
                let mut is_first_call = true;
                for told in &choice.parts {
                    part(told, &mut is_first_call, parts);
                }
            });
        }
        json.text("role", "model");
    });
    json.text("finishReason", words::finish(choice.finish.reason));
    json.number("index", u64::try_from(at).unwrap_or(u64::MAX));
    let citations = choice.parts.iter().flat_map(|part| match part {
        Part::Text { citations, .. } => &**citations,
        _ => &[],
    });
    grounding(citations, json);
    likely::write(&choice.tokens, json);
}

fn part(told: &Part<'_>, is_first_call: &mut bool, parts: &mut Items<'_>) {
    match told {
        // A refusal is told as what the model said: there is no other place.
        Part::Text { text, .. } | Part::Refusal { text } => said(text, false, parts),
        Part::Thinking { text, signature } => {
            if !text.is_empty() {
                said(text, true, parts);
            }
            if let Some(signature) = signature {
                sign(signature, parts);
            }
        }
        Part::ToolCall(call) => {
            let call = Call {
                id: call.id.borrowed(),
                name: call.name.borrowed(),
                input: call.input.borrowed(),
                signature: call.signature.clone(),
                is_first: std::mem::take(is_first_call),
            };
            call.write(parts);
        }
        // Answers hold none.
        Part::Image { .. }
        | Part::File(_)
        | Part::Audio { .. }
        | Part::Video { .. }
        | Part::SearchResult(_)
        | Part::ToolResult(_) => {}
    }
}

fn said(text: &Spelled<'_>, is_thought: bool, parts: &mut Items<'_>) {
    parts.object(|json| {
        json.spelled("text", text);
        if is_thought {
            json.bool("thought", true);
        }
    });
}

/// A thought's signature stands on an empty text behind it, as Gemini's own streams have it.
fn sign(signature: &Signature<'_>, parts: &mut Items<'_>) {
    parts.object(|json| {
        json.text("text", "");
        json.spelled("thoughtSignature", &signed::spelled(signature));
    });
}

/// A call of a function, complete.
#[derive(Debug)]
struct Call<'a> {
    id: Spelled<'a>,
    name: Spelled<'a>,
    input: Spelled<'a>,
    signature: Option<Signature<'a>>,
    /// Of those in its answer.
    is_first: bool,
}

impl Call<'_> {
    /// Writes it, its arguments being an object. The first of an answer is signed: Gemini 3 and later, asked natively
    /// in the next turn, would refuse a history with one that is not.
    fn write(&self, parts: &mut Items<'_>) {
        parts.object(|json| {
            json.object("functionCall", |json| {
                json.spelled("id", &self.id);
                json.spelled("name", &self.name);
                match &*self.input.plain() {
                    "" => json.raw("args", "{}"),
                    // Between values only, JSON being what it is; in a stream it would end the event's line.
                    plain if plain.contains(LINE_BREAKS) => {
                        json.raw("args", &plain.replace(LINE_BREAKS, " "));
                    }
                    plain => json.raw("args", plain),
                }
            });
            match &self.signature {
                Some(signature) => json.spelled("thoughtSignature", &signed::spelled(signature)),
                None if self.is_first => json.text("thoughtSignature", signed::FOREIGN),
                None => {}
            }
        });
    }
}

/// Models lay arguments out over lines, too.
const LINE_BREAKS: [char; 2] = ['\n', '\r'];

fn is_object(input: &Spelled<'_>) -> bool {
    input.is_empty() || matches!(parse(&input.plain()), Ok(Value::Object(_)))
}

/// Where it has something from. Gemini tells this of an answer, not of its words.
fn grounding<'c, 'a: 'c>(
    citations: impl Iterator<Item = &'c Citation<'a>>,
    json: &mut Members<'_>,
) {
    let pages: Vec<_> = citations
        .filter(|citation| citation.url.is_some())
        .collect();
    if pages.is_empty() {
        return;
    }
    json.object("groundingMetadata", |json| {
        json.array("groundingChunks", |chunks| {
            for page in pages {
                chunks.object(|json| {
                    json.object("web", |json| {
                        if let Some(url) = &page.url {
                            json.spelled("uri", url);
                        }
                        if let Some(title) = &page.title {
                            json.spelled("title", title);
                        }
                    });
                });
            }
        });
    });
}

/// What every answer and every chunk says of itself.
#[derive(Debug)]
struct Head<'h> {
    id: &'h Spelled<'h>,
    model: &'h Spelled<'h>,
}

impl Head<'_> {
    fn write(&self, caller: &Caller, json: &mut Members<'_>) {
        if self.model.is_empty() {
            json.text("modelVersion", &caller.model);
        } else {
            json.spelled("modelVersion", self.model);
        }
        if self.id.is_empty() {
            json.text("responseId", &caller.request_id);
        } else {
            json.spelled("responseId", self.id);
        }
    }
}
