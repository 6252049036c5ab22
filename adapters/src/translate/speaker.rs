//! What makes a form: how its callers are understood and answered, how its deployments are asked and understood.
//!
//! Two halves, in tables that each form's own room fills in. Any caller's half goes with any deployment's half: between
//! them is the neutral form.

use quotah_policy::Usage;

use super::answer::{Answer, Event};
use super::feature::{Fate, Feature, Features};
use super::json::Value;
use super::request::Request;
use super::shape::{Seen, Shape};
use super::{AnswerFault, Caller, To, Untranslatable};
use crate::border::Framing;
use crate::provider::ProviderKind;

/// The half of a form that callers see.
pub(crate) struct Asks {
    /// What a request may say.
    pub(crate) shape: &'static Shape,
    /// Reads a request. What depends on values and not on members alone (a system message in the middle) is noted in
    /// `Seen` here.
    pub(crate) read:
        for<'v, 'a> fn(&'v Value<'a>, &mut Seen) -> Result<Request<'a>, Untranslatable>,
    /// Writes a whole answer.
    pub(crate) write_answer:
        fn(&Answer<'_>, &Caller, Option<&Usage>) -> Result<String, AnswerFault>,
    /// Writes a stream.
    pub(crate) stream: fn(&Caller) -> Box<dyn WriteStream>,
    /// The `content-type` of its streams.
    pub(crate) stream_type: &'static str,
    /// Whether its tools may take text in place of arguments: whoever cannot give such tools cannot be told of their calls.
    pub(crate) has_custom_tools: bool,
    /// The same request without what translated answers have left in its history (marked signatures and what belongs to
    /// them), every other value byte for byte; `None` where nothing is to be taken out.
    pub(crate) unmarked: fn(&Value<'_>) -> Option<String>,
}

/// The half of a form that deployments see.
pub(crate) struct Serves {
    /// What becomes of a feature there.
    pub(crate) fate: fn(Feature, ProviderKind) -> Fate,
    /// What a request asks for and this very model is not told, where that depends on the model or on what else is asked:
    /// beside what [`Self::fate`] says is lost everywhere.
    pub(crate) left_out: fn(&Request<'_>, &To<'_>) -> Features,
    /// Writes a request. What has no place there was refused or is to be left out.
    pub(crate) write: fn(&Request<'_>, &To<'_>) -> Result<String, Untranslatable>,
    /// Reads a whole answer.
    pub(crate) read_answer: for<'v, 'a> fn(&'v Value<'a>) -> Result<Answer<'a>, AnswerFault>,
    /// Reads a stream.
    pub(crate) stream: fn() -> Box<dyn ReadStream>,
    /// How its streams are divided.
    pub(crate) framing: Framing,
}

/// Whatever the model: all that is carried is told.
pub(crate) fn nothing(_: &Request<'_>, _: &To<'_>) -> Features {
    Features::default()
}

/// Takes what a stream tells.
pub(crate) type Sink<'s> = dyn FnMut(Event<'_>) + 's;

/// Reads a deployment's stream, one event after the other.
pub(crate) trait ReadStream: Send + std::fmt::Debug {
    /// An event; `name` is empty where it has none (of Bedrock's frames it is the `:event-type`).
    ///
    /// # Errors
    /// [`AnswerFault`] where it cannot be carried over: the answer is then broken off visibly.
    fn event(
        &mut self,
        name: &str,
        data: &Value<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault>;

    /// `[DONE]` has come, which [`Self::done`] is called for next: the stream surely is complete.
    fn done_is_said(&mut self) {}

    /// `[DONE]`, or the stream's clean end. May be called twice. Tells [`Event::End`] if that was not told yet and the
    /// stream may end here.
    ///
    /// # Errors
    /// [`AnswerFault::CutShort`] where it may not.
    fn done(&mut self, sink: &mut Sink<'_>) -> Result<(), AnswerFault>;
}

/// Writes a caller's stream.
pub(crate) trait WriteStream: Send + std::fmt::Debug {
    /// Writes what an event comes to, if anything, behind what is in `out`. `usage` is what is known of usage so far; it
    /// is complete, and to be told, at [`Event::End`] only.
    fn event(&mut self, event: &Event<'_>, usage: Option<&Usage>, out: &mut String);
}
