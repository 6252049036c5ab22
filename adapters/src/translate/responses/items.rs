//! The output of an answer to a caller, one item open at a time: told as it grows, and kept for the event that repeats
//! it.

use crate::translate::answer::PartKind;
use crate::translate::json::{Json, Members, Spelled};
use crate::translate::likelihood::{Token, Unsaid};
use crate::translate::request::Citation;
use crate::translate::signature::Signature;

use super::item::{
    Body, COMPLETE, Item, Said, UNDER_WAY, append, called_with, join, list, summary,
};
use super::{said, thought};

/// The output of an answer.
#[derive(Debug)]
pub(super) struct Items {
    /// What the items' ids have in common: no two answers' items may have the same in one conversation.
    seed: String,
    /// What is complete, as the inside of an array.
    kept: String,
    /// How many are complete; the index of the open one.
    count: u64,
    open: Option<Item>,
    has_refused: bool,
    /// How likely the tokens of the text were that comes next, as the inside of an array.
    likely: String,
}

/// Where events go.
#[derive(Debug)]
pub(super) struct Tell<'o> {
    /// How many events there were; `None` where only the whole is wanted.
    pub(super) sequence: Option<&'o mut u64>,
    pub(super) out: &'o mut String,
}

impl Tell<'_> {
    /// Writes an event.
    pub(super) fn event(&mut self, name: &str, write: impl FnOnce(&mut Members<'_>)) {
        let Some(sequence) = self.sequence.as_deref_mut() else {
            return;
        };
        for piece in ["event: ", name, "\ndata: "] {
            self.out.push_str(piece);
        }
        Json::object_into(self.out, |json| {
            json.text("type", name);
            json.number("sequence_number", *sequence);
            write(json);
        });
        self.out.push_str("\n\n");
        *sequence = sequence.saturating_add(1);
    }
}

/// Longest part of a request's id that items' ids repeat: `OpenAI`'s own may have 64 characters.
const SEED_CHARS_MAX: usize = 40;

impl Items {
    /// For the answer to this request.
    pub(super) fn new(request_id: &str) -> Self {
        let is_plain = |char: &char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_');
        let seed = request_id.chars().filter(is_plain);
        Self {
            seed: seed.take(SEED_CHARS_MAX).collect(),
            kept: String::new(),
            count: 0,
            open: None,
            has_refused: false,
            likely: String::new(),
        }
    }

    /// What is complete, as the inside of an array.
    pub(super) fn kept(&self) -> &str {
        &self.kept
    }

    /// How many bytes are kept, those of the open item included.
    pub(super) fn kept_bytes(&self) -> usize {
        let open = self.open.as_ref().map_or(0, Item::kept_bytes);
        let kept = self.kept.len().saturating_add(self.likely.len());
        kept.saturating_add(open)
    }

    /// Whether there is a refusal in it.
    pub(super) const fn has_refused(&self) -> bool {
        self.has_refused
    }

    /// A part begins; texts and refusals that follow each other are one message's.
    pub(super) fn open(&mut self, kind: &PartKind<'_>, tell: &mut Tell<'_>) {
        match kind {
            PartKind::Text => self.open_said(false, tell),
            PartKind::Refusal => self.open_said(true, tell),
            PartKind::Thinking => self.begin(thought::ID_START, Body::thought(), tell),
            PartKind::ToolCall {
                id,
                name,
                is_custom,
            } => {
                let body = Body::Call {
                    call_id: id.clone().into_owned(),
                    name: name.clone().into_owned(),
                    input: String::new(),
                    is_custom: *is_custom,
                };
                let id_start = if *is_custom { "ctc_" } else { "fc_" };
                self.begin(id_start, body, tell);
            }
        }
    }

    fn begin(&mut self, id_start: &str, body: Body, tell: &mut Tell<'_>) {
        self.close(COMPLETE, tell);
        let item = Item {
            id: format!("{id_start}{}_{}", self.seed, self.count),
            body,
            encrypted: None,
        };
        tell.event("response.output_item.added", |json| {
            json.number("output_index", self.count);
            json.object("item", |json| item.written(json, UNDER_WAY));
        });
        self.open = Some(item);
    }

