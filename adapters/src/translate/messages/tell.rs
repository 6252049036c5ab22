//! A whole answer, told to an Anthropic caller.

use quotah_policy::Usage;

use super::super::answer::{Answer, Choice, Reason};
use super::super::arguments::arguments;
use super::super::json::{Items, Json, Members, Spelled};
use super::super::request::{Citation, Cited, Part, ToolCall};
use super::super::signature::{MARK, Signature};
use super::super::{AnswerFault, Caller};
use super::{ids, reason, usage};
use crate::call::Dialect;

/// Writes a message.
pub(super) fn answer(
    answer: &Answer<'_>,
    caller: &Caller,
    used: Option<&Usage>,
) -> Result<String, AnswerFault> {
    let nothing = Choice::default();
    let choice = answer.choices.first().unwrap_or(&nothing);
    let is_fit = |part: &Part<'_>| match part {
        Part::ToolCall(call) => arguments(&call.input).is_some(),
        _ => true,
    };
    if !choice.parts.iter().all(is_fit) {
        return Err(AnswerFault::BadArguments);
    }
    let has = |is: fn(&Part<'_>) -> bool| choice.parts.iter().any(is);
    let ended = Ended {
        is_refusal: has(|part| matches!(part, Part::Refusal { .. })),
        has_calls: has(|part| matches!(part, Part::ToolCall(_))),
    };
    Ok(Json::object(1_024, |json| {
        head(json, (&answer.id, &answer.model), caller);
        json.array("content", |items| {
            choice.parts.iter().for_each(|part| block(items, part));
        });
        json.text("stop_reason", ended.word(choice.finish.reason));
        stop_sequence(json, choice.finish.stop.as_ref());
        let tier = answer.tier.as_ref().and_then(reason::tier);
        usage::write(json, used, tier);
    }))
}

/// What an answer held, as far as the word for its end depends on it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ended {
    pub(super) is_refusal: bool,
    pub(super) has_calls: bool,
}

impl Ended {
    /// Anthropic's word for the end. SDKs run tools where it says so, whatever the deployment called it.
    pub(super) const fn word(self, reason: Reason) -> &'static str {
        match reason {
            Reason::Done | Reason::Other if self.is_refusal => "refusal",
            Reason::Done | Reason::Other if self.has_calls => "tool_use",
            reason => reason::word(reason),
        }
    }
}

/// What a message begins with.
pub(super) fn head(
    json: &mut Members<'_>,
    (id, model): (&Spelled<'_>, &Spelled<'_>),
    caller: &Caller,
) {
    let mut told = |name: &str, told: &Spelled<'_>, else_told: &str| match told.is_empty() {
        true => json.text(name, else_told),
        false => json.spelled(name, told),
    };
    told("id", id, &caller.request_id);
    told("model", model, &caller.model);
    json.text("type", "message");
    json.text("role", "assistant");
}

pub(super) fn stop_sequence(json: &mut Members<'_>, stop: Option<&Spelled<'_>>) {
    match stop {
        Some(stop) => json.spelled("stop_sequence", stop),
        None => json.null("stop_sequence"),
    }
}

fn block(items: &mut Items<'_>, part: &Part<'_>) {
    match part {
        // Anthropic refuses empty texts in the next turn.
        Part::Refusal { text } if text.is_empty() => {}
        Part::Text {
            text, citations, ..
        } if text.is_empty() && !citations.iter().any(is_cited) => {}
        Part::Refusal { text } => items.object(|json| {
            json.text("type", "text");
            json.spelled("text", text);
        }),
        Part::Text {
            text, citations, ..
        } => items.object(|json| {
            json.text("type", "text");
            json.spelled("text", text);
            if citations.iter().any(is_cited) {
                json.array("citations", |items| {
                    let cited = citations.iter().filter(|cited| is_cited(cited));
                    cited.for_each(|cited| items.object(|json| citation(json, cited)));
                });
            }
        }),
        Part::Thinking { text, signature } => thought(items, text, signature.as_ref()),
        Part::ToolCall(call) => tool_use(items, call),
        Part::Image { .. }
        | Part::File(_)
        | Part::Audio { .. }
        | Part::Video { .. }
        | Part::SearchResult(_)
        | Part::ToolResult(_) => {}
    }
}

