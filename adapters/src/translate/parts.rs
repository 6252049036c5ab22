//! The parts of one answer while they come: opened, filled and closed in the order that [`Event`] asks for.
//!
//! For readers of streams that tell one answer, a part after the other.

use std::borrow::Cow;

use super::answer::{Event, Finish, PARTS_MAX, PartKind};
use super::json::Spelled;
use super::likelihood::Token;
use super::request::Citation;
use super::signature::Signature;
use super::speaker::Sink;
use super::{AnswerFault, Untranslatable};
use crate::call::Dialect;
use crate::error_class::{ErrorClass, error_class};

/// How far an answer has come.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    place: Place,
    open: Option<Open>,
    /// How many were opened.
    count: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd)]
enum Place {
    #[default]
    Before,
    Inside,
    Finished,
    Ended,
}

/// The part that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Text,
    Thinking,
    Call { has_input: bool },
}

impl Parts {
    /// The answer begins, if it has not.
    pub(crate) fn begin(&mut self, id: &Spelled<'_>, model: &Spelled<'_>, sink: &mut Sink<'_>) {
        if self.place == Place::Before {
            self.place = Place::Inside;
            let (id, model) = (id.borrowed(), model.borrowed());
            sink(Event::Begin { id, model });
        }
    }

    /// More text; it opens a part where no text is open. Empty text is nothing.
    ///
    /// # Errors
    /// [`AnswerFault`] behind the end, or with too many parts.
    pub(crate) fn say(
        &mut self,
        text: &Spelled<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        if text.is_empty() {
            return Ok(());
        }
        self.be_in(Open::Text, sink)?;
        self.more(text, sink);
        Ok(())
    }

    /// A text is open from here on, whether or not it says anything.
    ///
    /// # Errors
    /// As [`Self::say`].
    pub(crate) fn begin_text(&mut self, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        self.be_in(Open::Text, sink)
    }

    /// More of a thought, likewise.
    ///
    /// # Errors
    /// As [`Self::say`].
    pub(crate) fn think(
        &mut self,
        text: &Spelled<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        if text.is_empty() {
            return Ok(());
        }
        self.be_in(Open::Thinking, sink)?;
        self.more(text, sink);
        Ok(())
    }

    /// The signature of the open thought, or of one whose words are not told.
    ///
    /// # Errors
    /// As [`Self::say`].
    pub(crate) fn sign(
        &mut self,
        signature: Signature<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        self.be_in(Open::Thinking, sink)?;
        sink(Event::Signed {
            answer: 0,
            part: self.part(),
            signature,
        });
        Ok(())
    }

    /// Where the open text has something from; nothing where no text is open.
    pub(crate) fn cite(&self, citation: Citation<'_>, sink: &mut Sink<'_>) {
        if self.open == Some(Open::Text) {
            sink(Event::Cited {
                answer: 0,
                part: self.part(),
                citation,
            });
        }
    }

    /// How likely tokens were, if any: of what is told next.
    pub(crate) fn likely(&self, tokens: Vec<Token<'_>>, sink: &mut Sink<'_>) {
        if self.place == Place::Inside && !tokens.is_empty() {
            sink(Event::Likely { answer: 0, tokens });
        }
    }

    /// A call begins.
    ///
    /// # Errors
    /// As [`Self::say`].
    pub(crate) fn call(
        &mut self,
        id: &Spelled<'_>,
        name: &Spelled<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        self.close(sink);
        let (id, name) = (id.borrowed(), name.borrowed());
        let open = Open::Call { has_input: false };
        self.open(
            open,
            PartKind::ToolCall {
                id,
                name,
                is_custom: false,
            },
            sink,
        )
    }

    /// More of the open call's arguments.
    ///
    /// # Errors
    /// [`AnswerFault::Unreadable`] where none is open.
    pub(crate) fn argue(
        &mut self,
        input: &Spelled<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        let Some(Open::Call { has_input }) = &mut self.open else {
            return Err(AnswerFault::Unreadable);
        };
        if !input.is_empty() {
            *has_input = true;
            self.more(input, sink);
        }
        Ok(())
    }

