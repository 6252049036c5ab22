//! Cohere's chat and generate, both versions.

use super::super::cap::CapMember;
use super::super::fields::Field;
use super::Form;
use crate::scan::PathTable;

pub(super) static CHAT: Form = Form {
    fields: FIELDS.erased(),
    cap: Some(CapMember::at_top("max_tokens")),
};

static FIELDS: PathTable<Field, 32> = PathTable::new(&[
    ("model", Field::Model),
    ("stream", Field::Stream),
    ("max_tokens", Field::MaxTokens),
    ("temperature", Field::Temperature),
    ("num_generations", Field::Answers),
    ("tools", Field::Tools),
    ("tools[*]", Field::Tool),
    ("tools[*].type", Field::ToolKind),
    ("connectors[*]", Field::ServerTool),
    ("thinking", Field::ThinkingConfig),
    ("thinking.token_budget", Field::ThinkingBudget),
    ("messages[*].content[*].type", Field::PartKind),
    // The first version keeps conversations.
    ("conversation_id", Field::PreviousAnswer),
]);
