//! A quantile sketch: how large figures of one kind usually are, in a kilobyte and with a memory that fades.
//!
//! Values fall into buckets that are a tenth wide at most, so that the answer is an upper bound close to the truth.
//! When half a thousand observations are in, all weights are halved: what was seen 256 observations ago counts half.

use serde::{Deserialize, Serialize};

/// Quantiles of what was observed lately.
///
/// ```
/// let mut sketch = quotah_policy::Sketch::default();
/// for tokens in 1..=200 {
///     sketch.observe(tokens);
/// }
/// let most = sketch.quantile(990).unwrap();
/// assert!((198..=217).contains(&most));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Kept", into = "Kept")]
pub struct Sketch {
    /// Buckets that hold anything, ascending, with their weights; at most 241 of them.
    weights: Vec<(u8, u16)>,
    /// All weights together, below `WEIGHT_MAX`.
    sum: u16,
    /// Every observation ever made.
    count: u32,
}

impl Sketch {
    /// Notes a value.
    pub fn observe(&mut self, value: u64) {
        let bucket = bucket_of(value);
        match self.weights.binary_search_by_key(&bucket, |(b, _)| *b) {
            Ok(place) => {
                if let Some((_, weight)) = self.weights.get_mut(place) {
                    *weight = weight.saturating_add(OBSERVATION);
                }
            }
            Err(place) => self.weights.insert(place, (bucket, OBSERVATION)),
        }
        self.count = self.count.saturating_add(1);
        self.sum = self.sum.saturating_add(OBSERVATION);
        if self.sum >= WEIGHT_MAX {
            self.fade();
        }
    }

    /// How many values were ever noted, at most `u32::MAX`.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// A value that at least `per_mille` thousandths of what was observed do not pass; `None` before there is any.
    ///
    /// Never below the smallest such value, and at most a tenth above it. Values above `u32::MAX` are told as `u64::MAX`.
    #[must_use]
    pub fn quantile(&self, per_mille: u16) -> Option<u64> {
        let part = u32::from(1_000_u16.saturating_sub(per_mille));
        let may_pass = u32::from(self.sum).saturating_mul(part) / 1_000;
        let mut above = 0_u32;
        let mut lowest = None;
        for (bucket, weight) in self.weights.iter().rev() {
            lowest = Some(*bucket);
            above = above.saturating_add(u32::from(*weight));
            if above > may_pass {
                break;
            }
        }
        lowest.map(upper_edge)
    }

    fn fade(&mut self) {
        for (_, weight) in &mut self.weights {
            *weight /= 2;
        }
        self.weights.retain(|(_, weight)| *weight > 0);
        self.sum = sum_of(&self.weights);
    }
}

/// A sketch as it is kept: the count, and pairs of bucket and weight.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    count: u32,
    weights: Vec<(u8, u16)>,
}

/// Why what was kept is no sketch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a sketch: buckets must ascend up to {OVERFLOW}, and weigh less than {WEIGHT_MAX} together"
)]
struct NoSketch;

impl From<Sketch> for Kept {
    fn from(sketch: Sketch) -> Self {
        Self {
            count: sketch.count,
            weights: sketch.weights,
        }
    }
}

impl TryFrom<Kept> for Sketch {
    type Error = NoSketch;

    fn try_from(kept: Kept) -> Result<Self, NoSketch> {
        let Kept { count, weights } = kept;
        let ascends = weights.is_sorted_by(|(a, _), (b, _)| a < b);
        let is_known = weights.iter().all(|(b, w)| *b <= OVERFLOW && *w > 0);
        let sum = sum_of(&weights);
        if !ascends || !is_known || sum >= WEIGHT_MAX {
            return Err(NoSketch);
        }
        Ok(Self {
            weights,
            sum,
            count,
        })
    }
}

fn sum_of(weights: &[(u8, u16)]) -> u16 {
    weights
        .iter()
        .fold(0, |sum, (_, weight)| sum.saturating_add(*weight))
}

/// The bucket that `value` falls into: its own below 8, then eight to an octave.
fn bucket_of(value: u64) -> u8 {
    let Ok(value) = u32::try_from(value) else {
        return OVERFLOW;
    };
    if let Some(small) = u8::try_from(value).ok().filter(|v| *v < OWN) {
        return small;
    }
    let mantissa = value.wrapping_shl(value.leading_zeros()) >> 16;
    let eighth = EIGHTHS.partition_point(|edge| *edge <= mantissa);
    let octave = value.ilog2().saturating_sub(OWN.ilog2());
    let eighths = octave
        .saturating_mul(8)
        .saturating_add(u32::try_from(eighth).unwrap_or(0));
    u8::try_from(eighths)
        .unwrap_or(OVERFLOW)
        .saturating_add(OWN)
}

