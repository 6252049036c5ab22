//! Anthropic's messages.

use super::super::cap::CapMember;
use super::super::fields::Field;
use super::Form;
use crate::scan::PathTable;

/// What caps output in any body of Anthropic's.
pub(in crate::facts) const CAP: CapMember = CapMember::at_top("max_tokens");

pub(super) static MESSAGES: Form = Form {
    fields: FIELDS.erased(),
    cap: Some(CAP),
};

/// Counting takes no cap.
pub(super) static COUNT_TOKENS: Form = Form {
    fields: FIELDS.erased(),
    cap: None,
};

static FIELDS: PathTable<Field, 64> = PathTable::new(&[
    ("model", Field::Model),
    ("stream", Field::Stream),
    ("max_tokens", Field::MaxTokens),
    ("temperature", Field::Temperature),
    ("service_tier", Field::ServiceTier),
    ("tools", Field::Tools),
    ("tools[*]", Field::Tool),
    ("tools[*].type", Field::ToolKind),
    ("mcp_servers[*]", Field::ServerTool),
    ("thinking", Field::ThinkingConfig),
    ("thinking.budget_tokens", Field::ClaudeBudget),
    ("output_config", Field::OutputConfig),
    ("output_config.effort", Field::OutputEffort),
    ("messages[*].content[*].type", Field::PartKind),
    ("messages[*].content[*].file_id", Field::StoredFile),
    ("messages[*].content[*].source.file_id", Field::StoredFile),
    // What a tool gave
    ("messages[*].content[*].content[*].type", Field::PartKind),
    (
        "messages[*].content[*].content[*].source.file_id",
        Field::StoredFile,
    ),
]);
