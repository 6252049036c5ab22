//! What is seen of a request that might be made, in words.

use quotah_policy::guard::{Action, Bound, Guard};
use quotah_policy::{Class, Dimension, Pattern, Selector};

use super::{
    ExplainedBudget, ExplainedCandidate, ExplainedGuard, ExplainedKey, ExplainedLimit,
    ExplainedPrice, ExplainedReservation, ExplainedRoute, Explanation, Verdict,
};
use crate::config::resolved::Config;
use crate::gateway::choose::Order;
use crate::gateway::identify::Identity;
use crate::gateway::preview::{BudgetSeen, Held, LimitSeen, PROMPT_BYTES, Preview, Wish};
use crate::ledger::{Decision, Weighed, share, usd};
use crate::policy::OWN_PREFIX;
use crate::time::rfc3339;

impl Explanation {
    /// What was seen, in words.
    pub(in crate::admin) fn of(seen: &Preview, wish: Wish<'_>) -> Self {
        let team = seen.identity.team.as_deref();
        let limits = seen.limits.iter().map(|limit| &limit.refusal);
        let budgets = seen.budgets.iter().map(|budget| &budget.refusal);
        let mut refusals = std::iter::once(&seen.refusal).chain(limits).chain(budgets);
        let refusal = refusals.find_map(Clone::clone);
        let order = seen.order.as_ref();
        let config = &seen.snapshot.config;
        let price = seen.price.as_ref();
        let price = price.map(|price| {
            let rate = |class| Some(price.standard().get(class)?.usd_for(class).to_string());
            ExplainedPrice {
                input_usd_per_mtok: rate(Class::Input),
                output_usd_per_mtok: rate(Class::Output),
                version: config.price_table.version().to_owned(),
            }
        });
        Self {
            admitted: refusal.is_none(),
            refusal,
            key: key(seen, wish),
            operation: seen.operation.as_str().to_owned(),
            route: order.map(|order| route(order, seen, wish)),
            price,
            reservation: seen.held.map(reservation),
            budgets: seen.budgets.iter().map(|seen| budget(seen, team)).collect(),
            limits: seen
                .limits
                .iter()
                .flat_map(|seen| limit(seen, team))
                .collect(),
            guards: seen.guards.iter().map(|seen| guard(seen, team)).collect(),
        }
    }
}

fn key(seen: &Preview, wish: Wish<'_>) -> ExplainedKey {
    let identity = &*seen.identity;
    let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().map(str::to_owned);
    let provider = seen.order.as_ref().map(|order| &order.upstream.config.name);
    ExplainedKey {
        id: identity.key.to_string(),
        status: seen.status.as_str().to_owned(),
        team: text(&identity.team),
        user: text(&identity.user),
        project: text(&identity.project),
        may_use_model: model_verdict(identity, wish.model),
        may_use_provider: provider.map_or_else(Verdict::default, |provider| {
            listed(
                identity.may_use_provider(provider),
                &identity.providers,
                provider,
            )
        }),
        may_use_operation: listed(
            identity.may_use_operation(seen.operation.as_str()),
            &identity.operations,
            seen.operation.as_str(),
        ),
        networks: identity.networks.to_texts(),
    }
}

fn model_verdict(identity: &Identity, model: &str) -> Verdict {
    let mut patterns = identity.models.iter();
    let by = patterns.find(|pattern| pattern.matches(model));
    let texts: Vec<String> = identity
        .models
        .iter()
        .map(|p| p.as_str().to_owned())
        .collect();
    let name = by.map_or(model, Pattern::as_str);
    listed(identity.may_use_model(model), &texts, name)
}

/// Whether something is on a list of what is allowed, and why.
fn listed(yes: bool, allowed: &[String], name: &str) -> Verdict {
    let because = match (yes, allowed) {
        (true, []) => "the key allows all".to_owned(),
        (true, _) => format!("the key allows `{name}`"),
        (false, _) => format!("the key allows only `{}`", allowed.join("`, `")),
    };
    Verdict { yes, because }
}

