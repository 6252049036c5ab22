//! What `/admin/v1/budgets` has beyond other rules: accounts and their money, corrections, raises.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use quotah_policy::Money;
use quotah_policy::budget::Usd;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use super::body::{IfMatch, form, member, members};
use super::page::{self, Page};
use super::rules::{self, change, visible};
use super::store::{AccountFace, Adjustment, At, Kind, Rule};
use super::{Caller, Problem, Shared, blocking};
use crate::ledger::usd;
use crate::time::rfc3339;

/// Paging.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    /// Accounts of a page, 1 to 1000; 50 unless given.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A correction of what was spent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AdjustForm {
    /// The account: its value of `per`; left out where there is one alone.
    #[serde(default)]
    account: String,
    /// Added to what was spent; negative takes away. A decimal, in quotes or not.
    #[schema(value_type = String, example = "-1.50")]
    amount_usd: Usd,
    /// Why, for the audit: 1 to 500 characters.
    reason: String,
}

/// More money for a while.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RaiseForm {
    /// So much more than the limit.
    #[schema(value_type = String, example = "100.00")]
    by_usd: Usd,
    /// Until then: RFC 3339, or a day (its start in UTC).
    #[schema(example = "2026-12-01T00:00:00Z")]
    until: String,
}

/// Adds to a budget's face what its words do not tell: integers beside texts, and how its accounts stand.
pub(super) fn dress(shared: &Shared, rule: &Rule, face: &mut Map<String, Value>) {
    let limit = face.get("limit_usd").and_then(Value::as_str);
    let limit = limit.and_then(|limit| Money::parse_usd(limit).ok());
    face.insert("limit_nanousd".to_owned(), json!(limit.map(Money::nanos)));
    rules::show_moment(face);
    let mut accounts = shared.state.spending.accounts(&rule.id, None, SHOWN + 1);
    let has_more = accounts.len() > SHOWN;
    accounts.truncate(SHOWN);
    let accounts: Vec<Account> = accounts.iter().map(Account::of).collect();
    face.insert("accounts".to_owned(), json!(accounts));
    face.insert("has_more_accounts".to_owned(), has_more.into());
}

/// `/admin/v1/budgets/{id}/accounts`
pub(super) async fn accounts(
    caller: Caller,
    State(shared): State<Shared>,
    Path(id): Path<String>,
    wanted: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(wanted) = page::query(wanted)?;
    let limit = page::limit(wanted.limit)?;
    blocking(move || {
        visible(&shared, Kind::Budget, &caller, &id)?;
        let after = wanted.cursor.as_deref();
        let spending = &shared.state.spending;
        let found = spending.accounts(&id, after, limit.saturating_add(1));
        let found = found.iter().map(Account::of);
        let page = Page::cut(found, after, limit, |account| &account.value);
        Ok(Json(json!(page)))
    })
    .await
}

/// `/admin/v1/budgets/{id}/adjust`
pub(super) async fn adjust(
    caller: Caller,
    State(shared): State<Shared>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    blocking(move || {
        let rule = visible(&shared, Kind::Budget, &caller, &id)?;
        let form: AdjustForm = form(&members(&body)?)?;
        let amount = signed(&form.amount_usd.0)?;
        if !(1..=REASON_CHARS_MAX).contains(&form.reason.chars().count()) {
            return Err(Problem::field("reason", "must be 1 to 500 characters"));
        }
        let adjustment = Adjustment {
            budget: &id,
            account: &form.account,
            amount,
            reason: &form.reason,
        };
        let spending = &shared.state.spending;
        let adjusted = spending.adjust(&caller.actor(), &adjustment);
        adjusted.map_err(|e| Problem::write("account", e))?;
        let noted = json!({
            "account": form.account,
            "amount_usd": usd(amount.picos()),
            "reason": form.reason,
        });
        // The correction stands in the ledger, with who made it; the audit tells of it too.
        let target = format!("budget:{id}");
        let store = &shared.state.store;
        if let Err(error) = store.note(&caller.actor(), "budget.adjust", &target, &noted) {
            tracing::error!(%error, "a correction is not in the audit trail");
        }
        Ok(rules::answer(&shared, Kind::Budget, &rule))
    })
    .await
}

