//! `/admin/v1/explain`: what would apply to a request of a key, and why.

mod words;

use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::page;
use super::{Caller, Problem, Shared, blocking};

/// A request that might be made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The key, by its id; `anonymous` for a request without one.
    pub key: String,
    /// The model as a client would name it.
    pub model: String,
    /// The provider that a client would ask for.
    pub provider: Option<String>,
    /// The operation, by its name in the ledger; unless given, the first of `chat`, `messages`, `generate_content`,
    /// `converse` and `embeddings` by which the model can be reached.
    pub operation: Option<String>,
    /// The user that a client would name; the key's own wins.
    pub user: Option<String>,
}

/// What would apply to a request, and why.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// Whether it would be let through now.
    pub admitted: bool,
    /// The first reason against it, in words; `null` when there is none.
    pub refusal: Option<String>,
    /// Whose request it would be.
    pub key: ExplainedKey,
    /// What it would ask for, by its name in the ledger.
    #[schema(example = "chat")]
    pub operation: String,
    /// Where it would go; `null` when nothing has that model.
    pub route: Option<ExplainedRoute>,
    /// What a million tokens would cost there; `null` when no price is known.
    pub price: Option<ExplainedPrice>,
    /// What would be set aside for a typical request; `null` where that is nothing, or no price is known.
    pub reservation: Option<ExplainedReservation>,
    /// Budgets that it would count in.
    pub budgets: Vec<ExplainedBudget>,
    /// Limits that it would count in.
    pub limits: Vec<ExplainedLimit>,
    /// Guards that it would meet.
    pub guards: Vec<ExplainedGuard>,
}

/// Whose request it would be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExplainedKey {
    /// Public id, or `anonymous`.
    #[schema(example = "k3v9x0a1b2c4")]
    pub id: String,
    /// `active`, `rotating`, `expired` or `revoked`.
    #[schema(example = "active")]
    pub status: String,
    /// Whose it is.
    pub team: Option<String>,
    /// Whose it is.
    pub user: Option<String>,
    /// What it is for.
    pub project: Option<String>,
    /// Whether it may use the model, and by which of its patterns.
    pub may_use_model: Verdict,
    /// Whether it may use the provider.
    pub may_use_provider: Verdict,
    /// Whether it may use the operation.
    pub may_use_operation: Verdict,
    /// Networks that its clients may call from; empty means any. They are not looked at here.
    pub networks: Vec<String>,
}

/// Whether something is so, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Verdict {
    /// Whether it is.
    pub yes: bool,
    /// Why, in words.
    #[schema(example = "the key allows `gpt-*`")]
    pub because: String,
}

/// Where a request would go.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExplainedRoute {
    /// The route's name.
    #[schema(example = "fast")]
    pub route: String,
    /// The provider.
    #[schema(example = "openai")]
    pub provider: String,
    /// The model's name there.
    #[schema(example = "gpt-4o-mini")]
    pub model_sent: String,
    /// Why that route.
    #[schema(example = "`[[models]]` has the alias `gpt-4o-mini`")]
    pub because: String,
    /// By what the route chooses; `null` where there is one deployment alone.
    #[schema(example = "cheapest")]
    pub strategy: Option<String>,
    /// Why that deployment; `null` where there is one alone.
    #[schema(
        example = "the cheapest of 2 that could be called; groq/llama-3.1-8b-instant was open"
    )]
    pub choice: Option<String>,
    /// The dialect that the deployment would be asked in, where that is not the client's.
    #[schema(example = "anthropic")]
    pub translated_to: Option<String>,
    /// The route's deployments, at most sixteen; none where there is one alone.
    pub candidates: Vec<ExplainedCandidate>,
}

/// A deployment that a request might go to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExplainedCandidate {
    /// The deployment.
    #[schema(example = "openai/gpt-4o-mini")]
    pub deployment: String,
    /// The name of its credential.
    pub credential: String,
    /// `ready`, `half_open`, or why it cannot be called: `open`, `cooling`, `full`, `not_allowed`, `too_small`, `unsayable`.
    #[schema(example = "ready")]
    pub state: String,
    /// Whether the request would go there.
    pub chosen: bool,
    /// What a balanced route goes by, 0 to 1.
    pub score: f64,
    /// What the request is expected to cost there; `null` when no price is known.
    #[schema(example = "0.0007")]
    pub expected_usd: Option<String>,
    /// How long its answers usually take to begin, milliseconds; `null` before one was measured.
    pub first_byte_ms: Option<u64>,
    /// The dialect that it would be asked in, where that is not the client's: what cannot be said there is refused, or
    /// left out where its row says `lossy`.
    #[schema(example = "anthropic")]
    pub translated_to: Option<String>,
}

/// What a million tokens would cost, dollars.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExplainedPrice {
    /// Input, uncached.
    #[schema(example = "0.15")]
    pub input_usd_per_mtok: Option<String>,
    /// Output.
    #[schema(example = "0.60")]
    pub output_usd_per_mtok: Option<String>,
    /// Version of the price table.
    pub version: String,
}

