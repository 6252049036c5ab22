//! Streams.

use super::answer::{failed, is_of_text, reason, sources};
use crate::call::Dialect;
use crate::error_class::ErrorClass;
use crate::translate::AnswerFault;
use crate::translate::answer::Finish;
use crate::translate::json::{Object, Spelled, Value};
use crate::translate::parts::{Parts, class_of_sentence};
use crate::translate::speaker::{ReadStream, Sink};

/// Reads a stream: `message-start`, blocks and calls one after the other, `message-end` with the usage.
#[derive(Debug, Default)]
pub(super) struct Reader {
    parts: Parts,
    /// A plan is told, which is no block and has neither start nor end.
    is_planning: bool,
}

impl ReadStream for Reader {
    fn event(
        &mut self,
        name: &str,
        data: &Value<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        let object = data.as_object().ok_or(AnswerFault::Unreadable)?;
        let nothing = Spelled::default();
        let kind = object.text("type").map(Spelled::plain);
        let delta = object.object("delta");
        let message = delta.and_then(|delta| delta.object("message"));
        match (kind.as_deref().unwrap_or(name), message, delta) {
            ("message-start", ..) => {
                let id = object.text("id").unwrap_or(&nothing);
                self.parts.begin(id, &nothing, sink);
            }
            ("content-start", Some(message), _) => {
                self.parts.close(sink);
                self.is_planning = false;
                self.content(message, sink)?;
            }
            ("content-delta", Some(message), _) => self.content(message, sink)?,
            ("tool-plan-delta", Some(message), _) => self.plan(message, sink)?,
            ("tool-call-start", Some(message), _) => self.call(message, sink)?,
            ("tool-call-delta", Some(message), _) => self.arguments(message, sink)?,
            ("tool-call-end", ..) => self.parts.close(sink),
            ("citation-start", Some(message), _) => self.cite(message, sink),
            ("message-end", _, Some(delta)) => return self.end(delta, sink),
            // `content-end`: citations of a text may still come, so it stays open until something else begins.
            _ => {}
        }
        Ok(())
    }

    fn done(&mut self, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        self.parts.end(sink)
    }
}

impl Reader {
    fn content(&mut self, message: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        let Some(content) = message.object("content") else {
            return Ok(());
        };
        if let Some(text) = content.text("text") {
            self.parts.say(text, sink)?;
        }
        if let Some(text) = content.text("thinking") {
            self.parts.think(text, sink)?;
        }
        Ok(())
    }

    fn plan(&mut self, message: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        if !std::mem::replace(&mut self.is_planning, true) {
            self.parts.close(sink);
        }
        match message.text("tool_plan") {
            Some(plan) => self.parts.think(plan, sink),
            None => Ok(()),
        }
    }

    fn call(&mut self, message: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        let call = message.object("tool_calls");
        let function = call.and_then(|call| call.object("function"));
        let (Some(id), Some(function)) = (call.and_then(|call| call.text("id")), function) else {
            return Err(AnswerFault::Unreadable);
        };
        let name = function.text("name").ok_or(AnswerFault::Unreadable)?;
        self.parts.call(id, name, sink)?;
        self.arguments(message, sink)
    }

    fn arguments(&mut self, message: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        let call = message.object("tool_calls");
        let function = call.and_then(|call| call.object("function"));
        match function.and_then(|function| function.text("arguments")) {
            Some(input) => self.parts.argue(input, sink),
            None => Ok(()),
        }
    }

    fn cite(&self, message: &Object<'_>, sink: &mut Sink<'_>) {
        let Some(said) = message.object("citations").filter(|said| is_of_text(said)) else {
            return;
        };
        for citation in sources(said) {
            self.parts.cite(citation, sink);
        }
    }

    fn end(&mut self, delta: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        if failed(delta) {
            let nothing = Spelled::default();
            let message = delta.text("error").unwrap_or(&nothing);
            let is_late = delta
                .text("finish_reason")
                .is_some_and(|said| said.is("TIMEOUT"));
            let class = if is_late {
                ErrorClass::Timeout
            } else {
                class_of_sentence(Dialect::Cohere, message.raw())
            };
            self.parts.fail(class, message, sink);
            return Ok(());
        }
        let finish = Finish {
            reason: reason(delta),
            stop: None,
        };
        self.parts.finish(finish, sink);
        self.parts.end(sink)
    }
}
