//! Requests.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::media::{Names, audio_format, document_format, image_format};
use super::model::Maker;
use super::tools::{cache_point, call_id, config};
use crate::translate::claude::schema::closed;
use crate::translate::claude::{self, Chance, at_most_one};
use crate::translate::feature::{Feature, Features};
use crate::translate::json::{Items, Json, Members, Spelled, parse};
use crate::translate::parts::arguments;
use crate::translate::request::{
    File, Format, Part, Request, Role, Source, Tier, ToolCall, ToolResult, Turn,
};
use crate::translate::signature::Signature;
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
        json.array("messages", |items| {
            // Roles have to alternate.
            let turns = request.turns.chunk_by(|one, next| one.role == next.role);
            turns.for_each(|turns| content.message(items, turns));
        });
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
    if notes.is_none_or(|notes| notes.members.is_empty()) && request.user.is_none() {
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
        if let Some(user) = &request.user {
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

/// What is said, and the first of it that cannot be.
#[derive(Default)]
struct Content {
    names: Names,
    fault: Option<Untranslatable>,
}

impl Content {
    fn system(&mut self, items: &mut Items<'_>, parts: &[Part<'_>]) {
        for part in parts {
            match part {
                Part::Text { text, cache, .. } => {
                    if !text.is_empty() {
                        items.object(|json| json.spelled("text", text));
                    }
                    cache_point(items, *cache);
                }
                _ => self.cannot("system", "has something other than text"),
            }
        }
    }

    /// Turns of one role are one message.
    fn message(&mut self, items: &mut Items<'_>, turns: &[Turn<'_>]) {
        let role = match turns.first().map(|turn| turn.role) {
            Some(Role::Assistant) => "assistant",
            Some(Role::System) => "system",
            Some(Role::User) | None => "user",
        };
        let parts = || turns.iter().flat_map(|turn| &turn.parts);
        // The service refuses empty texts; dialects have them beside calls. Where there is nothing else, it shall say so.
        let is_blank = |part: &Part<'_>| matches!(part, Part::Text { text, .. } if text.is_empty());
        let all_blank = parts().all(is_blank);
        if parts().next().is_none() {
            return;
        }
        items.object(|json| {
            json.text("role", role);
            json.array("content", |items| {
                parts()
                    .filter(|part| all_blank || !is_blank(part))
                    .for_each(|part| self.part(items, part));
            });
        });
    }

    fn part(&mut self, items: &mut Items<'_>, part: &Part<'_>) {
        match part {
            Part::Text { text, cache, .. } => {
                items.object(|json| json.spelled("text", text));
                cache_point(items, *cache);
            }
            Part::Refusal { text } => items.object(|json| json.spelled("text", text)),
            Part::Thinking { text, signature } => thought(items, text, signature.as_ref()),
            Part::ToolCall(call) => self.call(items, call),
            Part::ToolResult(result) => self.result(items, result),
            Part::Image { source, cache, .. } => {
                self.image(items, source);
                cache_point(items, *cache);
            }
            Part::File(file) => {
                self.file(items, file);
                cache_point(items, file.cache);
            }
            Part::Audio { data, media_type } => match audio_format(&media_type.plain()) {
                Some(format) => items.object(|json| bytes(json, "audio", format, data)),
                None => self.cannot("", "sound of this format is not taken there"),
            },
        }
    }

    fn image(&mut self, items: &mut Items<'_>, source: &Source<'_>) {
        let Source::Data { media_type, base64 } = source else {
            return;
        };
        match image_format(&media_type.plain()) {
            Some(format) => items.object(|json| bytes(json, "image", format, base64)),
            None => self.cannot("", "images of this format are not taken there"),
        }
    }

    fn file(&mut self, items: &mut Items<'_>, file: &File<'_>) {
        let (format, base64) = match &file.source {
            Source::Url { .. } => return,
            // `source.text` is for models that cite; bytes are for all.
            Source::Text(text) => {
                let encoded = STANDARD.encode(text.plain().as_bytes());
                (Some("txt"), Spelled::of_owned(&encoded))
            }
            Source::Data { media_type, base64 } => {
                (document_format(&media_type.plain()), base64.borrowed())
            }
        };
        let Some(format) = format else {
            return self.cannot("", "documents of this format are not taken there");
        };
        let asked = file.name.as_ref().map(Spelled::plain);
        let name = self.names.next(asked.as_deref());
        items.object(|json| {
            json.object("document", |json| {
                json.text("format", format);
                json.text("name", name);
                json.object("source", |json| json.spelled("bytes", &base64));
            });
        });
    }

    fn call(&mut self, items: &mut Items<'_>, call: &ToolCall<'_>) {
        match arguments(&call.input) {
            Ok(input) => items.object(|json| {
                json.object("toolUse", |json| {
                    json.text("toolUseId", &call_id(&call.id));
                    json.spelled("name", &call.name);
                    json.raw("input", &input);
                });
            }),
            Err(fault) => {
                self.fault.get_or_insert(fault);
            }
        }
        cache_point(items, call.cache);
    }

    fn result(&mut self, items: &mut Items<'_>, result: &ToolResult<'_>) {
        // A result has no marks inside: what it holds is cached up to its end.
        let inside = result.parts.iter().find_map(|part| match part {
            Part::Text { cache, .. } | Part::Image { cache, .. } => *cache,
            Part::File(file) => file.cache,
            _ => None,
        });
        items.object(|json| {
            json.object("toolResult", |json| {
                json.text("toolUseId", &call_id(&result.id));
                json.array("content", |items| {
                    for part in &result.parts {
                        match part {
                            Part::Text { text, .. } | Part::Refusal { text } => {
                                items.object(|json| json.spelled("text", text));
                            }
                            Part::Image { source, .. } => self.image(items, source),
                            Part::File(file) => self.file(items, file),
                            _ => self.cannot("", "a tool's result holds what has no place there"),
                        }
                    }
                });
                // Not every model takes a status, and success is what is meant without one.
                if result.is_error {
                    json.text("status", "error");
                }
            });
        });
        cache_point(items, result.cache.or(inside));
    }

    fn cannot(&mut self, place: &str, why: &'static str) {
        self.fault
            .get_or_insert_with(|| Untranslatable::at(place, why));
    }
}

fn bytes(json: &mut Members<'_>, kind: &str, format: &str, base64: &Spelled<'_>) {
    json.object(kind, |json| {
        json.text("format", format);
        json.object("source", |json| json.spelled("bytes", base64));
    });
}

fn thought(items: &mut Items<'_>, text: &Spelled<'_>, signature: Option<&Signature<'_>>) {
    items.object(|json| {
        json.object("reasoningContent", |json| match signature {
            Some(signed) if signed.is_whole => json.spelled("redactedContent", &signed.data),
            signed => json.object("reasoningText", |json| {
                json.spelled("text", text);
                if let Some(signed) = signed {
                    json.spelled("signature", &signed.data);
                }
            }),
        });
    });
}

#[cfg(test)]
mod tests;
