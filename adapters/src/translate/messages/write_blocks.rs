//! Blocks of a request to an Anthropic deployment.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::arguments::arguments;
use super::super::json::{Items, Members, Spelled};
use super::super::request::{CacheMark, File, Part, SearchResult, Source, ToolCall, ToolResult};
use super::super::signature::Signature;
use super::{ids, turns};

/// Writes a block.
pub(super) fn block(items: &mut Items<'_>, part: &Part<'_>) {
    match part {
        Part::Text { text, cache, .. } => items.object(|json| {
            json.text("type", "text");
            json.spelled("text", text);
            cache_control(json, *cache);
        }),
        Part::Refusal { text } => items.object(|json| {
            json.text("type", "text");
            json.spelled("text", text);
        }),
        Part::Image { source, cache, .. } => items.object(|json| {
            json.text("type", "image");
            write_source(json, source);
            cache_control(json, *cache);
        }),
        Part::File(file) => document(items, file),
        Part::Thinking { text, signature } => {
            if let Some(signature) = signature {
                thought(items, text, signature);
            }
        }
        Part::ToolCall(call) => tool_use(items, call),
        Part::ToolResult(result) => tool_result(items, result),
        Part::SearchResult(found) => search_result(items, found),
        Part::Audio { .. } | Part::Video { .. } => {}
    }
}

/// Writes a mark.
pub(super) fn cache_control(json: &mut Members<'_>, mark: Option<CacheMark>) {
    let Some(mark) = mark else { return };
    json.object("cache_control", |json| {
        json.text("type", "ephemeral");
        if mark == CacheMark::Hour {
            json.text("ttl", "1h");
        }
    });
}

fn thought(items: &mut Items<'_>, text: &Spelled<'_>, signature: &Signature<'_>) {
    items.object(|json| {
        if signature.is_whole {
            json.text("type", "redacted_thinking");
            json.spelled("data", &signature.data);
        } else {
            json.text("type", "thinking");
            json.spelled("thinking", text);
            json.spelled("signature", &signature.data);
        }
    });
}

fn tool_use(items: &mut Items<'_>, call: &ToolCall<'_>) {
    items.object(|json| {
        json.text("type", "tool_use");
        json.spelled("id", &ids::worn(&call.id));
        json.spelled("name", &call.name);
        let input = arguments(&call.input);
        json.raw("input", input.as_deref().unwrap_or("{}"));
        cache_control(json, call.cache);
    });
}

fn tool_result(items: &mut Items<'_>, result: &ToolResult<'_>) {
    items.object(|json| {
        json.text("type", "tool_result");
        json.spelled("tool_use_id", &ids::worn(&result.id));
        let told = || {
            result
                .parts
                .iter()
                .filter(|part| turns::says_something(part))
        };
        if told().next().is_some() {
            json.array("content", |items| {
                told().for_each(|part| block(items, part));
            });
        }
        if result.is_error {
            json.bool("is_error", true);
        }
        cache_control(json, result.cache);
    });
}

/// A document, or an image that came as a file.
fn document(items: &mut Items<'_>, file: &File<'_>) {
    let is_image = match &file.source {
        Source::Data { media_type, .. } | Source::Url { media_type, .. } => {
            media_type.raw().starts_with("image")
        }
        Source::Text(_) | Source::Pieces(_) | Source::OpenAi(_) => false,
    };
    items.object(|json| {
        json.text("type", if is_image { "image" } else { "document" });
        match plain_text(&file.source) {
            Some(text) => write_source(json, &Source::Text(text)),
            None => write_source(json, &file.source),
        }
        if let Some(name) = file.name.as_ref().filter(|_| !is_image) {
            json.spelled("title", name);
        }
        if let Some(context) = &file.context {
            json.spelled("context", context);
        }
        citations(json, file.cites);
        cache_control(json, file.cache);
    });
}

fn search_result(items: &mut Items<'_>, found: &SearchResult<'_>) {
    items.object(|json| {
        json.text("type", "search_result");
        json.spelled("source", &found.source);
        json.spelled("title", &found.title);
        json.array("content", |items| pieces(items, &found.pieces));
        citations(json, found.cites);
        cache_control(json, found.cache);
    });
}

fn pieces(items: &mut Items<'_>, pieces: &[Spelled<'_>]) {
    for piece in pieces {
        items.object(|json| {
            json.text("type", "text");
            json.spelled("text", piece);
        });
    }
}

fn citations(json: &mut Members<'_>, cites: bool) {
    if cites {
        json.object("citations", |json| json.bool("enabled", true));
    }
}

/// What a text file says: Anthropic takes such as text, and only PDFs as base64.
fn plain_text(source: &Source<'_>) -> Option<Spelled<'static>> {
    let Source::Data { media_type, base64 } = source else {
        return None;
    };
    let is_text = media_type.plain().starts_with("text/") || media_type.is("application/json");
    let bytes = STANDARD.decode(base64.plain().as_bytes()).ok();
    let text = String::from_utf8(bytes.filter(|_| is_text)?).ok()?;
    Some(Spelled::of_owned(&text))
}

fn write_source(json: &mut Members<'_>, source: &Source<'_>) {
    json.object("source", |json| match source {
        Source::Data { media_type, base64 } => {
            json.text("type", "base64");
            json.spelled("media_type", media_type);
            json.spelled("data", base64);
        }
        Source::Url { url, .. } => {
            json.text("type", "url");
            json.spelled("url", url);
        }
        Source::Text(text) => {
            json.text("type", "text");
            json.text("media_type", "text/plain");
            json.spelled("data", text);
        }
        Source::Pieces(told) => {
            json.text("type", "content");
            json.array("content", |items| pieces(items, told));
        }
        // Left out before, and so in the next ones.
        Source::OpenAi(_) => {}
    });
}
