//! The parts of messages and of tools' results.

use crate::translate::Untranslatable;
use crate::translate::caching;
use crate::translate::json::{Object, Spelled, Value};
use crate::translate::request::{CacheMark, Citation, File, Part, Source, UNNAMED};

/// Reads content.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader {
    /// Whether a mark that does not say how long stands for hours.
    is_long: bool,
}

impl Reader {
    /// For the content of this request, which says how long marked prompts are kept.
    pub(super) fn of(body: &Object<'_>) -> Self {
        let options = body.object("prompt_cache_options");
        let is_long = match options.and_then(|options| options.text("ttl")) {
            Some(ttl) => ttl.is("12h"),
            None => body
                .text("prompt_cache_retention")
                .is_some_and(|retention| retention.is("24h")),
        };
        Self { is_long }
    }

    /// A text, or a list of parts. Parts that are not known are left out: the table notes them.
    pub(super) fn parts<'a>(
        self,
        content: Option<&Value<'a>>,
        place: &dyn Fn() -> String,
    ) -> Result<Vec<Part<'a>>, Untranslatable> {
        match content {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(vec![Part::text(text.clone())]),
            Some(Value::Array(parts)) => Ok(parts
                .items
                .iter()
                .filter_map(|part| self.part(part.as_object()?))
                .collect()),
            Some(_) => Err(Untranslatable::at(place(), "not a text and not a list")),
        }
    }

    fn part<'a>(self, part: &Object<'a>) -> Option<Part<'a>> {
        let kind = part.text("type")?.plain();
        match &*kind {
            "input_text" | "output_text" => Some(Part::Text {
                text: part.text("text")?.clone(),
                citations: citations(part.items("annotations")),
                cache: self.mark(part),
            }),
            "input_image" => Some(Part::Image {
                source: source(part.text("image_url")?, ""),
                detail: part.text("detail").cloned(),
                cache: self.mark(part),
            }),
            "input_file" => Some(Part::File(self.file(part)?)),
            "input_audio" => {
                let audio = part.object("input_audio")?;
                let mut media_type = Spelled::of_raw("audio/");
                media_type.push(audio.text("format")?);
                Some(Part::Audio {
                    data: audio.text("data")?.clone(),
                    media_type,
                })
            }
            "refusal" => Some(Part::Refusal {
                text: part.text("refusal")?.clone(),
            }),
            _ => None,
        }
    }

    fn file<'a>(self, part: &Object<'a>) -> Option<File<'a>> {
        let source = match (part.text("file_data"), part.text("file_url")) {
            (Some(data), _) => source(data, PDF),
            (None, Some(url)) => Source::Url {
                url: url.clone(),
                media_type: Spelled::default(),
            },
            (None, None) => Source::OpenAi(part.text("file_id")?.clone()),
        };
        Some(File {
            context: None,
            cites: false,
            source,
            name: part
                .text("filename")
                .filter(|name| !name.is(UNNAMED))
                .cloned(),
            cache: self.mark(part),
        })
    }

    fn mark(self, part: &Object<'_>) -> Option<CacheMark> {
        caching::mark_of(part, self.is_long)
    }
}

/// What a file is that does not say: `OpenAI` took nothing else for long.
const PDF: &str = "application/pdf";

/// A `data:` URL, another one, or, where `bare` says of what type it then is, base64 alone.
fn source<'a>(text: &Spelled<'a>, bare: &'static str) -> Source<'a> {
    if !text.raw().starts_with("data:") {
        return if bare.is_empty() {
            Source::Url {
                url: text.clone(),
                media_type: Spelled::default(),
            }
        } else {
            Source::Data {
                media_type: Spelled::of_raw(bare),
                base64: text.clone(),
            }
        };
    }
    let pieces = text.split_once(";base64,").and_then(|(head, base64)| {
        let (_, media_type) = head.split_once(":")?;
        Some(Source::Data { media_type, base64 })
    });
    // One that is not in base64 is an address to whoever can read it.
    pieces.unwrap_or_else(|| Source::Url {
        url: text.clone(),
        media_type: Spelled::default(),
    })
}

/// What annotations name an address for. Files' ids mean something to their provider only.
pub(super) fn citations<'a>(annotations: &[Value<'a>]) -> Vec<Citation<'a>> {
    annotations.iter().filter_map(citation).collect()
}

/// The same of one.
pub(super) fn citation<'a>(annotation: &Value<'a>) -> Option<Citation<'a>> {
    let annotation = annotation.as_object()?;
    annotation.text("type")?.is("url_citation").then_some(())?;
    Some(Citation {
        place: None,
        url: Some(annotation.text("url")?.clone()),
        title: annotation.text("title").cloned(),
        cited_text: None,
        span: annotation
            .u64("start_index")
            .zip(annotation.u64("end_index")),
    })
}
