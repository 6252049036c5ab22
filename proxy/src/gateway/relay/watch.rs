//! What a stream has cost so far, looked at while it runs.
//!
//! As long as no more bytes have come than what is set aside pays for, with one more chunk as large as the largest yet,
//! there is nothing to do but compare two numbers. Then more is set aside, or there is no more.

use quotah_policy::budget::{Ask, Exhausted, Reservation};
use quotah_policy::{Ceiling, Live, Money};

use crate::clock;
use crate::gateway::quote::Quote;
use crate::gateway::record::Booking;
use crate::gateway::tap::Tap;

/// Counts a stream against what is set aside for it.
#[derive(Debug)]
pub(crate) struct Watch {
    live: Live,
    quote: Quote,
    ceiling: Ceiling,
    /// More output than this there cannot be: the client's own cap, or one that was put in.
    tokens_max: u64,
    /// Output tokens to set aside at a time.
    step_tokens: u64,
    /// As long as no more bytes of output have come, all is paid for.
    paid_bytes: u64,
    /// Bytes of output that had come at the last look.
    seen_bytes: u64,
    /// Output tokens that the provider has told of.
    told_tokens: u64,
    /// Looks left at whether the provider says how much input there was.
    input_looks: u8,
}

/// Providers that tell the input before the end do so in their first events.
const INPUT_LOOKS: u8 = 4;

/// Fewer tokens at a time would not be worth the locks.
const STEP_TOKENS_MIN: u64 = 256;

impl Watch {
    /// Watches a stream for which `granted` is set aside, and which has at most `tokens_max` tokens of output.
    pub(crate) fn new(quote: &Quote, granted: Money, tokens_max: u64) -> Self {
        let live = quote.expected.live();
        let mut watch = Self {
            live,
            ceiling: quote.ceiling(granted),
            quote: *quote,
            tokens_max,
            step_tokens: quote.expected.output_hold.max(STEP_TOKENS_MIN),
            paid_bytes: 0,
            seen_bytes: 0,
            told_tokens: 0,
            input_looks: INPUT_LOOKS,
        };
        watch.paid(granted);
        watch
    }

    /// Output tokens that so many bytes have at most, by what was learned.
    pub(crate) fn tokens_at(&self, output_bytes: u64) -> u64 {
        self.live.tokens_at(output_bytes)
    }

    /// Looks at what has come; says which budget has nothing left for what is still to come.
    pub(crate) fn look(
        &mut self,
        tap: &Tap,
        booking: &Booking,
        held: &mut Reservation,
    ) -> Option<Exhausted> {
        let bytes = tap.output_bytes();
        if bytes > self.seen_bytes {
            self.live.arrived(bytes - self.seen_bytes);
            self.seen_bytes = bytes;
        }
        let is_known = self.input_looks > 0 && self.learn_input(tap, booking);
        if bytes <= self.paid_bytes && !is_known {
            return None;
        }
        let told = tap.usage().map_or(0, |usage| usage.output_tokens);
        // A figure that stands from before says nothing of what came since.
        if told > self.told_tokens {
            self.told_tokens = told;
            self.live.known(told, bytes);
        }
        self.pay(bytes, held)
    }

    /// Counts by the input that the provider told, once it has.
    fn learn_input(&mut self, tap: &Tap, booking: &Booking) -> bool {
        self.input_looks -= 1;
        let told = tap.usage().map_or(0, |usage| usage.input_tokens);
        if told == 0 {
            return false;
        }
        self.input_looks = 0;
        if let Some(ceiling) = self.quote.with_input(booking, told) {
            self.ceiling = ceiling;
        }
        true
    }

    /// Sets aside what `bytes` and one more chunk cost, and a step more where there is room.
    fn pay(&mut self, bytes: u64, held: &mut Reservation) -> Option<Exhausted> {
        let next = self.live.tokens_with_next(bytes).min(self.tokens_max);
        let missing = |tokens: u64| {
            let cost = self.ceiling.cost(tokens);
            cost.saturating_sub(held.amount()).max(Money::ZERO)
        };
        let ask = Ask {
            least: missing(next),
            most: missing(next.saturating_add(self.step_tokens).min(self.tokens_max)),
        };
        if ask.least > Money::ZERO
            && let Err(exhausted) = held.raise(ask, clock::unix_ms())
        {
            return Some(exhausted);
        }
        self.paid(held.amount());
        None
    }

    fn paid(&mut self, amount: Money) {
        let tokens = self.ceiling.affordable_output(amount).unwrap_or(0);
        self.paid_bytes = if tokens >= self.tokens_max {
            u64::MAX
        } else {
            self.live.bytes_for(tokens)
        };
    }
}
