//! Keys as rows and documents.

use std::io::{self, Write};
use std::sync::Arc;

use serde_json::json;

use super::super::output::{Output, Rows};
use crate::clock;
use crate::registry::{HeldKey, KeyFace, NewKey};

/// Every key that is `status`, or every key.
pub(super) fn list(
    held: &[Arc<HeldKey>],
    status: Option<&str>,
    output: Output,
    out: &mut dyn Write,
) -> io::Result<()> {
    let now = clock::unix_ms();
    let faces = held.iter().map(|held| held.face(now));
    let faces: Vec<KeyFace<'_>> = faces
        .filter(|face| status.is_none_or(|status| status == face.status))
        .collect();
    let rows = Rows {
        header: HEADER.map(str::to_owned).to_vec(),
        rows: faces.iter().map(row).collect(),
        words: HEADER.len(),
    };
    rows.print(output, &json!({ "items": faces }), out)
}

/// One key: every field on a line of its own.
pub(super) fn one(held: &HeldKey, output: Output, out: &mut dyn Write) -> io::Result<()> {
    let face = held.face(clock::unix_ms());
    if let Output::Csv = output {
        let rows = Rows {
            header: HEADER.map(str::to_owned).to_vec(),
            rows: vec![row(&face)],
            words: HEADER.len(),
        };
        return rows.print(output, &face, out);
    }
    let serde_json::Value::Object(fields) = serde_json::to_value(&face)? else {
        return Ok(());
    };
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::Null => "-".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(items) if items.is_empty() => "-".to_owned(),
        serde_json::Value::Object(members) if members.is_empty() => "-".to_owned(),
        other => other.to_string(),
    };
    let rows = Rows {
        header: ["field", "value"].map(str::to_owned).to_vec(),
        rows: fields
            .iter()
            .map(|(field, value)| vec![field.clone(), text(value)])
            .collect(),
        words: 2,
    };
    rows.print(output, &face, out)
}

/// A key with its secret.
pub(super) fn secret(made: &NewKey, output: Output, out: &mut dyn Write) -> io::Result<()> {
    let mut face = made.held.face(clock::unix_ms());
    face.secret = Some(made.secret.expose());
    let rows = Rows {
        header: ["id", "secret"].map(str::to_owned).to_vec(),
        rows: vec![vec![face.id.to_owned(), made.secret.expose().to_owned()]],
        words: 2,
    };
    rows.print(output, &face, out)
}

const HEADER: [&str; 9] = [
    "id",
    "name",
    "status",
    "team",
    "user",
    "project",
    "budget_usd",
    "expires",
    "last_used",
];

fn row(face: &KeyFace<'_>) -> Vec<String> {
    let text = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let budget = face.budget;
    let budget = budget.map(|budget| format!("{}/{}", budget.limit_usd, budget.window));
    vec![
        face.id.to_owned(),
        text(face.name),
        face.status.to_owned(),
        text(face.team),
        text(face.user),
        text(face.project),
        text(budget.as_deref()),
        text(face.expires_at.as_deref()),
        text(face.last_used_at.as_deref()),
    ]
}
