//! The blocks of an Anthropic message, read: in requests and in answers alike.

use super::super::Untranslatable;
use super::super::json::{Object, Spelled, Value};
use super::super::request::{
    CacheMark, Citation, Cited, File, Part, Place, SearchResult, Source, ToolCall, ToolResult,
};
use super::super::signature::{MARK, Signature};
use super::read::cache;
use super::{ids, tell};
use crate::call::Dialect;

/// What a message says: a text, or blocks.
///
/// # Errors
/// [`Untranslatable`] for a block without what makes it one. A block of a kind that is not known is left out: it was
/// noted along the table.
pub(super) fn parts<'a>(
    content: Option<&Value<'a>>,
    place: &str,
) -> Result<Vec<Part<'a>>, Untranslatable> {
    match content {
        Some(Value::String(text)) => Ok(vec![Part::text(text.clone())]),
        Some(Value::Array(blocks)) => {
            let mut parts = Vec::with_capacity(blocks.items.len());
            for (at, block) in blocks.items.iter().enumerate() {
                let here = || format!("{place}[{at}]");
                let block = block
                    .as_object()
                    .ok_or_else(|| Untranslatable::at(here(), "no object"))?;
                if sign_a_call(block, &mut parts) {
                    continue;
                }
                if let Some(part) = part(block).map_err(|why| Untranslatable::at(here(), why))? {
                    parts.push(part);
                }
            }
            Ok(parts)
        }
        _ => Err(Untranslatable::at(place, "no text and no blocks")),
    }
}

/// The texts of a message that has nothing else.
pub(super) fn texts<'a>(content: Option<&Value<'a>>) -> Vec<Part<'a>> {
    match content {
        Some(Value::String(text)) => vec![Part::text(text.clone())],
        Some(Value::Array(blocks)) => {
            let objects = blocks.items.iter().filter_map(Value::as_object);
            objects
                .filter(|block| is_kind(block, "text"))
                .filter_map(text)
                .collect()
        }
        _ => Vec::new(),
    }
}

fn is_kind(block: &Object<'_>, kind: &str) -> bool {
    block.text("type").is_some_and(|said| said.is(kind))
}

fn part<'a>(block: &Object<'a>) -> Result<Option<Part<'a>>, &'static str> {
    let kind = block.text("type").ok_or("no type")?;
    Ok(match &*kind.plain() {
        "text" => Some(text(block).ok_or("no text")?),
        "image" => source(block)?.map(|source| Part::Image {
            source,
            detail: None,
            cache: cache(block),
        }),
        "document" => source(block)?.map(|source| {
            Part::File(File {
                source,
                name: block.text("title").cloned(),
                context: block.text("context").cloned(),
                cites: cites(block),
                cache: cache(block),
            })
        }),
        "search_result" => Some(Part::SearchResult(search_result(block)?)),
        "thinking" => Some(thinking(block)),
        "redacted_thinking" => redacted(block),
        "tool_use" => Some(Part::ToolCall(call(block).ok_or("no call")?)),
        "tool_result" => Some(Part::ToolResult(tool_result(block)?)),
        _ => None,
    })
}

/// A text, with what it cites.
pub(super) fn text<'a>(block: &Object<'a>) -> Option<Part<'a>> {
    let told = block.items("citations").iter();
    let told = told.filter_map(Value::as_object);
    Some(Part::Text {
        text: block.text("text")?.clone(),
        citations: told.map(citation).collect(),
        cache: cache(block),
    })
}

/// Whether answers shall cite a document or a search result.
fn cites(block: &Object<'_>) -> bool {
    let config = block.object("citations");
    config.and_then(|config| config.bool("enabled")) == Some(true)
}

fn search_result<'a>(block: &Object<'a>) -> Result<SearchResult<'a>, &'static str> {
    let pieces = block.items("content").iter().filter_map(Value::as_object);
    Ok(SearchResult {
        source: block.text("source").ok_or("no source")?.clone(),
        title: block.text("title").ok_or("no title")?.clone(),
        // A search result's mark is at its end.
        cache: cache(block).or_else(|| pieces.clone().find_map(cache)),
        pieces: self::pieces(block.get("content")),
        cites: cites(block),
    })
}

/// Texts that can be cited one by one. Images among them were noted along the table.
fn pieces<'a>(content: Option<&Value<'a>>) -> Vec<Spelled<'a>> {
    match content {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(blocks)) => {
            let objects = blocks.items.iter().filter_map(Value::as_object);
            objects
                .filter_map(|block| block.text("text").cloned())
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Where something is from.
pub(super) fn citation<'a>(told: &Object<'a>) -> Citation<'a> {
    let text = |name: &str| told.text(name).cloned();
    // Of a search result it is the address that the caller gave, or only a name.
    let source = || text("source").filter(|source| source.raw().starts_with("http"));
    Citation {
        place: place(told),
        url: text("url").or_else(source),
        title: text("title").or_else(|| text("document_title")),
        cited_text: text("cited_text"),
        span: None,
    }
}

