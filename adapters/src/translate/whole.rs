//! A whole answer told as a stream: for a caller that asked for one, where the deployment answers whole all the same.

use super::AnswerFault;
use super::answer::{Answer, Event, PartKind};
use super::request::Part;
use super::speaker::Sink;

/// Tells all of an answer, in the order in which a stream would have told it.
///
/// # Errors
/// [`AnswerFault::Unsayable`] for a part that no stream has.
pub(super) fn tell(told: &Answer<'_>, sink: &mut Sink<'_>) -> Result<(), AnswerFault> {
    sink(Event::Begin {
        id: told.id.borrowed(),
        model: told.model.borrowed(),
    });
    if let Some(tier) = &told.tier {
        sink(Event::Tier(tier.borrowed()));
    }
    for (answer, choice) in (0..).zip(&told.choices) {
        if !choice.tokens.is_empty() {
            let tokens = choice.tokens.clone();
            sink(Event::Likely { answer, tokens });
        }
        for (at, part) in (0..).zip(&choice.parts) {
            tell_part(part, (answer, at), sink)?;
        }
        let finish = choice.finish.clone();
        sink(Event::Finish { answer, finish });
    }
    sink(Event::End);
    Ok(())
}

/// Tells a part of one.
///
/// # Errors
/// As [`tell`].
pub(super) fn tell_part(
    told: &Part<'_>,
    (answer, part): (u32, u32),
    sink: &mut Sink<'_>,
) -> Result<(), AnswerFault> {
    let (kind, text) = match told {
        Part::Text { text, .. } => (PartKind::Text, text),
        Part::Thinking { text, .. } => (PartKind::Thinking, text),
        Part::Refusal { text } => (PartKind::Refusal, text),
        Part::ToolCall(call) => {
            let kind = PartKind::ToolCall {
                id: call.id.borrowed(),
                name: call.name.borrowed(),
                is_custom: call.is_custom,
            };
            (kind, &call.input)
        }
        _ => return Err(AnswerFault::Unsayable),
    };
    sink(Event::Open { answer, part, kind });
    // A call is signed right behind its beginning, a thought behind its end.
    if let Part::ToolCall(call) = told {
        for signature in call.signature.iter().cloned() {
            sink(Event::Signed {
                answer,
                part,
                signature,
            });
        }
    }
    if !text.is_empty() {
        let text = text.borrowed();
        sink(Event::More { answer, part, text });
    }
    match told {
        Part::Text { citations, .. } => {
            for citation in citations.iter().cloned() {
                sink(Event::Cited {
                    answer,
                    part,
                    citation,
                });
            }
        }
        Part::Thinking { signature, .. } => {
            for signature in signature.iter().cloned() {
                sink(Event::Signed {
                    answer,
                    part,
                    signature,
                });
            }
        }
        _ => {}
    }
    sink(Event::Close { answer, part });
    Ok(())
}
