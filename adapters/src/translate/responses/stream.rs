//! Streams of deployments into neutral events.
//!
//! Items come one after the other, each with an index in the output; what belongs to none of our kinds of parts (tools
//! that the provider runs) is passed over. A part is opened by the first that is said in it, so that what is empty is
//! not told. `OpenRouter` closes thoughts behind the message that they led to (recorded): whoever begins to speak closes
//! whoever spoke before.

use std::collections::BTreeSet;

use crate::translate::AnswerFault;
use crate::translate::answer::{Event, Finish, PARTS_MAX, PartKind};
use crate::translate::json::{Object, Spelled, Value};
use crate::translate::request::Part;
use crate::translate::signature::Signature;
use crate::translate::speaker::{ReadStream, Sink};

use super::{answer, content, thought};

/// A reader of streams.
pub(super) fn reader() -> Box<dyn ReadStream> {
    Box::new(Reader::default())
}

#[derive(Debug, Default)]
struct Reader {
    has_begun: bool,
    is_over: bool,
    /// How many parts were opened.
    parts: u32,
    open: Option<Open>,
    /// What was told, by item and part of it: the events that repeat it whole add nothing.
    told: BTreeSet<Key>,
    has_called: bool,
    has_refused: bool,
}

/// An item's place in the output, and a part's in its content.
type Key = (u64, u64);

#[derive(Debug)]
struct Open {
    key: Key,
    part: u32,
    /// Of a thought: which member its text comes from, and which part of it.
    source: Option<(Source, u64)>,
    citations: usize,
}

/// Where a thought's text comes from: models that tell both tell the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Summary,
    Content,
}

impl ReadStream for Reader {
    fn event(
        &mut self,
        name: &str,
        data: &Value<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        let event = data.as_object().ok_or(AnswerFault::Unreadable)?;
        if self.is_over {
            return Ok(());
        }
        let kind = event.text("type").map(Spelled::plain);
        let kind = kind.as_deref().unwrap_or(name);
        let response = event.object("response");
        self.begin(response, sink);
        match kind {
            "response.output_item.added" => self.added(event, sink),
            "response.output_text.delta" => self.said(PartKind::Text, event, "delta", sink),
            "response.refusal.delta" => self.said(PartKind::Refusal, event, "delta", sink),
            "response.output_text.done" => self.whole(PartKind::Text, event, "text", sink),
            "response.refusal.done" => self.whole(PartKind::Refusal, event, "refusal", sink),
            "response.output_text.annotation.added" => self.cited(event, sink),
            "response.content_part.done" => self.content_done(event, sink),
            "response.reasoning_summary_text.delta" => self.thought(Source::Summary, event, sink),
            "response.reasoning_text.delta" => self.thought(Source::Content, event, sink),
            "response.function_call_arguments.delta" => self.arguments(event, "delta", sink),
            "response.function_call_arguments.done" => self.arguments(event, "arguments", sink),
            "response.output_item.done" => self.item_done(event, sink),
            "response.completed" | "response.incomplete" => {
                self.finish(response.ok_or(AnswerFault::Unreadable)?, sink)
            }
            "response.failed" | "response.cancelled" => {
                self.fail(response.and_then(|response| response.get("error")), sink);
                Ok(())
            }
            "error" => {
                self.fail(event.get("error").or(Some(data)), sink);
                Ok(())
            }
            other if name == "error" || is_bare_error(other, event) => {
                self.fail(event.get("error").or(Some(data)), sink);
                Ok(())
            }
            // Dialects grow: what is new here is passed over.
            _ => Ok(()),
        }
    }

    fn done(&mut self, _: &mut Sink<'_>) -> Result<(), AnswerFault> {
        if self.is_over {
            Ok(())
        } else {
            Err(AnswerFault::CutShort)
        }
    }
}

impl Reader {
    fn begin(&mut self, response: Option<&Object<'_>>, sink: &mut Sink<'_>) {
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        let text = |name: &str| {
            let text = response.and_then(|response| response.text(name));
            text.cloned().unwrap_or_default()
        };
        sink(Event::Begin {
            id: text("id"),
            model: text("model"),
        });
    }

