//! A kept answer, given again.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{AGE, CONTENT_LENGTH};
use http::{HeaderValue, Response};
use http_body::SizeHint;
use quotah_adapters::Reading;
use quotah_policy::Money;

use super::{HEADER, HIT};
use crate::cache::Kept;
use crate::clock;
use crate::gateway::body::AnswerBody;
use crate::gateway::record::Booking;
use crate::ledger::Outcome;

/// The kept answer for a request, which is booked with it: nothing was used, nothing set aside.
pub(in crate::gateway) fn answer(mut booking: Booking, kept: Arc<Kept>) -> Response<AnswerBody> {
    book(&mut booking, &kept);
    let mut headers = kept.header_map();
    let age_ms = booking
        .entry
        .at_unix_ms
        .saturating_sub(kept.kept_at_unix_ms);
    headers.insert(AGE, HeaderValue::from(age_ms / MS_PER_SECOND));
    headers.insert(HEADER, HeaderValue::from_static(HIT));
    if let Ok(id) = HeaderValue::try_from(booking.entry.id().to_string()) {
        headers.insert("x-quotah-request-id", id);
    }
    let body = Replay {
        has_length: headers.contains_key(CONTENT_LENGTH),
        kept,
        next: 0,
        _booking: booking,
    };
    let mut response = Response::new(AnswerBody::Kept(Box::new(body)));
    *response.headers_mut() = headers;
    response
}

/// The body of a kept answer on its way down, in the pieces that it came in.
#[derive(Debug)]
pub(in crate::gateway) struct Replay {
    kept: Arc<Kept>,
    next: usize,
    /// Whether the answer says its length beforehand.
    has_length: bool,
    /// Booked; it counts as under way until it has gone down.
    _booking: Booking,
}

impl Replay {
    pub(in crate::gateway) fn piece(&mut self) -> Option<Bytes> {
        let piece = self.kept.piece(self.next)?;
        self.next = self.next.saturating_add(1);
        Some(piece)
    }

    pub(in crate::gateway) fn is_over(&self) -> bool {
        self.kept.piece(self.next).is_none()
    }

    pub(in crate::gateway) fn size_hint(&self) -> SizeHint {
        if self.has_length && self.next == 0 {
            SizeHint::with_exact(self.kept.body_bytes() as u64)
        } else {
            SizeHint::default()
        }
    }
}

fn book(booking: &mut Booking, kept: &Kept) {
    // No provider was asked, so none is named: its figures are those of the answer that is kept.
    booking.first_byte_at = Some(clock::now());
    let entry = &mut booking.entry;
    entry.model_answered.clone_from(&kept.worth.model_answered);
    entry.status = 200;
    HIT.clone_into(&mut entry.cache);
    entry.saved_picousd = kept.worth.cost_picousd;
    entry.response_bytes = kept.body_bytes() as u64;
    let saved = kept.worth.cost_picousd.unwrap_or(0);
    booking
        .state
        .metrics
        .cache_hit(Money::from_picos(saved.into()));
    booking.settle(Outcome::Ok, &Reading::default());
}

const MS_PER_SECOND: u64 = 1_000;
