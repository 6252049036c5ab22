//! Rankings: documents in the order in which they answer a query.
//!
//! Cohere's `/v2/rerank` (documented at <https://docs.cohere.com/reference/rerank>, recorded in fixtures/cohere) and the
//! `/v1/rerank` of vLLM, Jina, Voyage and `OpenRouter`, which took after its version 1 (documented at
//! <https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html>, recorded in fixtures/openrouter; both read
//! 2026-11).

#[cfg(test)]
mod tests;

use quotah_policy::{Unit, Usage};

use super::embed::write_id;
use crate::translate::feature::{Fate, Feature};
use crate::translate::form::Form;
use crate::translate::json::{Json, Members, Spelled, Value};
use crate::translate::shape::{Field, Seen, Shape};
use crate::translate::{AnswerFault, Caller, To, Untranslatable};

/// A request for a ranking.
#[derive(Debug)]
pub(super) struct Rank<'a> {
    query: Spelled<'a>,
    documents: Vec<Spelled<'a>>,
    /// How many come back, as it was written.
    top: Option<&'a str>,
    /// How much of a document counts, as it was written.
    tokens_max: Option<&'a str>,
}

/// What a request may say.
pub(super) const fn shape(form: Form) -> Option<&'static Shape> {
    match form {
        Form::CohereRerank => Some(&COHERE),
        Form::Rerank => Some(&COMMON),
        _ => None,
    }
}

static COHERE: Shape = Shape::Object(&[
    Field::plain("model"),
    Field::plain("query"),
    Field::plain("documents"),
    Field::asks("top_n", Feature::RankTop, "2"),
    Field::asks("max_tokens_per_doc", Feature::RankTokensMax, "4096"),
    Field::asks("priority", Feature::Placement, "1").idle(&["0"]),
]);

static COMMON: Shape = Shape::Object(&[
    Field::plain("model"),
    Field::plain("query"),
    // Objects with more than a text are noted where it is read.
    Field::plain("documents"),
    Field::asks("top_n", Feature::RankTop, "2"),
    Field::asks("top_k", Feature::RankTop, "2"),
    Field::asks("return_documents", Feature::RankDocuments, "true").idle(&["false"]),
    Field::asks("max_tokens_per_doc", Feature::RankTokensMax, "4096"),
    Field::asks("truncation", Feature::Truncation, "false").idle(&["true"]),
    Field::asks("user", Feature::User, "\"user-1\""),
]);

/// What becomes of a feature there. Those that are about turns are lost: no request for a ranking has them.
pub(super) const fn fate(form: Form, feature: Feature) -> Fate {
    match (feature, form) {
        (Feature::RankTop, _) | (Feature::RankTokensMax, Form::CohereRerank) => Fate::Carried,
        (Feature::User, _) => Fate::Needless("only the provider's watch for abuse would read it"),
        _ => Fate::Lost,
    }
}

/// Reads a request.
pub(super) fn read<'v>(
    form: Form,
    value: &'v Value<'_>,
    seen: &mut Seen,
) -> Result<Rank<'v>, Untranslatable> {
    let request = value
        .as_object()
        .ok_or_else(|| Untranslatable::at("", "not an object"))?;
    let missing =
        |name: &str| Untranslatable::at(name, "missing, or of another kind than it has to be");
    let query = request.text("query").ok_or_else(|| missing("query"))?;
    let Some(Value::Array(documents)) = request.get("documents") else {
        return Err(missing("documents"));
    };
    let mut texts = Vec::with_capacity(documents.items.len());
    for (at, document) in documents.items.iter().enumerate() {
        let (text, is_all) = match document {
            Value::String(text) => (Some(text), true),
            Value::Object(object) => (object.text("text"), object.members.len() == 1),
            _ => (None, false),
        };
        if text.is_none() || !is_all {
            seen.note(Feature::RankObjects, || format!("documents[{at}]"));
        }
        texts.push(text.map(Spelled::borrowed).unwrap_or_default());
    }
    let top = request.number("top_n");
    Ok(Rank {
        query: query.borrowed(),
        documents: texts,
        top: match form {
            Form::Rerank => top.or_else(|| request.number("top_k")),
            _ => top,
        },
        tokens_max: request.number("max_tokens_per_doc"),
    })
}

/// A request as the deployment is asked it.
pub(super) fn request(
    from: Form,
    value: &Value<'_>,
    to: &To<'_>,
) -> Result<String, Untranslatable> {
    let mut seen = Seen::default();
    let rank = read(from, value, &mut seen)?;
    // Without their texts the others would be counted wrong.
    if rank.documents.iter().any(Spelled::is_empty) && seen.features.has(Feature::RankObjects) {
        let place = seen.places.into_iter().next().map(|(_, place)| place);
        return Err(Untranslatable::at(
            place.unwrap_or_default(),
            "a document without a text",
        ));
    }
    Ok(Json::object(256, |json| {
        json.text("model", to.model);
        json.spelled("query", &rank.query);
        json.array("documents", |items| {
            rank.documents.iter().for_each(|text| items.spelled(text));
        });
        if let Some(top) = rank.top {
            json.raw("top_n", top);
        }
        if let (Form::CohereRerank, Some(tokens_max)) = (to.form, rank.tokens_max) {
            json.raw("max_tokens_per_doc", tokens_max);
        }
    }))
}

/// An answer as the caller gets it.
pub(super) fn answer(
    caller: &Caller,
    _: Form,
    value: &Value<'_>,
    usage: Option<&Usage>,
) -> Result<String, AnswerFault> {
    let answer = value.as_object().ok_or(AnswerFault::Unreadable)?;
    // Voyage calls them `data`.
    let results = answer.get("results").or_else(|| answer.get("data"));
    let Some(Value::Array(results)) = results else {
        return Err(AnswerFault::Unreadable);
    };
    let mut ranks = Vec::with_capacity(results.items.len());
    for result in &results.items {
        let result = result.as_object().ok_or(AnswerFault::Unreadable)?;
        let (index, score) = (result.u64("index"), result.number("relevance_score"));
        ranks.push(index.zip(score).ok_or(AnswerFault::Unreadable)?);
    }
    let id = answer.text("id").map(Spelled::borrowed).unwrap_or_default();
    Ok(Json::object(256, |json| {
        write_id(&id, caller, json);
        if caller.form == Form::Rerank {
            match answer.text("model") {
                Some(model) => json.spelled("model", model),
                None => json.text("model", &caller.model),
            }
        }
        json.array("results", |items| {
            for (index, score) in ranks {
                items.object(|json| {
                    json.number("index", index);
                    json.raw("relevance_score", score);
                });
            }
        });
        write_usage(caller.form, usage, json);
    }))
}

/// Billed by what is searched, or by tokens.
fn write_usage(form: Form, usage: Option<&Usage>, json: &mut Members<'_>) {
    let counts = |tokens: &'static str, json: &mut Members<'_>| {
        let Some(usage) = usage else { return };
        let searches = usage.units.get(Unit::SearchUnits);
        if searches > 0 {
            json.number("search_units", searches);
        }
        if searches == 0 || usage.input_tokens > 0 {
            json.number(tokens, usage.input_tokens);
        }
    };
    match form {
        Form::CohereRerank => json.object("meta", |json| {
            json.object("api_version", |json| json.text("version", "2"));
            if usage.is_some() {
                json.object("billed_units", |json| counts("input_tokens", json));
            }
        }),
        _ if usage.is_some() => json.object("usage", |json| counts("total_tokens", json)),
        _ => {}
    }
}