    /// A call is known by its item; all else begins with what is said.
    fn added(&mut self, event: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        match event.object("item").map(answer::parts).as_deref() {
            Some([(_, Part::ToolCall(call))]) => {
                let kind = PartKind::ToolCall {
                    id: call.id.borrowed(),
                    name: call.name.borrowed(),
                };
                self.open((index(event), 0), kind, sink)
            }
            _ => Ok(()),
        }
    }

    /// More of a text or refusal.
    fn said(
        &mut self,
        kind: PartKind<'_>,
        event: &Object<'_>,
        name: &str,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        let Some(text) = event.text(name).filter(|text| !text.is_empty()) else {
            return Ok(());
        };
        let part = self.ensure(key(event), kind, sink)?;
        more(part, text.borrowed(), sink);
        Ok(())
    }

    /// The same whole, for whoever did not tell it before.
    fn whole(
        &mut self,
        kind: PartKind<'_>,
        event: &Object<'_>,
        name: &str,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        if self.told.contains(&key(event)) {
            return Ok(());
        }
        self.said(kind, event, name, sink)
    }

    fn cited(&mut self, event: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        let cited = event.get("annotation").and_then(content::citation);
        if let (Some(open), Some(citation)) = (self.open_at(key(event)), cited) {
            open.citations = open.citations.saturating_add(1);
            sink(Event::Cited {
                answer: 0,
                part: open.part,
                citation,
            });
        }
        Ok(())
    }

    fn content_done(&mut self, event: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        let key = key(event);
        let part = event.object("part");
        let cited = part.map(|part| content::citations(part.items("annotations")));
        // A thought has parts of its own kind, and ends with its item.
        let Some(open) = self.open_at(key).filter(|open| open.source.is_none()) else {
            return Ok(());
        };
        let (part, known) = (open.part, open.citations);
        for citation in cited.into_iter().flatten().skip(known) {
            sink(Event::Cited {
                answer: 0,
                part,
                citation,
            });
        }
        self.close(sink);
        Ok(())
    }

    fn thought(
        &mut self,
        source: Source,
        event: &Object<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        let Some(text) = event.text("delta").filter(|text| !text.is_empty()) else {
            return Ok(());
        };
        let at = match source {
            Source::Summary => event.u64("summary_index"),
            Source::Content => event.u64("content_index"),
        };
        let at = at.unwrap_or(0);
        let part = self.ensure((index(event), 0), PartKind::Thinking, sink)?;
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        match open.source.replace((source, at)) {
            Some((other, before)) if other != source => {
                open.source = Some((other, before));
                return Ok(());
            }
            Some((_, before)) if before != at => {
                more(part, Spelled::of_raw(thought::BETWEEN), sink);
            }
            _ => {}
        }
        more(part, text.borrowed(), sink);
        Ok(())
    }

    fn arguments(
        &mut self,
        event: &Object<'_>,
        name: &str,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        let key = (index(event), 0);
        let Some(open) = self.open_at(key) else {
            // Of a call that is closed nothing can be told any more; of others' tools nothing is.
            let is_late = name == "delta" && self.told.contains(&key);
            return if is_late {
                Err(AnswerFault::Unreadable)
            } else {
                Ok(())
            };
        };
        let part = open.part;
        if name == "delta" || !self.told.contains(&filled(key)) {
            self.tell(filled(key))?;
            if let Some(text) = event.text(name) {
                more(part, text.borrowed(), sink);
            }
        }
        Ok(())
    }

    /// An item is complete: what was not told of it is told now, and its signature.
    fn item_done(&mut self, event: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        let Some(item) = event.object("item") else {
            return Ok(());
        };
        self.item(index(event), item, sink)
    }

    fn item(&mut self, at: u64, item: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        for (content, part) in answer::parts(item) {
            let key = (at, content);
            match part {
                Part::Text {
                    text, citations, ..
                } if !self.told.contains(&key) => {
                    let part = self.ensure(key, PartKind::Text, sink)?;
                    more(part, text, sink);
                    for citation in citations {
                        sink(Event::Cited {
                            answer: 0,
                            part,
                            citation,
                        });
                    }
                }
                Part::Refusal { text } if !self.told.contains(&key) => {
                    let part = self.ensure(key, PartKind::Refusal, sink)?;
                    more(part, text, sink);
                }
                Part::Thinking { text, signature } => self.thinking(key, text, signature, sink)?,
                Part::ToolCall(call) => {
                    let is_new = !self.told.contains(&key);
                    if is_new {
                        let (id, name) = (call.id.borrowed(), call.name.borrowed());
                        self.open(key, PartKind::ToolCall { id, name }, sink)?;
                    }
                    if !self.told.contains(&filled(key))
                        && let Some(open) = self.open_at(key)
                    {
                        let part = open.part;
                        self.tell(filled(key))?;
                        more(part, call.input, sink);
                    }
                }
                _ => {}
            }
        }
        if self.open.as_ref().is_some_and(|open| open.key.0 == at) {
            self.close(sink);
        }
        Ok(())
    }

