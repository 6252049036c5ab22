//! What would become of a request: the line's own stages, asked and not walked.
//!
//! A look opens no account, enters no limit, sets nothing aside and writes nothing.

mod look;
mod typical;

use std::sync::Arc;

use quotah_adapters::{Dialect, Operation};
use quotah_policy::budget::{Balance, Budget};
use quotah_policy::guard::Guard;
use quotah_policy::limit::{CellStanding, Limit};
use quotah_policy::{Expected, KeyStatus, Money, Price};

use super::choose::{self, Asking, Order, Trip, Weighing};
use super::identify::Identity;
use super::quote::{Lot, Quote, asked, beside, tier};
use super::refuse::Refusal;
use super::settle::asked_units;
use crate::clock;
use crate::config::Config;
use crate::ledger::{Decision, Entry, LedgerHealth, Tag};
use crate::state::{Snapshot, State};

pub(crate) use typical::{PROMPT_BYTES, operation};

/// A request that might be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    /// The id of its key, or `anonymous`.
    pub(crate) key: &'a str,
    /// As its client would name it.
    pub(crate) model: &'a str,
    /// As its client would name it.
    pub(crate) provider: Option<&'a str>,
    /// As its client would name it; the key's own wins.
    pub(crate) user: Option<&'a str>,
    /// Without one, the first that the model can be reached by.
    pub(crate) operation: Option<Operation>,
}

/// What would become of it.
#[derive(Debug)]
pub(crate) struct Preview {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) identity: Arc<Identity>,
    pub(crate) status: KeyStatus,
    pub(crate) operation: Operation,
    /// Where it would go; for a key that may not, where it would go if it might use everything.
    pub(crate) order: Option<Order>,
    /// The dialect that it would be asked in there, where that is not the client's.
    pub(crate) translated_to: Option<Dialect>,
    /// Why there, where there is a choice.
    pub(crate) decision: Option<Decision>,
    /// Why it is refused whatever rules there are.
    pub(crate) refusal: Option<String>,
    pub(crate) price: Option<Price>,
    pub(crate) guards: Vec<Arc<Guard>>,
    pub(crate) limits: Vec<LimitSeen>,
    pub(crate) budgets: Vec<BudgetSeen>,
    /// What would be set aside for it; none where it costs nothing, or nobody knows what.
    pub(crate) held: Option<Held>,
}

/// A limit that it would count in.
#[derive(Debug)]
pub(crate) struct LimitSeen {
    pub(crate) limit: Arc<Limit>,
    pub(crate) standing: CellStanding,
    /// Why it is refused by it.
    pub(crate) refusal: Option<String>,
}

/// A budget that it would count in.
#[derive(Debug)]
pub(crate) struct BudgetSeen {
    pub(crate) budget: Arc<Budget>,
    pub(crate) account: Box<str>,
    pub(crate) balance: Balance,
    /// Whether it knows what the ledger knows.
    is_counted: bool,
    /// Why it is refused by it.
    pub(crate) refusal: Option<String>,
}

/// What would be set aside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    pub(crate) expected: Expected,
    /// All that is set aside while there is plenty.
    pub(crate) most: Money,
    /// Less than this is not worth sending it for.
    pub(crate) least: Money,
    /// What its output would be capped at.
    pub(crate) output_cap: Option<u64>,
}

/// Looks at what would become of a request; `None` without such a key.
pub(crate) fn preview(state: &State, wish: Wish<'_>) -> Option<Preview> {
    let snapshot = state.snapshot();
    let identity = snapshot.keys.identity(wish.key)?;
    let now_unix_ms = clock::unix_ms();
    let status = status(state, &identity, now_unix_ms);
    let (target, facts) = typical::request(&snapshot, wish);
    let mut entry = described(&identity, wish, now_unix_ms);
    let asking = Asking {
        snapshot: &snapshot,
        target: &target,
        facts: &facts,
        identity: &identity,
        entry: &entry,
        wished: wish.provider,
    };
    let (order, decision, refused) = sight(&asking, wish.model, now_unix_ms);
    let way = order.as_ref().and_then(|order| {
        let form = order.route.translated(|| target.form())?;
        order.route.deployments.get(order.place)?.way(form)
    });
    let translated_to = way.map(|way| way.to.dialect());
    let mut refusal = no_entry(&snapshot, &identity, status);
    refusal = refusal.or_else(|| Some(refused?.message().to_owned()));
    if let Some(order) = &order {
        entry.model_sent = order.model_sent.to_string();
        entry.provider = order.upstream.config.name.to_string();
    }

    let in_force = state.policy.in_force();
    let guards = look::guards(&in_force, &identity, &entry);
    let (caps, refused) = look::caps(&guards, &facts);
    refusal = refusal.or(refused);
    let config = &snapshot.config;
    let mut request = asked(&target, &facts);
    request.output_cap = request.output_cap.into_iter().chain(caps).min();
    let expected = state.policy.expect(&entry, request, config);
    let is_metered = target.operation.is_metered() && !target.operation.is_fetch();

    let lot = lot(&entry, order.as_ref(), config);
    let beside = beside(&target, &facts, asked_units(target.operation, &facts));
    let quote = Quote::at(&lot, expected, beside, tier(&facts)).filter(|_| is_metered);
    let now_ns = clock::ns_since(state.started);
    let tokens = expected.input_likely.saturating_add(expected.output_least);
    let tokens = if is_metered { tokens } else { 0 };
    let limits = look::limits(&in_force, &identity, &entry, (tokens, now_ns));
    let mut budgets = look::budgets(&in_force, &identity, &entry, now_unix_ms);
    if is_metered {
        let ask = quote.map(|quote| quote.ask());
        let is_failing = matches!(state.ledger.status().health, LedgerHealth::Failing { .. });
        look::judge(&mut budgets, ask, &entry.model_sent, is_failing);
    }
    let is_held = budgets.iter().any(BudgetSeen::is_held);
    let held = quote.map(|quote| Held::of(&quote, caps, is_held));
    Some(Preview {
        price: lot.price().cloned(),
        operation: target.operation,
        snapshot,
        identity,
        status,
        translated_to,
        order,
        decision,
        refusal,
        guards,
        limits,
        budgets,
        held,
    })
}

