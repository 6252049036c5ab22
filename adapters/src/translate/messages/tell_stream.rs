//! A stream, told to an Anthropic caller.
//!
//! Blocks are opened by their first content, since what a thought is (a text, or encrypted) and whether a text is empty
//! is not known before.

use quotah_policy::Usage;

use super::super::Caller;
use super::super::answer::{Event, Finish, PartKind};
use super::super::form::Form;
use super::super::json::{Json, Members, Spelled};
use super::super::refused::stream_failed;
use super::super::signature::Signature;
use super::super::speaker::WriteStream;
use super::tell::{self, Ended};
use super::{ids, reason, usage};
use crate::call::Dialect;

/// Writes `message_start` to `message_stop`.
#[derive(Debug)]
pub(super) struct Telling {
    caller: Caller,
    /// Blocks that were opened so far.
    blocks: u64,
    open: Open,
    ended: Ended,
    finish: Finish<'static>,
    tier: Option<&'static str>,
}

/// The block that is being told.
#[derive(Debug)]
enum Open {
    Nothing,
    /// A text that has not begun.
    Text,
    /// A thought that has not begun.
    Thought,
    TextBegun,
    ThoughtBegun {
        is_signed: bool,
    },
    /// An encrypted thought, which is told at once.
    Redacted,
    Call {
        /// As the caller has it.
        id: Spelled<'static>,
        signed: Option<Signature<'static>>,
    },
}

impl Telling {
    pub(super) fn new(caller: &Caller) -> Self {
        Self {
            caller: caller.clone(),
            blocks: 0,
            open: Open::Nothing,
            ended: Ended::default(),
            finish: Finish::default(),
            tier: None,
        }
    }
}

impl WriteStream for Telling {
    fn event(&mut self, event: &Event<'_>, used: Option<&Usage>, out: &mut String) {
        match event {
            Event::Begin { id, model } => self.begin(id, model, out),
            Event::Open {
                answer: 0, kind, ..
            } => self.open(kind, out),
            Event::More {
                answer: 0, text, ..
            } if !text.is_empty() => self.more(text, out),
            Event::Signed {
                answer: 0,
                signature,
                ..
            } => self.sign(signature, out),
            Event::Cited {
                answer: 0,
                citation,
                ..
            } if tell::is_cited(citation) => {
                self.begin_text(out);
                self.delta(out, "citations_delta", |json| {
                    json.object("citation", |json| tell::citation(json, citation));
                });
            }
            Event::Close { answer: 0, .. } => self.close(out),
            Event::Finish { answer: 0, finish } => self.finish = finish.clone().into_owned(),
            Event::Tier(tier) => self.tier = reason::tier(tier),
            Event::End => self.end(used, out),
            Event::Failed { class, message } => {
                out.push_str(&stream_failed(Form::Messages, *class, message));
            }
            // Callers of this dialect ask for one answer; what says nothing is not told.
            Event::Open { .. }
            | Event::More { .. }
            | Event::Signed { .. }
            | Event::Cited { .. }
            | Event::Likely { .. }
            | Event::Close { .. }
            | Event::Finish { .. } => {}
        }
    }
}

impl Telling {
    fn begin(&self, id: &Spelled<'_>, model: &Spelled<'_>, out: &mut String) {
        event(out, "message_start", |json| {
            json.object("message", |json| {
                tell::head(json, (id, model), &self.caller);
                json.array("content", |_| {});
                json.null("stop_reason");
                json.null("stop_sequence");
                // What was used is known at the end.
                usage::write(json, None, None);
            });
        });
    }

    fn open(&mut self, kind: &PartKind<'_>, out: &mut String) {
        self.open = match kind {
            PartKind::Text => Open::Text,
            PartKind::Refusal => {
                self.ended.is_refusal = true;
                Open::Text
            }
            PartKind::Thinking => Open::Thought,
            PartKind::ToolCall { id, name, .. } => {
                self.ended.has_calls = true;
                let id = ids::worn(id);
                self.begin_block(out, "tool_use", |json| {
                    json.spelled("id", &id);
                    json.spelled("name", name);
                    json.object("input", |_| {});
                });
                Open::Call { id, signed: None }
            }
        };
    }

