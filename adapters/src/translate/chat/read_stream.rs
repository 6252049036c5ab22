//! A stream of `OpenAI` and those that speak like it.
//!
//! Chunks tell pieces of answers by names; which part of an answer goes on is what the names say. A call goes on while
//! its `index` and its `id` stay the same: some leave out one of them, some repeat them.

use super::read_answer::{self, Piece};
use crate::call::Dialect;
use crate::error_class::{ErrorClass, answer_error_class};
use crate::meter::ErrorSeen;
use crate::translate::AnswerFault;
use crate::translate::answer::{ANSWERS_MAX, Event, Finish, PARTS_MAX, PartKind};
use crate::translate::json::{Object, Spelled, Value};
use crate::translate::speaker::{ReadStream, Sink};

/// Reads a stream.
pub(super) fn stream() -> Box<dyn ReadStream> {
    Box::new(Chunks::default())
}

#[derive(Debug, Default)]
struct Chunks {
    has_begun: bool,
    has_tier: bool,
    /// [`Event::End`] or [`Event::Failed`] was told.
    is_over: bool,
    /// `[DONE]` has come.
    is_said: bool,
    id: Spelled<'static>,
    choices: Vec<Choice>,
}

/// An answer under way.
#[derive(Debug, Default)]
struct Choice {
    open: Option<Open>,
    parts: u32,
    calls: usize,
    is_finished: bool,
    is_cited: bool,
}

#[derive(Debug, PartialEq)]
enum Open {
    Text,
    Thinking,
    Refusal,
    Call {
        index: Option<u64>,
        id: Spelled<'static>,
    },
}

impl ReadStream for Chunks {
    fn event(
        &mut self,
        _name: &str,
        data: &Value<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        let chunk = data.as_object().ok_or(AnswerFault::Unreadable)?;
        if self.is_over {
            return Ok(());
        }
        let choices = chunk.items("choices");
        if !choices.is_empty() {
            self.begin(chunk, sink);
        }
        if let Some(tier) = chunk.text("service_tier")
            && self.has_begun
            && !std::mem::replace(&mut self.has_tier, true)
        {
            sink(Event::Tier(tier.borrowed()));
        }
        for choice in choices {
            let choice = choice.as_object().ok_or(AnswerFault::Unreadable)?;
            self.choice(choice, chunk, sink)?;
        }
        let of_choice = || {
            choices
                .iter()
                .find_map(|choice| choice.as_object()?.get("error"))
        };
        let is_error = || chunk.text("object").is_some_and(|kind| kind.is("error"));
        if self.is_answered() {
            // Behind a complete answer nothing that the caller gets has failed (recorded: OpenRouter tells `Token limit
            // reached` behind `length`).
        } else if let Some(error) = chunk.get("error").or_else(of_choice) {
            self.failed(error, sink);
        } else if is_error() {
            // vLLM and Mistral: the whole event is the error.
            self.failed(data, sink);
        }
        Ok(())
    }

    fn done_is_said(&mut self) {
        self.is_said = true;
    }

    fn done(&mut self, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        if self.is_over {
            return Ok(());
        }
        if self.is_said {
            // Some never say why an answer ended (recorded: kimi-k2 of Novita, behind OpenRouter).
            for (answer, choice) in (0..).zip(&mut self.choices) {
                let id = &self.id;
                Tell {
                    answer,
                    choice,
                    id,
                    sink,
                }
                .end();
            }
        }
        if !self.is_answered() {
            return Err(AnswerFault::CutShort);
        }
        self.is_over = true;
        sink(Event::End);
        Ok(())
    }
}

impl Chunks {
    /// Whether every answer is complete.
    fn is_answered(&self) -> bool {
        !self.choices.is_empty() && self.choices.iter().all(|choice| choice.is_finished)
    }

