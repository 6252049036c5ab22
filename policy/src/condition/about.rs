//! What conditions can ask about a request.

use std::collections::HashMap;

use cel::common::types::{CelBool, CelInt, CelMap, CelMapKey, CelNull, CelString};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;

/// A request, as conditions see it: each field is a variable of the same name. Where it has none, a text is empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct About<'a> {
    /// Public id of its key, or `anonymous`.
    pub key: &'a str,
    /// Whose it is.
    pub team: &'a str,
    /// Whose it is.
    pub user: &'a str,
    /// What it is for.
    pub project: &'a str,
    /// Further labels, name and value: `tags.tier`, `tags["tier"]`, `has(tags.tier)`. The configuration names them all.
    pub tags: &'a [(&'a str, &'a str)],
    /// The model that the client named.
    pub model: &'a str,
    /// The provider that the client asked for, or an empty text.
    pub provider_asked: &'a str,
    /// What it wants: `chat`, `embeddings`, …
    pub operation: &'a str,
    /// How it is written: `openai`, `anthropic`, …
    pub dialect: &'a str,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// How long its body is.
    pub body_bytes: u64,
    /// Input tokens, as they are estimated before it is sent.
    pub input_tokens: u64,
    /// How many output tokens the client allows; null where it says nothing, and null is not comparable to a number.
    pub output_cap: Option<u64>,
    /// Whether it offers tools to the model.
    pub has_tools: bool,
    /// Whether it has images in it.
    pub has_images: bool,
}

/// The names of [`About`]'s fields.
pub const VARIABLES: [&str; 15] = [
    "key",
    "team",
    "user",
    "project",
    "tags",
    "model",
    "provider_asked",
    "operation",
    "dialect",
    "stream",
    "body_bytes",
    "input_tokens",
    "output_cap",
    "has_tools",
    "has_images",
];

/// Gives CEL the variables that it asks for, when it asks.
pub(super) struct Resolver<'a>(pub(super) &'a About<'a>);

impl VariableResolver for Resolver<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let about = self.0;
        Some(match variable {
            "key" => text(about.key),
            "team" => text(about.team),
            "user" => text(about.user),
            "project" => text(about.project),
            "tags" => tags(about.tags),
            "model" => text(about.model),
            "provider_asked" => text(about.provider_asked),
            "operation" => text(about.operation),
            "dialect" => text(about.dialect),
            "stream" => flag(about.stream),
            "body_bytes" => number(about.body_bytes),
            "input_tokens" => number(about.input_tokens),
            "output_cap" => about
                .output_cap
                .map_or_else(|| CowVal::owned(CelNull), number),
            "has_tools" => flag(about.has_tools),
            "has_images" => flag(about.has_images),
            _ => return None,
        })
    }
}

fn text<'b>(value: &'b str) -> CowVal<'b, 'b> {
    CowVal::owned(CelString::from(value))
}

fn flag<'b>(value: bool) -> CowVal<'b, 'b> {
    CowVal::owned(CelBool::from(value))
}

/// A number as CEL's literals are: signed, so that it can be added to them. Above `i64::MAX` it counts as that.
fn number<'b>(value: u64) -> CowVal<'b, 'b> {
    CowVal::owned(CelInt::from(i64::try_from(value).unwrap_or(i64::MAX)))
}

fn tags<'b>(tags: &'b [(&'b str, &'b str)]) -> CowVal<'b, 'b> {
    let entry = |(name, value): &(&'b str, &'b str)| {
        let value: Box<dyn Val + 'b> = Box::new(CelString::from(*value));
        (CelMapKey::from(*name), value)
    };
    let map: HashMap<_, _> = tags.iter().map(entry).collect();
    CowVal::owned(CelMap::from(map))
}
