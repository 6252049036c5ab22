//! A conversation as chat messages.

use super::Deployment;
use crate::translate::caching;
use crate::translate::chat::answer;
use crate::translate::feature::Feature;
use crate::translate::json::{Items, Members, Spelled};
use crate::translate::request::{
    CacheMark, File, Part, Request, Role, Source, ToolCall, ToolResult, Turn, UNNAMED,
};

/// Writes the messages.
pub(super) fn write(messages: &mut Items<'_>, request: &Request<'_>, to: &Deployment<'_>) {
    let system = spoken(&request.system, to);
    if !system.is_empty() {
        message(messages, "system", &system, to);
    }
    let last = request.turns.len().saturating_sub(1);
    for (at, turn) in request.turns.iter().enumerate() {
        match turn.role {
            Role::User => user(messages, turn, to),
            Role::Assistant => assistant(messages, turn, at == last, to),
            Role::System => {
                let said = spoken(&turn.parts, to);
                if !said.is_empty() {
                    message(messages, "system", &said, to);
                }
            }
        }
    }
}

fn spoken<'p, 'a>(parts: &'p [Part<'a>], to: &Deployment<'_>) -> Vec<&'p Part<'a>> {
    parts.iter().filter(|part| is_said(part, to)).collect()
}

/// Whether there is a way to say a part there.
fn is_said(part: &Part<'_>, to: &Deployment<'_>) -> bool {
    match part {
        Part::Text { .. } => true,
        Part::Image { source, .. } => match source {
            Source::Data { .. } => to.says(Feature::ImageData),
            Source::Url { .. } => to.says(Feature::ImageUrl),
            Source::Text(_) | Source::Pieces(_) | Source::OpenAi(_) => false,
        },
        Part::File(file) => match file.source {
            Source::Data { .. } => to.says(Feature::FileData),
            Source::Url { .. } => to.says(Feature::FileUrl),
            Source::Text(_) => to.says(Feature::FileText),
            Source::OpenAi(_) => to.says(Feature::FileOfOpenAi),
            Source::Pieces(_) => false,
        },
        Part::Audio { .. } => to.says(Feature::AudioInput),
        Part::Refusal { .. } => to.says(Feature::RefusalHistory),
        Part::Video { .. }
        | Part::SearchResult(_)
        | Part::Thinking { .. }
        | Part::ToolCall(_)
        | Part::ToolResult(_) => false,
    }
}

/// Results are messages of their own, and stand right behind the calls.
fn user(messages: &mut Items<'_>, turn: &Turn<'_>, to: &Deployment<'_>) {
    let mut said = Vec::new();
    for part in &turn.parts {
        match part {
            Part::ToolResult(result) => tool(messages, result, to),
            other if is_said(other, to) => said.push(other),
            _ => {}
        }
    }
    if !said.is_empty() {
        message(messages, "user", &said, to);
    }
}

fn message(messages: &mut Items<'_>, role: &str, parts: &[&Part<'_>], to: &Deployment<'_>) {
    messages.object(|json| {
        json.text("role", role);
        content(json, parts, to);
    });
}

/// A text where there is only one, else parts.
fn content(json: &mut Members<'_>, parts: &[&Part<'_>], to: &Deployment<'_>) {
    if let [Part::Text { text, cache, .. }] = parts
        && !caching::is_marked(*cache)
    {
        json.spelled("content", text);
        return;
    }
    let is_text = |part: &&Part<'_>| matches!(part, Part::Text { .. });
    if parts.is_empty() || (to.chat.has_plain_texts && parts.iter().all(is_text)) {
        let texts = parts.iter().filter_map(|part| match part {
            Part::Text { text, .. } => Some(text),
            _ => None,
        });
        json.spelled("content", &joined(texts, "\\n\\n"));
        return;
    }
    json.array("content", |items| {
        parts.iter().for_each(|part| self::part(items, part, to));
    });
}

/// Texts as one; `between` is spelled as inside a JSON string.
fn joined<'t>(texts: impl Iterator<Item = &'t Spelled<'t>>, between: &str) -> Spelled<'static> {
    let mut all = Spelled::default().into_owned();
    for (at, text) in texts.enumerate() {
        if at > 0 {
            all.push(&Spelled::of_raw(between));
        }
        all.push(text);
    }
    all
}

fn part(items: &mut Items<'_>, part: &Part<'_>, to: &Deployment<'_>) {
    match part {
        Part::Text { text, cache, .. } => items.object(|json| {
            json.text("type", "text");
            json.spelled("text", text);
            caching::mark(json, *cache);
        }),
        Part::Image {
            source,
            detail,
            cache,
        } => image(items, (source, *cache), detail.as_ref(), to),
        Part::File(file) => self::file(items, file),
        Part::Audio { data, media_type } => items.object(|json| {
            json.text("type", "input_audio");
            json.object("input_audio", |json| {
                json.spelled("data", data);
                json.text("format", format(&media_type.plain()));
            });
        }),
        Part::Refusal { text } => items.object(|json| {
            json.text("type", "refusal");
            json.spelled("refusal", text);
        }),
        Part::Video { .. }
        | Part::SearchResult(_)
        | Part::Thinking { .. }
        | Part::ToolCall(_)
        | Part::ToolResult(_) => {}
    }
}

