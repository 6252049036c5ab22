//! Streams.

use super::answer::{citation, finish, is_of_the_service, signed, tier};
use crate::call::Dialect;
use crate::error_class::error_class;
use crate::translate::AnswerFault;
use crate::translate::json::{Object, Spelled, Value};
use crate::translate::parts::Parts;
use crate::translate::speaker::{ReadStream, Sink};

/// Reads a stream: `messageStart`, blocks one after the other, `messageStop`, and `metadata` with the usage.
#[derive(Debug, Default)]
pub(super) struct Reader {
    parts: Parts,
    /// The block that was told of last.
    block: Option<u64>,
}

impl ReadStream for Reader {
    fn event(
        &mut self,
        name: &str,
        data: &Value<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        let object = data.as_object().ok_or(AnswerFault::Unreadable)?;
        if let Some(exception) = name.strip_prefix('!') {
            self.failed(exception, object, sink);
            return Ok(());
        }
        match name {
            "messageStart" => self
                .parts
                .begin(&Spelled::default(), &Spelled::default(), sink),
            "contentBlockStart" => self.start(object, sink)?,
            "contentBlockDelta" => self.delta(object, sink)?,
            "contentBlockStop" => self.parts.close(sink),
            "messageStop" => self.parts.finish(finish(object), sink),
            "metadata" => {
                if let Some(tier) = tier(object) {
                    self.parts.tier(tier, sink);
                }
                return self.parts.end(sink);
            }
            // Text has no members of other names, and what is added later has words of its own.
            _ => {}
        }
        Ok(())
    }

    fn done(&mut self, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        self.parts.end(sink)
    }
}

impl Reader {
    /// Calls begin so; texts and thoughts begin with their first delta.
    fn start(&mut self, object: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        self.enter(object, sink);
        let Some(start) = object.object("start") else {
            return Ok(());
        };
        let Some(call) = start.object("toolUse") else {
            return match start.members.is_empty() {
                true => Ok(()),
                false => Err(AnswerFault::Unsayable),
            };
        };
        if is_of_the_service(call) {
            return Err(AnswerFault::Unsayable);
        }
        let (Some(id), Some(name)) = (call.text("toolUseId"), call.text("name")) else {
            return Err(AnswerFault::Unreadable);
        };
        self.parts.call(id, name, sink)
    }

    fn delta(&mut self, object: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        self.enter(object, sink);
        let delta = object.object("delta").ok_or(AnswerFault::Unreadable)?;
        if let Some(text) = delta.text("text") {
            return self.parts.say(text, sink);
        }
        if let Some(call) = delta.object("toolUse") {
            let input = call.text("input").ok_or(AnswerFault::Unreadable)?;
            return self.parts.argue(input, sink);
        }
        if let Some(thought) = delta.object("reasoningContent") {
            return self.thought(thought, sink);
        }
        if let Some(said) = delta.object("citation") {
            // It may come before the text that it stands for.
            self.parts.begin_text(sink)?;
            self.parts.cite(citation(said), sink);
            return Ok(());
        }
        Err(AnswerFault::Unsayable)
    }

    fn thought(&mut self, thought: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        if let Some(text) = thought.text("text") {
            self.parts.think(text, sink)?;
        }
        if let Some(signature) = thought.text("signature") {
            self.parts.sign(signed(signature.borrowed(), false), sink)?;
        }
        if let Some(data) = thought.text("redactedContent") {
            self.parts.close(sink);
            self.parts.sign(signed(data.borrowed(), true), sink)?;
        }
        Ok(())
    }

    /// Another block than the last.
    fn enter(&mut self, object: &Object<'_>, sink: &mut Sink<'_>) {
        let block = object.u64("contentBlockIndex");
        if block != self.block {
            self.block = block;
            self.parts.close(sink);
        }
    }

    /// Exceptions have a type and a sentence; that of a model's failure may name the status that it had.
    fn failed(&mut self, exception: &str, object: &Object<'_>, sink: &mut Sink<'_>) {
        let is_request = exception.eq_ignore_ascii_case("validationException");
        // Sentences say what is wrong with a request, where it is one that is wrong.
        let status = if is_request { 400 } else { 200 };
        let class = error_class(
            Dialect::Bedrock,
            status,
            exception.as_bytes(),
            object.raw.as_bytes(),
        );
        let nothing = Spelled::default();
        let message = object.text("message").or_else(|| object.text("Message"));
        self.parts.fail(class, message.unwrap_or(&nothing), sink);
    }
}
