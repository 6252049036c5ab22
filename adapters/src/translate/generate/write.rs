//! A request as Gemini's deployments are asked it.

mod check;
mod media;
mod settings;

use crate::provider::ProviderKind;
use crate::translate::json::{Items, Json, Members, Spelled};
use crate::translate::request::{Part, Request, Role, Source, ToolCall, ToolResult, Turn};
use crate::translate::{To, Untranslatable};

use super::{signed, words};

/// From this generation on Gemini refuses calls that nobody signed, takes media within functions' responses, and is
/// asked to think by a level (<https://ai.google.dev/gemini-api/docs/gemini-3>, read 2026-11).
const STRICT_GENERATION: u32 = 3;

/// Writes a request.
pub(super) fn write(request: &Request<'_>, to: &To<'_>) -> Result<String, Untranslatable> {
    check::check(request, to)?;
    let writer = Writer {
        request,
        model: to.model,
        generation: words::generation(to.model),
        is_vertex: to.kind == ProviderKind::VERTEX,
    };
    Ok(Json::object(4_096, |json| {
        writer.instructions(json);
        json.array("contents", |contents| writer.contents(contents));
        writer.settings(json);
    }))
}

/// What is written, and for which model.
struct Writer<'w> {
    request: &'w Request<'w>,
    model: &'w str,
    generation: u32,
    is_vertex: bool,
}

impl Writer<'_> {
    /// Instructions, those between turns behind those before them: Gemini has no other place for any.
    fn instructions(&self, json: &mut Members<'_>) {
        let turns = self.request.turns.iter();
        let midway = turns.filter(|turn| turn.role == Role::System);
        let parts = self.request.system.iter();
        let parts = parts.chain(midway.flat_map(|turn| &turn.parts));
        let texts: Vec<_> = parts.filter_map(text_of).collect();
        if texts.is_empty() {
            return;
        }
        json.object("systemInstruction", |json| {
            json.array("parts", |parts| {
                for text in texts {
                    parts.object(|json| json.spelled("text", text));
                }
            });
        });
    }

    /// The turns; those of one speaker that follow each other are one. An answer that is only begun has no place.
    fn contents(&self, contents: &mut Items<'_>) {
        let turns = self.request.turns.iter();
        let mut said: Vec<&Turn<'_>> = turns
            .filter(|turn| turn.role != Role::System && turn.parts.iter().any(is_told))
            .collect();
        while said.last().is_some_and(|last| last.role == Role::Assistant) {
            said.pop();
        }
        for turns in said.chunk_by(|one, next| one.role == next.role) {
            let role = match turns.first() {
                Some(Turn {
                    role: Role::Assistant,
                    ..
                }) => "model",
                _ => "user",
            };
            contents.object(|json| {
                json.text("role", role);
                json.array("parts", |parts| self.parts(turns, parts));
            });
        }
    }

    fn parts(&self, turns: &[&Turn<'_>], parts: &mut Items<'_>) {
        let told = turns.iter().flat_map(|turn| &turn.parts);
        let mut is_first_call = true;
        for part in told.clone().filter(|part| is_told(part)) {
            match part {
                Part::Text { text, .. } | Part::Refusal { text } => {
                    parts.object(|json| json.spelled("text", text));
                }
                Part::Image { source, .. } => media::write(source, None, parts),
                Part::Audio { data, media_type } | Part::Video { data, media_type } => {
                    let source = Source::Data {
                        media_type: media_type.borrowed(),
                        base64: data.borrowed(),
                    };
                    media::write(&source, None, parts);
                }
                Part::File(file) => media::write(&file.source, file.name.as_ref(), parts),
                Part::Thinking { text, signature } => parts.object(|json| {
                    json.spelled("text", text);
                    if !text.is_empty() {
                        json.bool("thought", true);
                    }
                    if let Some(signature) = signature {
                        json.spelled("thoughtSignature", &signed::spelled(signature));
                    }
                }),
                Part::ToolCall(call) => {
                    let is_first = std::mem::take(&mut is_first_call);
                    self.call(call, is_first, parts);
                }
                Part::ToolResult(result) => self.result(result, parts),
                // There is no word for it.
                Part::SearchResult(_) => {}
            }
        }
        if self.generation < STRICT_GENERATION {
            for part in told {
                if let Part::ToolResult(result) = part {
                    media_of(result).for_each(|source| media::write(source, None, parts));
                }
            }
        }
    }

    fn call(&self, call: &ToolCall<'_>, is_first: bool, parts: &mut Items<'_>) {
        parts.object(|json| {
            json.object("functionCall", |json| {
                json.spelled("id", &call.id);
                json.spelled("name", &call.name);
                json.raw("args", &check::arguments(call));
            });
            match &call.signature {
                Some(signature) => json.spelled("thoughtSignature", &signed::spelled(signature)),
                // The first of calls made together is signed.
                None if is_first && self.generation >= STRICT_GENERATION => {
                    json.text("thoughtSignature", signed::FOREIGN);
                }
                None => {}
            }
        });
    }

    fn result(&self, result: &ToolResult<'_>, parts: &mut Items<'_>) {
        let name = result.name.as_ref();
        let name = name.or_else(|| self.request.called(&result.id));
        let has_media = media_of(result).next().is_some();
        parts.object(|json| {
            json.object("functionResponse", |json| {
                json.spelled("id", &result.id);
                if let Some(name) = name {
                    json.spelled("name", name);
                }
                response(result, json);
                if has_media && self.generation >= STRICT_GENERATION {
                    json.array("parts", |parts| {
                        media_of(result).for_each(|source| media::write(source, None, parts));
                    });
                }
            });
        });
    }
}

/// What a function gave back, as the object that it has to be.
fn response(result: &ToolResult<'_>, json: &mut Members<'_>) {
    let mut said = Spelled::default();
    for (at, text) in result.parts.iter().filter_map(text_of).enumerate() {
        if at > 0 {
            said.push(&Spelled::of_plain("\n"));
        }
        said.push(text);
    }
    let plain = said.plain();
    let is_object = !result.is_error
        && plain.trim_start().starts_with('{')
        && crate::translate::json::parse(&plain).is_ok_and(|value| words::is_result(&value));
    if is_object {
        return json.raw("response", &plain);
    }
    let name = if result.is_error { "error" } else { "result" };
    json.object("response", |json| json.spelled(name, &said));
}

/// Images and documents that a function gave back.
fn media_of<'r>(result: &'r ToolResult<'_>) -> impl Iterator<Item = &'r Source<'r>> {
    result.parts.iter().filter_map(|part| match part {
        Part::Image { source, .. } => Some(source),
        Part::File(file) => Some(&file.source),
        _ => None,
    })
}

fn text_of<'p, 'a>(part: &'p Part<'a>) -> Option<&'p Spelled<'a>> {
    match part {
        Part::Text { text, .. } | Part::Refusal { text } if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// Gemini refuses texts with nothing in them.
fn is_told(part: &Part<'_>) -> bool {
    match part {
        Part::Text { text, .. } | Part::Refusal { text } => !text.is_empty(),
        Part::Thinking { text, signature } => !text.is_empty() || signature.is_some(),
        _ => true,
    }
}
