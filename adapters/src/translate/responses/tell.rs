//! Answers to callers that ask for responses: as a stream, and whole.
//!
//! One writer makes both, so that they say the same. The last event of a stream repeats the whole answer, so the items
//! are kept, written, as they are told; an answer of more than [`KEPT_BYTES_MAX`] ends with an error.

use quotah_policy::Usage;

use crate::error_class::ErrorClass;
use crate::translate::answer::{Answer, Event};
use crate::translate::json::{Json, Spelled};
use crate::translate::refused::stream_failed;
use crate::translate::speaker::WriteStream;
use crate::translate::whole::tell_part;
use crate::translate::{AnswerFault, Caller, EVENT_BYTES_MAX, Form};

use super::item::COMPLETE;
use super::items::{Items, Tell};
use super::response::Response;

/// Most bytes that are kept of an answer: the event that repeats them is one that others can read.
pub(super) const KEPT_BYTES_MAX: usize = EVENT_BYTES_MAX;

/// A writer of streams.
pub(super) fn writer(caller: &Caller) -> Box<dyn WriteStream> {
    Box::new(Writer::new(caller, Some(0)))
}

/// Writes a whole answer. Responses have one: what else there is was not asked for.
pub(super) fn answer(
    answer: &Answer<'_>,
    caller: &Caller,
    usage: Option<&Usage>,
) -> Result<String, AnswerFault> {
    let mut writer = Writer::new(caller, None);
    let mut none = String::new();
    let mut tell = |event: Event<'_>| writer.event(&event, usage, &mut none);
    tell(Event::Begin {
        id: answer.id.borrowed(),
        model: answer.model.borrowed(),
    });
    if let Some(choice) = answer.choices.first() {
        tell(Event::Likely {
            answer: 0,
            tokens: choice.tokens.clone(),
        });
        for (at, part) in (0..).zip(&choice.parts) {
            // What a response has no place for is left out.
            tell_part(part, (0, at), &mut tell).ok();
        }
        tell(Event::Finish {
            answer: 0,
            finish: choice.finish.clone(),
        });
    }
    if let Some(tier) = &answer.tier {
        tell(Event::Tier(tier.borrowed()));
    }
    if writer.is_over || writer.items.kept().len() > KEPT_BYTES_MAX {
        return Err(AnswerFault::TooLong);
    }
    Ok(Json::object(
        writer.items.kept().len().saturating_add(1_024),
        |json| writer.response.whole(json, writer.items.kept(), usage),
    ))
}

#[derive(Debug)]
struct Writer {
    response: Response,
    items: Items,
    /// How many events were written; `None` where only the whole is wanted.
    sequence: Option<u64>,
    is_over: bool,
}

impl Writer {
    fn new(caller: &Caller, sequence: Option<u64>) -> Self {
        Self {
            response: Response::new(caller),
            items: Items::new(&caller.request_id),
            sequence,
            is_over: false,
        }
    }

    fn take(&mut self, event: &Event<'_>, usage: Option<&Usage>, out: &mut String) {
        let Self {
            response,
            items,
            sequence,
            is_over,
        } = self;
        let tell = &mut Tell {
            sequence: sequence.as_mut(),
            out,
        };
        match event {
            Event::Begin { id, model } => {
                response.is(id, model);
                for name in ["response.created", "response.in_progress"] {
                    tell.event(name, |json| {
                        json.object("response", |json| response.begun(json));
                    });
                }
            }
            Event::Open { kind, .. } => items.open(kind, tell),
            Event::More { text, .. } => items.more(text, tell),
            Event::Signed { signature, .. } => items.sign(signature),
            Event::Cited { citation, .. } => items.cite(citation, tell),
            Event::Likely { tokens, .. } => items.likely(tokens),
            Event::Close { .. } => items.close_part(tell),
            Event::Finish { finish, .. } => {
                response.ends(finish.reason, items.has_refused());
                items.close(response.last_status(), tell);
            }
            Event::Tier(tier) => response.served_as(tier),
            Event::End => {
                items.close(COMPLETE, tell);
                tell.event(response.last_event(), |json| {
                    json.object("response", |json| response.whole(json, items.kept(), usage));
                });
                *is_over = true;
            }
            Event::Failed { class, message } => self.fail(*class, message, out),
        }
    }

    fn fail(&mut self, class: ErrorClass, message: &Spelled<'_>, out: &mut String) {
        out.push_str(&stream_failed(Form::Responses, class, message));
        self.is_over = true;
    }
}

impl WriteStream for Writer {
    fn event(&mut self, event: &Event<'_>, usage: Option<&Usage>, out: &mut String) {
        // Other answers than the first were not asked for.
        if self.is_over || answer_of(event) != 0 {
            return;
        }
        self.take(event, usage, out);
        if !self.is_over && self.items.kept_bytes() > KEPT_BYTES_MAX {
            let message = Spelled::of_raw("the answer is too long to be translated");
            self.fail(ErrorClass::ServerError, &message, out);
        }
    }
}

const fn answer_of(event: &Event<'_>) -> u32 {
    match event {
        Event::Open { answer, .. }
        | Event::More { answer, .. }
        | Event::Signed { answer, .. }
        | Event::Cited { answer, .. }
        | Event::Likely { answer, .. }
        | Event::Close { answer, .. }
        | Event::Finish { answer, .. } => *answer,
        Event::Begin { .. } | Event::Tier(_) | Event::End | Event::Failed { .. } => 0,
    }
}
