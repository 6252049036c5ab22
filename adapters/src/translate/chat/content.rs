//! A message's content: a text, or parts of several kinds.

use crate::translate::Untranslatable;
use crate::translate::caching;
use crate::translate::json::{Object, Spelled, Value};
use crate::translate::request::{CacheMark, File, Part, Source, UNNAMED};

/// Where in a request we are, for whoever is told of a fault.
#[derive(Debug)]
pub(super) struct Place {
    message: usize,
    part: Option<usize>,
}

impl Place {
    pub(super) const fn message(at: usize) -> Self {
        Self {
            message: at,
            part: None,
        }
    }

    pub(super) fn told(&self) -> String {
        let message = self.message;
        match self.part {
            Some(part) => format!("messages[{message}].content[{part}]"),
            None => format!("messages[{message}]"),
        }
    }
}

/// What a message says; nothing where it has no content.
///
/// # Errors
/// [`Untranslatable`] for parts that are none.
pub(super) fn parts<'a>(
    message: &Object<'a>,
    place: &Place,
) -> Result<Vec<Part<'a>>, Untranslatable> {
    match message.get("content") {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![Part::text(text.clone())]),
        Some(Value::Array(array)) => {
            let mut parts = Vec::with_capacity(array.items.len());
            for (at, item) in array.items.iter().enumerate() {
                let place = Place {
                    message: place.message,
                    part: Some(at),
                };
                parts.extend(part(item, &place)?);
            }
            Ok(parts)
        }
        Some(_) => Err(Untranslatable::at(place.told(), "neither text nor parts")),
    }
}

/// A part; `None` for one that was noted by its shape, and that no dialect has.
fn part<'a>(item: &Value<'a>, place: &Place) -> Result<Option<Part<'a>>, Untranslatable> {
    let fault = |why| Untranslatable::at(place.told(), why);
    let Some(part) = item.as_object() else {
        return Err(fault("not an object"));
    };
    let kind = part.text("type").map(Spelled::plain);
    let cache = cache(part);
    Ok(Some(match kind.as_deref() {
        Some("text") | None => Part::Text {
            text: part.text("text").cloned().ok_or_else(|| fault("no text"))?,
            citations: Vec::new(),
            cache,
        },
        Some("refusal") => Part::Refusal {
            text: part.text("refusal").cloned().unwrap_or_default(),
        },
        Some("image_url") => {
            let (url, detail) = match part.get("image_url") {
                Some(Value::String(url)) => (url, None),
                Some(Value::Object(image)) => (
                    image.text("url").ok_or_else(|| fault("no `url`"))?,
                    image.text("detail").cloned(),
                ),
                _ => return Err(fault("no `image_url`")),
            };
            Part::Image {
                source: source(url).ok_or_else(|| fault("a data URL that is not base64"))?,
                detail,
                cache,
            }
        }
        Some("input_audio") => audio(part).ok_or_else(|| fault("no sound"))?,
        Some("file") => match part.object("file") {
            Some(given) => match file(given, cache) {
                Some(file) => Part::File(file),
                None => return Err(fault("a file that is not base64")),
            },
            None => return Err(fault("no `file`")),
        },
        _ => return Ok(None),
    }))
}

fn audio<'a>(part: &Object<'a>) -> Option<Part<'a>> {
    let audio = part.object("input_audio")?;
    let format = audio.text("format")?.plain();
    Some(Part::Audio {
        data: audio.text("data")?.clone(),
        media_type: match &*format {
            "wav" => Spelled::of_raw("audio/wav"),
            "mp3" => Spelled::of_raw("audio/mp3"),
            other => Spelled::of_owned(&format!("audio/{other}")),
        },
    })
}

fn file<'a>(given: &Object<'a>, cache: Option<CacheMark>) -> Option<File<'a>> {
    let Some(data) = given.text("file_data") else {
        return Some(File {
            context: None,
            cites: false,
            source: Source::OpenAi(given.text("file_id")?.clone()),
            name: None,
            cache,
        });
    };
    let is_bare = data.split_once(":").is_none();
    let source = if is_bare {
        // Without a type, as older clients send it: the dialect's files are PDFs.
        Source::Data {
            media_type: Spelled::of_raw("application/pdf"),
            base64: data.clone(),
        }
    } else {
        source(data)?
    };
    Some(File {
        context: None,
        cites: false,
        source,
        name: given
            .text("filename")
            .filter(|name| !name.is_empty() && !name.is(UNNAMED))
            .cloned(),
        cache,
    })
}

/// What an address says: the thing itself, or where it is.
fn source<'a>(url: &Spelled<'a>) -> Option<Source<'a>> {
    if !url.raw().starts_with("data:") {
        return Some(Source::Url {
            url: url.clone(),
            media_type: Spelled::default(),
        });
    }
    let (head, base64) = url.split_once(";base64,")?;
    let (_, media_type) = head.split_once("data:")?;
    let media_type = match media_type.split_once(";") {
        Some((media_type, _)) => media_type,
        None => media_type,
    };
    Some(Source::Data { media_type, base64 })
}

/// Whether the prompt is to be cached up to here: `OpenRouter`'s word for it, or `OpenAI`'s. Of lifetimes the other
/// dialects know five minutes and an hour; what asks for more than the first gets the second.
pub(super) fn cache(part: &Object<'_>) -> Option<CacheMark> {
    let Some(mark) = part.object("cache_control") else {
        return caching::mark_of(part, false);
    };
    Some(match mark.text("ttl").map(Spelled::plain).as_deref() {
        None | Some("5m") => CacheMark::Usual,
        Some(_) => CacheMark::Hour,
    })
}
