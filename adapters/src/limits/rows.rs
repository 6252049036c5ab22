//! Limits in their normal form, and how they come together from single header values.

use super::format::{Field, LimitFormat, LimitWindow};
use super::kind::{LimitKind, PLAN_SHARE_LIMIT};
use super::{structured, value};

/// Most limits that one answer's headers are read for; more are ignored. Cerebras sends six, Anthropic up to nine.
pub const LIMITS_MAX: usize = 12;

/// One limit as a provider stated it; `limit` or `remaining` is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What is counted.
    pub kind: LimitKind,
    /// The time that the limit is for, where it is known.
    pub window_seconds: Option<u32>,
    /// How much there is in a window.
    pub limit: Option<u64>,
    /// How much of it is left.
    pub remaining: Option<u64>,
    /// When all of it is back, milliseconds since 1970; in the past where nothing was used.
    pub reset_at_unix_ms: Option<u64>,
}

/// The limits of one answer, at most [`LIMITS_MAX`].
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    rows: [Limit; LIMITS_MAX],
    len: usize,
}

impl Limits {
    /// The limits, in the order in which the answer named them.
    #[must_use]
    pub fn as_slice(&self) -> &[Limit] {
        self.rows.get(..self.len).unwrap_or_default()
    }

    /// Whether the answer named none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) const fn none() -> Self {
        const EMPTY: Limit = Limit {
            kind: LimitKind::Requests,
            window_seconds: None,
            limit: None,
            remaining: None,
            reset_at_unix_ms: None,
        };
        Self {
            rows: [EMPTY; LIMITS_MAX],
            len: 0,
        }
    }

    /// Adds a limit; one of the same kind and window stays as it is, and what does not fit is ignored.
    pub(super) fn push(&mut self, limit: Limit) {
        let same =
            |row: &Limit| (row.kind, row.window_seconds) == (limit.kind, limit.window_seconds);
        if self.as_slice().iter().any(same) {
            return;
        }
        if let Some(row) = self.rows.get_mut(self.len) {
            *row = limit;
            self.len = self.len.saturating_add(1);
        }
    }
}

/// Limits on their way from header values to their normal form.
pub(super) struct Reading {
    parts: [Part; LIMITS_MAX],
    len: usize,
    now_unix_ms: u64,
}

/// What has been read of one limit.
#[derive(Clone, Copy)]
struct Part {
    kind: LimitKind,
    window: LimitWindow,
    limit: Option<u64>,
    remaining: Option<u64>,
    used: Option<u64>,
    reset_at_unix_ms: Option<u64>,
    stated_window_seconds: Option<u32>,
    is_rejected: bool,
}

impl Reading {
    pub(super) const fn new(now_unix_ms: u64) -> Self {
        Self {
            parts: [Part::new(LimitKind::Requests, LimitWindow::Unknown); LIMITS_MAX],
            len: 0,
            now_unix_ms,
        }
    }

    /// Takes one header's value in; the first that can be read wins.
    pub(super) fn field(&mut self, format: &LimitFormat, field: Field, text: &[u8]) {
        let now = self.now_unix_ms;
        let Some(part) = self.part(format) else {
            return;
        };
        match field {
            Field::Limit => part.limit = part.limit.or_else(|| value::count(text)),
            Field::Remaining => part.remaining = part.remaining.or_else(|| value::count(text)),
            Field::Used => part.used = part.used.or_else(|| value::count(text)),
            Field::Reset => {
                let at = || value::reset_at(text, format.reset, format.window, now);
                part.reset_at_unix_ms = part.reset_at_unix_ms.or_else(at);
            }
            Field::Window => {
                let seconds = || value::count(text).and_then(|n| u32::try_from(n).ok());
                part.stated_window_seconds = part.stated_window_seconds.or_else(seconds);
            }
            Field::Utilization => {
                if let Some(share) = value::ten_thousandths(text) {
                    part.limit = Some(PLAN_SHARE_LIMIT);
                    part.used = part.used.or(Some(share));
                }
            }
            Field::Status => {
                part.is_rejected |= text.trim_ascii().eq_ignore_ascii_case(b"rejected");
            }
            Field::Structured => {
                let said = structured::read(text);
                part.limit = part.limit.or(said.limit);
                part.remaining = part.remaining.or(said.remaining);
                let at = |ms: u64| value::believable(now.checked_add(ms)?, now);
                part.reset_at_unix_ms = part.reset_at_unix_ms.or_else(|| at(said.reset_ms?));
                part.stated_window_seconds = part.stated_window_seconds.or(said.window_seconds);
            }
        }
    }

    pub(super) fn finish(self) -> Limits {
        let mut limits = Limits::none();
        for part in self.parts.iter().take(self.len) {
            if let Some(limit) = part.normal(self.now_unix_ms) {
                limits.push(limit);
            }
        }
        limits
    }

    /// The limit that a format's headers tell of, begun on its first.
    fn part(&mut self, format: &LimitFormat) -> Option<&mut Part> {
        let is_same = |part: &Part| part.kind == format.kind && part.window == format.window;
        let held = self.parts.get(..self.len).unwrap_or_default();
        let at = held.iter().position(is_same).unwrap_or(self.len);
        let part = self.parts.get_mut(at)?;
        if at == self.len {
            *part = Part::new(format.kind, format.window);
            self.len = self.len.saturating_add(1);
        }
        Some(part)
    }
}

impl Part {
    const fn new(kind: LimitKind, window: LimitWindow) -> Self {
        Self {
            kind,
            window,
            limit: None,
            remaining: None,
            used: None,
            reset_at_unix_ms: None,
            stated_window_seconds: None,
            is_rejected: false,
        }
    }

    fn normal(&self, now_unix_ms: u64) -> Option<Limit> {
        let left = || Some(self.limit?.saturating_sub(self.used?));
        let remaining = if self.is_rejected {
            Some(0)
        } else {
            self.remaining.or_else(left)
        };
        // A plan that only says "rejected" has a size all the same.
        let is_share = self.kind >= LimitKind::PlanShare;
        let limit = self
            .limit
            .or_else(|| (is_share && self.is_rejected).then_some(PLAN_SHARE_LIMIT));
        if limit.is_none() && remaining.is_none() {
            return None;
        }
        let window = self.window.seconds(self.refill_ms(now_unix_ms));
        Some(Limit {
            kind: self.kind,
            window_seconds: self.stated_window_seconds.filter(|s| *s > 0).or(window),
            limit,
            remaining,
            reset_at_unix_ms: self.reset_at_unix_ms,
        })
    }

    /// How long an empty bucket takes to fill, judged by how long what was used takes to come back.
    fn refill_ms(&self, now_unix_ms: u64) -> Option<u64> {
        let (limit, remaining) = (self.limit?, self.remaining?);
        let used = limit.checked_sub(remaining).filter(|used| *used > 0)?;
        let wait_ms = self.reset_at_unix_ms?.checked_sub(now_unix_ms)?;
        wait_ms.checked_mul(limit)?.checked_div(used)
    }
}
