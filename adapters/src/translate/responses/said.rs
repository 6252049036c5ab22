//! What was said, as the items of a request.

use crate::translate::ToolIds;
use crate::translate::caching;
use crate::translate::json::{Items, Members, Spelled};
use crate::translate::request::{
    CacheMark, Citation, File, Part, Request, Role, Source, ToolCall, ToolResult, UNNAMED,
};

use super::thought;

/// The conversation.
pub(super) fn turns(items: &mut Items<'_>, request: &Request<'_>) {
    // The last turn, if it is the assistant's, is not continued here: it is lost.
    let is_prefill = request.turns.last().is_some_and(|turn| {
        turn.role == Role::Assistant && turn.parts.iter().all(|part| !is_call(part))
    });
    let custom = request.custom_calls();
    let turns = request.turns.iter();
    let count = request.turns.len().saturating_sub(usize::from(is_prefill));
    for turn in turns.take(count) {
        let mut said: Vec<&Part<'_>> = Vec::new();
        for (at, part) in turn.parts.iter().enumerate() {
            let rest = turn.parts.get(at.saturating_add(1)..).unwrap_or_default();
            match part {
                Part::Text { .. } | Part::Image { .. } | Part::File(_) | Part::Refusal { .. } => {
                    said.push(part);
                    continue;
                }
                // It has no place there, and its leaving parts no message in two.
                Part::Audio { .. } => continue,
                _ => message(items, turn.role, &std::mem::take(&mut said)),
            }
            match part {
                Part::ToolCall(made) => call(items, made),
                Part::ToolResult(given) => result(items, given, custom.contains(&given.id)),
                // An item of thought is refused without the item that it led to (recorded, openai/responses-400-5).
                Part::Thinking { .. } if rest.iter().any(is_led_to) => thinking(items, part),
                _ => {}
            }
        }
        message(items, turn.role, &said);
    }
}

const fn is_call(part: &Part<'_>) -> bool {
    matches!(part, Part::ToolCall(_))
}

/// What a thought may lead to.
const fn is_led_to(part: &Part<'_>) -> bool {
    matches!(
        part,
        Part::Text { .. } | Part::Refusal { .. } | Part::ToolCall(_)
    )
}

/// What somebody says at once, if anything.
pub(super) fn message(items: &mut Items<'_>, role: Role, parts: &[&Part<'_>]) {
    if parts.is_empty() {
        return;
    }
    items.object(|json| {
        json.text("type", "message");
        let (role, text) = match role {
            Role::User => ("user", "input_text"),
            // OpenAI takes it for `developer` where that is what the model knows; others know this one only.
            Role::System => ("system", "input_text"),
            Role::Assistant => ("assistant", "output_text"),
        };
        json.text("role", role);
        match parts {
            [
                Part::Text {
                    text,
                    citations,
                    cache,
                },
            ] if citations.is_empty() && !caching::is_marked(*cache) => {
                json.spelled("content", text);
            }
            parts => json.array("content", |items| {
                for part in parts {
                    content(items, part, text);
                }
            }),
        }
    });
}

fn content(items: &mut Items<'_>, part: &Part<'_>, text_type: &str) {
    match part {
        Part::Text {
            text,
            citations,
            cache,
        } => items.object(|json| {
            json.text("type", text_type);
            json.spelled("text", text);
            if text_type == "output_text" {
                json.array("annotations", |items| {
                    citations.iter().for_each(|cited| annotation(items, cited));
                });
            } else {
                caching::mark(json, *cache);
            }
        }),
        Part::Image {
            source,
            detail,
            cache,
        } => image(items, (source, *cache), detail.as_ref()),
        Part::File(told) => file(items, told),
        Part::Refusal { text } => items.object(|json| {
            json.text("type", "refusal");
            json.spelled("refusal", text);
        }),
        // Sound, video and search results are lost; the rest are items of their own.
        Part::Audio { .. }
        | Part::Video { .. }
        | Part::SearchResult(_)
        | Part::Thinking { .. }
        | Part::ToolCall(_)
        | Part::ToolResult(_) => {}
    }
}

/// A citation of something that has an address.
fn annotation(items: &mut Items<'_>, cited: &Citation<'_>) {
    if let Some(url) = &cited.url {
        items.object(|json| url_citation(json, url, cited));
    }
}

/// What is said of it.
pub(super) fn url_citation(json: &mut Members<'_>, url: &Spelled<'_>, cited: &Citation<'_>) {
    let (start, end) = cited.span.unwrap_or_default();
    json.text("type", "url_citation");
    json.number("start_index", start);
    json.number("end_index", end);
    json.spelled("url", url);
    match &cited.title {
        Some(title) => json.spelled("title", title),
        None => json.text("title", ""),
    }
}