fn route(order: &Order, seen: &Preview, wish: Wish<'_>) -> ExplainedRoute {
    let provider = &order.upstream.config;
    let decision = seen.decision.as_ref();
    let candidates = decision.map(|decision| decision.candidates.iter().map(candidate).collect());
    ExplainedRoute {
        route: order.route.name.to_string(),
        provider: provider.name.to_string(),
        model_sent: order.model_sent.to_string(),
        because: why(order, &seen.snapshot.config, wish),
        strategy: decision.map(|decision| decision.strategy.clone()),
        choice: decision.map(Decision::because),
        translated_to: seen
            .translated_to
            .map(|dialect| dialect.as_str().to_owned()),
        candidates: candidates.unwrap_or_default(),
    }
}

fn candidate(weighed: &Weighed) -> ExplainedCandidate {
    ExplainedCandidate {
        deployment: weighed.deployment.clone(),
        credential: weighed.credential.clone(),
        state: weighed.state.clone(),
        chosen: weighed.chosen,
        score: share(weighed.score),
        expected_usd: weighed.expected_picousd.map(|pico| usd(pico.into())),
        first_byte_ms: weighed.first_byte_us.map(|us| us / 1_000),
        translated_to: Some(weighed.translated_to.clone()).filter(|to| !to.is_empty()),
    }
}

fn why(order: &Order, config: &Config, wish: Wish<'_>) -> String {
    let provider = &order.upstream.config;
    let name = &provider.name;
    if wish.provider.is_some() {
        return format!("the client asks for the provider `{name}`");
    }
    let mut rows = config.models.iter();
    if let Some(row) = rows.find(|row| *row.name == *order.route.name) {
        if row.name == wish.model {
            return format!("`[[models]]` names `{}`", row.name);
        }
        let mut names = std::iter::once(&row.name).chain(&row.aliases);
        let by = names.find(|name| Pattern::new(name).matches(wish.model));
        let by = by.map_or("", |by| by);
        return format!("`{by}` of the `[[models]]` row `{}` matches", row.name);
    }
    if wish
        .model
        .split_once('/')
        .is_some_and(|(first, _)| *first == **name)
    {
        return format!("the model's name begins with the provider `{name}`");
    }
    let now = crate::clock::unix_seconds();
    let prices = &config.price_table;
    let has = |of: &str| prices.find(of, wish.model, now).is_some();
    if has(name) || has(provider.kind.as_str()) {
        return format!("the price table has the model at `{name}`");
    }
    format!(
        "no row names the model, and no price table has it: `{name}` is the first that may know"
    )
}

fn reservation(held: Held) -> ExplainedReservation {
    ExplainedReservation {
        prompt_bytes: PROMPT_BYTES as u64,
        input_tokens: held.expected.input_likely,
        usual_output_tokens: held.expected.output_least,
        output_tokens: held.expected.output_hold,
        max_tokens: held.output_cap,
        most_usd: usd(held.most.picos()),
        least_usd: usd(held.least.picos()),
    }
}

fn budget(seen: &BudgetSeen, team: Option<&str>) -> ExplainedBudget {
    let (rule, balance) = (&seen.budget, &seen.balance);
    ExplainedBudget {
        id: rule.id.to_string(),
        mode: rule.mode.as_str().to_owned(),
        account: seen.account.to_string(),
        limit_usd: usd(balance.limit.picos()),
        spent_usd: usd(balance.spent.picos()),
        reserved_usd: usd(balance.reserved.picos()),
        remaining_usd: usd(balance.room().picos()),
        window: rule.window.as_str().to_owned(),
        resets_at: balance
            .period
            .ends()
            .then(|| rfc3339(balance.period.end_unix_ms)),
        team: team_of(&rule.id, &rule.selector, team),
        because: because(&rule.id, &rule.selector),
        refusal: seen.refusal.clone(),
    }
}