/// The place within what was given to be cited.
fn place<'a>(told: &Object<'a>) -> Option<Place<'a>> {
    let of = match &*told.text("type")?.plain() {
        "char_location" => Cited::Characters,
        "page_location" => Cited::Pages,
        "content_block_location" => Cited::Pieces,
        "search_result_location" => Cited::SearchResult {
            source: told.text("source").cloned().unwrap_or_default(),
        },
        _ => return None,
    };
    let (_, [index, from, to]) = tell::words(&of);
    Some(Place {
        of,
        index: told.u64(index)?,
        from: told.u64(from)?,
        to: told.u64(to)?,
    })
}

/// A thought. What the caller's dialect has a signature for and nobody signed has none here.
pub(super) fn thinking<'a>(block: &Object<'a>) -> Part<'a> {
    Part::Thinking {
        text: block.text("thinking").cloned().unwrap_or_default(),
        signature: block.text("signature").and_then(signature),
    }
}

/// What signs a thought; `None` where it says that nobody did.
pub(super) fn signature<'a>(text: &Spelled<'a>) -> Option<Signature<'a>> {
    let read = Signature::read_in(Dialect::Anthropic, text).into_owned();
    let is_nobodys = read.maker == Dialect::Anthropic && read.data.raw().starts_with(MARK);
    (!is_nobodys && !text.is_empty()).then_some(read)
}

/// A thought that is told to its maker alone.
pub(super) fn redacted<'a>(block: &Object<'a>) -> Option<Part<'a>> {
    let signature = signature(block.text("data")?)?;
    Some(Part::Thinking {
        text: Spelled::default(),
        signature: Some(Signature {
            is_whole: true,
            ..signature
        }),
    })
}

/// Puts a call's signature back on the call: it came as a block of its own, `qh1.gemini.s.<id>.<signature>`, behind it.
/// Says whether the block was such a one.
fn sign_a_call(block: &Object<'_>, parts: &mut [Part<'_>]) -> bool {
    let Some((id, signed)) = call_signature(block) else {
        return false;
    };
    let calls = parts.iter_mut().rev().filter_map(|part| match part {
        Part::ToolCall(call) => Some(call),
        _ => None,
    });
    if let Some(call) = calls.into_iter().find(|call| ids::worn(&call.id) == id) {
        call.signature = Some(signed);
    }
    true
}

/// Which call, and what signs it.
fn call_signature(block: &Object<'_>) -> Option<(Spelled<'static>, Signature<'static>)> {
    let data = block
        .text("data")
        .filter(|_| is_kind(block, "redacted_thinking"))?;
    let signed =
        signature(data).filter(|signed| data.raw().starts_with(MARK) && !signed.is_whole)?;
    let (id, bare) = signed.data.raw().split_once('.')?;
    let bare = Spelled::of_raw(bare).into_owned();
    let id = Spelled::of_raw(id).into_owned();
    Some((
        id,
        Signature {
            data: bare,
            ..signed
        },
    ))
}

/// A call whose arguments are an object.
pub(super) fn call<'a>(block: &Object<'a>) -> Option<ToolCall<'a>> {
    let input = block.object("input").map_or("{}", |input| input.raw);
    Some(ToolCall {
        id: ids::bare(block.text("id")?),
        name: block.text("name")?.clone(),
        input: Spelled::of_plain(input),
        signature: None,
        cache: cache(block),
        is_custom: false,
    })
}

fn tool_result<'a>(block: &Object<'a>) -> Result<ToolResult<'a>, &'static str> {
    let content = match block.get("content") {
        None => Vec::new(),
        content => parts(content, "").map_err(|fault| fault.why)?,
    };
    Ok(ToolResult {
        id: ids::bare(block.text("tool_use_id").ok_or("no tool_use_id")?),
        name: None,
        parts: content,
        is_error: block.bool("is_error").unwrap_or_default(),
        cache: cache(block),
    })
}

/// `None` for what lies at the provider, and for what only Anthropic knows.
fn source<'a>(block: &Object<'a>) -> Result<Option<Source<'a>>, &'static str> {
    let source = block.object("source").ok_or("no source")?;
    let text = |name: &str| source.text(name).cloned();
    let kind = source.text("type").ok_or("no type of source")?;
    Ok(match &*kind.plain() {
        "base64" => Some(Source::Data {
            media_type: text("media_type").ok_or("no media_type")?,
            base64: text("data").ok_or("no data")?,
        }),
        "url" => Some(Source::Url {
            url: text("url").ok_or("no url")?,
            media_type: Spelled::default(),
        }),
        "text" => Some(Source::Text(text("data").ok_or("no data")?)),
        "content" => Some(Source::Pieces(pieces(source.get("content")))),
        _ => None,
    })
}

/// Where a part keeps its mark, if it can have one.
pub(super) const fn cache_of<'p>(part: &'p mut Part<'_>) -> Option<&'p mut Option<CacheMark>> {
    match part {
        Part::Text { cache, .. } | Part::Image { cache, .. } => Some(cache),
        Part::File(file) => Some(&mut file.cache),
        Part::SearchResult(found) => Some(&mut found.cache),
        Part::ToolCall(call) => Some(&mut call.cache),
        Part::ToolResult(result) => Some(&mut result.cache),
        Part::Audio { .. } | Part::Video { .. } | Part::Thinking { .. } | Part::Refusal { .. } => {
            None
        }
    }
}
