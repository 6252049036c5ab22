//! A stream as chat callers get it: chunks, and `[DONE]`.
//!
//! openai-python joins the pieces of lists by their `index`, which all that stand in lists therefore have.

use quotah_policy::Usage;

use super::{answer, details, ids, usage, words};
use crate::translate::answer::{ANSWERS_MAX, Event, Finish, PartKind};
use crate::translate::json::{Json, Members, Spelled};
use crate::translate::likelihood::{self, Token};
use crate::translate::refused::stream_failed;
use crate::translate::request::Citation;
use crate::translate::signature::Signature;
use crate::translate::speaker::WriteStream;
use crate::translate::{Caller, Form};

/// Writes the stream of a caller.
pub(super) fn stream(caller: &Caller) -> Box<dyn WriteStream> {
    Box::new(Chunks {
        caller: caller.clone(),
        head: String::new(),
        tier: None,
        answers: Vec::new(),
        held: None,
    })
}

#[derive(Debug)]
struct Chunks {
    caller: Caller,
    /// What every chunk begins with: an object that is not closed.
    head: String,
    tier: Option<Spelled<'static>>,
    answers: Vec<Told>,
    /// A call that began with the last event. What is signed of it belongs into its id and comes with the next.
    held: Option<Held>,
}

/// What was told of an answer so far.
#[derive(Debug, Default)]
struct Told {
    has_role: bool,
    open: Open,
    calls: u32,
    thoughts: u32,
    citations: u32,
    /// Characters of its text, of all before the open part.
    chars: u64,
    part_chars: u64,
    /// What comes with the next chunk.
    likely: Vec<Token<'static>>,
}

/// The kind of an answer's open part.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Open {
    #[default]
    Text,
    Thinking {
        has_text: bool,
    },
    Refusal,
    Call {
        is_custom: bool,
    },
}

#[derive(Debug)]
struct Held {
    answer: u32,
    id: Spelled<'static>,
    name: Spelled<'static>,
    is_custom: bool,
}

impl WriteStream for Chunks {
    fn event(&mut self, event: &Event<'_>, usage: Option<&Usage>, out: &mut String) {
        if let Some(held) = self.held.take() {
            let signature = match event {
                Event::Signed {
                    answer, signature, ..
                } if *answer == held.answer => Some(signature),
                _ => None,
            };
            self.call(&held, signature, out);
            if signature.is_some() {
                return;
            }
        }
        match event {
            Event::Begin { id, model } => self.begin(id, model, out),
            Event::Open { answer, kind, .. } => self.open(*answer, kind),
            Event::More { answer, text, .. } => self.more(*answer, text, out),
            Event::Signed {
                answer, signature, ..
            } => self.signed(*answer, signature, out),
            Event::Cited {
                answer, citation, ..
            } => self.cited(*answer, citation, out),
            Event::Likely { answer, tokens } => self.likely(*answer, tokens, out),
            Event::Close { answer, .. } => self.close(*answer),
            Event::Finish { answer, finish } => self.finish(*answer, finish, out),
            Event::Tier(tier) => self.tier = Some(words::tier_told(tier).into_owned()),
            Event::End => self.end(usage, out),
            Event::Failed { class, message } => {
                out.push_str(&stream_failed(Form::Chat, *class, message));
            }
        }
    }
}

impl Chunks {
    fn begin(&mut self, id: &Spelled<'_>, model: &Spelled<'_>, out: &mut String) {
        let head = Json::object(128, |json| {
            answer::head(json, (id, model), &self.caller, "chat.completion.chunk");
        });
        self.head = head.strip_suffix('}').unwrap_or_default().to_owned();
        self.chunk(0, None, out, |_| {});
    }

    fn open(&mut self, answer: u32, kind: &PartKind<'_>) {
        let Some(told) = self.told(answer) else {
            return;
        };
        told.open = match kind {
            PartKind::Text => Open::Text,
            PartKind::Thinking => Open::Thinking { has_text: false },
            PartKind::Refusal => Open::Refusal,
            PartKind::ToolCall { is_custom, .. } => Open::Call {
                is_custom: *is_custom,
            },
        };
        if let PartKind::ToolCall {
            id,
            name,
            is_custom,
        } = kind
        {
            self.held = Some(Held {
                answer,
                id: id.clone().into_owned(),
                name: name.clone().into_owned(),
                is_custom: *is_custom,
            });
        }
    }

    /// Tells that a call begins.
    fn call(&mut self, held: &Held, signature: Option<&Signature<'_>>, out: &mut String) {
        let Some(told) = self.told(held.answer) else {
            return;
        };
        let index = told.calls;
        told.calls = told.calls.saturating_add(1);
        self.chunk(held.answer, None, out, |delta| {
            delta.array("tool_calls", |calls| {
                calls.object(|json| {
                    json.number("index", index.into());
                    match signature {
                        Some(signature) => json.spelled("id", &ids::signed(&held.id, signature)),
                        None => json.spelled("id", &held.id),
                    }
                    let (kind, input) = kind_and_input(held.is_custom);
                    json.text("type", kind);
                    json.object(kind, |json| {
                        json.spelled("name", &held.name);
                        json.text(input, "");
                    });
                });
            });
        });
    }