impl Held {
    /// What is set aside by a quote. Output is capped by guards, and at what is paid for where a hard budget holds.
    fn of(quote: &Quote, by_guards: Option<u64>, is_held: bool) -> Self {
        let ask = quote.ask();
        let paid_for = quote.expected.cap_for(quote.output(ask.most));
        let caps = paid_for.filter(|_| is_held).into_iter().chain(by_guards);
        Self {
            expected: quote.expected,
            most: ask.most,
            least: ask.least,
            output_cap: caps.min(),
        }
    }
}

/// Where it would go and why, or why it would not. Where it would go is worth telling whatever its key may use.
fn sight(
    own: &Asking<'_>,
    model: &str,
    now_unix_ms: u64,
) -> (Option<Order>, Option<Decision>, Option<Refusal>) {
    let (found, refused) = match chosen(own, now_unix_ms) {
        Ok(found) => (Some(found), None),
        Err(refused) => {
            let anybody = Identity::default();
            let identity = &anybody;
            let found = chosen(&Asking { identity, ..*own }, now_unix_ms);
            (found.ok(), Some(refused))
        }
    };
    let (order, weighing) = found.unzip();
    let decision = weighing.flatten().map(|of| of.decision(model));
    (order, decision, refused)
}

/// Where it would go if it were made now.
fn chosen(
    asking: &Asking<'_>,
    now_unix_ms: u64,
) -> Result<(Order, Option<Box<Weighing>>), Refusal> {
    let lead = choose::lead(asking)?;
    let trip = Trip::new(lead, asking, 0);
    let picked = choose::pick(asking, &trip, now_unix_ms);
    picked.map_err(|why| choose::no_deployment(asking, &trip, why, now_unix_ms))
}

fn lot<'a>(entry: &'a Entry, order: Option<&Order>, config: &'a Config) -> Lot<'a> {
    Lot {
        entry,
        provider_kind: order.map_or("", |order| order.upstream.config.kind.as_str()),
        prices: &config.price_table,
    }
}

/// How a key is now. What is no key is always valid.
fn status(state: &State, identity: &Identity, now_unix_ms: u64) -> KeyStatus {
    if let Some(held) = state.registry.key(&identity.key) {
        return held.record.status(now_unix_ms);
    }
    let expired = identity
        .expires_at_unix_ms
        .is_some_and(|at| at <= now_unix_ms);
    if expired {
        KeyStatus::Expired
    } else {
        KeyStatus::Active
    }
}

/// Why such a key is not let in. Its callers are not told so much.
fn no_entry(snapshot: &Snapshot, identity: &Identity, status: KeyStatus) -> Option<String> {
    match status {
        KeyStatus::Revoked => Some("the key is revoked".to_owned()),
        KeyStatus::Expired => Some("the key has expired".to_owned()),
        KeyStatus::Active | KeyStatus::Rotating => {
            let needs_key = !identity.is_virtual && snapshot.config.server.require_key;
            needs_key.then(|| "`server.require_key` lets nobody in without a key".to_owned())
        }
    }
}

/// The request in the ledger's words.
fn described(identity: &Identity, wish: Wish<'_>, now_unix_ms: u64) -> Entry {
    let text = |value: &Option<Arc<str>>| value.as_deref().unwrap_or_default().to_owned();
    let mut tags: Vec<Tag> = identity
        .tags
        .iter()
        .map(|(name, value)| Tag {
            name: name.clone(),
            value: value.clone(),
        })
        .collect();
    tags.sort_by(|a, b| a.name.cmp(&b.name));
    let project = tags.iter().find(|tag| tag.name == "project");
    let project = project.map(|tag| tag.value.clone());
    let project = identity.project.as_deref().map(str::to_owned).or(project);
    let user = identity.user.as_deref().or(wish.user);
    Entry {
        at_unix_ms: now_unix_ms,
        key: identity.key.to_string(),
        team: text(&identity.team),
        user: user.unwrap_or_default().to_owned(),
        project: project.unwrap_or_default(),
        tags,
        model_asked: wish.model.to_owned(),
        ..Entry::default()
    }
}
