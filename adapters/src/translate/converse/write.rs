//! Requests.

use super::content::Content;
use super::model::Maker;
use super::tools::config;
use crate::translate::claude::schema::closed;
use crate::translate::claude::{self, Chance, at_most_one};
use crate::translate::feature::{Feature, Features};
use crate::translate::json::{Json, Members, parse};
use crate::translate::request::{Format, Request, Role, Tier};
use crate::translate::{To, Untranslatable};

/// Writes a request. The model stands in the path, and so does whether it is a stream.
pub(super) fn write(request: &Request<'_>, to: &To<'_>) -> Result<String, Untranslatable> {
    let maker = Maker::of(to.model);
    let takes_midway = maker.claude().is_none_or(|model| model.takes_system_midway);
    if !takes_midway && request.turns.iter().any(|turn| turn.role == Role::System) {
        let why = "this model takes instructions before the first turn only";
        return Err(Untranslatable::at("messages", why));
    }
    let mut content = Content::default();
    let mut settings = Ok(());
    let json = Json::object(4_096, |json| {
        if !request.system.is_empty() {
            json.array("system", |items| content.system(items, &request.system));
        }
        json.array("messages", |items| content.messages(items, &request.turns));
        inference(json, request, maker);
        settings = config(json, request).and_then(|()| of_the_model(json, request, maker));
        books(json, request);
    });
    settings?;
    content.fault.map_or(Ok(json), Err)
}

fn inference(json: &mut Members<'_>, request: &Request<'_>, maker: Maker) {
    let sampling = chance(request, maker);
    let settings = [
        ("temperature", sampling.temperature),
        ("topP", sampling.top_p),
    ];
    let is_said = settings.iter().any(|(_, said)| said.is_some())
        || request.output_max.is_some()
        || !request.stop.is_empty();
    if !is_said {
        return;
    }
    json.object("inferenceConfig", |json| {
        if let Some(max) = request.output_max {
            json.number("maxTokens", max);
        }
        for (name, said) in settings {
            if let Some(said) = said {
                json.raw(name, said);
            }
        }
        if !request.stop.is_empty() {
            json.array("stopSequences", |items| {
                request.stop.iter().for_each(|stop| items.spelled(stop));
            });
        }
    });
}

/// How chance is used, as far as the model takes it.
fn chance<'a>(request: &Request<'a>, maker: Maker) -> Chance<'a> {
    match maker.claude() {
        Some(model) => Chance::of(request, model),
        None => Chance {
            temperature: request.sampling.temperature.map(at_most_one),
            top_p: request.sampling.top_p,
            top_k: request.sampling.top_k,
        },
    }
}

/// What this model is not told, or not as it was said.
pub(super) fn left_out(request: &Request<'_>, to: &To<'_>) -> Features {
    let maker = Maker::of(to.model);
    if let Some(model) = maker.claude() {
        return claude::left_out(request, model);
    }
    let mut left_out = Features::default();
    if chance(request, maker).temperature != request.sampling.temperature {
        left_out.add(Feature::Temperature);
    }
    let reasoning = request.reasoning.unwrap_or_default();
    if reasoning.asks_to_think() && !maker.hears_of_thinking() {
        reasoning
            .features()
            .for_each(|feature| left_out.add(feature));
    }
    left_out
}

/// What each maker has its own words for, and how the answer looks, which has room for effort too.
fn of_the_model(
    json: &mut Members<'_>,
    request: &Request<'_>,
    maker: Maker,
) -> Result<(), Untranslatable> {
    let mut effort = Ok(None);
    let mut top_k = Ok(());
    let fields = Json::object(128, |json| {
        effort = maker.reasoning(json, request);
        if let Some(k) = chance(request, maker).top_k {
            top_k = maker.top_k(json, k);
        }
    });
    top_k?;
    if fields != "{}" {
        json.raw("additionalModelRequestFields", &fields);
    }
    if maker.claude().is_some() && !request.stop.is_empty() {
        // Otherwise an answer does not tell at which text it ended.
        json.array("additionalModelResponseFieldPaths", |items| {
            items.text("/stop_sequence");
        });
    }
    output(json, request.format.as_ref(), effort?);
    Ok(())
}

fn output(json: &mut Members<'_>, format: Option<&Format<'_>>, effort: Option<&str>) {
    let schema = match format {
        Some(Format::Schema {
            name,
            description,
            schema,
            ..
        }) => Some((name, description, schema)),
        Some(Format::Json) | None => None,
    };
    if schema.is_none() && effort.is_none() {
        return;
    }
    json.object("outputConfig", |json| {
        if let Some((name, description, schema)) = schema {
            json.object("textFormat", |json| {
                json.text("type", "json_schema");
                json.object("structure", |json| {
                    json.object("jsonSchema", |json| {
                        json.text("schema", &closed(schema));
                        if let Some(name) = name {
                            json.spelled("name", name);
                        }
                        if let Some(description) = description {
                            json.spelled("description", description);
                        }
                    });
                });
            });
        }
        if let Some(effort) = effort {
            json.text("effort", effort);
        }
    });
}

fn books(json: &mut Members<'_>, request: &Request<'_>) {
    let tier = match request.service_tier {
        None | Some(Tier::Auto) => None,
        Some(Tier::Standard) => Some("default"),
        Some(Tier::Priority) => Some("priority"),
        Some(Tier::Flex) => Some("flex"),
    };
    if let Some(tier) = tier {
        json.object("serviceTier", |json| json.text("type", tier));
    }
    let metadata = request.metadata.and_then(|text| parse(text).ok());
    let notes = metadata.as_ref().and_then(|notes| notes.as_object());
    if notes.is_none_or(|notes| notes.members.is_empty()) && request.end_user().is_none() {
        return;
    }
    json.object("requestMetadata", |json| {
        for (name, note) in notes.into_iter().flat_map(|notes| &notes.members) {
            let note = match note.as_text() {
                Some(text) => noted(&text.plain()),
                None => noted(&note.raw()),
            };
            json.text(&noted(&name.plain()), &note);
        }
        if let Some(user) = request.end_user() {
            json.text("user", &noted(&user.plain()));
        }
    });
}

/// With the letters that `requestMetadata` may have (`RequestMetadataValueString`), at most 256.
fn noted(text: &str) -> String {
    let may_be = |char: &char| {
        char.is_ascii_alphanumeric() || char.is_ascii_whitespace() || ":_@$#=/+,-.".contains(*char)
    };
    let letters = text
        .chars()
        .map(|char| if may_be(&char) { char } else { '_' });
    letters.take(256).collect()
}

#[cfg(test)]
mod tests;