    fn more(&mut self, answer: u32, text: &Spelled<'_>, out: &mut String) {
        let Some(told) = self.told(answer) else {
            return;
        };
        if text.is_empty() {
            return;
        }
        let (call, thought) = (told.calls.saturating_sub(1), told.thoughts);
        match &mut told.open {
            Open::Text => {
                told.part_chars = told.part_chars.saturating_add(answer::chars(text));
                self.chunk(answer, None, out, |delta| delta.spelled("content", text));
            }
            Open::Refusal => {
                self.chunk(answer, None, out, |delta| delta.spelled("refusal", text));
            }
            Open::Thinking { has_text } => {
                *has_text = true;
                self.chunk(answer, None, out, |delta| {
                    delta.spelled("reasoning_content", text);
                    delta.array("reasoning_details", |items| {
                        details::text(items, thought, text);
                    });
                });
            }
            Open::Call { is_custom } => {
                let is_custom = *is_custom;
                self.chunk(answer, None, out, |delta| {
                    input(delta, (call, is_custom), text);
                });
            }
        }
    }

    /// Of a call, what is signed comes right behind its beginning or not at all.
    fn signed(&mut self, answer: u32, signature: &Signature<'_>, out: &mut String) {
        let Some(told) = self.told(answer) else {
            return;
        };
        if let Open::Thinking { has_text } = told.open {
            let index = told.thoughts;
            self.chunk(answer, None, out, |delta| {
                delta.array("reasoning_details", |items| {
                    details::signature(items, index, signature, has_text);
                });
            });
        }
    }

    fn cited(&mut self, answer: u32, citation: &Citation<'_>, out: &mut String) {
        let Some(told) = self.told(answer) else {
            return;
        };
        let index = told.citations;
        told.citations = told.citations.saturating_add(1);
        let text = (told.chars, told.chars.saturating_add(told.part_chars));
        self.chunk(answer, None, out, |delta| {
            delta.array("annotations", |items| {
                answer::annotation(items, citation, text, Some(index));
            });
        });
    }

    /// Likelihoods stand in the chunk of their text, which comes next; if none has come since, in one of their own.
    fn likely(&mut self, answer: u32, tokens: &[Token<'_>], out: &mut String) {
        if self
            .told(answer)
            .is_some_and(|told| !told.likely.is_empty())
        {
            self.chunk(answer, None, out, |_| {});
        }
        if let Some(told) = self.told(answer) {
            told.likely = likelihood::owned(tokens.to_vec());
        }
    }

    fn close(&mut self, answer: u32) {
        let Some(told) = self.told(answer) else {
            return;
        };
        told.chars = told
            .chars
            .saturating_add(std::mem::take(&mut told.part_chars));
        if matches!(told.open, Open::Thinking { .. }) {
            told.thoughts = told.thoughts.saturating_add(1);
        }
    }

    fn finish(&mut self, answer: u32, finish: &Finish<'_>, out: &mut String) {
        let word = words::finish_word(finish.reason);
        self.chunk(answer, Some(word), out, |_| {});
    }

    fn end(&self, usage: Option<&Usage>, out: &mut String) {
        if let Some(used) = usage.filter(|_| self.caller.wants_usage) {
            self.head(out);
            let rest = Json::object(256, |json| usage::usage(json, used));
            out.push_str("],");
            out.push_str(rest.strip_prefix('{').unwrap_or(&rest));
            out.push_str("\n\n");
        }
        out.push_str("data: [DONE]\n\n");
    }

    /// A chunk of one answer. Its first one tells the role.
    fn chunk(
        &mut self,
        answer: u32,
        finish: Option<&str>,
        out: &mut String,
        write: impl FnOnce(&mut Members<'_>),
    ) {
        let Some(told) = self.told(answer) else {
            return;
        };
        let is_first = !std::mem::replace(&mut told.has_role, true);
        let likely = std::mem::take(&mut told.likely);
        self.head(out);
        Json::object_into(out, |json| {
            json.number("index", answer.into());
            json.object("delta", |delta| {
                if is_first {
                    delta.text("role", "assistant");
                }
                write(delta);
            });
            if !likely.is_empty() {
                answer::likely(json, &likely);
            }
            match finish {
                Some(word) => json.text("finish_reason", word),
                None => json.null("finish_reason"),
            }
        });
        out.push_str("]}\n\n");
    }

    /// A chunk up to what is in its choices.
    fn head(&self, out: &mut String) {
        out.push_str("data: ");
        out.push_str(&self.head);
        if let Some(tier) = &self.tier {
            out.push_str(",\"service_tier\":\"");
            out.push_str(tier.raw());
            out.push('"');
        }
        out.push_str(",\"choices\":[");
    }

    fn told(&mut self, answer: u32) -> Option<&mut Told> {
        let at = usize::try_from(answer)
            .ok()
            .filter(|at| *at < ANSWERS_MAX)?;
        while self.answers.len() <= at {
            self.answers.push(Told::default());
        }
        self.answers.get_mut(at)
    }
}

/// More of what a call is made with.
fn input(delta: &mut Members<'_>, (index, is_custom): (u32, bool), text: &Spelled<'_>) {
    let (kind, input) = kind_and_input(is_custom);
    delta.array("tool_calls", |calls| {
        calls.object(|json| {
            json.number("index", index.into());
            json.object(kind, |json| json.spelled(input, text));
        });
    });
}

/// The kind of a tool, and what that which it is called with is named. openai-python 3.54 has no type for pieces of custom
/// calls; they come as whole ones are, in pieces (<https://github.com/openai/openai-openapi/issues/576>, read 2026-11).
const fn kind_and_input(is_custom: bool) -> (&'static str, &'static str) {
    match is_custom {
        true => ("custom", "input"),
        false => ("function", "arguments"),
    }
}
