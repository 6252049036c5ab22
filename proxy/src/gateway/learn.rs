//! What an answer teaches about its provider: the limits that it names, and for a refusal, why it was one and how
//! long to wait.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use quotah_adapters::limits::{body_limits, limits, retry_after};
use quotah_adapters::{Dialect, error_class};

use super::choose::Order;
use super::record::Booking;
use crate::clock;
use crate::headroom::Whose;

/// How much of an error's body is looked at, bytes. The longest recorded refusal has 2 KiB.
const PREFIX_BYTES_MAX: usize = 4 * 1024;

/// A refusal under way: what its head said, and the beginning of its body.
#[derive(Debug)]
pub(crate) struct Refused {
    whose: Whose,
    dialect: Dialect,
    status: u16,
    /// Its type, where the head names one.
    error_type: Option<HeaderValue>,
    /// What the head asks its caller to wait.
    wait: Option<Duration>,
    /// The body's beginning, decoded.
    prefix: Vec<u8>,
}

/// Notes the limits that an answer's head names.
pub(super) fn from_head(booking: &Booking, order: &Order, headers: &HeaderMap) {
    let now = clock::unix_ms();
    let upstream = &order.upstream;
    let said = limits(&upstream.limit_formats, pairs(headers), now);
    if said.is_empty() {
        return;
    }
    let whose = whose(order);
    let headroom = &booking.state.headroom;
    headroom.saw(&whose, &said, now, || label(booking, &whose));
}

impl Refused {
    /// Begins with the head of an answer that is an error.
    pub(super) fn new(order: &Order, dialect: Dialect, status: u16, headers: &HeaderMap) -> Self {
        Self {
            whose: whose(order),
            dialect,
            status,
            error_type: headers.get("x-amzn-errortype").cloned(),
            wait: retry_after(status, pairs(headers), b"", clock::unix_ms()),
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

    /// Notes what the refusal taught, and tells its class.
    pub(super) fn learn(self, booking: &Booking) -> &'static str {
        let now = clock::unix_ms();
        let headroom = &booking.state.headroom;
        let label = || label(booking, &self.whose);
        let said = body_limits(self.status, &self.prefix, now);
        headroom.saw(&self.whose, &said, now, label);
        let in_body = || retry_after(self.status, [], &self.prefix, now);
        if let Some(wait) = self.wait.or_else(in_body) {
            headroom.refused(&self.whose, wait, now, label);
        }
        let error_type = self.error_type.as_ref().map(HeaderValue::as_bytes);
        let error_type = error_type.unwrap_or_default();
        error_class(self.dialect, self.status, error_type, &self.prefix).as_str()
    }
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &[u8])> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
}

fn whose(order: &Order) -> Whose {
    let upstream = &order.upstream;
    Whose {
        provider: Arc::clone(&upstream.config.name),
        model: Arc::clone(&order.model_sent),
        credential: Arc::clone(&upstream.credential_label),
    }
}

fn label(booking: &Booking, whose: &Whose) -> Arc<str> {
    if whose.model.is_empty() {
        return Arc::clone(&whose.model);
    }
    let kind = booking.provider_kind;
    let label = booking.snapshot.label(kind, &whose.provider, &whose.model);
    if label == &*whose.model {
        Arc::clone(&whose.model)
    } else {
        label.into()
    }
}
