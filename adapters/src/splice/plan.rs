//! Which edits a request's body needs before it goes up.

use super::Edits;
use crate::facts::{
    CapPlace, CapSaid, EffortLevel, Facts, ObjectAt, Spelling, StreamOptions, THINKING_TOKENS_MIN,
};
use crate::provider::ProviderKind;

/// What is to change in a body. Bounds only ever lower what the client gave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes<'a> {
    /// Another name for the model, and for its echoes.
    pub rename_to: Option<&'a str>,
    /// A stream's usage is asked for if the client did not: see [`Facts::lacks_usage`]; other members of
    /// `stream_options` stay.
    pub ask_usage: bool,
    /// The most output tokens of an answer. Every cap above it is lowered, and one is put into a body that has none, if
    /// the operation takes one: see [`Facts::takes_output_cap`] and [`Facts::output_cap_least`]. A number of tokens to
    /// think with that has to be below the cap is lowered too.
    pub output_cap: Option<u64>,
    /// The most answers at once, at least 1.
    pub answers: Option<u64>,
    /// The hardest that the model may be asked to think, where the body says how hard; what says nothing stays.
    pub effort: Option<EffortLevel>,
    /// The most tokens that the model may be asked to think with, where the body says how many.
    pub thinking_tokens: Option<u64>,
}

/// The edits that make `changes`, for a body that goes to a provider of that `kind`.
///
/// ```
/// use bytes::Bytes;
/// use quotah_adapters::{Changes, FactsReader, ProviderKind, apply, classify, plan};
///
/// let body = Bytes::from_static(br#"{"model":"fast","n":4}"#);
/// let mut reader = FactsReader::new(&classify("POST", "/v1/chat/completions").unwrap());
/// reader.feed(&body);
/// let changes = Changes {
///     rename_to: Some("gpt-5-mini"),
///     output_cap: Some(900),
///     answers: Some(2),
///     ..Changes::default()
/// };
/// let edits = plan(&reader.finish()?, &changes, ProviderKind::OPENAI);
/// let sent = apply(&[body], &edits).concat();
/// assert_eq!(sent, br#"{"max_completion_tokens":900,"model":"gpt-5-mini","n":2}"#);
/// # Ok::<(), quotah_adapters::FactsError>(())
/// ```
#[must_use]
pub fn plan(facts: &Facts, changes: &Changes<'_>, kind: ProviderKind) -> Edits {
    let mut edits = Edits::none();
    if let Some(name) = changes.rename_to {
        rename(&mut edits, facts, name);
    }
    if changes.ask_usage && facts.lacks_usage() {
        ask_usage(&mut edits, facts);
    }
    if let Some(tokens) = changes.output_cap {
        cap_output(&mut edits, facts, tokens, kind);
    }
    if let Some(most) = changes.answers {
        let most = most.max(1);
        for asked in facts
            .answers_asked
            .iter()
            .filter(|asked| asked.count > most)
        {
            edits.replace(asked.span.clone(), most.to_string());
        }
    }
    think_less(&mut edits, facts, changes);
    edits
}

fn rename(edits: &mut Edits, facts: &Facts, name: &str) {
    if let Some(model) = facts.model.as_ref().filter(|model| *model.name != *name) {
        let with = match model.spelling {
            Spelling::Json => json_string("", name),
            Spelling::Plain => name.to_owned(),
        };
        edits.replace(model.span.clone(), with);
    }
    for echo in &facts.model_echoes {
        let prefix = if echo.is_resource_name { "models/" } else { "" };
        edits.replace(echo.span.clone(), json_string(prefix, name));
    }
}

fn ask_usage(edits: &mut Edits, facts: &Facts) {
    match &facts.stream_options {
        StreamOptions::UsageAsked => {}
        StreamOptions::UsageDeclined(span) => {
            edits.replace(span.clone(), "true");
        }
        StreamOptions::Null(span) => {
            edits.replace(span.clone(), r#"{"include_usage":true}"#);
        }
        StreamOptions::Object(brace) => edits.insert(*brace, r#""include_usage":true"#),
        StreamOptions::Absent => {
            if let Some(root) = facts.root {
                edits.insert(root, r#""stream_options":{"include_usage":true}"#);
            }
        }
    }
}

/// Lowers every cap, or has one stand where none does.
fn cap_output(edits: &mut Edits, facts: &Facts, tokens: u64, kind: ProviderKind) {
    for cap in facts.output_caps.iter().filter(|cap| cap.is_above(tokens)) {
        edits.replace(cap.span.clone(), tokens.to_string());
    }
    let mut nulls = facts
        .output_caps
        .iter()
        .filter(|cap| cap.said == CapSaid::Null);
    if nulls.clone().count() < facts.output_caps.len() {
        return;
    }
    let null = match &facts.cap_place {
        // Two members of one meaning are refused by some: a null stays, unless it is the very one.
        Some(place) if place.member.object.is_none() => {
            nulls.find(|null| null.member == place.member.name_at(kind))
        }
        _ => nulls.next(),
    };
    match (null, &facts.cap_place) {
        (Some(null), _) => {
            edits.replace(null.span.clone(), tokens.to_string());
        }
        (None, Some(place)) => insert_cap(edits, facts, place, (tokens, kind)),
        (None, None) => {}
    }
}

fn insert_cap(
    edits: &mut Edits,
    facts: &Facts,
    place: &CapPlace,
    (tokens, kind): (u64, ProviderKind),
) {
    let cap = format!("\"{}\":{tokens}", place.member.name_at(kind));
    match (&place.object, place.member.object, facts.root) {
        (ObjectAt::Here(brace), Some(_), _) => edits.insert(*brace, &cap),
        (ObjectAt::Null(span), Some(_), _) => {
            edits.replace(span.clone(), format!("{{{cap}}}"));
        }
        (_, Some(object), Some(root)) => edits.insert(root, &format!("\"{object}\":{{{cap}}}")),
        (_, None, Some(root)) => edits.insert(root, &cap),
        (_, _, None) => {}
    }
}

/// Lowers what says how hard to think.
fn think_less(edits: &mut Edits, facts: &Facts, changes: &Changes<'_>) {
    // As much as leaves a token to answer with, but no less than is taken at all.
    let below_cap = changes
        .output_cap
        .map(|cap| cap.saturating_sub(1).max(THINKING_TOKENS_MIN));
    for asked in &facts.efforts {
        let below_cap = below_cap.filter(|_| asked.is_within_output());
        let tokens = [changes.thinking_tokens, below_cap]
            .into_iter()
            .flatten()
            .min();
        if let Some(with) = asked.lowered_to(changes.effort, tokens) {
            edits.replace(asked.span.clone(), with);
        }
    }
}

/// `prefix` and `text` as one JSON string.
fn json_string(prefix: &str, text: &str) -> String {
    let mut json = String::with_capacity(text.len().saturating_add(prefix.len()).saturating_add(2));
    json.push('"');
    json.push_str(prefix);
    crate::json::escape(text, &mut json);
    json.push('"');
    json
}
