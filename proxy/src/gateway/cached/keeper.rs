//! Keeps a new answer: begun with its head, fed with what goes down, ended with its end.

use std::time::Duration;

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderValue, StatusCode};
use quotah_adapters::Reading;

use super::{HEADER, STORED, told};
use crate::cache::{CacheKey, Copying, Worth};
use crate::clock;
use crate::gateway::admit::Terms;
use crate::gateway::record::Booking;
use crate::ledger::Outcome;

/// An answer that will be kept if it comes well to its end.
#[derive(Debug)]
pub(in crate::gateway) struct Keeper {
    key: CacheKey,
    ttl: Duration,
    answer_bytes_max: usize,
    /// What is changed in the request.
    terms: Terms,
    /// `None` before the answer's head, and when it will not be kept.
    copying: Option<Copying>,
}

impl Keeper {
    pub(super) fn new(key: CacheKey, ttl: Duration, answer_bytes_max: u64) -> Self {
        Self {
            key,
            ttl,
            answer_bytes_max: usize::try_from(answer_bytes_max).unwrap_or(usize::MAX),
            terms: Terms::default(),
            copying: None,
        }
    }

    /// The attempt whose answer it is was made on these terms.
    pub(in crate::gateway) const fn answered_on(&mut self, terms: Terms) {
        self.terms = terms;
    }

    /// Copies what goes down next.
    pub(in crate::gateway) fn take(&mut self, piece: &[u8]) {
        if let Some(copying) = &mut self.copying
            && !copying.take(piece)
        {
            self.copying = None;
        }
    }
}

/// Begins to copy an answer whose header lines the client gets so; and says in them that it was not there.
pub(in crate::gateway) fn begin(
    booking: &mut Booking,
    status: StatusCode,
    headers: &mut HeaderMap,
) {
    let Some(keeper) = &mut booking.keeper else {
        return;
    };
    headers.insert(HEADER, HeaderValue::from_static("miss"));
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let fits = announced.is_none_or(|length| length <= keeper.answer_bytes_max);
    keeper.copying = (status == StatusCode::OK && fits)
        .then(|| Copying::begin(headers, keeper.answer_bytes_max));
}

/// What is read of the answer is known, and is about to be booked: is it one to be given again?
pub(in crate::gateway) fn judged(booking: &mut Booking, outcome: Outcome, reading: &Reading) {
    let Some(keeper) = &mut booking.keeper else {
        return;
    };
    let output_tokens = reading.usage.map(|usage| usage.output_tokens);
    // Where we put a cap in, it may be the budget's, that day: who asks later shall not get its cut.
    let is_cut = booking
        .entry
        .max_tokens_lowered_to
        .is_some_and(|cap| output_tokens.is_none_or(|tokens| tokens >= cap));
    let is_metered = booking
        .evidence
        .operation
        .is_some_and(quotah_adapters::Operation::is_metered);
    let is_whole = !is_metered || (reading.finished && reading.faults == 0);
    let is_good = reading.error.is_none() && !reading.is_pending && !is_cut && is_whole;
    if outcome != Outcome::Ok || !is_good {
        keeper.copying = None;
    }
    if keeper.copying.is_some() {
        STORED.clone_into(&mut booking.entry.cache);
    }
}

/// Keeps the answer: it was booked, and its last byte has gone down.
pub(in crate::gateway) fn keep(booking: &mut Booking) {
    let Some(keeper) = booking.keeper.take() else {
        return;
    };
    let Some(copying) = keeper.copying.filter(|_| booking.entry.cache == STORED) else {
        return;
    };
    let worth = Worth {
        provider: booking.entry.provider.clone(),
        model_sent: booking.entry.model_sent.clone(),
        terms: told(keeper.terms),
        output_tokens: booking.entry.output_tokens,
        model_answered: booking.entry.model_answered.clone(),
        cost_picousd: booking.entry.cost_picousd,
    };
    let kept = copying.keep(worth, clock::unix_ms(), keeper.ttl);
    let state = &booking.state;
    state.cache.put(keeper.key, kept);
    state.metrics.cache_bytes(state.cache.bytes());
}
