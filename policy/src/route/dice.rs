//! Many random numbers out of one, so that choosing is a function of its arguments.

/// One of many random numbers that `dice` makes: `SplitMix64`'s finaliser, whose numbers are independent enough for
/// this (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
pub(super) fn throw(dice: u64, which: u64) -> u64 {
    let mut z = dice.wrapping_add(which.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number below `end`, as even as `random` is; 0 where `end` is.
pub(super) fn below(end: u64, random: u64) -> u64 {
    let product = u128::from(end).saturating_mul(u128::from(random));
    u64::try_from(product >> 64).unwrap_or(0)
}

/// The throw for whether one on probation is asked.
pub(super) const PROBE: u64 = 1;

/// The throw for whether one that was not measured is asked.
pub(super) const MEASURE: u64 = 2;

/// The throw for a rank by weight.
pub(super) const WEIGHT: u64 = 3;

/// The throw for the first place's lot; the others follow.
pub(super) const LOTS: u64 = 16;