/// The largest value that falls into `bucket`.
fn upper_edge(bucket: u8) -> u64 {
    if bucket < OWN {
        return u64::from(bucket);
    }
    if bucket >= OVERFLOW {
        return u64::MAX;
    }
    let eighths = bucket.saturating_sub(OWN);
    let edge = EIGHTHS.get(usize::from(eighths % 8)).unwrap_or(&OCTAVE);
    let octave = u32::from(eighths / 8).saturating_add(OWN.ilog2());
    let below = (u64::from(*edge) << 16).saturating_sub(1);
    below.wrapping_shr(31_u32.saturating_sub(octave))
}

/// What one observation weighs: it can be halved six times before it is forgotten.
const OBSERVATION: u16 = 64;

/// 512 observations: when so much is in, weights are halved, to 256 observations' worth.
const WEIGHT_MAX: u16 = 512 * OBSERVATION;

/// Values below this have buckets of their own.
const OWN: u8 = 8;

/// Octaves from 8 up to 2³².
const OCTAVES: u8 = 29;

/// The bucket of everything above.
const OVERFLOW: u8 = OWN + 8 * OCTAVES;

/// How many buckets there are. A weight and its bucket take four bytes.
#[cfg(test)]
const BUCKETS: usize = 241;

/// 2¹⁵ × 2^(k/8) for k = 1 to 7, rounded up: where the eighths of an octave begin. The widest is 9.1 % wide.
const EIGHTHS: [u32; 7] = [35_734, 38_968, 42_495, 46_341, 50_536, 55_109, 60_097];

/// Where the next octave begins.
const OCTAVE: u32 = 65_536;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Sketch {
        let mut sketch = Sketch::default();
        values.into_iter().for_each(|value| sketch.observe(value));
        sketch
    }

    #[test]
    fn a_bucket_ends_where_the_next_begins_and_is_at_most_a_tenth_wide() {
        let mut from = 0_u64;
        for bucket in 0..OVERFLOW {
            let to = upper_edge(bucket);
            assert_eq!((bucket_of(from), bucket_of(to)), (bucket, bucket));
            assert!(to * 10 <= from * 11, "{from} to {to}");
            from = to + 1;
        }
        assert_eq!(from, 1 << 32);
        assert_eq!(bucket_of(from), OVERFLOW);
        assert_eq!(usize::from(OVERFLOW) + 1, BUCKETS);
        assert_eq!(of([u64::MAX]).quantile(990), Some(u64::MAX));
    }

    #[test]
    fn nothing_observed_has_no_quantile() {
        assert_eq!(Sketch::default().quantile(990), None);
        assert_eq!(of([0]).quantile(0), Some(0));
    }

    #[test]
    fn a_sudden_growth_shows_after_six_observations() {
        let mut sketch = of((0..1_000).map(|n| 250 + n % 100));
        assert!(sketch.quantile(990).unwrap() < 400);
        let needed = (1..).find(|_| {
            sketch.observe(20_000);
            sketch.quantile(990).unwrap() >= 20_000
        });
        assert!(needed.unwrap() <= 6, "{needed:?}");
    }

    #[test]
    fn old_experience_fades_by_half_every_256_observations() {
        let mut sketch = of([20_000; 512]);
        let mut last_above = 0;
        for n in 1..=3_000 {
            sketch.observe(300);
            if sketch.quantile(990).unwrap() > 400 {
                last_above = n;
            }
        }
        // 1 % of what was all: between six and seven halvings.
        assert!((6 * 256..=7 * 256).contains(&last_above), "{last_above}");
        assert_eq!(sketch.count(), 3_512);
    }

    #[test]
    fn a_sketch_stays_small_whatever_is_observed() {
        let sketch =
            of((0..100_000_u64).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (n % 64)));
        assert!(sketch.weights.len() <= BUCKETS);
        assert!(size_of::<Sketch>() + 4 * BUCKETS <= 1_024);
        assert!(sketch.sum < WEIGHT_MAX);
    }

    #[test]
    fn what_is_kept_reads_back_and_nonsense_does_not() {
        let sketch = of([3, 5, 500, 500, 1 << 40]);
        let kept = serde_json::to_string(&sketch).unwrap();
        assert_eq!(serde_json::from_str::<Sketch>(&kept).unwrap(), sketch);
        for wrong in [
            "[[5,64],[3,64]]",
            "[[3,0]]",
            "[[241,1]]",
            "[[3,32767],[4,1]]",
        ] {
            let wrong = format!(r#"{{"count":2,"weights":{wrong}}}"#);
            assert!(serde_json::from_str::<Sketch>(&wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_quantile_is_an_upper_bound_at_most_a_tenth_above_the_true_one(
            values in prop::collection::vec((0..32_u32, any::<u32>()), 1..500),
            per_mille in 0..=1_000_u16,
        ) {
            let mut values: Vec<u64> = values.into_iter().map(|(by, v)| u64::from(v >> by)).collect();
            let told = of(values.iter().copied()).quantile(per_mille).unwrap();
            values.sort_unstable();
            let rank = (values.len() * usize::from(per_mille)).div_ceil(1_000).max(1);
            let exact = values[rank - 1];
            prop_assert!(told >= exact, "{told} for {exact}");
            prop_assert!(told * 10 <= exact * 11, "{told} for {exact}");
        }
    }
}
