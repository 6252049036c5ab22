//! A stream as Gemini's callers get it: server-sent events without names, each laid out as a whole answer is. Nothing
//! else may stand between them: Google's SDK breaks on comments and on `[DONE]`.
//!
//! A call of a function has to be complete in one part, so its arguments are kept until they are; and the reasons and
//! the usage stand in one last chunk, as Gemini's own streams end. Nothing else waits.

use quotah_policy::Usage;

use crate::error_class::ErrorClass;
use crate::translate::Caller;
use crate::translate::answer::{ANSWERS_MAX, Event, PartKind, Reason};
use crate::translate::generate::{likely, words};
use crate::translate::json::{Items, Json, Members, Spelled};
use crate::translate::likelihood::{self, Token};
use crate::translate::refused::stream_failed;
use crate::translate::request::Citation;
use crate::translate::signature::Signature;
use crate::translate::speaker::WriteStream;

use super::{Call, Head, grounding, is_object, said, sign, usage};

/// Most bytes of arguments that are kept for a call, and most citations for an answer.
const ARGUMENTS_BYTES_MAX: usize = 16 * 1024 * 1024;
const CITATIONS_MAX: usize = 1_024;

/// Writes a stream.
pub(in crate::translate::generate) fn stream(caller: &Caller) -> Box<dyn WriteStream> {
    Box::new(Telling {
        caller: caller.clone(),
        id: Spelled::default(),
        model: Spelled::default(),
        tier: None,
        answers: Vec::new(),
        is_over: false,
    })
}

#[derive(Debug)]
struct Telling {
    caller: Caller,
    id: Spelled<'static>,
    model: Spelled<'static>,
    tier: Option<Spelled<'static>>,
    answers: Vec<Told>,
    is_over: bool,
}

/// An answer as far as it was told.
#[derive(Debug, Default)]
struct Told {
    kind: Kind,
    has_called: bool,
    citations: Vec<Citation<'static>>,
    /// What comes with the next chunk.
    likely: Vec<Token<'static>>,
    reason: Option<Reason>,
}

/// What is open.
#[derive(Debug, Default)]
enum Kind {
    #[default]
    Said,
    Thought,
    Called {
        id: Spelled<'static>,
        name: Spelled<'static>,
        input: Spelled<'static>,
        signature: Option<Signature<'static>>,
    },
}

impl WriteStream for Telling {
    fn event(&mut self, event: &Event<'_>, usage: Option<&Usage>, out: &mut String) {
        if self.is_over {
            return;
        }
        match event {
            Event::Begin { id, model } => {
                self.id = id.clone().into_owned();
                self.model = model.clone().into_owned();
            }
            Event::Open { answer, kind, .. } => {
                if let Some(told) = self.told(*answer) {
                    told.kind = Kind::of(kind);
                }
            }
            Event::More { answer, text, .. } => self.more(*answer, text, out),
            Event::Signed {
                answer, signature, ..
            } => self.signed(*answer, signature, out),
            Event::Cited {
                answer, citation, ..
            } => {
                if let Some(told) = self.told(*answer)
                    && told.citations.len() < CITATIONS_MAX
                {
                    told.citations.push(citation.clone().into_owned());
                }
            }
            Event::Likely { answer, tokens } => self.likely(*answer, tokens, out),
            Event::Close { answer, .. } => self.close(*answer, out),
            Event::Finish { answer, finish } => {
                if let Some(told) = self.told(*answer) {
                    told.reason = Some(finish.reason);
                }
            }
            Event::Tier(tier) => self.tier = Some(tier.clone().into_owned()),
            Event::End => self.end(usage, out),
            Event::Failed { class, message } => self.fail(*class, message, out),
        }
    }
}

impl Telling {
    fn told(&mut self, answer: u32) -> Option<&mut Told> {
        let at = usize::try_from(answer)
            .ok()
            .filter(|at| *at < ANSWERS_MAX)?;
        while self.answers.len() <= at {
            self.answers.push(Told::default());
        }
        self.answers.get_mut(at)
    }

    fn more(&mut self, answer: u32, text: &Spelled<'_>, out: &mut String) {
        let Some(told) = self.told(answer) else {
            return;
        };
        let is_thought = match &mut told.kind {
            Kind::Called { input, .. } => {
                input.push(text);
                if input.raw().len() > ARGUMENTS_BYTES_MAX {
                    self.break_off(out);
                }
                return;
            }
            Kind::Said => false,
            Kind::Thought => true,
        };
        if !text.is_empty() {
            self.chunk(answer, |parts| said(text, is_thought, parts), out);
        }
    }

