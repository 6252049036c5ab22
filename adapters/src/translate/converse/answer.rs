//! Answers.

use crate::call::Dialect;
use crate::translate::AnswerFault;
use crate::translate::answer::{Answer, Choice, Finish, Reason};
use crate::translate::json::{Object, Spelled, Value};
use crate::translate::request::{Citation, Cited, Part, Place, ToolCall};
use crate::translate::signature::Signature;

/// Reads an answer. It has neither id nor model.
pub(super) fn read<'a>(value: &Value<'a>) -> Result<Answer<'a>, AnswerFault> {
    let object = value.as_object().ok_or(AnswerFault::Unreadable)?;
    let message = object
        .object("output")
        .and_then(|output| output.object("message"))
        .ok_or(AnswerFault::Unreadable)?;
    let mut parts = Vec::new();
    for block in message.items("content") {
        let block = block.as_object().ok_or(AnswerFault::Unreadable)?;
        parts.extend(part(block)?);
    }
    Ok(Answer {
        tier: tier(object).cloned(),
        choices: vec![Choice {
            parts,
            finish: finish(object),
            ..Choice::default()
        }],
        ..Answer::default()
    })
}

/// `serviceTier.type` of an answer, or of a stream's last event.
pub(super) fn tier<'v, 'a>(object: &'v Object<'a>) -> Option<&'v Spelled<'a>> {
    object.object("serviceTier")?.text("type")
}

/// `stopReason` of an answer, or of a stream's `messageStop`.
pub(super) fn finish<'a>(object: &Object<'a>) -> Finish<'a> {
    let said = object.text("stopReason").map(Spelled::plain);
    let reason = match said.as_deref() {
        Some("end_turn") => Reason::Done,
        Some("tool_use") => Reason::ToolCalls,
        Some("max_tokens") => Reason::Length,
        Some("stop_sequence") => Reason::Stop,
        Some("guardrail_intervened" | "content_filtered") => Reason::Filtered,
        Some("model_context_window_exceeded") => Reason::ContextFull,
        Some("malformed_tool_use") => Reason::BadCall,
        // Of Claude's own words, which not every model's answers are freed of.
        Some("refusal") => Reason::Refused,
        Some("pause_turn") => Reason::Paused,
        _ => Reason::Other,
    };
    let more = object.object("additionalModelResponseFields");
    Finish {
        reason,
        stop: more.and_then(|more| more.text("stop_sequence")).cloned(),
    }
}

fn part<'a>(block: &Object<'a>) -> Result<Option<Part<'a>>, AnswerFault> {
    if let Some(text) = block.text("text") {
        return Ok((!text.is_empty()).then(|| Part::text(text.clone())));
    }
    if let Some(call) = block.object("toolUse") {
        return called(call).map(Some);
    }
    if let Some(thought) = block.object("reasoningContent") {
        return Ok(Some(thinking(thought)));
    }
    if let Some(cited) = block.object("citationsContent") {
        let mut text = Spelled::default();
        let pieces = cited.items("content").iter().filter_map(Value::as_object);
        pieces
            .filter_map(|piece| piece.text("text"))
            .for_each(|piece| text.push(piece));
        let citations = cited.items("citations").iter();
        return Ok(Some(Part::Text {
            text,
            citations: citations
                .filter_map(Value::as_object)
                .map(citation)
                .collect(),
            cache: None,
        }));
    }
    // Images, and what the service's own tools did: nobody asks for them from here.
    Err(AnswerFault::Unsayable)
}

fn called<'a>(call: &Object<'a>) -> Result<Part<'a>, AnswerFault> {
    if is_of_the_service(call) {
        return Err(AnswerFault::Unsayable);
    }
    let (Some(id), Some(name)) = (call.text("toolUseId"), call.text("name")) else {
        return Err(AnswerFault::Unreadable);
    };
    let input = match call.get("input") {
        None => Spelled::of_raw("{}"),
        Some(Value::Object(input)) => Spelled::of_plain(input.raw),
        Some(_) => return Err(AnswerFault::BadArguments),
    };
    Ok(Part::ToolCall(ToolCall {
        id: id.clone(),
        name: name.clone(),
        input,
        signature: None,
        cache: None,
        is_custom: false,
    }))
}

/// Whether the service runs that tool itself.
pub(super) fn is_of_the_service(call: &Object<'_>) -> bool {
    call.text("type")
        .is_some_and(|kind| kind.is("server_tool_use"))
}

fn thinking<'a>(thought: &Object<'a>) -> Part<'a> {
    if let Some(data) = thought.text("redactedContent") {
        return Part::Thinking {
            text: Spelled::default(),
            signature: Some(signed(data.clone(), true)),
        };
    }
    let said = thought.object("reasoningText");
    let text = said.and_then(|said| said.text("text")).cloned();
    let signature = said.and_then(|said| said.text("signature")).cloned();
    Part::Thinking {
        text: text.unwrap_or_default(),
        signature: signature.map(|data| signed(data, false)),
    }
}

/// What Bedrock hands out is read by Bedrock: a model's maker elsewhere is not asked to.
pub(super) const fn signed(data: Spelled<'_>, is_whole: bool) -> Signature<'_> {
    Signature {
        maker: Dialect::Bedrock,
        data,
        is_whole,
    }
}

/// A citation, whole or as a stream tells it.
pub(super) fn citation<'a>(said: &Object<'a>) -> Citation<'a> {
    let web = said.object("location").and_then(|at| at.object("web"));
    let url = web.and_then(|web| web.text("url"));
    // Of a search result it is the address that the caller gave.
    let source = || {
        said.text("source")
            .filter(|source| source.raw().starts_with("http"))
    };
    let mut cited_text: Option<Spelled<'_>> = None;
    let pieces = said.items("sourceContent").iter();
    for piece in pieces.filter_map(|piece| piece.as_object()?.text("text")) {
        cited_text.get_or_insert_default().push(piece);
    }
    Citation {
        url: url.or_else(source).cloned(),
        title: said.text("title").cloned(),
        cited_text,
        span: None,
        place: said.object("location").and_then(|at| place(at, said)),
    }
}

/// The place within what the caller gave (`CitationLocation`).
fn place<'a>(at: &Object<'a>, said: &Object<'a>) -> Option<Place<'a>> {
    let kinds = [
        ("documentChar", Cited::Characters),
        ("documentPage", Cited::Pages),
        ("documentChunk", Cited::Pieces),
    ];
    let in_document = kinds
        .into_iter()
        .find_map(|(name, of)| Some((of, at.object(name)?, "documentIndex")));
    let (of, at, index) = in_document.or_else(|| {
        let at = at.object("searchResultLocation")?;
        let source = said.text("source").cloned().unwrap_or_default();
        Some((Cited::SearchResult { source }, at, "searchResultIndex"))
    })?;
    Some(Place {
        of,
        index: at.u64(index)?,
        from: at.u64("start")?,
        to: at.u64("end")?,
    })
}
