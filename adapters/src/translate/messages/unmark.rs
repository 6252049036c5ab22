//! A request to Anthropic itself, without what answers of others have left in its history.

use super::super::json::{Items, Json, Members, Object, Spelled, Value};
use super::super::signature::MARK;

/// The request without marked thoughts, signatures of calls and citations; `None` where there are none.
///
/// A turn of which nothing is left is left out with them: an empty one would be refused, and turns of one role in a row
/// are one to Anthropic.
pub(super) fn unmarked(value: &Value<'_>) -> Option<String> {
    let body = value.as_object()?;
    let messages = body.items("messages");
    if !messages.iter().flat_map(blocks).any(is_touched) {
        return None;
    }
    let lacks_thought = thinks_by_tokens(body) && lacks_its_thought(messages);
    Some(Json::object(body.raw.len(), |json| {
        each_member(json, body, |json, name, value| {
            if name.is("thinking") && lacks_thought {
                json.object("thinking", |json| json.text("type", "disabled"));
                return true;
            }
            if !name.is("messages") {
                return false;
            }
            json.array("messages", |items| {
                value.items().iter().for_each(|item| message(items, item));
            });
            true
        });
    }))
}

/// Whether thinking is asked for in tokens. Models that think as they see fit take any turn.
fn thinks_by_tokens(body: &Object<'_>) -> bool {
    body.object("thinking")
        .and_then(|thinking| thinking.text("type"))
        .is_some_and(|kind| kind.is("enabled"))
}

/// Whether the calls that are answered now began with a thought of somebody else's: Anthropic refuses to think on
/// without one of its own (documented at
/// <https://docs.claude.com/en/docs/build-with-claude/extended-thinking>, read 2026-11).
fn lacks_its_thought(messages: &[Value<'_>]) -> bool {
    let Some((answers, before)) = messages.split_last() else {
        return false;
    };
    let Some(calls) = before.last() else {
        return false;
    };
    let first = blocks(calls).iter().find(|block| !is_ours(block));
    blocks(answers)
        .iter()
        .any(|block| is(block, &["tool_result"]))
        && blocks(calls).iter().any(|block| is(block, &["tool_use"]))
        && !first.is_some_and(|first| is(first, &["thinking", "redacted_thinking"]))
}

fn is(block: &Value<'_>, kinds: &[&str]) -> bool {
    let kind = block.as_object().and_then(|block| block.text("type"));
    kind.is_some_and(|kind| kinds.iter().any(|one| kind.is(one)))
}

/// Writes an object's members as they are, but those that `instead` writes.
fn each_member(
    json: &mut Members<'_>,
    object: &Object<'_>,
    mut instead: impl FnMut(&mut Members<'_>, &Spelled<'_>, &Value<'_>) -> bool,
) {
    for (name, value) in &object.members {
        if !instead(json, name, value) {
            json.raw(&name.plain(), &value.raw());
        }
    }
}

fn blocks<'v, 'a>(message: &'v Value<'a>) -> &'v [Value<'a>] {
    message
        .as_object()
        .map(|message| message.items("content"))
        .unwrap_or_default()
}

fn message(items: &mut Items<'_>, value: &Value<'_>) {
    let Some(message) = value.as_object() else {
        return items.raw(&value.raw());
    };
    let all = message.items("content");
    if !all.iter().any(is_touched) {
        return items.raw(message.raw);
    }
    if all.iter().all(is_ours) {
        return;
    }
    items.object(|json| {
        each_member(json, message, |json, name, content| {
            if !name.is("content") {
                return false;
            }
            json.array("content", |items| {
                let kept = content.items().iter().filter(|block| !is_ours(block));
                kept.for_each(|kept| block(items, kept));
            });
            true
        });
    });
}

fn block(items: &mut Items<'_>, value: &Value<'_>) {
    let Some(block) = value.as_object().filter(|_| is_touched(value)) else {
        return items.raw(&value.raw());
    };
    items.object(|json| {
        each_member(json, block, |json, name, told| {
            if !name.is("citations") {
                return false;
            }
            if !told.items().iter().all(is_our_citation) {
                json.array("citations", |items| {
                    let kept = told.items().iter().filter(|cited| !is_our_citation(cited));
                    kept.for_each(|kept| items.raw(&kept.raw()));
                });
            }
            true
        });
    });
}

/// Whether anything of a block is ours.
fn is_touched(block: &Value<'_>) -> bool {
    let cites = |block: &Object<'_>| block.items("citations").iter().any(is_our_citation);
    is_ours(block) || block.as_object().is_some_and(cites)
}

/// Whether a block is ours as a whole.
fn is_ours(block: &Value<'_>) -> bool {
    let Some(block) = block.as_object() else {
        return false;
    };
    match block.text("type").map(Spelled::plain).as_deref() {
        Some("thinking") => is_marked(block, "signature"),
        Some("redacted_thinking") => is_marked(block, "data"),
        _ => false,
    }
}

fn is_our_citation(citation: &Value<'_>) -> bool {
    citation
        .as_object()
        .is_some_and(|cited| is_marked(cited, "encrypted_index"))
}

fn is_marked(object: &Object<'_>, member: &str) -> bool {
    object
        .text(member)
        .is_some_and(|text| text.raw().starts_with(MARK))
}