    /// A thought that is complete. The signature of one that was closed before has no place any more: the model then
    /// thinks again.
    fn thinking(
        &mut self,
        key: Key,
        text: Spelled<'_>,
        signature: Option<Signature<'_>>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        if !self.told.contains(&key) {
            let part = self.ensure(key, PartKind::Thinking, sink)?;
            more(part, text, sink);
        }
        if let (Some(open), Some(signature)) = (self.open_at(key), signature) {
            sink(Event::Signed {
                answer: 0,
                part: open.part,
                signature,
            });
        }
        Ok(())
    }

    fn finish(&mut self, response: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        if self.parts == 0 {
            // Whoever told no item in its time tells all of them here.
            let output = response.items("output").iter();
            for (at, item) in (0..).zip(output.filter_map(Value::as_object)) {
                self.item(at, item, sink)?;
            }
        }
        self.close(sink);
        if let Some(tier) = response.text("service_tier") {
            sink(Event::Tier(tier.borrowed()));
        }
        sink(Event::Finish {
            answer: 0,
            finish: Finish {
                reason: answer::ended(response, self.has_called, self.has_refused),
                stop: None,
            },
        });
        sink(Event::End);
        self.is_over = true;
        Ok(())
    }

    fn fail(&mut self, error: Option<&Value<'_>>, sink: &mut Sink<'_>) {
        let (class, message) = answer::failure(error);
        sink(Event::Failed { class, message });
        self.is_over = true;
    }

    fn open_at(&mut self, key: Key) -> Option<&mut Open> {
        self.open.as_mut().filter(|open| open.key == key)
    }

    /// The open part of this key, opened if it is not.
    fn ensure(
        &mut self,
        key: Key,
        kind: PartKind<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<u32, AnswerFault> {
        match self.open_at(key) {
            Some(open) => Ok(open.part),
            None => {
                let part = self.parts;
                self.open(key, kind, sink)?;
                Ok(part)
            }
        }
    }

    fn open(
        &mut self,
        key: Key,
        kind: PartKind<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        self.close(sink);
        self.tell(key)?;
        self.has_called |= matches!(kind, PartKind::ToolCall { .. });
        self.has_refused |= matches!(kind, PartKind::Refusal);
        let part = self.parts;
        self.parts = part.saturating_add(1);
        self.open = Some(Open {
            key,
            part,
            source: None,
            citations: 0,
        });
        sink(Event::Open {
            answer: 0,
            part,
            kind,
        });
        Ok(())
    }

    fn close(&mut self, sink: &mut Sink<'_>) {
        if let Some(Open { part, .. }) = self.open.take() {
            sink(Event::Close { answer: 0, part });
        }
    }

    fn tell(&mut self, key: Key) -> Result<(), AnswerFault> {
        self.told.insert(key);
        if self.told.len() > PARTS_MAX {
            return Err(AnswerFault::TooLong);
        }
        Ok(())
    }
}

/// Whether it is no event at all but an error's body.
fn is_bare_error(kind: &str, event: &Object<'_>) -> bool {
    !kind.starts_with("response.") && event.get("error").is_some()
}

fn more(part: u32, text: Spelled<'_>, sink: &mut Sink<'_>) {
    if !text.is_empty() {
        sink(Event::More {
            answer: 0,
            part,
            text,
        });
    }
}

/// Under which a call is noted whose arguments were told.
const fn filled(key: Key) -> Key {
    (key.0, u64::MAX)
}

fn index(event: &Object<'_>) -> u64 {
    event.u64("output_index").unwrap_or(0)
}

fn key(event: &Object<'_>) -> Key {
    (index(event), event.u64("content_index").unwrap_or(0))
}