fn image(
    items: &mut Items<'_>,
    (source, cache): (&Source<'_>, Option<CacheMark>),
    detail: Option<&Spelled<'_>>,
) {
    items.object(|json| {
        json.text("type", "input_image");
        match source {
            Source::Data { media_type, base64 } => {
                json.spelled("image_url", &data_url(media_type, base64));
            }
            Source::Url { url, .. } | Source::Text(url) => json.spelled("image_url", url),
            Source::Pieces(_) | Source::OpenAi(_) => {}
        }
        if let Some(detail) = detail {
            json.spelled("detail", detail);
        }
        caching::mark(json, cache);
    });
}

fn file(items: &mut Items<'_>, file: &File<'_>) {
    if let Source::Text(text) = &file.source {
        items.object(|json| {
            json.text("type", "input_text");
            let mut whole = file.name.clone().unwrap_or_default().into_owned();
            if !whole.is_empty() {
                whole.push(&Spelled::of_raw(thought::BETWEEN));
            }
            whole.push(text);
            json.spelled("text", &whole);
            caching::mark(json, file.cache);
        });
        return;
    }
    items.object(|json| {
        json.text("type", "input_file");
        match &file.source {
            Source::Data { media_type, base64 } => {
                json.spelled("file_data", &data_url(media_type, base64));
                // Data without a name is refused.
                if file.name.is_none() {
                    json.text("filename", UNNAMED);
                }
            }
            Source::Url { url, .. } | Source::Text(url) => json.spelled("file_url", url),
            Source::OpenAi(id) => json.spelled("file_id", id),
            Source::Pieces(_) => {}
        }
        if let Some(name) = &file.name {
            json.spelled("filename", name);
        }
        caching::mark(json, file.cache);
    });
}

fn data_url(media_type: &Spelled<'_>, base64: &Spelled<'_>) -> Spelled<'static> {
    let mut url = String::with_capacity(base64.raw().len().saturating_add(64));
    for piece in ["data:", media_type.raw(), ";base64,", base64.raw()] {
        url.push_str(piece);
    }
    Spelled::of_raw_owned(url)
}

fn thinking(items: &mut Items<'_>, part: &Part<'_>) {
    let Part::Thinking {
        text,
        signature: Some(signature),
    } = part
    else {
        return;
    };
    let (id, encrypted) = thought::apart(&signature.data);
    items.object(|json| {
        json.text("type", "reasoning");
        if let Some(id) = id {
            json.spelled("id", &id);
        }
        json.array("summary", |items| {
            if !text.is_empty() {
                items.object(|json| {
                    json.text("type", "summary_text");
                    json.spelled("text", text);
                });
            }
        });
        json.spelled("encrypted_content", &encrypted);
    });
}

/// The longest `call_id`, bytes: a longer one is refused ("Expected a string with maximum length 64", as reported in 2026).
const CALL_IDS: ToolIds = ToolIds::Any(64);

fn call(items: &mut Items<'_>, call: &ToolCall<'_>) {
    items.object(|json| {
        json.text("type", call_type(call.is_custom));
        json.spelled("call_id", &CALL_IDS.fitting(&call.id));
        json.spelled("name", &call.name);
        match call.is_custom {
            true => json.spelled("input", &call.input),
            false => json.spelled("arguments", arguments(&call.input)),
        }
    });
}

/// The type of an item that calls a tool.
pub(super) const fn call_type(is_custom: bool) -> &'static str {
    match is_custom {
        true => "custom_tool_call",
        false => "function_call",
    }
}

/// The arguments of a call, which are an object even if they are none.
fn arguments<'r>(input: &'r Spelled<'r>) -> &'r Spelled<'r> {
    const NONE: &Spelled<'static> = &Spelled::of_raw("{}");
    if input.is_empty() { NONE } else { input }
}

fn result(items: &mut Items<'_>, result: &ToolResult<'_>, is_custom: bool) {
    items.object(|json| {
        let kind = match is_custom {
            true => "custom_tool_call_output",
            false => "function_call_output",
        };
        json.text("type", kind);
        json.spelled("call_id", &CALL_IDS.fitting(&result.id));
        match &*result.parts {
            [] if result.is_error => json.text("output", ERROR.trim_end()),
            [] => json.text("output", ""),
            [Part::Text { text, .. }] if result.is_error => {
                let mut told = Spelled::of_owned(ERROR);
                told.push(text);
                json.spelled("output", &told);
            }
            [Part::Text { text, cache, .. }] if !caching::is_marked(*cache) => {
                json.spelled("output", text);
            }
            parts => json.array("output", |items| {
                if result.is_error {
                    items.object(|json| {
                        json.text("type", "input_text");
                        json.text("text", ERROR);
                    });
                }
                parts
                    .iter()
                    .for_each(|part| content(items, part, "input_text"));
            }),
        }
    });
}

/// What the result of a tool that failed begins with: there is no member that says so.
const ERROR: &str = "Error: ";