/// What would be set aside for a typical request: 4 KiB of text, a plain answer, no output cap of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExplainedReservation {
    /// Bytes of its text.
    #[schema(example = 4096)]
    pub prompt_bytes: u64,
    /// Input tokens that it likely has, by what was learned of the key and the model.
    pub input_tokens: u64,
    /// Output tokens that are usual.
    pub usual_output_tokens: u64,
    /// Output tokens that are paid for.
    pub output_tokens: u64,
    /// What its output would be capped at; `null` where neither a hard budget nor a guard does.
    pub max_tokens: Option<u64>,
    /// What is set aside where there is plenty.
    #[schema(example = "0.005")]
    pub most_usd: String,
    /// With less than this left it is refused.
    #[schema(example = "0.0007")]
    pub least_usd: String,
}

/// A budget that a request would count in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExplainedBudget {
    /// Its name.
    #[schema(example = "research")]
    pub id: String,
    /// `hard` or `soft`.
    #[schema(example = "hard")]
    pub mode: String,
    /// The account's value; empty where there is one alone.
    pub account: String,
    /// The limit in force.
    #[schema(example = "250.00")]
    pub limit_usd: String,
    /// Spent in this window.
    pub spent_usd: String,
    /// Set aside for requests under way.
    pub reserved_usd: String,
    /// What may still be set aside.
    pub remaining_usd: String,
    /// `month` and its like.
    pub window: String,
    /// When the next window begins; `null` where none does.
    pub resets_at: Option<String>,
    /// The team that it is for alone: that its `match` names, or its key's.
    pub team: Option<String>,
    /// The conditions that select it.
    #[schema(example = "match team = research")]
    pub because: String,
    /// Why it refuses the request now; `null` where it does not.
    pub refusal: Option<String>,
}

/// A limit that a request would count in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExplainedLimit {
    /// Its name.
    pub id: String,
    /// What is limited: `requests_per_minute`, `tokens_per_minute`, `concurrent`, …
    #[schema(example = "requests_per_minute")]
    pub what: String,
    /// The cell's value; empty where there is one alone.
    pub account: String,
    /// The limit.
    pub limit: u64,
    /// What is left of it now.
    pub remaining: Option<u64>,
    /// The team that it is for alone: that its `match` names, or its key's.
    pub team: Option<String>,
    /// The conditions that select it.
    pub because: String,
    /// Why it refuses the request now; `null` where it does not.
    pub refusal: Option<String>,
}

/// A guard that a request would meet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExplainedGuard {
    /// Its name.
    pub id: String,
    /// What it does, in words.
    #[schema(example = "clamps max_tokens to 4096")]
    pub does: String,
    /// The team that it is for alone: that its `match` names, or its key's.
    pub team: Option<String>,
    /// The conditions that select it.
    pub because: String,
}

pub(super) async fn explain(
    caller: Caller,
    State(shared): State<Shared>,
    question: Result<Query<Question>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Explanation>, Problem> {
    let Query(question) = page::query(question)?;
    blocking(move || {
        let explanation = shared.state.spending.explain(&question);
        let explanation = explanation.map_err(|e| Problem::write("key", e))?;
        if !caller.sees(explanation.key.team.as_deref()) {
            return Err(Problem::unknown("key"));
        }
        Ok(Json(for_team(explanation, &caller)))
    })
    .await
}

/// Without the rules that are not the team's alone: how those stand tells what other teams do.
fn for_team(mut explanation: Explanation, caller: &Caller) -> Explanation {
    let hidden = |team: &Option<String>| !caller.sees(team.as_deref());
    let budgets = explanation.budgets.iter();
    let budgets = budgets.filter(|rule| hidden(&rule.team));
    let limits = explanation.limits.iter().filter(|rule| hidden(&rule.team));
    let words = limits.map(|rule| &rule.refusal);
    let mut words = words.chain(budgets.map(|rule| &rule.refusal));
    // A guard refuses in its own name too.
    let has_guards = explanation.guards.iter().any(|rule| hidden(&rule.team));
    let by_guard = |refusal: &str| has_guards && refusal.starts_with("guard ");
    let is_hidden = explanation.refusal.as_ref().is_some_and(|refusal| {
        by_guard(refusal) || words.any(|word| word.as_ref() == Some(refusal))
    });
    if is_hidden {
        explanation.refusal = Some(OTHERS.to_owned());
    }
    explanation.budgets.retain(|rule| !hidden(&rule.team));
    explanation.limits.retain(|rule| !hidden(&rule.team));
    explanation.guards.retain(|rule| !hidden(&rule.team));
    explanation
}

/// Said instead of the name of a rule that the caller may not know.
const OTHERS: &str = "a rule for more than this team stands against it";
