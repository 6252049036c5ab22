//! Streams of JSON lines.

use super::answer::{Call, finish};
use crate::call::Dialect;
use crate::translate::AnswerFault;
use crate::translate::json::{Object, Spelled, Value};
use crate::translate::likelihood;
use crate::translate::parts::{Parts, class_of_sentence};
use crate::translate::speaker::{ReadStream, Sink};

/// Reads a stream: each line is an answer with the next piece, the last one is `done` and has the usage.
#[derive(Debug, Default)]
pub(super) struct Reader {
    parts: Parts,
    calls: u32,
}

impl ReadStream for Reader {
    fn event(&mut self, _: &str, data: &Value<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        let object = data.as_object().ok_or(AnswerFault::Unreadable)?;
        if let Some(message) = object.text("error") {
            let class = class_of_sentence(Dialect::Ollama, message.raw());
            self.parts.fail(class, message, sink);
            return Ok(());
        }
        let nothing = Spelled::default();
        let model = object.text("model").unwrap_or(&nothing);
        self.parts.begin(&nothing, model, sink);
        self.parts
            .likely(likelihood::read(object.items("logprobs")), sink);
        if let Some(message) = object.object("message") {
            self.message(object, message, sink)?;
        }
        if object.bool("done") == Some(true) {
            self.parts.finish(finish(object, self.calls > 0), sink);
            return self.parts.end(sink);
        }
        Ok(())
    }

    fn done(&mut self, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        self.parts.end(sink)
    }
}

impl Reader {
    fn message(
        &mut self,
        line: &Object<'_>,
        message: &Object<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        if let Some(text) = message.text("thinking") {
            self.parts.think(text, sink)?;
        }
        if let Some(text) = message.text("content") {
            self.parts.say(text, sink)?;
        }
        for call in message.items("tool_calls") {
            let call = Call::read(call, line, self.calls)?;
            self.calls = self.calls.saturating_add(1);
            self.parts.call(&call.id, &call.name, sink)?;
            self.parts.argue(&call.input, sink)?;
            self.parts.close(sink);
        }
        Ok(())
    }
}
