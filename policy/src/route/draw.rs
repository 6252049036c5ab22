//! The draw of [`Strategy::Weighted`]: a deployment by dice, each with its weight's share.

use super::Strategy;
use super::candidate::Candidate;
use super::choose::{Turn, standing};
use super::dice::{WEIGHT, below, throw};

/// Draws a rank among the first group's, each with its weight's share.
pub(super) fn draw(candidates: &[Candidate], turn: Turn, dice: u64) -> Option<u8> {
    let group = |candidate: &Candidate| standing(Strategy::Weighted, turn, candidate);
    let available = || {
        let all = candidates.iter();
        all.filter(|candidate| candidate.availability.is_available())
    };
    let first = available().map(group).min()?;
    let ranks = || {
        let mut seen = Ranks::default();
        available().filter(move |c| group(c) == first && seen.is_new(c.rank))
    };
    let whole = ranks().fold(0_u64, |sum, c| sum.saturating_add(u64::from(c.weight)));
    let mut point = below(whole, throw(dice, WEIGHT));
    for candidate in ranks() {
        match point.checked_sub(u64::from(candidate.weight)) {
            Some(rest) => point = rest,
            None => return Some(candidate.rank),
        }
    }
    None
}

/// Which ranks were met.
#[derive(Debug, Default)]
struct Ranks([u128; 2]);

impl Ranks {
    fn is_new(&mut self, rank: u8) -> bool {
        let Some(half) = self.0.get_mut(usize::from(rank >> 7)) else {
            return false;
        };
        let bit = 1_u128.wrapping_shl(u32::from(rank));
        let is_new = *half & bit == 0;
        *half |= bit;
        is_new
    }
}