    fn open_said(&mut self, is_refusal: bool, tell: &mut Tell<'_>) {
        self.has_refused |= is_refusal;
        let open = self.open.as_ref().map(|item| &item.body);
        if !matches!(open, Some(Body::Message { .. })) {
            self.begin("msg_", Body::message(), tell);
        }
        let at = self.count;
        let Some(item) = &mut self.open else { return };
        let Body::Message { parts, part, .. } = &mut item.body else {
            return;
        };
        let said = part.insert(Said {
            is_refusal,
            ..Said::default()
        });
        tell.event("response.content_part.added", |json| {
            part_place(json, (at, &item.id), *parts);
            json.object("part", |json| said.written(json));
        });
    }

    /// More of the open part.
    pub(super) fn more(&mut self, text: &Spelled<'_>, tell: &mut Tell<'_>) {
        let Some(item) = self.open.as_mut().filter(|_| !text.is_empty()) else {
            return;
        };
        let at = (self.count, &*item.id);
        match &mut item.body {
            Body::Message { parts, part, .. } => {
                let Some(said) = part else { return };
                said.text.push_str(text.raw());
                let likely = match said.is_refusal {
                    true => String::new(),
                    false => std::mem::take(&mut self.likely),
                };
                join(&mut said.likely, &likely);
                let name = if said.is_refusal {
                    "response.refusal.delta"
                } else {
                    "response.output_text.delta"
                };
                tell.event(name, |json| {
                    part_place(json, at, *parts);
                    json.spelled("delta", text);
                    if !said.is_refusal {
                        list(json, "logprobs", &likely);
                    }
                });
            }
            Body::Thought { text: all } => {
                if all.is_empty() {
                    tell.event("response.reasoning_summary_part.added", |json| {
                        summary_place(json, at);
                        json.object("part", |json| summary(json, ""));
                    });
                }
                all.push_str(text.raw());
                tell.event("response.reasoning_summary_text.delta", |json| {
                    summary_place(json, at);
                    json.spelled("delta", text);
                });
            }
            Body::Call {
                input, is_custom, ..
            } => {
                input.push_str(text.raw());
                let name = match is_custom {
                    true => "response.custom_tool_call_input.delta",
                    false => "response.function_call_arguments.delta",
                };
                tell.event(name, |json| {
                    place(json, at);
                    json.spelled("delta", text);
                });
            }
        }
    }

