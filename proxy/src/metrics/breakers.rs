//! `provider_healthy` and `breaker_state`: how each deployment's breaker stands when somebody asks.
//!
//! Models that neither configuration nor price table knows share the label `other`; the worst of them is shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use quotah_policy::BreakerState;

use super::cost::escape;
use super::family::{Dropped, SERIES_MAX};
use crate::standing::{Standing, breaker_word};

/// Appends both families in the text format.
pub(super) fn render(standings: &[Standing], dropped: &Dropped, out: &mut String) {
    let mut worst: BTreeMap<(&str, &str), BreakerState> = BTreeMap::new();
    for standing in standings {
        let labels = (&*standing.provider, &*standing.label);
        let held = worst.entry(labels).or_insert(standing.breaker);
        if badness(standing.breaker) > badness(*held) {
            *held = standing.breaker;
        }
    }
    healthy(&worst, dropped, out);
    state(&worst, dropped, out);
}

type Worst<'a> = BTreeMap<(&'a str, &'a str), BreakerState>;

fn healthy(worst: &Worst<'_>, dropped: &Dropped, out: &mut String) {
    let family = "provider_healthy";
    head(family, "1 while its breaker is closed", worst, out);
    for (place, ((provider, deployment), breaker)) in worst.iter().enumerate() {
        if place >= SERIES_MAX {
            dropped.count(family);
            continue;
        }
        let is_healthy = matches!(breaker, BreakerState::Closed);
        let labels = [("provider", *provider), ("deployment", deployment)];
        series(family, &labels, is_healthy, out);
    }
}

fn state(worst: &Worst<'_>, dropped: &Dropped, out: &mut String) {
    let family = "breaker_state";
    head(family, "1 for the state in force", worst, out);
    for (place, ((provider, deployment), breaker)) in worst.iter().enumerate() {
        if place >= SERIES_MAX / STATES.len() {
            dropped.count(family);
            continue;
        }
        for state in STATES {
            let labels = [
                ("provider", *provider),
                ("deployment", deployment),
                ("state", state),
            ];
            series(family, &labels, state == breaker_word(*breaker), out);
        }
    }
}

/// The values of `breaker_state`'s label `state`.
const STATES: [&str; 3] = ["closed", "open", "half_open"];

const fn badness(breaker: BreakerState) -> u8 {
    match breaker {
        BreakerState::Closed => 0,
        BreakerState::HalfOpen { .. } => 1,
        BreakerState::Open { .. } => 2,
    }
}

fn head(family: &str, help: &str, worst: &Worst<'_>, out: &mut String) {
    if !worst.is_empty() {
        out.push_str(&format!(
            "# HELP quotah_{family} {help}\n# TYPE quotah_{family} gauge\n"
        ));
    }
}

fn series(family: &str, labels: &[(&str, &str)], is_so: bool, out: &mut String) {
    out.push_str("quotah_");
    out.push_str(family);
    for (place, (name, value)) in labels.iter().enumerate() {
        out.push(if place == 0 { '{' } else { ',' });
        out.push_str(name);
        out.push_str("=\"");
        escape(value, out);
        out.push('"');
    }
    // Writing to a String cannot fail.
    writeln!(out, "}} {}", u8::from(is_so)).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::super::{Metrics, Shown};
    use super::*;
    use crate::standing::tests::standing;

    fn text(standings: &[Standing]) -> String {
        Metrics::new("", "").render(
            0,
            &Shown {
                standings,
                ..Shown::default()
            },
        )
    }

    #[test]
    fn a_state_set_has_one_for_the_state_in_force_and_zero_for_the_others() {
        let text = text(&[
            standing("a", BreakerState::Closed),
            standing("b", BreakerState::Open { until_ms: 9 }),
        ]);
        for line in [
            r#"quotah_provider_healthy{provider="p",deployment="p/a"} 1"#,
            r#"quotah_provider_healthy{provider="p",deployment="p/b"} 0"#,
            r#"quotah_breaker_state{provider="p",deployment="p/a",state="closed"} 1"#,
            r#"quotah_breaker_state{provider="p",deployment="p/b",state="closed"} 0"#,
            r#"quotah_breaker_state{provider="p",deployment="p/b",state="open"} 1"#,
            r#"quotah_breaker_state{provider="p",deployment="p/b",state="half_open"} 0"#,
        ] {
            assert!(text.lines().any(|l| l == line), "no {line} in\n{text}");
        }
    }

    #[test]
    fn of_models_that_nobody_knows_the_worst_is_shown_once() {
        let unknown = |model, breaker| Standing {
            label: "other".to_owned(),
            ..standing(model, breaker)
        };
        let text = text(&[
            unknown("x", BreakerState::Closed),
            unknown("y", BreakerState::HalfOpen { is_probing: false }),
            unknown("z", BreakerState::Closed),
        ]);
        let healthy = r#"quotah_provider_healthy{provider="p",deployment="other"} 0"#;
        assert_eq!(text.matches("quotah_provider_healthy{").count(), 1);
        assert!(text.contains(healthy), "{text}");
    }

    #[test]
    fn a_family_has_at_most_its_share_of_series() {
        let all: Vec<_> = (0..2_003)
            .map(|n| standing(&format!("m{n}"), BreakerState::Closed))
            .collect();
        let text = text(&all);
        let count = |family: &str| text.matches(&format!("\nquotah_{family}{{")).count();
        assert_eq!(count("provider_healthy"), SERIES_MAX);
        assert_eq!(count("breaker_state"), SERIES_MAX / 3 * 3);
    }
}
