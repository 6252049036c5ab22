//! A request as Gemini's callers write it, read.

mod kinds;
mod settings;

use crate::translate::Untranslatable;
use crate::translate::feature::Feature;
use crate::translate::json::{Spelled, Value};
use crate::translate::request::{File, Part, Request, Role, Source, ToolCall, ToolResult, Turn};
use crate::translate::shape::Seen;
use crate::translate::signature::Signature;

use super::proto::Proto;
use super::{shape, signed, words};

/// Reads a request.
pub(super) fn read<'a>(value: &Value<'a>, seen: &mut Seen) -> Result<Request<'a>, Untranslatable> {
    kinds::check(&shape::SHAPE, value)?;
    let body = Proto::of(value).ok_or_else(|| Untranslatable::at("", "not an object"))?;
    let mut request = Request::default();
    let mut reader = Reader {
        seen,
        calls: Vec::new(),
    };
    if let Some(system) = body.object("systemInstruction") {
        request.system = reader.instructions(system);
    }
    for (at, content) in body.items("contents").iter().enumerate() {
        reader.content(content, &format!("contents[{at}]"), &mut request.turns)?;
    }
    if let Some(last) = request.turns.last()
        && last.role == Role::Assistant
    {
        let last = body.items("contents").len().saturating_sub(1);
        seen.note(Feature::Prefill, || format!("contents[{last}]"));
    }
    settings::read(body, &mut request, seen)?;
    Ok(request)
}

struct Reader<'s, 'a> {
    seen: &'s mut Seen,
    calls: Vec<Called<'a>>,
}

/// A call that was made earlier in the conversation.
struct Called<'a> {
    id: Spelled<'a>,
    name: Spelled<'a>,
    is_answered: bool,
}

