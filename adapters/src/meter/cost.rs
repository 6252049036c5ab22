//! What a provider says that a request cost, in its own words.

use quotah_policy::Money;

use super::counts::Nonsense;
use super::field::Field;
use crate::scan::Scalar;

/// The figures told last; later texts overwrite earlier ones.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost {
    charged: Option<Money>,
    upstream: Option<Money>,
    is_byok: bool,
}

/// xAI's `cost_in_usd_ticks` counts 10⁻¹⁰ dollars.
const PICOS_PER_TICK: i128 = 100;

impl Cost {
    /// Takes a value that is not `null`.
    pub(super) fn enter(&mut self, field: Field, scalar: &Scalar<'_>) -> Result<(), Nonsense> {
        match field {
            Field::IsByok => self.is_byok = *scalar == Scalar::Bool(true),
            Field::UpstreamCost => self.upstream = Some(read(scalar, Money::from_json_number)?),
            Field::CostTicks => self.charged = Some(read(scalar, from_ticks)?),
            _ => self.charged = Some(read(scalar, Money::from_json_number)?),
        }
        Ok(())
    }

    /// All that is to be paid. `OpenRouter` tells what the provider behind it takes in every answer; beside its
    /// own charge that is paid only where the key there is the client's own.
    pub(super) fn total(&self) -> Option<Money> {
        match (self.charged, self.upstream.filter(|_| self.is_byok)) {
            (Some(charged), Some(upstream)) => Some(charged.saturating_add(upstream)),
            (charged, upstream) => charged.or(upstream),
        }
    }
}

fn read(scalar: &Scalar<'_>, money: impl Fn(&str) -> Option<Money>) -> Result<Money, Nonsense> {
    let Scalar::Number(Some(text)) = scalar else {
        return Err(Nonsense);
    };
    let text = std::str::from_utf8(text).ok();
    text.and_then(money).ok_or(Nonsense)
}

fn from_ticks(ticks: &str) -> Option<Money> {
    let ticks = ticks.parse::<u64>().map(i128::from).ok()?;
    Some(Money::from_picos(ticks.saturating_mul(PICOS_PER_TICK)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upstream_price_is_paid_only_with_a_key_of_ones_own() {
        for (byok, charged, upstream, total) in [
            (true, Some("0"), Some("6.3e-06"), Some(6_300_000)),
            (true, Some("0.000001"), Some("0.00002"), Some(21_000_000)),
            (true, None, Some("0.00002"), Some(20_000_000)),
            (false, Some("0.00002"), Some("0.00002"), Some(20_000_000)),
            (false, None, Some("0.00002"), None),
            (true, None, None, None),
        ] {
            let mut cost = Cost::default();
            let number = |text: &'static str| Scalar::Number(Some(text.as_bytes()));
            for (field, value) in [
                (Field::IsByok, Some(Scalar::Bool(byok))),
                (Field::Cost, charged.map(number)),
                (Field::UpstreamCost, upstream.map(number)),
            ] {
                assert!(value.is_none_or(|value| cost.enter(field, &value).is_ok()));
            }
            assert_eq!(
                cost.total(),
                total.map(Money::from_picos),
                "{charged:?} {upstream:?}"
            );
        }
    }
}
