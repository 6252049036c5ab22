//! Tools: which are told of, whether they must be called, and what names their calls have.

use crate::translate::Untranslatable;
use crate::translate::claude::schema;
use crate::translate::json::{Items, Members, Spelled};
use crate::translate::request::{CacheMark, Part, Request, Tool, ToolChoice};

/// Writes `toolConfig`.
///
/// # Errors
/// Where no tool may be called and earlier turns have calls: these need their tools told of, and there is no word for
/// "none".
pub(super) fn config(json: &mut Members<'_>, request: &Request<'_>) -> Result<(), Untranslatable> {
    let mut parts = request.turns.iter().flat_map(|turn| &turn.parts);
    let is_never = request.tool_choice == Some(ToolChoice::Never);
    if is_never && parts.any(|part| matches!(part, Part::ToolCall(_) | Part::ToolResult(_))) {
        return Err(Untranslatable::at(
            "tool_choice",
            "cannot be none where earlier turns have calls",
        ));
    }
    if request.tools.is_empty() || is_never {
        return Ok(());
    }
    json.object("toolConfig", |json| {
        json.array("tools", |items| {
            let tools = request.tools.iter();
            tools
                .filter(|tool| is_told(tool, request.tool_choice.as_ref()))
                .for_each(|tool| spec(items, tool));
        });
        choice(json, request.tool_choice.as_ref());
    });
    Ok(())
}

fn is_told(tool: &Tool<'_>, choice: Option<&ToolChoice<'_>>) -> bool {
    match choice {
        Some(ToolChoice::Among { names, .. }) => names.contains(&tool.name),
        _ => true,
    }
}

fn choice(json: &mut Members<'_>, choice: Option<&ToolChoice<'_>>) {
    let named = |json: &mut Members<'_>, name: &Spelled<'_>| {
        json.object("toolChoice", |json| {
            json.object("tool", |json| json.spelled("name", name));
        });
    };
    match choice {
        None
        | Some(ToolChoice::Auto | ToolChoice::Never | ToolChoice::Among { must: false, .. }) => {}
        Some(ToolChoice::Named(name)) => named(json, name),
        Some(ToolChoice::Among { names, must: true }) if names.len() == 1 => {
            names.iter().for_each(|name| named(json, name));
        }
        Some(ToolChoice::Some | ToolChoice::Among { must: true, .. }) => {
            json.object("toolChoice", |json| json.object("any", |_| {}));
        }
    }
}

fn spec(items: &mut Items<'_>, tool: &Tool<'_>) {
    items.object(|json| {
        json.object("toolSpec", |json| {
            json.spelled("name", &tool.name);
            let description = tool.description.as_ref();
            if let Some(description) = description.filter(|text| !text.is_empty()) {
                json.spelled("description", description);
            }
            let schema = schema::typed(tool.schema.unwrap_or(schema::NO_ARGUMENTS));
            json.object("inputSchema", |json| match tool.strict {
                Some(true) => json.raw("json", &schema::closed(&schema)),
                _ => json.raw("json", &schema),
            });
            if let Some(strict) = tool.strict {
                json.bool("strict", strict);
            }
        });
    });
    cache_point(items, tool.cache);
}

/// The prompt is to be cached up to here.
pub(super) fn cache_point(items: &mut Items<'_>, mark: Option<CacheMark>) {
    let Some(mark) = mark else { return };
    items.object(|json| {
        json.object("cachePoint", |json| {
            json.text("type", "default");
            if mark == CacheMark::Hour {
                json.text("ttl", "1h");
            }
        });
    });
}

/// A call's id as it may be there: at most 64 letters, digits and `_.:-`. Another is told by its hash, so that call and
/// result still have the same.
pub(super) fn call_id(id: &Spelled<'_>) -> String {
    let plain = id.plain();
    let may_be = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    if (1..=64).contains(&plain.len()) && plain.bytes().all(may_be) {
        return plain.into_owned();
    }
    // FNV-1a, 64 bits: small, and the same everywhere.
    let hash = plain.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("call_{hash:016x}")
}