    fn signed(&mut self, answer: u32, signed: &Signature<'_>, out: &mut String) {
        match self.told(answer).map(|told| &mut told.kind) {
            Some(Kind::Called { signature, .. }) => *signature = Some(signed.clone().into_owned()),
            Some(_) => self.chunk(answer, |parts| sign(signed, parts), out),
            None => {}
        }
    }

    /// Likelihoods stand in the chunk of their text, which comes next; if none has come since, in one of their own.
    fn likely(&mut self, answer: u32, tokens: &[Token<'_>], out: &mut String) {
        if self
            .told(answer)
            .is_some_and(|told| !told.likely.is_empty())
        {
            self.chunk(answer, |_| {}, out);
        }
        if let Some(told) = self.told(answer) {
            told.likely = likelihood::owned(tokens.to_vec());
        }
    }

    fn close(&mut self, answer: u32, out: &mut String) {
        let Some(told) = self.told(answer) else {
            return;
        };
        let Kind::Called {
            id,
            name,
            input,
            signature,
        } = std::mem::take(&mut told.kind)
        else {
            return;
        };
        if !is_object(&input) {
            return self.break_off(out);
        }
        let call = Call {
            id,
            name,
            input,
            signature,
            is_first: !std::mem::replace(&mut told.has_called, true),
        };
        self.chunk(answer, |parts| call.write(parts), out);
    }

    fn end(&mut self, usage: Option<&Usage>, out: &mut String) {
        self.is_over = true;
        event(out, |json| {
            json.array("candidates", |candidates| {
                for (at, told) in (0_u32..).zip(&self.answers) {
                    candidates.object(|json| {
                        // An empty text: the SDK leaves out of its chats what has no parts.
                        content(json, |parts| said(&Spelled::default(), false, parts));
                        let reason = told.reason.unwrap_or(Reason::Other);
                        json.text("finishReason", words::finish(reason));
                        json.number("index", u64::from(at));
                        grounding(told.citations.iter(), json);
                        likely::write(&told.likely, json);
                    });
                }
            });
            usage::metadata(usage, self.tier.as_ref(), json);
            self.head(json);
        });
    }

    /// A chunk with parts of one answer.
    fn chunk(&mut self, answer: u32, parts: impl FnOnce(&mut Items<'_>), out: &mut String) {
        let tokens = self
            .told(answer)
            .map(|told| std::mem::take(&mut told.likely));
        event(out, |json| {
            json.array("candidates", |candidates| {
                candidates.object(|json| {
                    content(json, parts);
                    json.number("index", u64::from(answer));
                    likely::write(&tokens.unwrap_or_default(), json);
                });
            });
            self.head(json);
        });
    }

    fn head(&self, json: &mut Members<'_>) {
        let head = Head {
            id: &self.id,
            model: &self.model,
        };
        head.write(&self.caller, json);
    }

    /// A stream has no status any more, but an event that Google's SDK raises.
    fn break_off(&mut self, out: &mut String) {
        let message = Spelled::of_plain("the model's call of a function cannot be told");
        self.fail(ErrorClass::ServerError, &message, out);
    }

    fn fail(&mut self, class: ErrorClass, message: &Spelled<'_>, out: &mut String) {
        self.is_over = true;
        out.push_str(&stream_failed(self.caller.form, class, message));
    }
}

fn event(out: &mut String, write: impl FnOnce(&mut Members<'_>)) {
    out.push_str("data: ");
    Json::object_into(out, write);
    out.push_str("\r\n\r\n");
}

fn content(json: &mut Members<'_>, parts: impl FnOnce(&mut Items<'_>)) {
    json.object("content", |json| {
        json.array("parts", parts);
        json.text("role", "model");
    });
}

impl Kind {
    fn of(kind: &PartKind<'_>) -> Self {
        match kind {
            PartKind::Text | PartKind::Refusal => Self::Said,
            PartKind::Thinking => Self::Thought,
            PartKind::ToolCall { id, name, .. } => Self::Called {
                id: id.clone().into_owned(),
                name: name.clone().into_owned(),
                input: Spelled::default(),
                signature: None,
            },
        }
    }
}
