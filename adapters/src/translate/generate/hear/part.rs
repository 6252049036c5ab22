//! Parts of an answer, which come in snippets: those of a kind that follow each other are one part.

use crate::translate::AnswerFault;
use crate::translate::answer::{Event, PARTS_MAX, PartKind};
use crate::translate::generate::proto::Proto;
use crate::translate::generate::signed;
use crate::translate::json::Spelled;
use crate::translate::request::Citation;
use crate::translate::signature::Signature;
use crate::translate::speaker::Sink;

/// An answer as far as it was heard.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) answer: u32,
    /// How many functions it calls.
    pub(super) calls: u32,
    /// How many pages it was grounded on so far.
    pub(super) cited: usize,
    pub(super) is_finished: bool,
    /// How many parts were opened.
    parts: u32,
    open: Option<Open>,
}

/// The part that more may come of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Text,
    Thinking,
}

impl Heard {
    pub(super) const fn new(answer: u32) -> Self {
        Self {
            answer,
            calls: 0,
            cited: 0,
            is_finished: false,
            parts: 0,
            open: None,
        }
    }

    /// Takes a snippet. Pictures, and what Google's own tools did, have no place in the neutral form: neither comes
    /// unasked, and neither can be asked for.
    pub(super) fn part(
        &mut self,
        part: Proto<'_, '_>,
        id: &str,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        let signature = part.text("thoughtSignature").and_then(signed::read);
        if let Some(call) = part.object("functionCall") {
            return self.call(call, signature, id, sink);
        }
        if let Some(text) = part.text("text").filter(|text| !text.is_empty()) {
            let kind = match part.bool("thought") {
                Some(true) => Open::Thinking,
                _ => Open::Text,
            };
            self.opened(kind, sink)?;
            sink(Event::More {
                answer: self.answer,
                part: self.current(),
                text: text.borrowed(),
            });
        }
        if let Some(signature) = signature {
            self.sign(signature, sink)?;
        }
        Ok(())
    }

    /// A call comes whole.
    fn call(
        &mut self,
        call: Proto<'_, '_>,
        signature: Option<Signature<'_>>,
        id: &str,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        let name = call.text("name").filter(|name| !name.is_empty());
        let name = name.ok_or(AnswerFault::Unreadable)?;
        let told = call.text("id").filter(|id| !id.is_empty());
        let made;
        let id = match told {
            Some(id) => id.borrowed(),
            // The answer's id is in it so that no two turns have the same.
            None => {
                made = format!("call_{id}_{}", self.calls);
                Spelled::of_plain(&made)
            }
        };
        self.close(sink);
        self.calls = self.calls.saturating_add(1);
        let name = name.borrowed();
        self.open(
            PartKind::ToolCall {
                id,
                name,
                is_custom: false,
            },
            sink,
        )?;
        let (answer, part) = (self.answer, self.current());
        let input = match call.object("args") {
            Some(args) => Spelled::of_owned(args.0.raw),
            None => Spelled::of_plain("{}"),
        };
        if let Some(signature) = signature {
            sink(Event::Signed {
                answer,
                part,
                signature,
            });
        }
        sink(Event::More {
            answer,
            part,
            text: input,
        });
        sink(Event::Close { answer, part });
        Ok(())
    }

    /// A signature belongs to the thought before it, else to one of which nothing is told.
    fn sign(&mut self, signature: Signature<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        if self.open != Some(Open::Thinking) || signature.is_whole {
            self.close(sink);
            self.opened(Open::Thinking, sink)?;
        }
        sink(Event::Signed {
            answer: self.answer,
            part: self.current(),
            signature,
        });
        self.close(sink);
        Ok(())
    }

    /// What the open text has something from.
    pub(super) fn cite(&mut self, citation: Citation<'_>, sink: &mut Sink<'_>) {
        if self.open == Some(Open::Text) {
            sink(Event::Cited {
                answer: self.answer,
                part: self.current(),
                citation,
            });
        }
    }

    /// Closes the part that is open, if one is.
    pub(super) fn close(&mut self, sink: &mut Sink<'_>) {
        if self.open.take().is_some() {
            sink(Event::Close {
                answer: self.answer,
                part: self.current(),
            });
        }
    }

    fn opened(&mut self, kind: Open, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        if self.open == Some(kind) {
            return Ok(());
        }
        self.close(sink);
        self.open = Some(kind);
        let kind = match kind {
            Open::Text => PartKind::Text,
            Open::Thinking => PartKind::Thinking,
        };
        self.open(kind, sink)
    }

    fn open(&mut self, kind: PartKind<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        if usize::try_from(self.parts).is_ok_and(|parts| parts >= PARTS_MAX) {
            return Err(AnswerFault::TooLong);
        }
        sink(Event::Open {
            answer: self.answer,
            part: self.parts,
            kind,
        });
        self.parts = self.parts.saturating_add(1);
        Ok(())
    }

    const fn current(&self) -> u32 {
        self.parts.saturating_sub(1)
    }
}
