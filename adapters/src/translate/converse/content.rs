//! What is said: messages and the blocks that they are made of.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::media::{Names, audio_format, document_format, image_format, video_format};
use super::tools::{cache_point, call_id};
use crate::translate::Untranslatable;
use crate::translate::json::{Items, Members, Spelled};
use crate::translate::parts::arguments;
use crate::translate::request::{
    File, Part, Role, SearchResult, Source, ToolCall, ToolResult, Turn,
};
use crate::translate::signature::Signature;

/// What is said, and the first of it that cannot be.
#[derive(Debug, Default)]
pub(super) struct Content {
    names: Names,
    pub(super) fault: Option<Untranslatable>,
}

impl Content {
    pub(super) fn system(&mut self, items: &mut Items<'_>, parts: &[Part<'_>]) {
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

    /// Turns of one role are one message, since roles have to alternate. A turn of which nothing has a place is left
    /// out; not so the last of the user's, which is what shall be answered.
    pub(super) fn messages(&mut self, items: &mut Items<'_>, turns: &[Turn<'_>]) {
        let mut messages: Vec<(Role, Vec<&Part<'_>>)> = Vec::with_capacity(turns.len());
        for turn in turns {
            let parts = turn.parts.iter().filter(|part| has_a_place(part));
            let parts: Vec<&Part<'_>> = parts.collect();
            match messages.last_mut() {
                _ if parts.is_empty() => {}
                Some((role, said)) if *role == turn.role => said.extend(parts),
                _ => messages.push((turn.role, parts)),
            }
        }
        let unsaid =
            |last: &&Turn<'_>| last.role == Role::User && !last.parts.iter().any(has_a_place);
        if turns.last().filter(unsaid).is_some() {
            self.cannot("messages", "nothing of the last turn can be said there");
        }
        for (role, parts) in messages {
            self.message(items, role, &parts);
        }
    }

    fn message(&mut self, items: &mut Items<'_>, role: Role, parts: &[&Part<'_>]) {
        let role = match role {
            Role::Assistant => "assistant",
            Role::System => "system",
            Role::User => "user",
        };
        // The service refuses empty texts; dialects have them beside calls. Where there is nothing else, it shall say so.
        let is_blank = |part: &Part<'_>| matches!(part, Part::Text { text, .. } if text.is_empty());
        let all_blank = parts.iter().all(|part| is_blank(part));
        items.object(|json| {
            json.text("role", role);
            json.array("content", |items| {
                parts
                    .iter()
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
            Part::Video { data, media_type } => self.video(items, data, media_type),
            Part::SearchResult(found) => {
                search_result(items, found);
                cache_point(items, found.cache);
            }
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

    fn video(&mut self, items: &mut Items<'_>, data: &Spelled<'_>, media_type: &Spelled<'_>) {
        match video_format(&media_type.plain()) {
            Some(format) => items.object(|json| bytes(json, "video", format, data)),
            None => self.cannot("", "video of this format is not taken there"),
        }
    }

    fn file(&mut self, items: &mut Items<'_>, file: &File<'_>) {
        let format = match &file.source {
            Source::Url { .. } | Source::OpenAi(_) => return,
            Source::Text(_) => Some("txt"),
            Source::Pieces(_) => None,
            Source::Data { media_type, .. } => {
                let Some(format) = document_format(&media_type.plain()) else {
                    return self.cannot("", "documents of this format are not taken there");
                };
                Some(format)
            }
        };
        let asked = file.name.as_ref().map(Spelled::plain);
        let name = self.names.next(asked.as_deref());
        items.object(|json| {
            json.object("document", |json| {
                if let Some(format) = format {
                    json.text("format", format);
                }
                json.text("name", name);
                json.object("source", |json| source(json, file));
                if let Some(context) = &file.context {
                    json.spelled("context", context);
                }
                citations(json, file.cites);
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
            Part::SearchResult(found) => found.cache,
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
                            Part::SearchResult(found) => search_result(items, found),
                            Part::Video { data, media_type } => self.video(items, data, media_type),
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

/// Whether there is a way to say a part there.
const fn has_a_place(part: &Part<'_>) -> bool {
    match part {
        Part::Image { source, .. } => matches!(source, Source::Data { .. }),
        Part::File(file) => !matches!(file.source, Source::Url { .. } | Source::OpenAi(_)),
        _ => true,
    }
}

fn source(json: &mut Members<'_>, file: &File<'_>) {
    match &file.source {
        // Text and its pieces are for models that cite; bytes are for all.
        Source::Text(text) if file.cites => json.spelled("text", text),
        Source::Text(text) => json.text("bytes", &STANDARD.encode(text.plain().as_bytes())),
        Source::Pieces(told) => json.array("content", |items| pieces(items, told)),
        Source::Data { base64, .. } => json.spelled("bytes", base64),
        Source::Url { .. } | Source::OpenAi(_) => {}
    }
}

fn search_result(items: &mut Items<'_>, found: &SearchResult<'_>) {
    items.object(|json| {
        json.object("searchResult", |json| {
            json.spelled("source", &found.source);
            json.spelled("title", &found.title);
            json.array("content", |items| pieces(items, &found.pieces));
            citations(json, found.cites);
        });
    });
}

fn pieces(items: &mut Items<'_>, pieces: &[Spelled<'_>]) {
    for piece in pieces {
        items.object(|json| json.spelled("text", piece));
    }
}

fn citations(json: &mut Members<'_>, cites: bool) {
    if cites {
        json.object("citations", |json| json.bool("enabled", true));
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