    /// The open part, if there is one, is complete.
    pub(crate) fn close(&mut self, sink: &mut Sink<'_>) {
        let Some(open) = self.open.take() else { return };
        if open == (Open::Call { has_input: false }) {
            self.more(&Spelled::of_raw("{}"), sink);
        }
        let part = self.part();
        sink(Event::Close { answer: 0, part });
    }

    /// The answer is complete.
    pub(crate) fn finish(&mut self, finish: Finish<'_>, sink: &mut Sink<'_>) {
        if self.place < Place::Finished {
            self.begin(&Spelled::default(), &Spelled::default(), sink);
            self.close(sink);
            self.place = Place::Finished;
            sink(Event::Finish { answer: 0, finish });
        }
    }

    /// The tier that served it.
    pub(crate) fn tier(&mut self, tier: &Spelled<'_>, sink: &mut Sink<'_>) {
        if matches!(self.place, Place::Inside | Place::Finished) {
            sink(Event::Tier(tier.borrowed()));
        }
    }

    /// The provider failed; nothing follows.
    pub(crate) fn fail(&mut self, class: ErrorClass, message: &Spelled<'_>, sink: &mut Sink<'_>) {
        if self.place < Place::Ended {
            self.place = Place::Ended;
            let message = message.borrowed();
            sink(Event::Failed { class, message });
        }
    }

    /// The stream's clean end, which is told where it may be one.
    ///
    /// # Errors
    /// [`AnswerFault::CutShort`] where the answer is not complete.
    pub(crate) fn end(&mut self, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        match self.place {
            Place::Before | Place::Inside => Err(AnswerFault::CutShort),
            Place::Ended => Ok(()),
            Place::Finished => {
                self.place = Place::Ended;
                sink(Event::End);
                Ok(())
            }
        }
    }

    fn be_in(&mut self, wanted: Open, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        if self.open == Some(wanted) {
            return Ok(());
        }
        self.close(sink);
        let kind = match wanted {
            Open::Thinking => PartKind::Thinking,
            Open::Text | Open::Call { .. } => PartKind::Text,
        };
        self.open(wanted, kind, sink)
    }

    fn open(
        &mut self,
        open: Open,
        kind: PartKind<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        if self.place >= Place::Finished {
            return Err(AnswerFault::Unreadable);
        }
        self.begin(&Spelled::default(), &Spelled::default(), sink);
        if usize::try_from(self.count).is_ok_and(|count| count >= PARTS_MAX) {
            return Err(AnswerFault::TooLong);
        }
        self.count = self.count.saturating_add(1);
        self.open = Some(open);
        sink(Event::Open {
            answer: 0,
            part: self.part(),
            kind,
        });
        Ok(())
    }

    fn more(&self, text: &Spelled<'_>, sink: &mut Sink<'_>) {
        sink(Event::More {
            answer: 0,
            part: self.part(),
            text: text.borrowed(),
        });
    }

    /// The last that was opened.
    const fn part(&self) -> u32 {
        self.count.saturating_sub(1)
    }
}

/// The class of an error that stands in an answer with nothing but a sentence. A sentence tells what is wrong with a
/// request; one that nobody knows is the provider's failure.
pub(crate) fn class_of_sentence(dialect: Dialect, text: &str) -> ErrorClass {
    match error_class(dialect, 400, b"", text.as_bytes()) {
        ErrorClass::BadRequest => ErrorClass::ServerError,
        class => class,
    }
}

/// A call's arguments as an object's text.
///
/// # Errors
/// Where they are none.
pub(crate) fn arguments<'s>(input: &'s Spelled<'_>) -> Result<Cow<'s, str>, Untranslatable> {
    super::arguments::arguments(input).ok_or_else(|| {
        Untranslatable::at("", "the arguments of an earlier call are no JSON object")
    })
}

#[cfg(test)]
mod tests;
