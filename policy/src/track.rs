//! A deployment's track record: what real answers taught of it.
//!
//! Means fade: each answer weighs a 32nd, so that what was heard 22 answers ago counts half. Time fades too what a
//! quiet deployment is no longer known by. After [`QUIET_MS`] without a call its success drifts back to the whole and
//! its cached share to nothing, and both are unknown when as much time again has passed: an old failure does not haunt
//! it, and an old cache is not counted on. How soon it answers is unknown after [`STALE_MS`] without an answer.

mod mean;
mod shown;
#[cfg(test)]
mod tests;

use mean::Mean;
use shown::Shown;

use crate::Sketch;
use crate::route::WHOLE_U64;
use crate::sync::{Mutex, lock};

/// How long a deployment may go without a call before its success and cached share drift: 10 minutes, in milliseconds.
/// They have drifted all the way after twice that.
pub const QUIET_MS: u64 = 10 * 60 * 1_000;

/// How old a time to the first byte may be: 30 minutes, in milliseconds. Longer than [`QUIET_MS`], so that a route with
/// little traffic goes on knowing who is quick; not for ever, so that who once was slow is measured again.
pub const STALE_MS: u64 = 30 * 60 * 1_000;

/// Observations that make a 95th percentile: with fewer, it would be the slowest one.
pub const PERCENTILE_MIN: u32 = 20;

/// What is known of one deployment. [`Track::view`] only reads atomics, which are each right, but may be of two
/// successive answers.
#[derive(Debug, Default)]
pub struct Track {
    book: Mutex<Book>,
    shown: Shown,
}

/// What became of one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Heard {
    /// Whether it succeeded. What is the client's fault is not to be noted at all.
    pub ok: bool,
    /// How long the answer took to begin, in microseconds, if it did; counted as an hour at most.
    pub first_byte_us: Option<u64>,
    /// All tokens of its prompt, cached ones included; 0 when not told, and then nothing is learned of tokens.
    pub input_tokens: u64,
    /// How many of these came from the provider's cache.
    pub cached_input_tokens: u64,
    /// All tokens of its answer.
    pub output_tokens: u64,
}

/// A deployment's record at one moment. What is `None` is not known, or not any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TrackView {
    /// Calls ever noted.
    pub calls: u64,
    /// Share of calls that succeeded; it starts as if all had, so that one failure is a 32nd.
    pub success_ten_thousandths: Option<u16>,
    /// How long answers usually take to begin, in microseconds.
    pub first_byte_us: Option<u64>,
    /// What 95 of a hundred answers take at most, in microseconds; up to a tenth above the true figure. Known from
    /// [`PERCENTILE_MIN`] observations on.
    pub p95_first_byte_us: Option<u64>,
    /// Tokens that an answer usually has.
    pub output_tokens: Option<u64>,
    /// Tokens of answers for every thousand of prompts.
    pub output_per_thousand_input: Option<u64>,
    /// Share of prompts' tokens that came from the provider's cache.
    pub cached_share_ten_thousandths: Option<u16>,
}

impl Track {
    /// Nothing heard yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes what became of a call. `now_ms` is unix milliseconds; an earlier one than before counts as no time.
    pub fn note(&self, heard: &Heard, now_ms: u64) {
        let mut book = lock(&self.book);
        book.fade(now_ms);
        book.enter(heard, now_ms);
        self.shown.show(&book);
    }

    /// What is known at `now_ms`, in unix milliseconds.
    #[must_use]
    pub fn view(&self, now_ms: u64) -> TrackView {
        self.shown.view(now_ms)
    }
}

/// The figures behind what is shown.
#[derive(Debug)]
struct Book {
    calls: u64,
    last_ms: u64,
    first_byte_ms: u64,
    success: Mean,
    first_byte: Mean,
    percentiles: Sketch,
    output: Mean,
    /// Tokens of prompts, of the same answers as `output`.
    output_for: Mean,
    cached: Mean,
    /// Tokens of prompts, of the same answers as `cached`.
    cached_of: Mean,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            calls: 0,
            last_ms: 0,
            first_byte_ms: 0,
            success: Mean::well_known(WHOLE_U64),
            first_byte: Mean::default(),
            percentiles: Sketch::default(),
            output: Mean::default(),
            output_for: Mean::default(),
            cached: Mean::default(),
            cached_of: Mean::default(),
        }
    }
}

impl Book {
    /// Forgets what time has made untrue since the last call.
    fn fade(&mut self, now_ms: u64) {
        let left = left(now_ms.saturating_sub(self.last_ms));
        if left < WHOLE_U64 {
            let lost = WHOLE_U64.saturating_sub(self.success.value());
            let lost = part(lost, left);
            self.success = Mean::well_known(WHOLE_U64.saturating_sub(lost));
            self.cached.shrink(left);
        }
        if left == 0 {
            self.cached = Mean::default();
            self.cached_of = Mean::default();
        }
        if now_ms.saturating_sub(self.first_byte_ms) > STALE_MS {
            self.first_byte = Mean::default();
        }
    }

    fn enter(&mut self, heard: &Heard, now_ms: u64) {
        self.calls = self.calls.saturating_add(1);
        self.last_ms = self.last_ms.max(now_ms);
        self.success.observe(if heard.ok { WHOLE_U64 } else { 0 });
        if let Some(us) = heard.first_byte_us {
            let us = us.min(FIRST_BYTE_US_MAX);
            self.first_byte.observe(us);
            self.percentiles.observe(us);
            self.first_byte_ms = self.first_byte_ms.max(now_ms);
        }
        if heard.ok && heard.input_tokens > 0 {
            self.output.observe(heard.output_tokens);
            self.output_for.observe(heard.input_tokens);
            let cached = heard.cached_input_tokens.min(heard.input_tokens);
            self.cached.observe(cached);
            self.cached_of.observe(heard.input_tokens);
        }
    }

    fn p95_first_byte_us(&self) -> Option<u64> {
        let is_enough = self.percentiles.count() >= PERCENTILE_MIN;
        is_enough.then(|| self.percentiles.quantile(950)).flatten()
    }
}

/// How much of what is known of a deployment still holds after so long without a call, in ten-thousandths.
fn left(quiet_ms: u64) -> u64 {
    let drifting_ms = quiet_ms.saturating_sub(QUIET_MS).min(QUIET_MS);
    let left_ms = QUIET_MS.saturating_sub(drifting_ms);
    left_ms.saturating_mul(WHOLE_U64) / QUIET_MS
}

/// So many ten-thousandths of `value`.
fn part(value: u64, ten_thousandths: u64) -> u64 {
    let product = u128::from(value).saturating_mul(u128::from(ten_thousandths));
    let part = product.checked_div(u128::from(WHOLE_U64));
    part.and_then(|part| u64::try_from(part).ok())
        .unwrap_or(value)
}

/// The longest wait for a first byte that is told apart: an hour. No configuration waits as long for one.
const FIRST_BYTE_US_MAX: u64 = 60 * 60 * 1_000_000;