    /// How likely the tokens were of what is told next. They stand with the next piece of text: there is no other place.
    pub(super) fn likely(&mut self, tokens: &[Token<'_>]) {
        for token in tokens {
            append(&mut self.likely, |json| token.write(json, Unsaid::Empty));
        }
    }

    /// The signature of the open thought or call.
    pub(super) fn sign(&mut self, signature: &Signature<'_>) {
        if let Some(item) = &mut self.open {
            item.encrypted = Some(match &item.body {
                Body::Call { call_id, .. } => thought::told_of_call(call_id, signature),
                _ => signature.marked(),
            });
        }
    }

    /// Where the open text has something from. Only what has an address can be told.
    pub(super) fn cite(&mut self, citation: &Citation<'_>, tell: &mut Tell<'_>) {
        let at = self.count;
        let (Some(item), Some(url)) = (&mut self.open, &citation.url) else {
            return;
        };
        let Body::Message {
            parts,
            part: Some(said),
            ..
        } = &mut item.body
        else {
            return;
        };
        tell.event("response.output_text.annotation.added", |json| {
            part_place(json, (at, &item.id), *parts);
            json.number("annotation_index", said.cited);
            json.object("annotation", |json| {
                said::url_citation(json, url, citation);
            });
        });
        append(&mut said.annotations, |json| {
            said::url_citation(json, url, citation);
        });
        said.cited = said.cited.saturating_add(1);
    }

    /// The open part is complete. A message stays open: more of it may follow.
    pub(super) fn close_part(&mut self, tell: &mut Tell<'_>) {
        let body = self.open.as_ref().map(|item| &item.body);
        if matches!(body, Some(Body::Message { .. })) {
            self.close_said(tell);
        } else {
            self.close(COMPLETE, tell);
        }
    }

    fn close_said(&mut self, tell: &mut Tell<'_>) {
        let at = self.count;
        let Some(item) = &mut self.open else { return };
        let Body::Message {
            content,
            parts,
            part,
        } = &mut item.body
        else {
            return;
        };
        let Some(mut said) = part.take() else { return };
        if !said.is_refusal {
            join(&mut said.likely, &std::mem::take(&mut self.likely));
        }
        let text = Spelled::of_raw(&said.text);
        if said.is_refusal {
            tell.event("response.refusal.done", |json| {
                part_place(json, (at, &item.id), *parts);
                json.spelled("refusal", &text);
            });
        } else {
            tell.event("response.output_text.done", |json| {
                part_place(json, (at, &item.id), *parts);
                json.spelled("text", &text);
                list(json, "logprobs", &said.likely);
            });
        }
        tell.event("response.content_part.done", |json| {
            part_place(json, (at, &item.id), *parts);
            json.object("part", |json| said.written(json));
        });
        append(content, |json| said.written(json));
        *parts = parts.saturating_add(1);
    }

    /// The open item is over, and `status` says how.
    pub(super) fn close(&mut self, status: &str, tell: &mut Tell<'_>) {
        self.close_said(tell);
        let Some(mut item) = self.open.take() else {
            return;
        };
        let at = (self.count, &*item.id);
        match &item.body {
            Body::Thought { text } if !text.is_empty() => {
                tell.event("response.reasoning_summary_text.done", |json| {
                    summary_place(json, at);
                    json.spelled("text", &Spelled::of_raw(text));
                });
                tell.event("response.reasoning_summary_part.done", |json| {
                    summary_place(json, at);
                    json.object("part", |json| summary(json, text));
                });
            }
            Body::Call {
                input,
                is_custom: true,
                ..
            } => tell.event("response.custom_tool_call_input.done", |json| {
                place(json, at);
                json.spelled("input", &called_with(input, true));
            }),
            Body::Call { name, input, .. } => {
                tell.event("response.function_call_arguments.done", |json| {
                    place(json, at);
                    json.spelled("name", name);
                    json.spelled("arguments", &called_with(input, false));
                });
            }
            Body::Message { .. } | Body::Thought { .. } => {}
        }
        let is_call = matches!(item.body, Body::Call { .. });
        let signature = item.encrypted.take_if(|_| is_call);
        self.keep(&item, status, tell);
        if let Some(signature) = signature {
            // A call's signature follows it as an item of its own.
            self.begin(thought::ID_START, Body::thought(), tell);
            if let Some(carrier) = &mut self.open {
                carrier.encrypted = Some(signature);
            }
            self.close(COMPLETE, tell);
        }
    }

    fn keep(&mut self, item: &Item, status: &str, tell: &mut Tell<'_>) {
        tell.event("response.output_item.done", |json| {
            json.number("output_index", self.count);
            json.object("item", |json| item.written(json, status));
        });
        append(&mut self.kept, |json| item.written(json, status));
        self.count = self.count.saturating_add(1);
    }
}

/// Which item an event is about.
fn place(json: &mut Members<'_>, (index, id): (u64, &str)) {
    json.text("item_id", id);
    json.number("output_index", index);
}

/// Which part of which message.
fn part_place(json: &mut Members<'_>, at: (u64, &str), part: u64) {
    place(json, at);
    json.number("content_index", part);
}

/// Which part of which thought's summary: it has one.
fn summary_place(json: &mut Members<'_>, at: (u64, &str)) {
    place(json, at);
    json.number("summary_index", 0);
}
