//! Ollama's chat and generate.

use super::super::cap::CapMember;
use super::super::fields::Field;
use super::Form;
use crate::scan::PathTable;

pub(super) static CHAT: Form = Form {
    fields: FIELDS.erased(),
    cap: Some(CapMember::inside("options", "num_predict")),
};

static FIELDS: PathTable<Field, 24> = PathTable::new(&[
    ("model", Field::Model),
    ("stream", Field::Stream),
    ("options", Field::OllamaOptions),
    ("options.num_predict", Field::OllamaCap),
    ("options.temperature", Field::Temperature),
    ("think", Field::Think),
    ("tools", Field::Tools),
    ("tools[*]", Field::Tool),
    ("tools[*].type", Field::ToolKind),
    ("images[*]", Field::Image),
    ("messages[*].images[*]", Field::Image),
]);