    /// Azure's first chunk is about the prompt, and has no id.
    fn begin(&mut self, chunk: &Object<'_>, sink: &mut Sink<'_>) {
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        let text = |name| chunk.text(name).map(Spelled::borrowed).unwrap_or_default();
        self.id = text("id").into_owned();
        sink(Event::Begin {
            id: text("id"),
            model: text("model"),
        });
    }

    fn choice(
        &mut self,
        choice: &Object<'_>,
        chunk: &Object<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        let answer = choice.u64("index").unwrap_or(0);
        let answer = u32::try_from(answer).map_err(|_| AnswerFault::Unreadable)?;
        let at = usize::try_from(answer).map_err(|_| AnswerFault::Unreadable)?;
        if at >= ANSWERS_MAX {
            return Err(AnswerFault::Unreadable);
        }
        while self.choices.len() <= at {
            self.choices.push(Choice::default());
        }
        let Some(under_way) = self.choices.get_mut(at) else {
            return Ok(());
        };
        let mut tell = Tell {
            answer,
            choice: under_way,
            id: &self.id,
            sink,
        };
        tell.likely(choice);
        if let Some(delta) = choice.object("delta") {
            tell.delta(delta)?;
        }
        tell.finish(choice, chunk)
    }

    fn failed(&mut self, error: &Value<'_>, sink: &mut Sink<'_>) {
        self.is_over = true;
        let (class, message) = match error {
            Value::Object(error) => (class(error), error.text("message").cloned()),
            Value::String(message) => (ErrorClass::ServerError, Some(message.clone())),
            _ => (ErrorClass::ServerError, None),
        };
        sink(Event::Failed {
            class,
            message: message.unwrap_or_default(),
        });
    }
}

fn class(error: &Object<'_>) -> ErrorClass {
    let name = |name| match error.get(name)? {
        Value::String(text) => Some(text.plain().into_owned().into_boxed_str()),
        Value::Number(digits) => Some((*digits).into()),
        _ => None,
    };
    let seen = ErrorSeen {
        kind: name("type"),
        code: name("code"),
    };
    answer_error_class(Dialect::OpenAi, &seen)
}

/// Tells what a chunk says of one answer.
struct Tell<'t, 's> {
    answer: u32,
    choice: &'t mut Choice,
    /// The answer's id.
    id: &'t Spelled<'static>,
    sink: &'t mut Sink<'s>,
}

impl Tell<'_, '_> {
    fn likely(&mut self, choice: &Object<'_>) {
        let tokens = read_answer::tokens(choice);
        if !tokens.is_empty() && !self.choice.is_finished {
            let answer = self.answer;
            (self.sink)(Event::Likely { answer, tokens });
        }
    }

    fn delta(&mut self, delta: &Object<'_>) -> Result<(), AnswerFault> {
        if let Some(text) = read_answer::thought(delta) {
            self.more(Open::Thinking, text)?;
        }
        for piece in read_answer::pieces(delta) {
            match piece {
                Piece::Text(text) => self.more(Open::Text, text)?,
                Piece::Thought(text) => self.more(Open::Thinking, text)?,
            }
        }
        self.cite(read_answer::annotations(delta))?;
        if let Some(text) = read_answer::text(delta, "refusal") {
            self.more(Open::Refusal, text)?;
        }
        for call in delta.items("tool_calls") {
            let call = call.as_object().ok_or(AnswerFault::Unreadable)?;
            if let Some(called) = read_answer::called(call) {
                let id = read_answer::text(call, "id");
                self.call(call.u64("index"), id, called)?;
            }
        }
        if let Some(function) = delta.object("function_call") {
            self.call(Some(0), None, (function, false))?;
        }
        Ok(())
    }

    /// More of a part that is no call.
    fn more(&mut self, kind: Open, text: &Spelled<'_>) -> Result<(), AnswerFault> {
        if self.choice.open.as_ref() != Some(&kind) {
            let told = match kind {
                Open::Thinking => PartKind::Thinking,
                Open::Refusal => PartKind::Refusal,
                Open::Text | Open::Call { .. } => PartKind::Text,
            };
            self.open(kind, told)?;
        }
        self.said(text);
        Ok(())
    }

