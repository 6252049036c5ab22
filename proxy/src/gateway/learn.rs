//! What an answer teaches about its provider: the limits that it names, and for a refusal, why it was one and how
//! long to wait.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use quotah_adapters::limits::{body_limits, limits, retry_after};
use quotah_adapters::{Dialect, ERROR_TYPE_HEADER, ErrorClass, error_class};
use quotah_policy::headroom::{LimitSeen, Place};

use super::choose::Order;
use super::going::Going;
use super::record::Booking;
use crate::clock;
use crate::config::resolved::RetrySettings;
use crate::headroom::seen;

/// How much of an error's body is looked at, bytes. The longest recorded refusal has 2 KiB.
const PREFIX_BYTES_MAX: usize = 4 * 1024;

/// A refusal under way: what its head said, and the beginning of its body.
#[derive(Debug)]
pub(crate) struct Refused {
    place: Arc<Place>,
    model: Arc<str>,
    dialect: Dialect,
    status: u16,
    /// Its type, where the head names one.
    error_type: Option<HeaderValue>,
    /// What the head asks its caller to wait.
    wait: Option<Duration>,
    /// When the last of the limits that it says are used up is back.
    back_at_unix_ms: Option<u64>,
    /// The body's beginning, decoded.
    prefix: Vec<u8>,
}

/// Notes the limits that an answer's head names, and that the request is counted in them.
pub(super) fn from_head(booking: &mut Booking, order: &Order, headers: &HeaderMap) {
    let now = clock::unix_ms();
    let said = limits(&order.upstream.limit_formats, pairs(headers), now);
    let seen = seen(&said, &order.model_sent);
    if let Some(taken) = booking.going.as_mut().and_then(Going::taken) {
        taken.answered(&seen, now);
    } else {
        // Nothing was taken for it: how old the answer is cannot be known, so the less counts.
        order.headroom.saw(&seen, 0, now);
    }
}

/// Notes that an answer which had been accepted turned out to be a refusal.
pub(super) fn in_answer(booking: &Booking, order: &Order, class: &str) {
    let now = clock::unix_ms();
    cool(
        &order.headroom,
        class,
        None,
        &booking.snapshot.config.retry,
        now,
    );
}

impl Refused {
    /// Begins with the head of an answer that is an error.
    pub(super) fn new(order: &Order, dialect: Dialect, status: u16, headers: &HeaderMap) -> Self {
        let now = clock::unix_ms();
        let said = limits(&order.upstream.limit_formats, pairs(headers), now);
        Self {
            place: Arc::clone(&order.headroom),
            model: Arc::clone(&order.model_sent),
            dialect,
            status,
            error_type: headers.get(ERROR_TYPE_HEADER).cloned(),
            wait: retry_after(status, pairs(headers), b"", now),
            back_at_unix_ms: back_at(&seen(&said, &order.model_sent), now),
            prefix: Vec::new(),
        }
    }

    /// Takes in the next decoded bytes of the body.
    pub(super) fn feed(&mut self, plain: &[u8]) {
        let room = PREFIX_BYTES_MAX
            .saturating_sub(self.prefix.len())
            .min(plain.len());
        self.prefix.extend_from_slice(&plain[..room]);
    }

    /// When the provider would be asked again, by what it said of that; `None` where it said nothing.
    pub(super) fn until_unix_ms(&self, now: u64) -> Option<u64> {
        let said = || seen(&body_limits(self.status, &self.prefix, now), &self.model);
        let in_body = || retry_after(self.status, [], &self.prefix, now);
        let wait = self
            .wait
            .or_else(in_body)
            .map(|wait| now.saturating_add(millis(wait)));
        wait.or(self.back_at_unix_ms)
            .or_else(|| back_at(&said(), now))
    }

    /// Notes what the refusal taught, and tells its class.
    pub(super) fn learn(self, booking: &Booking) -> &'static str {
        let now = clock::unix_ms();
        let said = seen(&body_limits(self.status, &self.prefix, now), &self.model);
        self.place.saw(&said, 0, now);
        let error_type = self.error_type.as_ref().map(HeaderValue::as_bytes);
        let error_type = error_type.unwrap_or_default();
        let class = error_class(self.dialect, self.status, error_type, &self.prefix).as_str();
        let until = self.until_unix_ms(now);
        cool(
            &self.place,
            class,
            until,
            &booking.snapshot.config.retry,
            now,
        );
        class
    }
}

/// Begins the pause that a refusal of this class means: until then, or as long as is usual.
fn cool(place: &Place, class: &str, until: Option<u64>, retry: &RetrySettings, now: u64) {
    let until = |usual: Duration| until.unwrap_or_else(|| now.saturating_add(millis(usual)));
    if class == ErrorClass::RateLimited.as_str() {
        place.cool(until(retry.cooldown), now);
    } else if class == ErrorClass::QuotaExhausted.as_str() {
        place.cool_credential(until(retry.cooldown_quota), now);
    }
}

/// When the last of those that are used up is back.
fn back_at(said: &[LimitSeen], now: u64) -> Option<u64> {
    let used_up = said.iter().filter(|limit| limit.remaining == Some(0));
    used_up.filter_map(|limit| limit.back_at_ms(now)).max()
}

fn millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &[u8])> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
}
