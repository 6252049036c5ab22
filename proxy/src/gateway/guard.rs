//! What guards say of a request: refused, or lowered to what they allow.

use quotah_adapters::{EffortSaid, Facts};
use quotah_policy::guard::{Asked, Clamps, Contents, Effort, Refused};

use super::admit::Terms;
use super::identify::Identity;
use super::record::Booking;
use super::refuse::Refusal;
use crate::policy::{InForce, with_subject};

/// Looks at a request with all guards that it matches, its key's own among them.
///
/// # Errors
/// 403 by the first guard that refuses it, and for what cannot be lowered where it stands.
pub(super) fn judge(
    booking: &Booking,
    facts: &Facts,
    identity: &Identity,
    in_force: &InForce,
) -> Result<Terms, Refusal> {
    if in_force.guards.is_empty() && identity.guard.is_none() {
        return Ok(Terms::default());
    }
    let asked = Asked {
        body_bytes: bytes_of(booking, facts),
        ..asked(facts)
    };
    let refused = |refused: Refused| Refusal::guarded(&refused);
    let clamps = with_subject(&booking.entry, |subject| {
        in_force.guards.judge(subject, &asked)
    })
    .map_err(refused)?;
    let own = match &identity.guard {
        Some(guard) => quotah_policy::guard::judge(&[guard], &asked).map_err(refused)?,
        None => Clamps::default(),
    };
    if let Some(rest) = &booking.upload {
        // Now that the model is known, more of them may match.
        rest.lower_to(body_bytes_max(booking, identity));
    }
    let terms = terms(clamps, own);
    // A form's count of answers has no place that could be changed.
    let is_fixed =
        facts.answers_asked.is_empty() && terms.answers.is_some_and(|n| n < facts.answers);
    if is_fixed {
        return Err(Refusal::answers_in_a_form());
    }
    Ok(terms)
}

/// The longest body that the guards of whoever sends it allow, as far as that is known before it is read.
pub(super) fn body_bytes_max(booking: &Booking, identity: &Identity) -> u64 {
    let in_force = booking.state.policy.in_force();
    let own = identity
        .guard
        .as_ref()
        .and_then(|guard| guard.body_bytes_max);
    let rules = with_subject(&booking.entry, |subject| {
        in_force.guards.body_bytes_max(subject)
    });
    own.into_iter().chain(rules).min().unwrap_or(u64::MAX)
}

/// The body's length, as far as it is known or announced.
fn bytes_of(booking: &Booking, facts: &Facts) -> u64 {
    let rest = booking.upload.as_ref().and_then(|rest| rest.announced());
    (facts.body_bytes as u64).saturating_add(rest.unwrap_or(0))
}

/// The stricter of both.
fn terms(rules: Clamps, own: Clamps) -> Terms {
    let least = |a: Option<u64>, b: Option<u64>| a.into_iter().chain(b).min();
    let effort = rules.effort.into_iter().chain(own.effort).min();
    Terms {
        output_cap: least(rules.max_tokens, own.max_tokens),
        answers: least(rules.answers, own.answers),
        effort,
        thinking_tokens: least(rules.reasoning_tokens, own.reasoning_tokens),
    }
}

fn asked(facts: &Facts) -> Asked {
    let mut effort = None;
    let mut reasoning_tokens = None;
    for said in &facts.efforts {
        match said.said {
            EffortSaid::Level(level) => effort = effort.max(Some(level)),
            // It may be more than any word that we know.
            EffortSaid::OtherWord => effort = Some(Effort::Max),
            EffortSaid::Tokens(tokens) => reasoning_tokens = reasoning_tokens.max(Some(tokens)),
            EffortSaid::AnyTokens => reasoning_tokens = Some(u64::MAX),
        }
    }
    Asked {
        max_tokens: facts.output_cap(),
        answers: Some(facts.answers),
        effort,
        reasoning_tokens,
        contents: Contents {
            tools: facts.tools.functions > 0,
            server_tools: facts.tools.built_in > 0,
            images: facts.media.images > 0,
            audio: facts.media.audio > 0,
            files: facts.media.files > 0 || facts.media.videos > 0,
        },
        ..Asked::default()
    }
}