    fn more(&mut self, text: &Spelled<'_>, out: &mut String) {
        self.begin_text(out);
        self.begin_thought(out);
        match self.open {
            Open::TextBegun => {
                self.delta(out, "text_delta", |json| json.spelled("text", text));
            }
            Open::ThoughtBegun { .. } => {
                self.delta(out, "thinking_delta", |json| json.spelled("thinking", text));
            }
            Open::Call { .. } => {
                self.delta(out, "input_json_delta", |json| {
                    json.spelled("partial_json", text);
                });
            }
            Open::Nothing | Open::Text | Open::Thought | Open::Redacted => {}
        }
    }

    fn sign(&mut self, signature: &Signature<'_>, out: &mut String) {
        if matches!(self.open, Open::Thought) && signature.is_whole {
            let data = signature.spelled_in(Dialect::Anthropic);
            self.begin_block(out, "redacted_thinking", |json| json.spelled("data", &data));
            self.open = Open::Redacted;
            return;
        }
        self.begin_thought(out);
        if let Open::Call { signed, .. } = &mut self.open {
            *signed = Some(signature.clone().into_owned());
        } else if let Open::ThoughtBegun { is_signed } = &mut self.open {
            *is_signed = true;
            let signed = tell::signed(Some(signature));
            self.delta(out, "signature_delta", |json| {
                json.spelled("signature", &signed);
            });
        }
    }

    fn close(&mut self, out: &mut String) {
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing | Open::Text | Open::Thought => {}
            Open::TextBegun | Open::Redacted | Open::ThoughtBegun { is_signed: true } => {
                self.end_block(out);
            }
            Open::ThoughtBegun { is_signed: false } => {
                self.delta(out, "signature_delta", |json| {
                    json.spelled("signature", &tell::nobodys());
                });
                self.end_block(out);
            }
            Open::Call { id, signed } => {
                self.end_block(out);
                if let Some(signature) = signed {
                    self.begin_block(out, "redacted_thinking", |json| {
                        json.spelled("data", &tell::signed_call(&id, &signature));
                    });
                    self.end_block(out);
                }
            }
        }
    }

    fn end(&mut self, used: Option<&Usage>, out: &mut String) {
        event(out, "message_delta", |json| {
            json.object("delta", |json| {
                json.text("stop_reason", self.ended.word(self.finish.reason));
                tell::stop_sequence(json, self.finish.stop.as_ref());
            });
            usage::write(json, used, self.tier);
        });
        event(out, "message_stop", |_| {});
    }

    fn begin_text(&mut self, out: &mut String) {
        if matches!(self.open, Open::Text) {
            self.begin_block(out, "text", |json| json.text("text", ""));
            self.open = Open::TextBegun;
        }
    }

    fn begin_thought(&mut self, out: &mut String) {
        if matches!(self.open, Open::Thought) {
            self.begin_block(out, "thinking", |json| {
                json.text("thinking", "");
                json.text("signature", "");
            });
            self.open = Open::ThoughtBegun { is_signed: false };
        }
    }

    fn begin_block(&mut self, out: &mut String, kind: &str, write: impl FnOnce(&mut Members<'_>)) {
        event(out, "content_block_start", |json| {
            json.number("index", self.blocks);
            json.object("content_block", |json| {
                json.text("type", kind);
                write(json);
            });
        });
        self.blocks = self.blocks.saturating_add(1);
    }

    fn delta(&self, out: &mut String, kind: &str, write: impl FnOnce(&mut Members<'_>)) {
        event(out, "content_block_delta", |json| {
            json.number("index", self.blocks.saturating_sub(1));
            json.object("delta", |json| {
                json.text("type", kind);
                write(json);
            });
        });
    }

    fn end_block(&self, out: &mut String) {
        event(out, "content_block_stop", |json| {
            json.number("index", self.blocks.saturating_sub(1));
        });
    }
}

fn event(out: &mut String, name: &str, write: impl FnOnce(&mut Members<'_>)) {
    for piece in ["event: ", name, "\ndata: "] {
        out.push_str(piece);
    }
    Json::object_into(out, |json| {
        json.text("type", name);
        write(json);
    });
    out.push_str("\n\n");
}