/// `OpenAI` has two formats; for another it is told what was said, and refuses it by name.
fn format(media_type: &str) -> &str {
    match media_type {
        "audio/mpeg" | "audio/mp3" => "mp3",
        "audio/wav" | "audio/x-wav" | "audio/wave" => "wav",
        other => other.strip_prefix("audio/").unwrap_or(other),
    }
}

fn image(
    items: &mut Items<'_>,
    (source, cache): (&Source<'_>, Option<CacheMark>),
    detail: Option<&Spelled<'_>>,
    to: &Deployment<'_>,
) {
    let url = match source {
        Source::Data { media_type, base64 } => data_url(media_type, base64),
        Source::Url { url, .. } => url.clone(),
        Source::Text(_) | Source::Pieces(_) | Source::OpenAi(_) => return,
    };
    items.object(|json| {
        json.text("type", "image_url");
        json.object("image_url", |json| {
            json.spelled("url", &url);
            if let Some(detail) = detail
                && to.says(Feature::ImageDetail)
            {
                json.spelled("detail", detail);
            }
        });
        caching::mark(json, cache);
    });
}

fn data_url(media_type: &Spelled<'_>, base64: &Spelled<'_>) -> Spelled<'static> {
    let mut url = Spelled::of_owned("data:");
    for piece in [media_type, &Spelled::of_raw(";base64,"), base64] {
        url.push(piece);
    }
    url
}

fn file(items: &mut Items<'_>, file: &File<'_>) {
    let data = match &file.source {
        Source::Data { media_type, base64 } => data_url(media_type, base64),
        Source::Url { url, .. } => url.clone(),
        Source::Text(text) => {
            let name = file.name.iter();
            let text = joined(name.chain([text]), "\\n\\n");
            items.object(|json| {
                json.text("type", "text");
                json.spelled("text", &text);
                caching::mark(json, file.cache);
            });
            return;
        }
        Source::OpenAi(id) => {
            items.object(|json| {
                json.text("type", "file");
                json.object("file", |json| json.spelled("file_id", id));
                caching::mark(json, file.cache);
            });
            return;
        }
        Source::Pieces(_) => return,
    };
    items.object(|json| {
        json.text("type", "file");
        json.object("file", |json| {
            match &file.name {
                Some(name) => json.spelled("filename", name),
                None => json.text("filename", UNNAMED),
            }
            json.spelled("file_data", &data);
        });
        caching::mark(json, file.cache);
    });
}

/// What the assistant said is one text. A turn of which nothing is left (thoughts alone) is left out.
fn assistant(messages: &mut Items<'_>, turn: &Turn<'_>, is_last: bool, to: &Deployment<'_>) {
    let texts = || {
        turn.parts.iter().filter_map(|part| match part {
            Part::Text { text, .. } => Some(text),
            _ => None,
        })
    };
    let refusals = turn.parts.iter().filter_map(|part| match part {
        Part::Refusal { text } => Some(text),
        _ => None,
    });
    let refusal = joined(refusals, "");
    let refusal = Some(refusal).filter(|text| !text.is_empty() && to.says(Feature::RefusalHistory));
    let calls: Vec<_> = turn
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::ToolCall(call) => Some(call),
            _ => None,
        })
        .collect();
    let has_text = texts().next().is_some();
    if !has_text && refusal.is_none() && calls.is_empty() {
        return;
    }
    messages.object(|json| {
        json.text("role", "assistant");
        match has_text {
            true => json.spelled("content", &joined(texts(), "")),
            false => json.null("content"),
        }
        if let Some(refusal) = &refusal {
            json.spelled("refusal", refusal);
        }
        if !calls.is_empty() {
            if to.chat.needs_thoughts {
                json.spelled("reasoning_content", &joined(thoughts(turn), "\\n\\n"));
            }
            json.array("tool_calls", |items| {
                calls.iter().for_each(|one| call(items, one, to));
            });
        } else if is_last && !to.chat.prefill.is_empty() {
            json.bool(to.chat.prefill, true);
        }
    });
}

fn thoughts<'t>(turn: &'t Turn<'_>) -> impl Iterator<Item = &'t Spelled<'t>> {
    turn.parts.iter().filter_map(|part| match part {
        Part::Thinking { text, .. } if !text.is_empty() => Some(text),
        _ => None,
    })
}

fn call(items: &mut Items<'_>, call: &ToolCall<'_>, to: &Deployment<'_>) {
    items.object(|json| {
        json.spelled("id", &to.chat.tool_ids.fitting(&call.id));
        answer::called(json, call);
    });
}

/// Tools give back text. That one failed has no place of its own.
fn tool(messages: &mut Items<'_>, result: &ToolResult<'_>, to: &Deployment<'_>) {
    let failed = Part::text(Spelled::of_raw("Error:"));
    let text = |part: &&Part<'_>| matches!(part, Part::Text { .. });
    let said = result.parts.iter().filter(text);
    messages.object(|json| {
        json.text("role", "tool");
        json.spelled("tool_call_id", &to.chat.tool_ids.fitting(&result.id));
        let texts: Vec<&Part<'_>> = match result.is_error {
            true => [&failed].into_iter().chain(said).collect(),
            false => said.collect(),
        };
        if let (true, [Part::Text { .. }, Part::Text { text, .. }]) = (result.is_error, &*texts) {
            let text = joined([&Spelled::of_raw("Error: "), text].into_iter(), "");
            json.spelled("content", &text);
        } else {
            content(json, &texts, to);
        }
    });
}
