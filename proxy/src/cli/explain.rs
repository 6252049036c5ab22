//! `quotah explain`: what would apply to a request of a key, and why, as a running Quotah sees it.

use std::io;

use clap::Args;

use super::output::{Output, Rows};
use super::{Exit, Streams, ask};
use crate::admin::{ExplainedCandidate, ExplainedReservation, Explanation};
use crate::config::{self, Inputs, admin_token};

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// Whose request: a key's id, or `anonymous`
    #[arg(long, value_name = "ID")]
    key: String,
    /// The model, as a client would name it
    #[arg(long, value_name = "NAME")]
    model: String,
    /// The provider that a client would ask for
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// The operation, as `chat`, `messages`, `embeddings` [default: chat]
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
    /// The user that a client would name
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    #[arg(long, default_value = "table")]
    output: Output,
}

pub(super) fn explain(
    asked: &Explain,
    inputs: &Inputs,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    let config = match config::load(inputs) {
        Ok(loaded) => loaded.config,
        Err(errors) => {
            for error in errors {
                writeln!(streams.err, "{error}")?;
            }
            return Ok(Exit::Config);
        }
    };
    // Any token of the whole installation may look.
    let tokens = config.admin.tokens.iter();
    let token = tokens.clone().find(|token| token.team.is_none());
    let token = token.map(|token| token.token.clone());
    let token = token.or_else(|| admin_token::find(&config.data_dir));
    let target = target(asked);
    let answer = match ask::get(&config.admin.listen, &target, token.as_ref()) {
        Ok(answer) => answer,
        Err(error) => {
            writeln!(
                streams.err,
                "error: no answer from the admin plane: {error}"
            )?;
            return Ok(Exit::Failed);
        }
    };
    let explanation = serde_json::from_slice::<Explanation>(&answer.body);
    let (true, Ok(explanation)) = (answer.is_ok(), explanation) else {
        let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let detail = problem["detail"].as_str().unwrap_or(&answer.status_line);
        writeln!(streams.err, "error: {detail}")?;
        return Ok(Exit::Failed);
    };
    rows(&explanation).print(asked.output, &explanation, streams.out)?;
    Ok(Exit::Done)
}

fn target(asked: &Explain) -> String {
    let words = [
        ("key", Some(&asked.key)),
        ("model", Some(&asked.model)),
        ("provider", asked.provider.as_ref()),
        ("operation", asked.operation.as_ref()),
        ("user", asked.user.as_ref()),
    ];
    let words = words.iter().filter_map(|(name, value)| {
        let value = ask::encoded(value.as_ref()?);
        Some(format!("{name}={value}"))
    });
    format!("/admin/v1/explain?{}", words.collect::<Vec<_>>().join("&"))
}

/// A line for each thing that applies: what kind, its name, how it stands, why it applies.
fn rows(explanation: &Explanation) -> Rows {
    let mut rows = vec![verdict(explanation), key(explanation)];
    let key = &explanation.key;
    for (what, verdict) in [
        ("model", &key.may_use_model),
        ("provider", &key.may_use_provider),
        ("operation", &key.may_use_operation),
    ] {
        let may = if verdict.yes {
            "allowed"
        } else {
            "not allowed"
        };
        rows.push(line("may use", what, may, &verdict.because));
    }
    if let Some(route) = &explanation.route {
        let to = format!("{}/{}", route.provider, route.model_sent);
        rows.push(line("route", &route.route, &to, &route.because));
        let choice = route.choice.as_deref().unwrap_or_default();
        rows.extend(route.candidates.iter().map(|of| candidate(of, choice)));
    }
    if let Some(price) = &explanation.price {
        let known = |price: &Option<String>| price.clone().unwrap_or_else(|| "unknown".to_owned());
        let (input, output) = (&price.input_usd_per_mtok, &price.output_usd_per_mtok);
        let stands = format!("{} in, {} out, USD/Mtok", known(input), known(output));
        rows.push(line("price", &price.version, &stands, ""));
    }
    rows.extend(explanation.reservation.as_ref().map(reserves));
    for budget in &explanation.budgets {
        let resets = budget.resets_at.as_deref().unwrap_or("never");
        let stands = format!(
            "{} of {} USD left, {} reserved, {} per {}, resets {resets}",
            budget.remaining_usd, budget.limit_usd, budget.reserved_usd, budget.mode, budget.window
        );
        let name = named(&budget.id, &budget.account);
        let because = budget.refusal.as_ref().unwrap_or(&budget.because);
        rows.push(line("budget", &name, &stands, because));
    }
    for limit in &explanation.limits {
        let left = limit.remaining.map(|left| format!("{left} of "));
        let stands = format!("{}{} {}", left.unwrap_or_default(), limit.limit, limit.what);
        let name = named(&limit.id, &limit.account);
        let because = limit.refusal.as_ref().unwrap_or(&limit.because);
        rows.push(line("limit", &name, &stands, because));
    }
    for guard in &explanation.guards {
        rows.push(line("guard", &guard.id, &guard.does, &guard.because));
    }
    let header = ["what", "name", "how it stands", "because"];
    Rows {
        header: header.map(str::to_owned).to_vec(),
        rows,
        words: header.len(),
    }
}