    fn call(
        &mut self,
        index: Option<u64>,
        id: Option<&Spelled<'_>>,
        (called, is_custom): (&Object<'_>, bool),
    ) -> Result<(), AnswerFault> {
        let name = read_answer::text(called, "name");
        let goes_on = match &self.choice.open {
            Some(Open::Call {
                index: open,
                id: known,
            }) => match (id, index.zip(*open)) {
                (Some(id), _) => id == known,
                (None, Some((index, open))) => index == open,
                (None, None) => name.is_none(),
            },
            _ => false,
        };
        if !goes_on {
            // A part of a call that is over already cannot be told any more.
            let name = name.ok_or(AnswerFault::Unreadable)?;
            let made = || read_answer::made_id(Some(self.id), self.choice.calls);
            let id = id.map_or_else(made, |id| id.clone().into_owned());
            self.choice.calls = self.choice.calls.saturating_add(1);
            let told = PartKind::ToolCall {
                id: id.clone(),
                name: name.borrowed(),
                is_custom,
            };
            self.open(Open::Call { index, id }, told)?;
        }
        let input = read_answer::input(called, is_custom);
        if !input.is_empty() {
            self.said(&input);
        }
        Ok(())
    }

    fn open(&mut self, kind: Open, told: PartKind<'_>) -> Result<(), AnswerFault> {
        if self.choice.is_finished {
            return Err(AnswerFault::Unreadable);
        }
        self.close();
        let part = self.choice.parts;
        if usize::try_from(part).is_ok_and(|parts| parts >= PARTS_MAX) {
            return Err(AnswerFault::TooLong);
        }
        self.choice.open = Some(kind);
        (self.sink)(Event::Open {
            answer: self.answer,
            part,
            kind: told,
        });
        Ok(())
    }

    /// More of the open part.
    fn said(&mut self, text: &Spelled<'_>) {
        (self.sink)(Event::More {
            answer: self.answer,
            part: self.choice.parts,
            text: text.borrowed(),
        });
    }

    fn close(&mut self) {
        if self.choice.open.take().is_some() {
            let part = self.choice.parts;
            self.choice.parts = part.saturating_add(1);
            (self.sink)(Event::Close {
                answer: self.answer,
                part,
            });
        }
    }

    /// Citations stand at the end of what they are of, or in a chunk of their own behind it.
    fn cite<'c>(
        &mut self,
        citations: impl Iterator<Item = crate::translate::request::Citation<'c>>,
    ) -> Result<(), AnswerFault> {
        for citation in citations {
            if self.choice.open != Some(Open::Text) {
                self.open(Open::Text, PartKind::Text)?;
            }
            self.choice.is_cited = true;
            (self.sink)(Event::Cited {
                answer: self.answer,
                part: self.choice.parts,
                citation,
            });
        }
        Ok(())
    }

    fn finish(&mut self, choice: &Object<'_>, chunk: &Object<'_>) -> Result<(), AnswerFault> {
        if self.choice.is_finished {
            return Ok(());
        }
        let Some(finish) = read_answer::finish(choice, self.choice.calls > 0) else {
            return Ok(());
        };
        if self.choice.open == Some(Open::Text) && !self.choice.is_cited {
            self.cite(read_answer::sources(chunk))?;
        }
        self.finished(finish);
        Ok(())
    }

    /// The answer is over, and why was not told.
    fn end(&mut self) {
        if !self.choice.is_finished {
            self.finished(read_answer::unsaid(self.choice.calls > 0));
        }
    }

    fn finished(&mut self, finish: Finish<'_>) {
        self.close();
        self.choice.is_finished = true;
        (self.sink)(Event::Finish {
            answer: self.answer,
            finish,
        });
    }
}
