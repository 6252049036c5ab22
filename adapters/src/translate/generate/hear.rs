//! What Gemini's deployments answer, whole or as a stream of chunks: each chunk is laid out as a whole answer is.

mod part;

use crate::call::Dialect;
use crate::error_class::answer_error_class;
use crate::meter::ErrorSeen;
use crate::translate::AnswerFault;
use crate::translate::answer::{ANSWERS_MAX, Answer, Event, Finish, Reason};
use crate::translate::json::{Spelled, Value};
use crate::translate::request::Citation;
use crate::translate::speaker::{ReadStream, Sink};

use super::proto::Proto;
use super::{likely, words};
use part::Heard;

/// Reads a whole answer: as a stream of one chunk, so that both are the same.
pub(super) fn answer<'a>(value: &Value<'a>) -> Result<Answer<'a>, AnswerFault> {
    let mut answer = Answer::default();
    let mut has_failed = false;
    let mut hearing = Hearing::default();
    let mut sink = |event: Event<'_>| {
        has_failed |= matches!(event, Event::Failed { .. });
        answer.take(event);
    };
    hearing.chunk(value, &mut sink)?;
    hearing.finish_all(&mut sink);
    if has_failed {
        return Err(AnswerFault::Unreadable);
    }
    Ok(answer)
}

/// Reads a stream.
pub(super) fn stream() -> Box<dyn ReadStream> {
    Box::new(Hearing::default())
}

/// A stream as far as it was heard.
#[derive(Debug, Default)]
struct Hearing {
    is_begun: bool,
    is_tier_told: bool,
    is_over: bool,
    /// What the ids of calls that have none are made of.
    id: String,
    answers: Vec<Heard>,
}

impl ReadStream for Hearing {
    fn event(
        &mut self,
        _name: &str,
        data: &Value<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        // Without `alt=sse` a stream's error comes in an array.
        match data {
            Value::Array(chunks) => chunks
                .items
                .iter()
                .try_for_each(|chunk| self.chunk(chunk, sink)),
            chunk => self.chunk(chunk, sink),
        }
    }

    /// There is no last event but those with the reasons.
    fn done(&mut self, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        if self.is_over {
            return Ok(());
        }
        if self.answers.is_empty() || self.answers.iter().any(|heard| !heard.is_finished) {
            return Err(AnswerFault::CutShort);
        }
        self.is_over = true;
        sink(Event::End);
        Ok(())
    }
}

impl Hearing {
    fn chunk(&mut self, chunk: &Value<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
        if self.is_over {
            return Ok(());
        }
        let chunk = Proto::of(chunk).ok_or(AnswerFault::Unreadable)?;
        if let Some(error) = chunk.get("error") {
            self.is_over = true;
            sink(failed(error));
            return Ok(());
        }
        self.begin(chunk, sink);
        self.tier(chunk, sink);
        let candidates = chunk.items("candidates");
        for (at, candidate) in candidates.iter().enumerate() {
            let candidate = Proto::of(candidate).ok_or(AnswerFault::Unreadable)?;
            // 0 is left out, as protobuf does.
            let index = candidate.u64("index").map(usize::try_from);
            let index = index.map_or(Ok(at), |index| index.map_err(|_| AnswerFault::TooLong))?;
            self.candidate(index, candidate, sink)?;
        }
        let blocked = chunk
            .object("promptFeedback")
            .and_then(|feedback| feedback.get("blockReason"));
        if candidates.is_empty() && blocked.is_some() && self.answers.is_empty() {
            self.heard(0)?.finish(Reason::Filtered, sink);
        }
        Ok(())
    }

    fn begin(&mut self, chunk: Proto<'_, '_>, sink: &mut Sink<'_>) {
        if self.is_begun {
            return;
        }
        self.is_begun = true;
        let text = |name| chunk.text(name).map(Spelled::borrowed).unwrap_or_default();
        let (id, model) = (text("responseId"), text("modelVersion"));
        let may = |char: &char| char.is_ascii_alphanumeric() || "_-".contains(*char);
        self.id = id.plain().chars().filter(may).take(ID_CHARS_MAX).collect();
        sink(Event::Begin { id, model });
    }

