//! A stream of an Anthropic deployment, read.

use super::super::AnswerFault;
use super::super::answer::{Event, Finish, PartKind};
use super::super::json::{Object, Spelled, Value};
use super::super::request::Part;
use super::super::speaker::{ReadStream, Sink};
use super::{blocks, reason};
use crate::call::Dialect;
use crate::error_class::answer_error_class;
use crate::meter::ErrorSeen;

/// Reads `message_start` to `message_stop`.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    stage: Stage,
    /// Parts that were opened so far.
    parts: u32,
    open: Option<Open>,
    is_finished: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Before,
    Within,
    /// All was told, or the provider failed.
    Over,
}

/// The block that is being told, if it is a part.
#[derive(Debug)]
struct Open {
    /// As the provider counts it, blocks that are no parts included.
    index: u64,
    part: u32,
    /// What a call's block began with, `{}`, for as long as none of its arguments have come.
    input: Option<Spelled<'static>>,
}

impl ReadStream for Hearing {
    fn event(
        &mut self,
        name: &str,
        data: &Value<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        let event = data.as_object().ok_or(AnswerFault::Unreadable)?;
        let kind = event.text("type").map(Spelled::plain);
        let kind = kind.as_deref().unwrap_or(name);
        match (self.stage, kind) {
            (Stage::Over, _) => {}
            (_, "error") => self.fail(event, sink),
            (Stage::Before, "message_start") => self.begin(event, sink),
            (Stage::Before, "content_block_start" | "message_delta" | "message_stop") => {
                return Err(AnswerFault::Unreadable);
            }
            (Stage::Within, "content_block_start") => self.open(event, sink),
            (Stage::Within, "content_block_delta") => self.delta(event, sink),
            (Stage::Within, "content_block_stop") => self.close(sink),
            (Stage::Within, "message_delta") => self.finish(event, sink),
            (Stage::Within, "message_stop") => self.end(sink),
            // `ping`, and what may come yet.
            _ => {}
        }
        Ok(())
    }

    fn done(&mut self, _: &mut Sink<'_>) -> Result<(), AnswerFault> {
        match self.stage {
            Stage::Over => Ok(()),
            Stage::Before | Stage::Within => Err(AnswerFault::CutShort),
        }
    }
}

impl Hearing {
    fn begin(&mut self, event: &Object<'_>, sink: &mut Sink<'_>) {
        self.stage = Stage::Within;
        let message = event.object("message");
        let text = |name: &str| message.and_then(|message| message.text(name).cloned());
        sink(Event::Begin {
            id: text("id").unwrap_or_default(),
            model: text("model").unwrap_or_default(),
        });
        if let Some(message) = message {
            tier(message, sink);
        }
    }

    fn open(&mut self, event: &Object<'_>, sink: &mut Sink<'_>) {
        self.close(sink);
        let Some((index, block)) = event.u64("index").zip(event.object("content_block")) else {
            return;
        };
        let kind = block.text("type").map(Spelled::plain);
        let part = match kind.as_deref() {
            Some("text") => blocks::text(block),
            Some("thinking") => Some(blocks::thinking(block)),
            Some("redacted_thinking") => blocks::redacted(block),
            Some("tool_use") => blocks::call(block).map(Part::ToolCall),
            _ => None,
        };
        let Some(part) = part else { return };
        self.open = Some(Open {
            index,
            part: self.parts,
            input: match &part {
                Part::ToolCall(call) => Some(call.input.clone().into_owned()),
                _ => None,
            },
        });
        begin_part(self.parts, part, sink);
        self.parts = self.parts.saturating_add(1);
    }

    fn delta(&mut self, event: &Object<'_>, sink: &mut Sink<'_>) {
        let index = event.u64("index");
        let open = self.open.as_mut().filter(|open| Some(open.index) == index);
        let (Some(open), Some(delta)) = (open, event.object("delta")) else {
            return;
        };
        let (answer, part) = (0, open.part);
        let kind = delta.text("type").map(Spelled::plain);
        let more = match kind.as_deref() {
            Some("text_delta") => delta.text("text"),
            Some("thinking_delta") => delta.text("thinking"),
            Some("input_json_delta") => delta.text("partial_json"),
            Some("signature_delta") => {
                let text = delta.text("signature");
                if let Some(signature) = text.and_then(blocks::signature) {
                    sink(Event::Signed {
                        answer,
                        part,
                        signature,
                    });
                }
                None
            }
            Some("citations_delta") => {
                if let Some(told) = delta.object("citation") {
                    let citation = blocks::citation(told);
                    sink(Event::Cited {
                        answer,
                        part,
                        citation,
                    });
                }
                None
            }
            _ => None,
        };
        if let Some(text) = more.filter(|text| !text.is_empty()) {
            open.input = None;
            sink(Event::More {
                answer,
                part,
                text: text.borrowed(),
            });
        }
    }

    fn close(&mut self, sink: &mut Sink<'_>) {
        let Some(open) = self.open.take() else { return };
        let (answer, part) = (0, open.part);
        if let Some(text) = open.input {
            sink(Event::More { answer, part, text });
        }
        sink(Event::Close { answer, part });
    }

    fn finish(&mut self, event: &Object<'_>, sink: &mut Sink<'_>) {
        tier(event, sink);
        let finish = event.object("delta").and_then(reason::finish);
        let Some(finish) = finish.filter(|_| !self.is_finished) else {
            return;
        };
        self.close(sink);
        self.is_finished = true;
        sink(Event::Finish { answer: 0, finish });
    }

    fn end(&mut self, sink: &mut Sink<'_>) {
        self.close(sink);
        if !self.is_finished {
            sink(Event::Finish {
                answer: 0,
                finish: Finish::default(),
            });
        }
        self.stage = Stage::Over;
        sink(Event::End);
    }

    fn fail(&mut self, event: &Object<'_>, sink: &mut Sink<'_>) {
        self.stage = Stage::Over;
        let error = event.object("error");
        let text = |name: &str| error.and_then(|error| error.text(name));
        let kind = text("type").map(|kind| kind.plain().chars().take(64).collect());
        let seen = ErrorSeen {
            kind: kind.map(String::into_boxed_str),
            code: None,
        };
        sink(Event::Failed {
            class: answer_error_class(Dialect::Anthropic, &seen),
            message: text("message").map(Spelled::borrowed).unwrap_or_default(),
        });
    }
}

fn tier(told: &Object<'_>, sink: &mut Sink<'_>) {
    let usage = told.object("usage");
    if let Some(tier) = usage.and_then(|usage| usage.text("service_tier")) {
        sink(Event::Tier(tier.borrowed()));
    }
}

/// A block that begins: mostly empty, but for what comes in one piece.
fn begin_part(at: u32, part: Part<'_>, sink: &mut Sink<'_>) {
    let answer = 0;
    let mut open = |kind| {
        sink(Event::Open {
            answer,
            part: at,
            kind,
        });
    };
    let (text, signature) = match part {
        Part::Text { text, .. } => {
            open(PartKind::Text);
            (text, None)
        }
        Part::Thinking { text, signature } => {
            open(PartKind::Thinking);
            (text, signature)
        }
        Part::ToolCall(call) => {
            let (id, name) = (call.id, call.name);
            open(PartKind::ToolCall {
                id,
                name,
                is_custom: false,
            });
            (Spelled::default(), None)
        }
        _ => return,
    };
    if !text.is_empty() {
        sink(Event::More {
            answer,
            part: at,
            text,
        });
    }
    if let Some(signature) = signature {
        sink(Event::Signed {
            answer,
            part: at,
            signature,
        });
    }
}
