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