    /// The Gemini API tells the tier by its name, Vertex AI by the kind of traffic.
    fn tier(&mut self, chunk: Proto<'_, '_>, sink: &mut Sink<'_>) {
        if self.is_tier_told {
            return;
        }
        let Some(usage) = chunk.object("usageMetadata") else {
            return;
        };
        let traffic = || match &*usage.text("trafficType")?.plain() {
            "ON_DEMAND" => Some(Spelled::of_plain("standard")),
            "ON_DEMAND_FLEX" => Some(Spelled::of_plain("flex")),
            "ON_DEMAND_PRIORITY" => Some(Spelled::of_plain("priority")),
            _ => None,
        };
        let tier = usage.text("serviceTier").map(Spelled::borrowed);
        if let Some(tier) = tier.or_else(traffic) {
            self.is_tier_told = true;
            sink(Event::Tier(tier));
        }
    }

    fn candidate(
        &mut self,
        index: usize,
        candidate: Proto<'_, '_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        let id = std::mem::take(&mut self.id);
        let heard = self.heard(index)?;
        let told = (!heard.is_finished).then(|| {
            let tokens = likely::read(candidate);
            if !tokens.is_empty() {
                let answer = heard.answer;
                sink(Event::Likely { answer, tokens });
            }
            let content = candidate.object("content");
            let parts = content.map(|content| content.items("parts"));
            for part in parts.unwrap_or_default() {
                let part = Proto::of(part).ok_or(AnswerFault::Unreadable)?;
                heard.part(part, &id, sink)?;
            }
            if let Some(grounding) = candidate.object("groundingMetadata") {
                cited(grounding, heard, sink);
            }
            if let Some(reason) = candidate.get("finishReason").and_then(words::reason) {
                heard.finish(reason, sink);
            }
            Ok(())
        });
        self.id = id;
        told.unwrap_or(Ok(()))
    }

    fn heard(&mut self, index: usize) -> Result<&mut Heard, AnswerFault> {
        if index >= ANSWERS_MAX {
            return Err(AnswerFault::TooLong);
        }
        while self.answers.len() <= index {
            let answer = u32::try_from(self.answers.len()).unwrap_or(u32::MAX);
            self.answers.push(Heard::new(answer));
        }
        self.answers.get_mut(index).ok_or(AnswerFault::TooLong)
    }

    /// A whole answer is over, whether it says why or not.
    fn finish_all(&mut self, sink: &mut Sink<'_>) {
        if self.answers.is_empty() {
            self.answers.push(Heard::new(0));
        }
        for heard in &mut self.answers {
            if !heard.is_finished {
                heard.finish(Reason::Other, sink);
            }
        }
    }
}

/// Longest of an answer's id that is taken into the ids of its calls; recorded ones have 23 characters, and `OpenAI`
/// takes ids of 40.
const ID_CHARS_MAX: usize = 24;

/// What the answer was grounded on. Which words rest on which page is told in bytes of the whole text, and left out.
fn cited(grounding: Proto<'_, '_>, heard: &mut Heard, sink: &mut Sink<'_>) {
    let chunks = grounding.items("groundingChunks");
    for chunk in chunks.iter().skip(heard.cited) {
        let Some(web) = Proto::of(chunk).and_then(|chunk| chunk.object("web")) else {
            continue;
        };
        heard.cite(
            Citation {
                url: web.text("uri").map(Spelled::borrowed),
                title: web.text("title").map(Spelled::borrowed),
                ..Citation::default()
            },
            sink,
        );
    }
    heard.cited = heard.cited.max(chunks.len());
}

fn failed<'v>(error: &'v Value<'_>) -> Event<'v> {
    let error = error.as_object();
    let told = |name| error.and_then(|error| error.get(name));
    let class = answer_error_class(
        Dialect::Gemini,
        &ErrorSeen {
            kind: told("status")
                .and_then(Value::as_text)
                .map(|status| status.plain().into()),
            code: told("code").map(|code| code.raw().trim_matches('"').into()),
        },
    );
    let message = told("message").and_then(Value::as_text);
    Event::Failed {
        class,
        message: message.map(Spelled::borrowed).unwrap_or_default(),
    }
}

impl Heard {
    /// The answer is complete.
    fn finish(&mut self, reason: Reason, sink: &mut Sink<'_>) {
        self.close(sink);
        self.is_finished = true;
        let reason = match reason {
            // A call of a function that is not there can be read, and is the caller's to answer.
            Reason::Done | Reason::BadCall if self.calls > 0 => Reason::ToolCalls,
            other => other,
        };
        sink(Event::Finish {
            answer: self.answer,
            finish: Finish { reason, stop: None },
        });
    }
}
