//! What Gemini would misread or refuse, found before it is asked.

use std::borrow::Cow;

use crate::provider::ProviderKind;
use crate::translate::generate::write::media;
use crate::translate::json::{Spelled, Value, parse};
use crate::translate::request::{File, Part, Request, Source, ToolCall, ToolChoice};
use crate::translate::{To, Untranslatable};

/// Most texts at which an answer ends (<https://ai.google.dev/api/generate-content#generationconfig>, read 2026-11).
const STOPS_MAX: usize = 5;

/// Longest name of a function, bytes (<https://ai.google.dev/api/caching#FunctionDeclaration>, read 2026-11; newer
/// models take more).
const NAME_BYTES_MAX: usize = 64;

/// Checks what depends on values.
pub(super) fn check(request: &Request<'_>, to: &To<'_>) -> Result<(), Untranslatable> {
    let is_vertex = to.kind == ProviderKind::VERTEX;
    if request.stop.len() > STOPS_MAX {
        return Err(Untranslatable::at(
            "stop",
            "Gemini takes five texts at most",
        ));
    }
    for (at, tool) in request.tools.iter().enumerate() {
        name(&tool.name, || format!("tools[{at}]"))?;
    }
    if let Some(ToolChoice::Named(chosen)) = &request.tool_choice {
        name(chosen, || "tool_choice".to_owned())?;
    }
    for (at, turn) in request.turns.iter().enumerate() {
        for told in &turn.parts {
            part(told, request, is_vertex).map_err(|why| place(at, why))?;
        }
    }
    if is_vertex && let Some(labels) = request.metadata {
        label(labels)?;
    }
    Ok(())
}

fn place(turn: usize, why: &'static str) -> Untranslatable {
    Untranslatable::at(format!("turn {turn}"), why)
}

fn part(part: &Part<'_>, request: &Request<'_>, is_vertex: bool) -> Result<(), &'static str> {
    match part {
        Part::ToolCall(call) => match parse(&call.input.plain()) {
            _ if call.input.is_empty() => Ok(()),
            Ok(Value::Object(_)) => Ok(()),
            _ => Err("a call's arguments are no JSON object"),
        },
        Part::ToolResult(result) => {
            if result.name.is_none() && request.called(&result.id).is_none() {
                return Err("a tool's result without an earlier call of its id");
            }
            let mut parts = result.parts.iter();
            parts.try_for_each(|inner| self::part(inner, request, is_vertex))
        }
        Part::Image {
            source: Source::Url { url, media_type },
            ..
        }
        | Part::File(File {
            source: Source::Url { url, media_type },
            ..
        }) if is_vertex && media::media_type_of(url, media_type).is_none() => {
            Err("an address that does not tell its media type, which Vertex AI has to be told")
        }
        _ => Ok(()),
    }
}

/// The arguments of a call as the object that they are.
pub(super) fn arguments<'c>(call: &'c ToolCall<'_>) -> Cow<'c, str> {
    match call.input.plain() {
        plain if plain.is_empty() => Cow::Borrowed("{}"),
        plain => plain,
    }
}

fn name(name: &Spelled<'_>, place: impl FnOnce() -> String) -> Result<(), Untranslatable> {
    let name = name.plain();
    let begins = name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_');
    let may = |char: char| char.is_ascii_alphanumeric() || "_.:-".contains(char);
    if begins && name.chars().all(may) && name.len() <= NAME_BYTES_MAX {
        return Ok(());
    }
    let why = "Gemini's functions have names of up to 64 letters, digits and _.:- that begin with a letter or _";
    Err(Untranslatable::at(place(), why))
}

/// Google Cloud's labels (<https://cloud.google.com/resource-manager/docs/labels-overview>, read 2026-11).
fn label(labels: &str) -> Result<(), Untranslatable> {
    let is_label = |text: &Spelled<'_>| {
        let text = text.plain();
        let may =
            |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || "_-".contains(char);
        text.len() <= 63 && text.chars().all(may)
    };
    let all = parse(labels).is_ok_and(|labels| {
        labels.as_object().is_some_and(|labels| {
            let mut members = labels.members.iter();
            members.all(|(name, value)| {
                !name.is_empty() && is_label(name) && value.as_text().is_some_and(is_label)
            })
        })
    });
    if all {
        return Ok(());
    }
    Err(Untranslatable::at(
        "metadata",
        "Vertex AI's labels are up to 63 lower-case letters, digits, _ and -",
    ))
}
