//! `[[budgets]]`, and the money in `[key_defaults]`.

use std::collections::BTreeMap;

use quotah_policy::budget::{Budget, BudgetForm, Mode, Usd};
use quotah_policy::{Dimension, OwnBudget};

use super::super::Warning;
use super::super::policy::{self, retain_days_needed};
use super::super::problem::Problem;
use super::super::resolved::{LedgerSettings, Server};
use super::super::section::Section;
use super::select::{Known, per, selects};

/// The budgets in the order of the file.
pub(super) fn budgets(
    root: &Section<'_>,
    known: &Known<'_>,
    (server, ledger): (&Server, &LedgerSettings),
    warnings: &mut Vec<Warning>,
) -> Vec<Budget> {
    let mut budgets: Vec<Budget> = Vec::new();
    for row in root.tables("budgets", "[[budgets]]") {
        if let Some(budget) = budget(&row, known) {
            if budgets.iter().any(|b| b.id == budget.id) {
                let problem = Problem::Twice {
                    what: "budget",
                    name: budget.id.to_string(),
                };
                row.problems().at(row.place_of("id"), problem);
            }
            is_kept(&row, &budget, ledger);
            warnings.extend(warning(&budget, server, ledger));
            budgets.push(budget);
        }
        row.end();
    }
    budgets
}

/// What every key gets that is made without a budget of its own.
pub(super) fn of_keys(section: &Section<'_>, ledger: &LedgerSettings) -> OwnBudget {
    let form = BudgetForm {
        id: "default".to_owned(),
        ..money(section)
    };
    if let Some(budget) = read(section, form.clone()) {
        is_kept(section, &budget, ledger);
    }
    form.into()
}

fn budget(row: &Section<'_>, known: &Known<'_>) -> Option<Budget> {
    let id = row.required("id", "").filter(|at| {
        let is_free = !at.value.starts_with(RESERVED);
        if !is_free {
            let expected = "a name that does not begin with `key:`, which keys' own budgets do";
            row.invalid::<()>("id", &at.place, expected);
        }
        is_free
    });
    let form = BudgetForm {
        id: id.as_ref().map_or("none", |at| at.value).to_owned(),
        selects: selects(row, "`match` in [[budgets]]", known),
        per: per(row, known),
        raise_usd: row.decimal("raise_usd").map(|at| Usd(at.value.to_owned())),
        raise_until_unix_ms: row.moment("raise_until"),
        ..money(row)
    };
    let budget = read(row, form);
    id.and(budget)
}

/// What a budget and a key's own have in common.
fn money(row: &Section<'_>) -> BudgetForm {
    let limit = row.decimal("limit_usd");
    if !row.is_present("limit_usd") {
        row.missing("limit_usd", ": dollars, such as \"250.00\"");
    }
    let word = |key, default: &str| {
        let text = row.text(key).map(|at| at.value);
        text.unwrap_or(default).to_owned()
    };
    let alerts = row.decimals("alert_at");
    let alerts = alerts.unwrap_or_else(|| ALERT_AT.to_vec()).into_iter();
    BudgetForm {
        id: String::new(),
        selects: BTreeMap::new(),
        per: None,
        limit_usd: Usd(limit.map_or("0", |at| at.value).to_owned()),
        window: word("window", "month"),
        timezone: word("timezone", "UTC"),
        mode: word("mode", "hard"),
        alert_at: alerts.map(|part| Usd(part.to_owned())).collect(),
        carry_over: row.boolean("carry_over").unwrap_or(false),
        raise_usd: None,
        raise_until_unix_ms: None,
    }
}

/// The budget that `form` means. Each word that means nothing is told in its place; then one that does takes it, so
/// that the next is told too.
fn read(row: &Section<'_>, mut form: BudgetForm) -> Option<Budget> {
    let good = BudgetForm {
        id: "none".to_owned(),
        limit_usd: Usd("0".to_owned()),
        window: "month".to_owned(),
        timezone: "UTC".to_owned(),
        mode: "hard".to_owned(),
        ..BudgetForm::default()
    };
    for _ in 0..FIELDS {
        let fault = match form.read() {
            Ok(budget) => return Some(budget),
            Err(fault) => fault,
        };
        match fault.field() {
            "id" => form.id.clone_from(&good.id),
            "limit_usd" => form.limit_usd = good.limit_usd.clone(),
            "window" => form.window.clone_from(&good.window),
            "timezone" => form.timezone.clone_from(&good.timezone),
            "mode" => form.mode.clone_from(&good.mode),
            "alert_at" => form.alert_at = Vec::new(),
            "per" => form.per = None,
            "match" => form.selects = BTreeMap::new(),
            _ => (form.raise_usd, form.raise_until_unix_ms) = (None, None),
        }
        row.problems().at(row.place_of(fault.field()), fault);
    }
    None
}

/// What the ledger has forgotten cannot count: a budget that is longer would begin anew at a restart.
fn is_kept(row: &Section<'_>, budget: &Budget, ledger: &LedgerSettings) {
    let Some(kept) = ledger.retain_age else {
        return;
    };
    if !policy::is_kept(budget, kept) {
        let problem = Problem::Forgotten {
            window: budget.window.as_str(),
            needed: retain_days_needed(budget),
            kept: kept.as_secs() / SECONDS_PER_DAY,
        };
        row.problems().at(row.place_of("window"), problem);
    }
}

fn warning(budget: &Budget, server: &Server, ledger: &LedgerSettings) -> Option<Warning> {
    let name = || budget.id.to_string();
    let of_keys = |(dimension, _): &(Dimension, _)| {
        use Dimension::{Key, Model, Project, Provider, Tag, Team, User};
        match dimension {
            Key | User | Team | Project | Tag(_) => true,
            Model | Provider => false,
        }
    };
    let mut conditions = budget.selector.conditions().iter();
    if budget.mode == Mode::Hard && !server.require_key && conditions.any(of_keys) {
        return Some(Warning::Avoidable { budget: name() });
    }
    let by_size = ledger.retain_bytes.is_some();
    by_size.then(|| Warning::ForgottenBySize { budget: name() })
}

/// How the budgets of keys are named.
const RESERVED: &str = "key:";

/// When to tell, unless it is said.
const ALERT_AT: [&str; 4] = ["0.5", "0.8", "0.95", "1.0"];

/// As many as a form has: each is mended at most once.
const FIELDS: usize = 11;

const SECONDS_PER_DAY: u64 = 86_400;
