//! `provider_ratelimit_*`: what providers said last about their limits, taken from the admin plane's own rows.
//!
//! Several windows and credentials share a label set; the one with the least left is shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::cost::escape;
use super::family::{Dropped, SERIES_MAX};
use crate::headroom::RateLimit;

/// Provider, deployment, kind.
type Labels<'a> = (&'a str, &'a str, &'a str);

/// Appends the three families in the text format.
pub(super) fn render(rows: &[RateLimit], dropped: &Dropped, out: &mut String) {
    let mut tightest: BTreeMap<Labels<'_>, &RateLimit> = BTreeMap::new();
    for row in rows {
        let labels = (
            &*row.whose.provider,
            &*row.deployment_label,
            row.limit.kind.as_str(),
        );
        let held = tightest.entry(labels).or_insert(row);
        if row.left_ten_thousandths() < held.left_ten_thousandths() {
            *held = row;
        }
    }
    for family in FAMILIES {
        let mut shown = 0;
        for ((provider, deployment, kind), row) in &tightest {
            let Some(value) = (family.value)(row) else {
                continue;
            };
            if shown == SERIES_MAX {
                dropped.count(family.name);
                continue;
            }
            if shown == 0 {
                let (name, help) = (family.name, family.help);
                out.push_str(&format!(
                    "# HELP quotah_{name} {help}\n# TYPE quotah_{name} gauge\n"
                ));
            }
            shown += 1;
            let labels = [
                ("provider", provider),
                ("deployment", deployment),
                ("kind", kind),
            ];
            out.push_str("quotah_");
            out.push_str(family.name);
            for (index, (name, value)) in labels.into_iter().enumerate() {
                out.push(if index == 0 { '{' } else { ',' });
                out.push_str(name);
                out.push_str("=\"");
                escape(value, out);
                out.push('"');
            }
            // Writing to a String cannot fail.
            writeln!(out, "}} {value}").unwrap_or_default();
        }
    }
}

struct Family {
    name: &'static str,
    help: &'static str,
    value: fn(&RateLimit) -> Option<String>,
}

const FAMILIES: [Family; 3] = [
    Family {
        name: "provider_ratelimit_limit",
        help: "What a provider allows in a window, by its own word",
        value: |row| Some(row.limit.limit?.to_string()),
    },
    Family {
        name: "provider_ratelimit_remaining",
        help: "What is left of it",
        value: |row| Some(row.limit.remaining?.to_string()),
    },
    Family {
        name: "provider_ratelimit_reset_timestamp_seconds",
        help: "When all of it is back",
        value: |row| {
            let at_ms = row.limit.reset_at_unix_ms?;
            Some(format!("{}.{:03}", at_ms / 1_000, at_ms % 1_000))
        },
    },
];

#[cfg(test)]
mod tests {
    use quotah_adapters::limits::{Limit, LimitKind};

    use super::super::{Metrics, Shown};
    use super::*;
    use crate::headroom::Whose;

    fn shown(rate_limits: &[RateLimit]) -> Shown<'_> {
        Shown {
            rate_limits,
            ..Shown::default()
        }
    }

    fn row(deployment: &str, window_seconds: u32, remaining: u64) -> RateLimit {
        RateLimit {
            whose: Whose {
                provider: "p".into(),
                model: "m".into(),
                credential: "default".into(),
            },
            deployment_label: deployment.to_owned(),
            limit: Limit {
                kind: LimitKind::Tokens,
                window_seconds: Some(window_seconds),
                limit: Some(100),
                remaining: Some(remaining),
                reset_at_unix_ms: Some(1_795_219_200_005),
            },
            seen_at_unix_ms: 1_795_219_200_000,
        }
    }

    #[test]
    fn of_two_windows_the_one_with_the_least_left_is_shown() {
        let rows = [row("p/m", 60, 99), row("p/m", 86_400, 3), row("p/m", 1, 50)];
        let text = Metrics::new("", "").render(0, &shown(&rows));
        let labels = "{provider=\"p\",deployment=\"p/m\",kind=\"tokens\"}";
        for line in [
            format!("quotah_provider_ratelimit_limit{labels} 100"),
            format!("quotah_provider_ratelimit_remaining{labels} 3"),
            format!("quotah_provider_ratelimit_reset_timestamp_seconds{labels} 1795219200.005"),
        ] {
            assert!(text.lines().any(|l| l == line), "no {line} in\n{text}");
        }
    }

    #[test]
    fn a_family_has_at_most_its_share_of_series_and_says_what_it_left_out() {
        let rows: Vec<_> = (0..2_003).map(|n| row(&format!("p/m{n}"), 60, 1)).collect();
        let metrics = Metrics::new("", "");
        let text = metrics.render(0, &shown(&rows));
        let is_series = |line: &&str| line.starts_with("quotah_provider_ratelimit_limit{");
        assert_eq!(text.lines().filter(is_series).count(), SERIES_MAX);
        let left_out = r#"quotah_series_dropped_total{metric="provider_ratelimit_limit"} 3"#;
        assert!(metrics.render(0, &Shown::default()).contains(left_out));
        let text = Metrics::new("", "").render(0, &Shown::default());
        assert!(!text.contains("ratelimit"), "{text}");
    }
}
