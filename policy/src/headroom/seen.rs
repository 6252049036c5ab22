//! What an answer says of a limit, and what a request takes of it.

/// A limit as an answer names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitSeen {
    /// Which of the caller's kinds of limit it is: with the window it tells limits apart.
    pub kind: u8,
    /// What it counts.
    pub counts: Counts,
    /// The whole of it; `None` where it is not told.
    pub limit: Option<u64>,
    /// What is left; `None` where it is not told.
    pub remaining: Option<u64>,
    /// When all of it is back.
    pub reset_at_ms: Option<u64>,
    /// How long its window is, seconds.
    pub window_seconds: Option<u32>,
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// Requests.
    Requests,
    /// Tokens, in and out.
    Tokens,
    /// Tokens of prompts.
    InputTokens,
    /// Generated tokens.
    OutputTokens,
    /// What no request tells beforehand (images, shares of a plan): it takes any, so it needs some to be left.
    Other,
    /// Nothing that would refuse a request: the limit is shown, and decides nothing.
    Nothing,
}

/// What a request is expected to use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Tokens of its prompt.
    pub input_tokens: u64,
    /// Tokens that it may generate.
    pub output_tokens: u64,
}

/// What was said last of a limit, to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// The limit, as it was said.
    pub limit: LimitSeen,
    /// When.
    pub seen_at_ms: u64,
}

impl LimitSeen {
    /// When all of it is back, said at `seen_at_ms`: at its reset, or a window later where that is not told or was
    /// over. `None` where neither is told.
    #[must_use]
    pub fn back_at_ms(&self, seen_at_ms: u64) -> Option<u64> {
        let window_ms = self
            .window_seconds
            .map(|s| u64::from(s).saturating_mul(1_000));
        self.reset_at_ms
            .filter(|at| *at > seen_at_ms)
            .or_else(|| window_ms.map(|ms| seen_at_ms.saturating_add(ms)))
    }

    /// Whether both are about one limit.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (self.kind, self.window_seconds) == (other.kind, other.window_seconds)
    }
}

/// An amount of everything that limits count.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Amount {
    requests: u64,
    input_tokens: u64,
    output_tokens: u64,
}

impl Amount {
    /// What one request takes.
    pub(super) const fn one(estimate: Estimate) -> Self {
        Self {
            requests: 1,
            input_tokens: estimate.input_tokens,
            output_tokens: estimate.output_tokens,
        }
    }

    /// What a limit on `counts` sees of it.
    pub(super) const fn of(&self, counts: Counts) -> u64 {
        match counts {
            Counts::Requests => self.requests,
            Counts::Tokens => self.input_tokens.saturating_add(self.output_tokens),
            Counts::InputTokens => self.input_tokens,
            Counts::OutputTokens => self.output_tokens,
            Counts::Other | Counts::Nothing => 0,
        }
    }

    pub(super) const fn add(&mut self, other: Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
    }

    pub(super) const fn remove(&mut self, other: Self) {
        self.requests = self.requests.saturating_sub(other.requests);
        self.input_tokens = self.input_tokens.saturating_sub(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_sub(other.output_tokens);
    }
}
