//! `[reservation]` and `[key_defaults]`.

use super::super::policy::{KeyDefaults, ReservationSettings};
use super::super::resolved::LedgerSettings;
use super::super::section::{Part, Section, parse_part};
use super::{budget, limit};

/// What a request holds until its cost is known.
pub(super) fn reservation(root: &Section<'_>) -> ReservationSettings {
    let mut settings = ReservationSettings::default();
    if let Some(section) = root.table("reservation", "[reservation]") {
        if let Some(tokens) = section.integer("prior_output_tokens", 1..=PRIOR_TOKENS_MAX) {
            settings.prior_output_tokens = tokens;
        }
        settings.quantile_per_mille = quantile(&section).unwrap_or(settings.quantile_per_mille);
        let headroom = section.integer("headroom", 1..=HEADROOM_MAX);
        let headroom = headroom.and_then(|times| u32::try_from(times).ok());
        settings.headroom = headroom.unwrap_or(settings.headroom);
        section.end();
    }
    settings
}

/// What keys get that are made without their own.
pub(super) fn key_defaults(root: &Section<'_>, ledger: &LedgerSettings) -> KeyDefaults {
    let Some(section) = root.table("key_defaults", "[key_defaults]") else {
        return KeyDefaults::default();
    };
    let budget = section.table("budget", "`budget` in [key_defaults]");
    let limits = section.table("limits", "`limits` in [key_defaults]");
    let defaults = KeyDefaults {
        budget: budget.map(|section| {
            let form = budget::of_keys(&section, ledger);
            section.end();
            form
        }),
        limits: limits.map(|section| {
            let limits = limit::of_keys(&section);
            section.end();
            limits
        }),
        expires_after: section.span("expires"),
    };
    section.end();
    defaults
}

fn quantile(section: &Section<'_>) -> Option<u16> {
    let at = section.decimal("quantile")?;
    parse_per_mille(at.value).or_else(|| {
        let expected = "a part from 0.001 to 0.999, such as 0.99";
        section.invalid("quantile", &at.place, expected)
    })
}

/// Reads `0.99` as 990: one to three decimals, above 0, below 1.
fn parse_per_mille(text: &str) -> Option<u16> {
    let part = parse_part(text, Part::PerMille)?;
    u16::try_from(part)
        .ok()
        .filter(|part| (1..=999).contains(part))
}

/// More than any model answers: a million.
const PRIOR_TOKENS_MAX: u64 = 1_000_000;

/// Beyond a thousand quantiles nothing is capped any more.
const HEADROOM_MAX: u64 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_read_exactly_in_thousandths() {
        for (text, part) in [
            ("0.99", Some(990)),
            ("0.5", Some(500)),
            ("0.999", Some(999)),
            ("0.001", Some(1)),
            ("0.000", None),
            ("1.0", None),
            ("0.9999", None),
            ("0.", None),
            (".9", None),
            ("9.9e-1", None),
            ("0.+9", None),
            ("99", None),
        ] {
            assert_eq!(parse_per_mille(text), part, "{text}");
        }
    }
}