/// A line for each figure of a limit.
fn limit(seen: &LimitSeen, team: Option<&str>) -> impl Iterator<Item = ExplainedLimit> {
    let (rule, standing) = (&seen.limit, &seen.standing);
    standing
        .marks
        .iter()
        .map(move |(measure, mark)| ExplainedLimit {
            id: rule.id.to_string(),
            what: measure.as_str().to_owned(),
            account: standing.value.to_string(),
            limit: mark.limit,
            remaining: Some(mark.remaining),
            team: team_of(&rule.id, &rule.selector, team),
            because: because(&rule.id, &rule.selector),
            refusal: seen.refusal.clone(),
        })
}

fn guard(rule: &Guard, team: Option<&str>) -> ExplainedGuard {
    ExplainedGuard {
        id: rule.id.to_string(),
        does: does(rule),
        team: team_of(&rule.id, &rule.selector, team),
        because: because(&rule.id, &rule.selector),
    }
}

/// What a guard does: `clamps max_tokens to 4096, refuses images`.
fn does(rule: &Guard) -> String {
    let mut words = Vec::new();
    words.extend(bound("max_tokens", rule.max_tokens));
    words.extend(bound("n", rule.answers));
    words.extend(bound("reasoning_effort", rule.effort));
    words.extend(bound("reasoning_tokens", rule.reasoning_tokens));
    words.extend(rule.deny.names().map(|name| format!("refuses {name}")));
    let bytes = rule.body_bytes_max;
    words.extend(bytes.map(|bytes| format!("refuses bodies over {bytes} bytes")));
    words.join(", ")
}

fn bound<T: ToString>(name: &str, bound: Option<Bound<T>>) -> Option<String> {
    let Bound { max, action } = bound?;
    let max = max.to_string();
    Some(match action {
        Action::Clamp => format!("clamps {name} to {max}"),
        Action::Refuse => format!("refuses {name} over {max}"),
    })
}

/// The team that a rule is for alone: that it selects, or its key's.
fn team_of(id: &str, selector: &Selector, of_key: Option<&str>) -> Option<String> {
    if id.starts_with(OWN_PREFIX) {
        return of_key.map(str::to_owned);
    }
    let team = selector.on(&Dimension::Team)?;
    team.is_exact().then(|| team.as_str().to_owned())
}

fn because(id: &str, selector: &Selector) -> String {
    if id.starts_with(OWN_PREFIX) {
        return "the key's own".to_owned();
    }
    let conditions = selector.conditions().iter();
    let conditions: Vec<String> = conditions
        .map(|(dimension, pattern)| format!("{dimension} = {}", pattern.as_str()))
        .collect();
    if conditions.is_empty() {
        return "matches every request".to_owned();
    }
    format!("match {}", conditions.join(", "))
}

#[cfg(test)]
mod tests {
    use quotah_policy::guard::GuardForm;

    use super::*;

    #[test]
    fn a_guard_says_what_it_does_and_for_whom() {
        let form = r#"{"id":"short","match":{"team":"research"},"max_tokens":4096,
            "max_tokens_action":"clamp","n":1,"deny":["images"],"body_bytes_max":9}"#;
        let form: GuardForm = serde_json::from_str(form).expect("words");
        let told = guard(&form.read().expect("a guard"), None);
        let does = "clamps max_tokens to 4096, refuses n over 1, refuses images, refuses bodies over 9 bytes";
        assert_eq!(told.does, does);
        assert_eq!(told.because, "match team = research");
        assert_eq!(told.team.as_deref(), Some("research"));
        let own = GuardForm::own("k3v9x0a1b2c4", &serde_json::json!({ "max_tokens": 1 }));
        let told = guard(&own.expect("a guard"), Some("sales"));
        assert_eq!(
            (told.because.as_str(), told.team.as_deref()),
            ("the key's own", Some("sales"))
        );
    }
}
