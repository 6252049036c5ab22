//! Quotah's decisions, as pure synchronous functions: what usage is, and what it costs.
//!
//! Nothing here knows wire formats, sockets, disks or clocks; `now` is always an argument.
#![warn(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::float_arithmetic
)]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        reason = "an overflow in a test fails it"
    )
)]

mod breaker;
mod bucket;
pub mod budget;
mod condition;
mod date;
mod estimate;
mod experience;
pub mod feed;
pub mod guard;
pub mod headroom;
mod hours;
mod key;
pub mod limit;
mod money;
mod pattern;
mod price;
mod retry;
pub mod route;
mod rules;
mod sketch;
mod subject;
mod sync;
mod table;
mod tally;
mod tier;
pub mod track;
mod units;
mod usage;
pub mod warmth;
mod window;

pub use breaker::{
    Breaker, BreakerChange, BreakerForm, BreakerState, FAILURES_MAX, OpenUntil, Permit,
};
pub use bucket::{Bucket, DEBT_MINUTES_MAX, Empty};
pub use condition::{
    About, CONDITION_BYTES_MAX, Condition, ConditionError, ConditionFault, VARIABLES,
};
pub use date::Date;
pub use estimate::{estimate_spoken_tokens, estimate_tokens};
pub use experience::{
    Asked, Expected, Experience, LEARNED_MAX, Learned, Lessons, Live, Media, Observed, Settings,
};
pub use hours::{Hours, Span};
pub use key::{
    KeyDigest, KeyError, KeyForm, KeyId, KeyNetworks, KeyRecord, KeySecret, KeyStatus, NoNetwork,
    OwnBudget, OwnLimits, VirtualKey,
};
pub use money::{Money, MoneyError};
pub use pattern::Pattern;
pub use price::{
    CacheWrites, Ceiling, Class, Column, Cost, CostSource, Kinds, Most, Place, Price, Rate, Rates,
    Split, split,
};
pub use retry::{Backoff, RetryBudget, RetryForm};
pub use rules::Rules;
pub use sketch::Sketch;
pub use subject::{Dimension, NoDimension, Selector, Subject};
pub use table::{FileError, Origin, PriceRow, PriceTable};
pub use tier::ServiceTier;
pub use track::{Heard, Track, TrackView};
pub use units::{Unit, Units};
pub use usage::{TOKENS_MAX, Usage, UsageSource};
pub use warmth::{PrefixHashes, Warm, Warmth};
pub use window::{NoZone, Period, Window, Zone};
