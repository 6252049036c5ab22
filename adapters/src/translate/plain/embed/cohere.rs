//! Cohere's `/v2/embed` (documented at <https://docs.cohere.com/reference/embed>, read 2026-11; recorded in
//! fixtures/cohere).

use quotah_policy::{Unit, Usage};

use super::openai::object;
use super::{Embed, Half, Input, Piece, Task, Truncate, Vectors, numbers};
use crate::translate::feature::Feature;
use crate::translate::json::{Json, Members, Spelled, Value};
use crate::translate::shape::{Field, Kind, Seen, Shape};
use crate::translate::{AnswerFault, Caller, To, Untranslatable};

pub(super) static HALF: Half = Half {
    shape: &SHAPE,
    read,
    write,
    read_answer,
    write_answer,
};

static SHAPE: Shape = Shape::Object(&[
    Field::plain("model"),
    Field::asks("input_type", Feature::EmbeddingTask, "\"search_query\"").idle(&["\"image\""]),
    Field::plain("texts"),
    Field::asks(
        "images",
        Feature::EmbeddingImages,
        "[\"data:image/png;base64,AAAA\"]",
    )
    .idle(&["[]"]),
    Field::plain("inputs").of(&Shape::List(&INPUT)),
    Field::asks("max_tokens", Feature::EmbeddingTruncation, "100"),
    Field::asks("output_dimension", Feature::Dimensions, "256"),
    // All but floats are noted where it is read.
    Field::plain("embedding_types"),
    Field::asks("truncate", Feature::EmbeddingTruncation, "\"START\"")
        .idle(&["\"END\""])
        .starts(&[("NONE", Feature::EmbeddingTruncationOff)]),
    Field::asks("priority", Feature::Placement, "1").idle(&["0"]),
]);

static INPUT: Shape = Shape::Object(&[Field::plain("content").of(&Shape::List(&Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::plain(&["text"], &[Field::plain("type"), Field::plain("text")]),
        Kind::asks(
            &["image_url"],
            Feature::EmbeddingImages,
            &[
                Field::plain("type"),
                Field::plain("image_url").of(&Shape::Object(&[Field::plain("url")])),
            ],
        ),
    ],
}))]);

fn read<'v>(value: &'v Value<'_>, seen: &mut Seen) -> Result<Embed<'v>, Untranslatable> {
    let request = object(value)?;
    for (at, kind) in request.items("embedding_types").iter().enumerate() {
        if !kind.as_text().is_some_and(|kind| kind.is("float")) {
            seen.note(Feature::EmbeddingEncoding, || {
                format!("embedding_types[{at}]")
            });
        }
    }
    let word = |name| request.text(name).map(Spelled::plain);
    let mut embed = Embed {
        dimensions: request.number("output_dimension"),
        task: match word("input_type").as_deref() {
            Some("search_document") => Some(Task::Document),
            Some("search_query") => Some(Task::Query),
            Some("classification") => Some(Task::Classification),
            Some("clustering") => Some(Task::Clustering),
            _ => None,
        },
        truncate: match word("truncate").as_deref() {
            Some("NONE") => Some(Truncate::Never),
            Some("START") => Some(Truncate::Start),
            _ => Some(Truncate::End),
        },
        ..Embed::default()
    };
    embed.push_texts("texts", request.get("texts"), seen);
    for (at, image) in request.items("images").iter().enumerate() {
        let place = format!("images[{at}]");
        let piece = image.as_text().and_then(image_of);
        if piece.is_none() {
            seen.note(Feature::ImageUrl, || place.clone());
        }
        let pieces = piece.into_iter().collect();
        embed.inputs.push(Input { place, pieces });
    }
    for (at, input) in request.items("inputs").iter().enumerate() {
        let place = format!("inputs[{at}]");
        let content = input.as_object().map(|input| input.items("content"));
        let mut pieces = Vec::new();
        for (at, part) in content.unwrap_or_default().iter().enumerate() {
            match piece_of(part) {
                Some(piece) => pieces.push(piece),
                None => seen.note(Feature::ImageUrl, || format!("{place}.content[{at}]")),
            }
        }
        embed.inputs.push(Input { place, pieces });
    }
    Ok(embed)
}

fn piece_of<'v>(value: &'v Value<'_>) -> Option<Piece<'v>> {
    let part = value.as_object()?;
    match part.object("image_url") {
        Some(image) => image_of(image.text("url")?),
        None => Some(Piece::Text(part.text("text")?.borrowed())),
    }
}