fn verdict(explanation: &Explanation) -> Vec<String> {
    let (stands, because) = match &explanation.refusal {
        Some(refusal) => ("refused", refusal.as_str()),
        None if explanation.admitted => ("admitted", "nothing stands against it"),
        None => ("refused", ""),
    };
    line("request", "", stands, because)
}

fn key(explanation: &Explanation) -> Vec<String> {
    let key = &explanation.key;
    let whose = [
        ("team", &key.team),
        ("user", &key.user),
        ("project", &key.project),
    ];
    let whose = whose.iter().filter_map(|(name, value)| {
        let value = value.as_ref()?;
        Some(format!("{name} {value}"))
    });
    let whose = whose.collect::<Vec<_>>().join(", ");
    line("key", &key.id, &key.status, &whose)
}

/// A deployment that it might go to; at the one that it would go to, why.
fn candidate(of: &ExplainedCandidate, choice: &str) -> Vec<String> {
    let mut stands = format!("{}, score {}", of.state, of.score);
    if let Some(usd) = &of.expected_usd {
        stands.push_str(&format!(", {usd} USD"));
    }
    if let Some(ms) = of.first_byte_ms {
        stands.push_str(&format!(", {ms} ms to the first byte"));
    }
    if let Some(dialect) = &of.translated_to {
        stands.push_str(&format!(", translated to {dialect}"));
    }
    let because = if of.chosen { choice } else { "" };
    line(
        "candidate",
        &named(&of.deployment, &of.credential),
        &stands,
        because,
    )
}

/// What a typical request sets aside.
fn reserves(held: &ExplainedReservation) -> Vec<String> {
    let capped = held.max_tokens.map(|most| format!(", capped at {most}"));
    let stands = format!(
        "{} USD, at least {}, for {} output tokens{}",
        held.most_usd,
        held.least_usd,
        held.output_tokens,
        capped.unwrap_or_default()
    );
    let because = format!(
        "{} bytes of text, {} output tokens are usual",
        held.prompt_bytes, held.usual_output_tokens
    );
    line("reserves", "", &stands, &because)
}

/// A rule's name, with the account's where it has several.
fn named(id: &str, account: &str) -> String {
    if account.is_empty() {
        return id.to_owned();
    }
    format!("{id} ({account})")
}

fn line(what: &str, name: &str, stands: &str, because: &str) -> Vec<String> {
    [what, name, stands, because].map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::{ExplainedBudget, ExplainedKey};

    #[test]
    fn an_explanation_is_a_line_for_each_thing_that_applies() {
        let explanation = Explanation {
            admitted: true,
            key: ExplainedKey {
                id: "k3v9x0a1b2c4".to_owned(),
                status: "active".to_owned(),
                team: Some("research".to_owned()),
                ..ExplainedKey::default()
            },
            budgets: vec![ExplainedBudget {
                id: "research".to_owned(),
                mode: "hard".to_owned(),
                limit_usd: "250.00".to_owned(),
                remaining_usd: "12.50".to_owned(),
                reserved_usd: "0.00".to_owned(),
                window: "month".to_owned(),
                because: "match team = research".to_owned(),
                ..ExplainedBudget::default()
            }],
            ..Explanation::default()
        };
        let mut out = Vec::new();
        let printed = rows(&explanation).print(Output::Csv, &(), &mut out);
        printed.expect("written");
        let text = String::from_utf8(out).expect("text");
        let wanted = "budget,research,\"12.50 of 250.00 USD left, 0.00 reserved, hard per month, resets never\",\
                      match team = research\n";
        assert!(text.ends_with(wanted), "{text}");
        assert!(
            text.contains("key,k3v9x0a1b2c4,active,team research\n"),
            "{text}"
        );
    }

    #[test]
    fn what_is_asked_is_encoded() {
        assert_eq!(ask::encoded("a b/ü"), "a%20b%2F%C3%BC");
    }
}