impl<'a> Reader<'_, 'a> {
    fn instructions(&mut self, system: Proto<'_, 'a>) -> Vec<Part<'a>> {
        let mut parts = Vec::new();
        for (at, part) in system.items("parts").iter().enumerate() {
            match Proto::of(part).and_then(|part| part.text("text")) {
                Some(text) => parts.push(Part::text(text.clone())),
                None => self.seen.note(Feature::Unknown, || {
                    format!("systemInstruction.parts[{at}]")
                }),
            }
        }
        parts
    }

    /// Adds a content. Clients keep what a stream told as a content for each piece: those of the model are one turn.
    fn content(
        &mut self,
        content: &Value<'a>,
        place: &str,
        turns: &mut Vec<Turn<'a>>,
    ) -> Result<(), Untranslatable> {
        let content =
            Proto::of(content).ok_or_else(|| Untranslatable::at(place, "not an object"))?;
        let said = content.text("role").map(Spelled::plain).unwrap_or_default();
        let role = match &*said {
            "" | "user" | "function" | "tool" => Role::User,
            "model" => Role::Assistant,
            _ => return Err(Untranslatable::at(place, "its role is not known")),
        };
        let goes_on = role == Role::Assistant;
        if !turns
            .last()
            .is_some_and(|last| goes_on && last.role == role)
        {
            turns.push(Turn {
                role,
                parts: Vec::new(),
            });
        }
        let Some(turn) = turns.last_mut() else {
            return Ok(());
        };
        for (at, part) in content.items("parts").iter().enumerate() {
            let place = format!("{place}.parts[{at}]");
            let part =
                Proto::of(part).ok_or_else(|| Untranslatable::at(&*place, "not an object"))?;
            self.part(part, &place, turn)?;
        }
        Ok(())
    }

    /// Adds a part. Of what the neutral form does not hold, the table has told.
    fn part(
        &mut self,
        part: Proto<'_, 'a>,
        place: &str,
        turn: &mut Turn<'a>,
    ) -> Result<(), Untranslatable> {
        let signature = part.text("thoughtSignature").and_then(signed::read);
        if part
            .get("text")
            .is_some_and(|text| text.as_text().is_none())
        {
            return Err(Untranslatable::at(format!("{place}.text"), "not a text"));
        }
        if let Some(call) = part.object("functionCall") {
            let call = self.call(call, signature, place)?;
            turn.parts.push(Part::ToolCall(call));
            return Ok(());
        }
        if let Some(response) = part.object("functionResponse") {
            if turn.role == Role::Assistant {
                return Err(Untranslatable::at(
                    place,
                    "a function's response from the model",
                ));
            }
            let result = self.result(response, place)?;
            turn.parts.push(Part::ToolResult(result));
            return Ok(());
        }
        if turn.role == Role::Assistant {
            // No other dialect takes back pictures that a model has made.
            let media = ["inlineData", "fileData"].into_iter();
            for name in media.filter(|name| part.object(name).is_some()) {
                self.seen
                    .note(Feature::Unknown, || format!("{place}.{name}"));
            }
            let text = part.text("text").cloned().unwrap_or_default();
            said(text, part.bool("thought") == Some(true), &mut turn.parts);
        } else if let Some(blob) = part.object("inlineData") {
            turn.parts.extend(inline(blob, part, place)?);
        } else if let Some(file) = part.object("fileData") {
            turn.parts.extend(self.filed(file, part, place));
        } else if let Some(text) = part.text("text") {
            turn.parts.push(Part::text(text.clone()));
        }
        if let Some(signature) = signature {
            sign(signature, &mut turn.parts);
        }
        Ok(())
    }

    fn call(
        &mut self,
        call: Proto<'_, 'a>,
        signature: Option<Signature<'a>>,
        place: &str,
    ) -> Result<ToolCall<'a>, Untranslatable> {
        let name = call.text("name").filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Untranslatable::at(place, "a call without a name"))?;
        let told = call.text("id").filter(|id| !id.is_empty()).cloned();
        let id = told.unwrap_or_else(|| Spelled::of_owned(&format!("call_{}", self.calls.len())));
        self.calls.push(Called {
            id: id.clone(),
            name: name.clone(),
            is_answered: false,
        });
        let input = match call.get("args") {
            Some(Value::Object(args)) => Spelled::of_owned(args.raw),
            None => Spelled::of_plain("{}"),
            Some(_) => return Err(Untranslatable::at(place, "arguments that are no object")),
        };
        Ok(ToolCall {
            id,
            name: name.clone(),
            input,
            signature,
            cache: None,
            is_custom: false,
        })
    }

    fn result(
        &mut self,
        response: Proto<'_, 'a>,
        place: &str,
    ) -> Result<ToolResult<'a>, Untranslatable> {
        let name = response.text("name").cloned();
        let id = self
            .answered(response.text("id"), name.as_ref())
            .ok_or_else(|| Untranslatable::at(place, "no earlier call has its id or its name"))?;
        let (mut parts, is_error) = match response.get("response") {
            Some(Value::Object(said)) => words::result(said),
            None => (Vec::new(), false),
            Some(_) => return Err(Untranslatable::at(place, "a response that is no object")),
        };
        if is_error {
            self.seen.note(Feature::ToolResultError, || {
                format!("{place}.functionResponse.response")
            });
        }
        for (at, part) in response.items("parts").iter().enumerate() {
            let place = format!("{place}.functionResponse.parts[{at}]");
            let Some(part) = Proto::of(part) else {
                return Err(Untranslatable::at(place, "not an object"));
            };
            if let Some(blob) = part.object("inlineData") {
                parts.extend(inline(blob, part, &place)?);
            } else if let Some(file) = part.object("fileData") {
                parts.extend(self.filed(file, part, &place));
            }
        }
        Ok(ToolResult {
            id,
            name,
            parts,
            is_error,
            cache: None,
        })
    }

    /// The id of the call that is answered: the one told, else of the first unanswered call of the name.
    fn answered(
        &mut self,
        id: Option<&Spelled<'a>>,
        name: Option<&Spelled<'a>>,
    ) -> Option<Spelled<'a>> {
        let mut calls = self.calls.iter_mut();
        let by_id = calls.rfind(|call| id.is_some_and(|id| call.id == *id));
        let call = match by_id {
            Some(call) => call,
            None => {
                let mut calls = self.calls.iter_mut().filter(|call| !call.is_answered);
                calls.find(|call| name.is_some_and(|name| call.name == *name))?
            }
        };
        call.is_answered = true;
        Some(call.id.clone())
    }

    /// What lies elsewhere. What lies in Google's own stores can be read there alone.
    fn filed(&mut self, file: Proto<'_, 'a>, part: Proto<'_, 'a>, place: &str) -> Option<Part<'a>> {
        let url = file.text("fileUri")?;
        let told = file.text("mimeType").cloned();
        let guessed = || words::media_type_of(&url.plain()).map(Spelled::of_plain);
        let media_type = told.clone().or_else(guessed).unwrap_or_default();
        let kind = media_type.plain().into_owned();
        let is_image = kind.starts_with("image/");
        if told.is_none() {
            let feature = if is_image {
                Feature::ImageUrl
            } else {
                Feature::FileUrl
            };
            self.seen
                .note(feature, || format!("{place}.fileData.fileUri"));
        }
        let is_public = url.raw().starts_with("http");
        let is_media = ["audio/", "video/"]
            .iter()
            .any(|media| kind.starts_with(media));
        if !is_public || is_media || url.raw().starts_with(words::STORE) {
            return None;
        }
        let source = Source::Url {
            url: url.clone(),
            media_type,
        };
        Some(if is_image {
            image(source, part)
        } else {
            Part::File(File {
                context: None,
                cites: false,
                source,
                name: file.text("displayName").cloned(),
                cache: None,
            })
        })
    }
}