/// `data:image/png;base64,…`
fn image_of<'v>(url: &'v Spelled<'_>) -> Option<Piece<'v>> {
    let (media_type, base64) = url.raw().strip_prefix("data:")?.split_once(";base64,")?;
    Some(Piece::Image {
        media_type: Spelled::of_raw(media_type),
        base64: Spelled::of_raw(base64),
    })
}

fn write(embed: &Embed<'_>, to: &To<'_>) -> Result<String, Untranslatable> {
    let texts = if embed.is_texts() {
        embed.texts()?
    } else {
        Vec::new()
    };
    Ok(Json::object(256, |json| {
        json.text("model", to.model);
        json.text("input_type", input_type(embed.task));
        if texts.is_empty() {
            json.array("inputs", |items| {
                for input in &embed.inputs {
                    items.object(|json| {
                        json.array("content", |items| {
                            for piece in &input.pieces {
                                items.object(|json| write_piece(piece, json));
                            }
                        });
                    });
                }
            });
        } else {
            json.array("texts", |items| {
                texts.iter().for_each(|text| items.spelled(text));
            });
        }
        json.array("embedding_types", |items| items.text("float"));
        if let Some(dimensions) = embed.dimensions {
            json.raw("output_dimension", dimensions);
        }
        match embed.truncate {
            Some(Truncate::Never) => json.text("truncate", "NONE"),
            Some(Truncate::Start) => json.text("truncate", "START"),
            Some(Truncate::End) | None => {}
        }
    }))
}

fn write_piece(piece: &Piece<'_>, json: &mut Members<'_>) {
    match piece {
        Piece::Text(text) => {
            json.text("type", "text");
            json.spelled("text", text);
        }
        Piece::Image { media_type, base64 } => {
            json.text("type", "image_url");
            json.object("image_url", |json| {
                let mut url = Spelled::of_owned("data:");
                url.push(media_type);
                url.push(&Spelled::of_raw(";base64,"));
                url.push(base64);
                json.spelled("url", &url);
            });
        }
    }
}

/// It must be said. Where a caller says nothing its texts are told from nothing else, so that all are embedded alike:
/// as what is searched.
const fn input_type(task: Option<Task>) -> &'static str {
    match task {
        Some(Task::Query | Task::Question | Task::Fact | Task::Code) => "search_query",
        Some(Task::Classification) => "classification",
        Some(Task::Clustering | Task::Likeness) => "clustering",
        Some(Task::Document) | None => "search_document",
    }
}

fn read_answer<'v>(value: &'v Value<'_>) -> Result<Vectors<'v>, AnswerFault> {
    let answer = value.as_object().ok_or(AnswerFault::Unreadable)?;
    let floats = answer
        .object("embeddings")
        .map(|types| types.items("float"));
    let floats = floats.ok_or(AnswerFault::Unreadable)?.iter();
    let vectors = floats.map(|vector| numbers::read(Some(vector)));
    Ok(Vectors {
        id: answer.text("id").map(Spelled::borrowed).unwrap_or_default(),
        model: Spelled::default(),
        vectors: vectors.collect::<Result<_, _>>()?,
    })
}

fn write_answer(
    answer: &Vectors<'_>,
    caller: &Caller,
    usage: Option<&Usage>,
) -> Result<String, AnswerFault> {
    Ok(Json::object(1_024, |json| {
        write_id(&answer.id, caller, json);
        json.object("embeddings", |json| {
            json.array("float", |items| {
                for vector in &answer.vectors {
                    items.array(|items| numbers::write(vector, items));
                }
            });
        });
        json.object("meta", |json| {
            json.object("api_version", |json| json.text("version", "2"));
            if let Some(usage) = usage {
                json.object("billed_units", |json| billed(usage, json));
            }
        });
        json.text("response_type", "embeddings_by_type");
    }))
}

fn billed(usage: &Usage, json: &mut Members<'_>) {
    let images = usage.input_image_tokens;
    json.number("input_tokens", usage.input_tokens.saturating_sub(images));
    if images > 0 {
        json.number("image_tokens", images);
    }
    let pieces = usage.units.get(Unit::InputImages);
    if pieces > 0 {
        json.number("images", pieces);
    }
}

/// The provider's id, or the request's.
pub(in crate::translate::plain) fn write_id(
    id: &Spelled<'_>,
    caller: &Caller,
    json: &mut Members<'_>,
) {
    if id.is_empty() {
        json.text("id", &caller.request_id);
    } else {
        json.spelled("id", id);
    }
}
