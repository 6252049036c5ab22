//! `budget_*`: how budgets stand, taken from their accounts when somebody asks.
//!
//! A budget that has an account for each of many values is shown as their sum; the values are no labels. Dollars are
//! printed exactly.

use std::fmt::Write as _;

use quotah_policy::Money;

use super::cost::escape;
use super::family::{Dropped, SERIES_MAX};

/// How a budget stands, all its accounts together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetSum {
    /// Its id.
    pub budget: std::sync::Arc<str>,
    /// What its windows allow.
    pub limit: Money,
    /// What was spent in them.
    pub spent: Money,
    /// What is set aside for requests under way.
    pub reserved: Money,
    /// When the next window begins, milliseconds since 1970; `None` for one without end.
    pub resets_at_unix_ms: Option<u64>,
}

/// Appends the four families in the text format.
pub(super) fn render(rows: &[BudgetSum], dropped: &Dropped, out: &mut String) {
    for family in FAMILIES {
        let values = rows
            .iter()
            .filter_map(|row| Some((row, (family.value)(row)?)));
        for (place, (row, value)) in values.enumerate() {
            if place >= SERIES_MAX {
                dropped.count(family.name);
                continue;
            }
            let (name, help) = (family.name, family.help);
            // Writing to a String cannot fail.
            if place == 0 {
                writeln!(
                    out,
                    "# HELP quotah_{name} {help}\n# TYPE quotah_{name} gauge"
                )
                .unwrap_or_default();
            }
            write!(out, "quotah_{name}{{budget=\"").unwrap_or_default();
            escape(&row.budget, out);
            writeln!(out, "\"}} {value}").unwrap_or_default();
        }
    }
}

struct Family {
    name: &'static str,
    help: &'static str,
    value: fn(&BudgetSum) -> Option<String>,
}

const FAMILIES: [Family; 4] = [
    Family {
        name: "budget_limit_usd",
        help: "What a budget allows in its window, all its accounts together",
        value: |row| Some(row.limit.to_string()),
    },
    Family {
        name: "budget_spent_usd",
        help: "What was spent of it",
        value: |row| Some(row.spent.to_string()),
    },
    Family {
        name: "budget_reserved_usd",
        help: "What is set aside of it for requests under way",
        value: |row| Some(row.reserved.to_string()),
    },
    Family {
        name: "budget_reset_timestamp_seconds",
        help: "When its next window begins",
        value: |row| {
            let at_ms = row.resets_at_unix_ms?;
            Some(format!("{}.{:03}", at_ms / 1_000, at_ms % 1_000))
        },
    },
];

#[cfg(test)]
mod tests {
    use super::super::{Metrics, Shown};
    use super::*;

    fn shown(budgets: &[BudgetSum]) -> Shown<'_> {
        Shown {
            budgets,
            ..Shown::default()
        }
    }

    fn row(budget: &str) -> BudgetSum {
        BudgetSum {
            budget: budget.into(),
            limit: Money::from_picos(250_000_000_000_000),
            spent: Money::from_picos(1),
            reserved: Money::ZERO,
            resets_at_unix_ms: Some(1_795_219_200_000),
        }
    }

    #[test]
    fn dollars_are_printed_to_the_last_digit_and_windows_without_end_have_none() {
        let endless = BudgetSum {
            resets_at_unix_ms: None,
            ..row("endless")
        };
        let text = Metrics::new("", "").render(0, &shown(&[row("a\"b"), endless]));
        for line in [
            r#"quotah_budget_limit_usd{budget="a\"b"} 250.00"#,
            r#"quotah_budget_spent_usd{budget="endless"} 0.000000000001"#,
            r#"quotah_budget_reserved_usd{budget="endless"} 0.00"#,
            r#"quotah_budget_reset_timestamp_seconds{budget="a\"b"} 1795219200.000"#,
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "no {line} in\n{text}"
            );
        }
        assert!(!text.contains(r#"timestamp_seconds{budget="endless"}"#));
    }

    #[test]
    fn a_family_has_at_most_its_share_of_series() {
        let rows: Vec<_> = (0..=SERIES_MAX).map(|n| row(&n.to_string())).collect();
        let metrics = Metrics::new("", "");
        let text = metrics.render(0, &shown(&rows));
        let is_series = |line: &&str| line.starts_with("quotah_budget_spent_usd{");
        assert_eq!(text.lines().filter(is_series).count(), SERIES_MAX);
        let left_out = r#"quotah_series_dropped_total{metric="budget_spent_usd"} 1"#;
        assert!(metrics.render(0, &Shown::default()).contains(left_out));
    }
}
