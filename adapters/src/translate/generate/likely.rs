//! How likely the tokens of an answer were, as Gemini tells it: those that were said in one list, the likeliest for each
//! of their places in another (google-genai 3.4, `LogprobsResult`, read 2026-11).

use crate::translate::generate::proto::Proto;
use crate::translate::json::{Items, Members, Value};
use crate::translate::likelihood::{Likelihood, Token};

/// What a candidate, whole or a piece of a stream, tells. A token's number in the vocabulary says nothing elsewhere.
pub(super) fn read<'a>(candidate: Proto<'_, 'a>) -> Vec<Token<'a>> {
    let Some(told) = candidate.object("logprobsResult") else {
        return Vec::new();
    };
    let mut places = told.items("topCandidates").iter();
    let said = told.items("chosenCandidates").iter();
    let tokens = said.filter_map(|said| {
        let place = places.next().and_then(Proto::of);
        let others = place.map(|place| place.items("candidates"));
        Some(Token {
            said: likelihood(said)?,
            others: others
                .unwrap_or_default()
                .iter()
                .filter_map(likelihood)
                .collect(),
        })
    });
    tokens.collect()
}

fn likelihood<'a>(candidate: &Value<'a>) -> Option<Likelihood<'a>> {
    let candidate = Proto::of(candidate)?;
    let logarithm = match candidate.get("logProbability")? {
        Value::Number(digits) => *digits,
        // What JSON has no number for, protobuf writes as a text.
        Value::String(word) if word.is("-Infinity") => NEVER,
        _ => return None,
    };
    Some(Likelihood {
        token: candidate.text("token")?.clone(),
        logarithm: logarithm.into(),
        bytes: None,
    })
}

/// What OpenAI tells of a token that is hardly ever said (documented at
/// <https://platform.openai.com/docs/api-reference/chat/object>, read 2026-11).
const NEVER: &str = "-9999.0";

/// Writes it, if there is anything.
pub(super) fn write(tokens: &[Token<'_>], json: &mut Members<'_>) {
    if tokens.is_empty() {
        return;
    }
    json.object("logprobsResult", |json| {
        if tokens.iter().any(|token| !token.others.is_empty()) {
            json.array("topCandidates", |places| {
                for token in tokens {
                    places.object(|json| {
                        json.array("candidates", |items| {
                            token.others.iter().for_each(|other| one(other, items));
                        });
                    });
                }
            });
        }
        json.array("chosenCandidates", |items| {
            tokens.iter().for_each(|token| one(&token.said, items));
        });
    });
}

fn one(likelihood: &Likelihood<'_>, items: &mut Items<'_>) {
    items.object(|json| {
        json.spelled("token", &likelihood.token);
        json.raw("logProbability", &likelihood.logarithm);
    });
}
