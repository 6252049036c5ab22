//! Streams of deployments into neutral events.
//!
//! Items come one after the other, each with an index in the output; what belongs to none of our kinds of parts (tools
//! that the provider runs) is passed over. A part is opened by the first that is said in it, so that what is empty is
//! not told. `OpenRouter` closes thoughts behind the message that they led to (recorded): whoever begins to speak closes
//! whoever spoke before.

mod parts;

use crate::translate::AnswerFault;
use crate::translate::answer::{Event, Finish, PartKind};
use crate::translate::json::{Object, Spelled, Value};
use crate::translate::likelihood::Token;
use crate::translate::request::Part;
use crate::translate::signature::Signature;
use crate::translate::speaker::{ReadStream, Sink};

use super::{answer, content, thought};
use parts::{Key, Parts, Source, filled, more};

/// A reader of streams.
pub(super) fn reader() -> Box<dyn ReadStream> {
    Box::new(Reader::default())
}

#[derive(Debug, Default)]
struct Reader {
    has_begun: bool,
    is_over: bool,
    parts: Parts,
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
            "response.custom_tool_call_input.delta" => self.arguments(event, "delta", sink),
            "response.custom_tool_call_input.done" => self.arguments(event, "input", sink),
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
                    is_custom: call.is_custom,
                };
                self.parts.open((index(event), 0), kind, sink)
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
            self.likely(key(event), answer::tokens_of(event), sink);
            return Ok(());
        };
        let part = self.parts.ensure(key(event), kind, sink)?;
        self.likely(key(event), answer::tokens_of(event), sink);
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
        if self.parts.has_told(key(event)) {
            self.rest_likely(key(event), event, sink);
            return Ok(());
        }
        self.said(kind, event, name, sink)
    }

    /// How likely tokens of this text were, if it is open and they are told.
    fn likely(&mut self, key: Key, tokens: Vec<Token<'_>>, sink: &mut Sink<'_>) {
        if let Some(open) = self.parts.open_at(key).filter(|_| !tokens.is_empty()) {
            open.tokens = open.tokens.saturating_add(tokens.len());
            sink(Event::Likely { answer: 0, tokens });
        }
    }

    /// The same of all of its tokens again, for those that were not told before.
    fn rest_likely(&mut self, key: Key, whole: &Object<'_>, sink: &mut Sink<'_>) {
        let known = self.parts.open_at(key).map_or(0, |open| open.tokens);
        let tokens = answer::tokens_of(whole).into_iter().skip(known);
        self.likely(key, tokens.collect(), sink);
    }

    fn cited(&mut self, event: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        let cited = event.get("annotation").and_then(content::citation);
        if let (Some(open), Some(citation)) = (self.parts.open_at(key(event)), cited) {
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
        if let Some(part) = part {
            self.rest_likely(key, part, sink);
        }
        // A thought has parts of its own kind, and ends with its item.
        let Some(open) = self.parts.open_at(key).filter(|open| open.source.is_none()) else {
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
        self.parts.close(sink);
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
        let part = self
            .parts
            .ensure((index(event), 0), PartKind::Thinking, sink)?;
        let Some(open) = self.parts.open_at((index(event), 0)) else {
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
        let Some(open) = self.parts.open_at(key) else {
            // Of a call that is closed nothing can be told any more; of others' tools nothing is.
            let is_late = name == "delta" && self.parts.has_told(key);
            return if is_late {
                Err(AnswerFault::Unreadable)
            } else {
                Ok(())
            };
        };
        let part = open.part;
        if name == "delta" || !self.parts.has_told(filled(key)) {
            self.parts.tell(filled(key))?;
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
                } if !self.parts.has_told(key) => {
                    let part = self.parts.ensure(key, PartKind::Text, sink)?;
                    let told = usize::try_from(content).ok();
                    let told = told.and_then(|at| item.items("content").get(at)?.as_object());
                    let tokens = told.map(answer::tokens_of).unwrap_or_default();
                    self.likely(key, tokens, sink);
                    more(part, text, sink);
                    for citation in citations {
                        sink(Event::Cited {
                            answer: 0,
                            part,
                            citation,
                        });
                    }
                }
                Part::Refusal { text } if !self.parts.has_told(key) => {
                    let part = self.parts.ensure(key, PartKind::Refusal, sink)?;
                    more(part, text, sink);
                }
                Part::Thinking { text, signature } => self.thinking(key, text, signature, sink)?,
                Part::ToolCall(call) => {
                    let is_new = !self.parts.has_told(key);
                    if is_new {
                        let kind = PartKind::ToolCall {
                            id: call.id.borrowed(),
                            name: call.name.borrowed(),
                            is_custom: call.is_custom,
                        };
                        self.parts.open(key, kind, sink)?;
                    }
                    if !self.parts.has_told(filled(key))
                        && let Some(open) = self.parts.open_at(key)
                    {
                        let part = open.part;
                        self.parts.tell(filled(key))?;
                        more(part, call.input, sink);
                    }
                }
                _ => {}
            }
        }
        if self.parts.is_open(at) {
            self.parts.close(sink);
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
        if !self.parts.has_told(key) {
            let part = self.parts.ensure(key, PartKind::Thinking, sink)?;
            more(part, text, sink);
        }
        if let (Some(open), Some(signature)) = (self.parts.open_at(key), signature) {
            sink(Event::Signed {
                answer: 0,
                part: open.part,
                signature,
            });
        }
        Ok(())
    }

    fn finish(&mut self, response: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        if self.parts.count == 0 {
            // Whoever told no item in its time tells all of them here.
            let output = response.items("output").iter();
            for (at, item) in (0..).zip(output.filter_map(Value::as_object)) {
                self.item(at, item, sink)?;
            }
        }
        self.parts.close(sink);
        if let Some(tier) = response.text("service_tier") {
            sink(Event::Tier(tier.borrowed()));
        }
        sink(Event::Finish {
            answer: 0,
            finish: Finish {
                reason: answer::ended(response, self.parts.has_called, self.parts.has_refused),
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
}

/// Whether it is no event at all but an error's body.
fn is_bare_error(kind: &str, event: &Object<'_>) -> bool {
    !kind.starts_with("response.") && event.get("error").is_some()
}

fn index(event: &Object<'_>) -> u64 {
    event.u64("output_index").unwrap_or(0)
}

fn key(event: &Object<'_>) -> Key {
    (index(event), event.u64("content_index").unwrap_or(0))
}