/// `/admin/v1/budgets/{id}/raise`
pub(super) async fn raise(
    caller: Caller,
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    blocking(move || {
        visible(&shared, Kind::Budget, &caller, &id)?;
        let form: RaiseForm = form(&members(&body)?)?;
        let changes = [
            ("raise_usd".to_owned(), member(&form.by_usd)),
            ("raise_until".to_owned(), member(&form.until)),
        ];
        let if_match = IfMatch::of(&headers);
        let at = At { id, if_match };
        let rule = change(&shared, Kind::Budget, &caller, &at, changes.into())?;
        Ok(rules::answer(&shared, Kind::Budget, &rule))
    })
    .await
}

/// An account as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Account {
    /// Its value of `per`; empty where there is one alone.
    value: String,
    /// The limit in force, what was carried over and raised included.
    limit_usd: String,
    limit_nanousd: i64,
    /// Spent in this window.
    spent_usd: String,
    spent_nanousd: i64,
    /// Set aside for requests under way.
    reserved_usd: String,
    reserved_nanousd: i64,
    /// What may still be set aside; negative where more was spent than the limit is now.
    remaining_usd: String,
    remaining_nanousd: i64,
    /// When the window began; `null` where it has no beginning.
    window_start: Option<String>,
    /// When the next begins; `null` where none does.
    resets_at: Option<String>,
}

impl Account {
    pub(super) fn of(account: &AccountFace) -> Self {
        let balance = &account.balance;
        let period = balance.period;
        Self {
            value: account.value.clone(),
            limit_usd: usd(balance.limit.picos()),
            limit_nanousd: balance.limit.nanos(),
            spent_usd: usd(balance.spent.picos()),
            spent_nanousd: balance.spent.nanos(),
            reserved_usd: usd(balance.reserved.picos()),
            reserved_nanousd: balance.reserved.nanos(),
            remaining_usd: usd(balance.room().picos()),
            remaining_nanousd: balance.room().nanos(),
            window_start: (period.start_unix_ms > 0).then(|| rfc3339(period.start_unix_ms)),
            resets_at: period.ends().then(|| rfc3339(period.end_unix_ms)),
        }
    }
}

/// Adds how a key's own budget stands to its words.
pub(super) fn show_standing(account: &AccountFace, face: &mut Map<String, Value>) {
    let Value::Object(standing) = json!(Account::of(account)) else {
        return;
    };
    // The limit is the key's own word; it has one account alone.
    let shown = standing.into_iter();
    let shown = shown.filter(|(name, _)| !name.starts_with("limit_") && name != "value");
    face.extend(shown);
}

/// An amount that may be negative.
fn signed(text: &str) -> Result<Money, Problem> {
    let (digits, is_negative) = match text.strip_prefix('-') {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    let fault = |detail: String| Problem::field("amount_usd", detail);
    let amount = Money::parse_usd(digits).map_err(|e| fault(e.to_string()))?;
    if amount == Money::ZERO || amount.picos() > ADJUST_PICOS_MAX {
        let detail = "must not be zero, and at most a million either way";
        return Err(fault(detail.to_owned()));
    }
    Ok(if is_negative {
        Money::ZERO.saturating_sub(amount)
    } else {
        amount
    })
}

/// Accounts shown with a budget; `/accounts` has all of them.
const SHOWN: usize = 100;

const REASON_CHARS_MAX: usize = 500;

/// A million dollars: the ledger's numbers hold nine of them.
const ADJUST_PICOS_MAX: i128 = 1_000_000 * 1_000_000_000_000;
