//! Turns as Anthropic wants them: users and assistants in turn, what tools gave back first, nothing empty.

use super::super::request::{Part, Request, Role};

/// A message.
#[derive(Debug)]
pub(super) struct Message<'r, 'a> {
    pub(super) role: Role,
    pub(super) parts: Vec<&'r Part<'a>>,
}

/// The messages of a request. Turns of one role in a row are one; instructions in the middle come behind the user's
/// message that they stand before, which is the only place for them.
pub(super) fn messages<'r, 'a>(request: &'r Request<'a>) -> Vec<Message<'r, 'a>> {
    let mut messages: Vec<Message<'r, 'a>> = Vec::with_capacity(request.turns.len());
    let mut instructions = Vec::new();
    for turn in &request.turns {
        let parts = turn.parts.iter().filter(|part| has_a_place(part));
        if turn.role == Role::System {
            instructions.extend(parts);
            continue;
        }
        let follows_user = messages.last().is_some_and(|last| last.role == Role::User);
        if turn.role == Role::Assistant && follows_user {
            flush(&mut instructions, &mut messages);
        }
        let mut parts = parts.peekable();
        if parts.peek().is_none() {
            continue;
        }
        match messages.last_mut() {
            Some(last) if last.role == turn.role => last.parts.extend(parts),
            _ => messages.push(Message {
                role: turn.role,
                parts: parts.collect(),
            }),
        }
    }
    flush(&mut instructions, &mut messages);
    for message in &mut messages {
        if message.role == Role::User {
            message
                .parts
                .sort_by_key(|part| !matches!(part, Part::ToolResult(_)));
        }
    }
    messages
}

fn flush<'r, 'a>(instructions: &mut Vec<&'r Part<'a>>, messages: &mut Vec<Message<'r, 'a>>) {
    if !instructions.is_empty() {
        messages.push(Message {
            role: Role::System,
            parts: std::mem::take(instructions),
        });
    }
}

/// Whether Anthropic has a place for it.
fn has_a_place(part: &&Part<'_>) -> bool {
    !matches!(part, Part::Audio { .. } | Part::Video { .. }) && says_something(part)
}

/// Whether it is not a text of white space alone, which Anthropic refuses ("text content blocks must contain
/// non-whitespace text").
pub(super) fn says_something(part: &Part<'_>) -> bool {
    match part {
        Part::Text { text, .. } | Part::Refusal { text } => !is_blank(text.raw()),
        _ => true,
    }
}

/// Whether the inside of a JSON string is white space alone.
fn is_blank(raw: &str) -> bool {
    let mut rest = raw.trim_start();
    while let Some(behind) = ["\\n", "\\r", "\\t"]
        .iter()
        .find_map(|escape| rest.strip_prefix(escape))
    {
        rest = behind.trim_start();
    }
    rest.is_empty()
}