fn thought(items: &mut Items<'_>, text: &Spelled<'_>, signature: Option<&Signature<'_>>) {
    match signature {
        None if text.is_empty() => {}
        Some(whole) if text.is_empty() && whole.is_whole => items.object(|json| {
            json.text("type", "redacted_thinking");
            json.spelled("data", &whole.spelled_in(Dialect::Anthropic));
        }),
        _ => items.object(|json| {
            json.text("type", "thinking");
            json.spelled("thinking", text);
            json.spelled("signature", &signed(signature));
        }),
    }
}

/// A thought's signature; of nobody's, one that says so, since Anthropic's thoughts all have one.
pub(super) fn signed(signature: Option<&Signature<'_>>) -> Spelled<'static> {
    match signature {
        Some(signature) => signature.spelled_in(Dialect::Anthropic),
        None => nobodys(),
    }
}

/// What stands where Anthropic would have signed.
pub(super) fn nobodys() -> Spelled<'static> {
    let mut text = Spelled::of_owned(MARK);
    text.push(&Spelled::of_plain("none.s."));
    text
}

fn tool_use(items: &mut Items<'_>, call: &ToolCall<'_>) {
    let id = ids::worn(&call.id);
    items.object(|json| {
        json.text("type", "tool_use");
        json.spelled("id", &id);
        json.spelled("name", &call.name);
        json.raw("input", arguments(&call.input).as_deref().unwrap_or("{}"));
    });
    if let Some(signature) = &call.signature {
        items.object(|json| {
            json.text("type", "redacted_thinking");
            json.spelled("data", &signed_call(&id, signature));
        });
    }
}

/// A call's signature, with which call it is for. It is marked also where Anthropic's own, since no call of Anthropic's
/// has one.
pub(super) fn signed_call(id: &Spelled<'_>, signature: &Signature<'_>) -> Spelled<'static> {
    let mut data = id.clone().into_owned();
    data.push(&Spelled::of_plain("."));
    data.push(&signature.data);
    let with_id = Signature {
        maker: signature.maker,
        data,
        is_whole: false,
    };
    with_id.marked()
}

/// Whether a citation says what it cites.
pub(super) const fn is_cited(cited: &Citation<'_>) -> bool {
    cited.url.is_some() || cited.place.is_some()
}

/// A citation of what the caller gave, or of something in the net.
pub(super) fn citation(json: &mut Members<'_>, cited: &Citation<'_>) {
    let title = |json: &mut Members<'_>, name: &str| match &cited.title {
        Some(title) => json.spelled(name, title),
        None => json.null(name),
    };
    let cited_text = cited.cited_text.clone().unwrap_or_default();
    if let Some(place) = &cited.place {
        let (kind, [index, from, to]) = words(&place.of);
        json.text("type", kind);
        json.spelled("cited_text", &cited_text);
        json.number(index, place.index);
        match &place.of {
            Cited::SearchResult { source } => {
                json.spelled("source", source);
                title(json, "title");
            }
            Cited::Characters | Cited::Pages | Cited::Pieces => title(json, "document_title"),
        }
        json.number(from, place.from);
        json.number(to, place.to);
        return;
    }
    json.text("type", "web_search_result_location");
    json.spelled("url", &cited.url.clone().unwrap_or_default());
    title(json, "title");
    json.spelled("cited_text", &cited_text);
    // The index is the provider's to read, so it says that there is none.
    json.spelled("encrypted_index", &nobodys());
}

/// What a place is called, and its figures.
pub(super) const fn words(of: &Cited<'_>) -> (&'static str, [&'static str; 3]) {
    match of {
        Cited::Characters => (
            "char_location",
            ["document_index", "start_char_index", "end_char_index"],
        ),
        Cited::Pages => (
            "page_location",
            ["document_index", "start_page_number", "end_page_number"],
        ),
        Cited::Pieces => (
            "content_block_location",
            ["document_index", "start_block_index", "end_block_index"],
        ),
        Cited::SearchResult { .. } => (
            "search_result_location",
            [
                "search_result_index",
                "start_block_index",
                "end_block_index",
            ],
        ),
    }
}