/// What is here.
fn inline<'a>(
    blob: Proto<'_, 'a>,
    part: Proto<'_, 'a>,
    place: &str,
) -> Result<Option<Part<'a>>, Untranslatable> {
    let media_type = blob.text("mimeType").cloned().unwrap_or_default();
    let base64 = blob.text("data").cloned().unwrap_or_default();
    let kind = media_type.plain().into_owned();
    let name = blob.text("displayName").cloned();
    let source = match kind.split('/').next() {
        Some("video") => {
            return Ok(Some(Part::Video {
                data: base64,
                media_type,
            }));
        }
        Some("audio") => {
            return Ok(Some(Part::Audio {
                data: base64,
                media_type,
            }));
        }
        Some("image") => return Ok(Some(image(Source::Data { media_type, base64 }, part))),
        Some("text") => {
            let text = signed::text_of(&base64);
            Source::Text(text.ok_or_else(|| Untranslatable::at(place, "no text in base64"))?)
        }
        _ => Source::Data { media_type, base64 },
    };
    Ok(Some(Part::File(File {
        context: None,
        cites: false,
        source,
        name,
        cache: None,
    })))
}

fn image<'a>(source: Source<'a>, part: Proto<'_, 'a>) -> Part<'a> {
    let level = part
        .object("mediaResolution")
        .and_then(|resolution| resolution.text("level"));
    let detail = level.and_then(|level| words::detail(&level.plain()));
    Part::Image {
        source,
        detail: detail.map(Spelled::of_plain),
        cache: None,
    }
}

/// Adds what a model said or thought: pieces of a stream are one part.
fn said<'a>(text: Spelled<'a>, is_thought: bool, parts: &mut Vec<Part<'a>>) {
    if text.is_empty() {
        return;
    }
    match (parts.last_mut(), is_thought) {
        (Some(Part::Text { text: all, .. }), false) => all.push(&text),
        (
            Some(Part::Thinking {
                text: all,
                signature: None,
            }),
            true,
        ) => all.push(&text),
        (_, false) => parts.push(Part::text(text)),
        (_, true) => parts.push(Part::Thinking {
            text,
            signature: None,
        }),
    }
}

/// Adds a signature: to the thought before it, else as a thought of which nothing is told.
fn sign<'a>(signed: Signature<'a>, parts: &mut Vec<Part<'a>>) {
    if let Some(Part::Thinking { signature, .. }) = parts.last_mut()
        && signature.is_none()
        && !signed.is_whole
    {
        *signature = Some(signed);
        return;
    }
    parts.push(Part::Thinking {
        text: Spelled::default(),
        signature: Some(signed),
    });
}
