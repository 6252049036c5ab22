//! Gemini's `:embedContent` and `:batchEmbedContents` (documented at <https://ai.google.dev/api/embeddings>, read
//! 2026-11; recorded in fixtures/gemini).

use quotah_policy::Usage;

use super::openai::object;
use super::{Embed, Half, Input, Piece, Task, Vectors, numbers};
use crate::translate::feature::Feature;
use crate::translate::json::{Json, Members, Object, Value};
use crate::translate::shape::{Field, Seen, Shape};
use crate::translate::{AnswerFault, To, Untranslatable};

/// One embedding.
pub(super) static ONE: Half = Half {
    shape: &REQUEST,
    read: |value, seen| {
        let mut embed = Embed::default();
        read_into(object(value)?, "", (&mut embed, seen))?;
        Ok(embed)
    },
    write: |embed, to| match &*embed.inputs {
        [input] => Ok(Json::object(256, |json| write_one(input, embed, to, json))),
        _ => Err(Untranslatable::at("", "more than one text to be embedded")),
    },
    read_answer: |value| {
        let answer = value.as_object().ok_or(AnswerFault::Unreadable)?;
        let embedding = answer.object("embedding");
        let values = embedding.and_then(|embedding| embedding.get("values"));
        Ok(Vectors {
            vectors: vec![numbers::read(values)?],
            ..Vectors::default()
        })
    },
    write_answer: |answer, _, usage| match &*answer.vectors {
        [vector] => Ok(Json::object(1_024, |json| {
            json.object("embedding", |json| write_values(vector, json));
            write_usage(usage, json);
        })),
        _ => Err(AnswerFault::Unreadable),
    },
};

/// One for each of several requests.
pub(super) static BATCH: Half = Half {
    shape: &Shape::Object(&[Field::plain("requests").of(&Shape::List(&REQUEST))]),
    read: read_batch,
    write: |embed, to| {
        Ok(Json::object(256, |json| {
            json.array("requests", |items| {
                for input in &embed.inputs {
                    items.object(|json| write_one(input, embed, to, json));
                }
            });
        }))
    },
    read_answer: |value| {
        let answer = value.as_object().ok_or(AnswerFault::Unreadable)?;
        let embeddings = answer.items("embeddings").iter();
        let vectors = embeddings.map(|embedding| {
            let embedding = embedding.as_object();
            numbers::read(embedding.and_then(|embedding| embedding.get("values")))
        });
        Ok(Vectors {
            vectors: vectors.collect::<Result<_, _>>()?,
            ..Vectors::default()
        })
    },
    write_answer: |answer, _, usage| {
        Ok(Json::object(1_024, |json| {
            json.array("embeddings", |items| {
                for vector in &answer.vectors {
                    items.object(|json| write_values(vector, json));
                }
            });
            write_usage(usage, json);
        }))
    },
};

static REQUEST: Shape = Shape::Object(&[
    Field::plain("model"),
    Field::plain("content").of(&Shape::Object(&[
        Field::plain("role"),
        Field::plain("parts").of(&Shape::List(&PART)),
    ])),
    Field::asks("taskType", Feature::EmbeddingTask, "\"RETRIEVAL_QUERY\"")
        .idle(&["\"TASK_TYPE_UNSPECIFIED\""]),
    Field::asks("title", Feature::EmbeddingTitle, "\"A title\""),
    Field::asks("outputDimensionality", Feature::Dimensions, "256"),
]);

static PART: Shape = Shape::Object(&[
    Field::plain("text"),
    Field::asks(
        "inlineData",
        Feature::EmbeddingImages,
        "{\"mimeType\":\"image/png\",\"data\":\"AAAA\"}",
    )
    .of(&BLOB),
    Field::asks(
        "fileData",
        Feature::ImageUrl,
        "{\"fileUri\":\"gs://a/b.png\"}",
    ),
]);

static BLOB: Shape = Shape::Object(&[
    Field::plain("mimeType").starts(&[
        ("audio/", Feature::AudioInput),
        ("video/", Feature::VideoInput),
        ("application/", Feature::FileData),
        ("text/", Feature::FileText),
    ]),
    Field::plain("data"),
]);

fn read_batch<'v>(value: &'v Value<'_>, seen: &mut Seen) -> Result<Embed<'v>, Untranslatable> {
    let mut all = Embed::default();
    for (at, request) in object(value)?.items("requests").iter().enumerate() {
        let place = format!("requests[{at}].");
        let mut one = Embed::default();
        read_into(object(request)?, &place, (&mut one, seen))?;
        if at == 0 {
            all = one;
        } else if (all.dimensions, all.task) == (one.dimensions, one.task) {
            all.inputs.append(&mut one.inputs);
        } else {
            let why = "asks for other embeddings than the first: no other dialect has that in one request";
            return Err(Untranslatable::at(format!("requests[{at}]"), why));
        }
    }
    Ok(all)
}

fn read_into<'v>(
    request: &'v Object<'_>,
    place: &str,
    (embed, seen): (&mut Embed<'v>, &mut Seen),
) -> Result<(), Untranslatable> {
    embed.dimensions = match either(request, "outputDimensionality", "output_dimensionality") {
        Some(Value::Number(digits)) => Some(digits),
        _ => None,
    };
    embed.task = match either(request, "taskType", "task_type").and_then(Value::as_text) {
        Some(word) => task_of(&word.plain(), place)?,
        None => None,
    };
    let content = request.object("content");
    let parts = content.map(|content| content.items("parts"));
    let mut pieces = Vec::new();
    for (at, part) in parts.unwrap_or_default().iter().enumerate() {
        match piece_of(part) {
            Some(piece) => pieces.push(piece),
            None => seen.note(Feature::Unknown, || format!("{place}content.parts[{at}]")),
        }
    }
    embed.inputs.push(Input {
        place: format!("{place}content"),
        pieces,
    });
    Ok(())
}

/// Names are taken in both of protobuf's spellings.
fn either<'v, 'a>(object: &'v Object<'a>, camel: &str, snake: &str) -> Option<&'v Value<'a>> {
    object.get(camel).or_else(|| object.get(snake))
}

fn piece_of<'v>(value: &'v Value<'_>) -> Option<Piece<'v>> {
    let part = value.as_object()?;
    if let Some(text) = part.text("text") {
        return Some(Piece::Text(text.borrowed()));
    }
    let blob = either(part, "inlineData", "inline_data")?.as_object()?;
    let media_type = either(blob, "mimeType", "mime_type")?.as_text()?;
    let is_image = media_type.raw().starts_with("image/");
    is_image.then_some(Piece::Image {
        media_type: media_type.borrowed(),
        base64: blob.text("data")?.borrowed(),
    })
}

/// Every task by its name.
const TASKS: [(&str, Task); 8] = [
    ("RETRIEVAL_DOCUMENT", Task::Document),
    ("RETRIEVAL_QUERY", Task::Query),
    ("QUESTION_ANSWERING", Task::Question),
    ("FACT_VERIFICATION", Task::Fact),
    ("CODE_RETRIEVAL_QUERY", Task::Code),
    ("CLASSIFICATION", Task::Classification),
    ("CLUSTERING", Task::Clustering),
    ("SEMANTIC_SIMILARITY", Task::Likeness),
];

fn task_of(word: &str, place: &str) -> Result<Option<Task>, Untranslatable> {
    if word == "TASK_TYPE_UNSPECIFIED" {
        return Ok(None);
    }
    let known = TASKS.iter().find(|(name, _)| *name == word);
    match known {
        Some((_, task)) => Ok(Some(*task)),
        None => Err(Untranslatable::at(
            format!("{place}taskType"),
            "an unknown task",
        )),
    }
}

/// What is said of cutting has no place here: a text that is too long is cut at its end.
fn write_one(input: &Input<'_>, embed: &Embed<'_>, to: &To<'_>, json: &mut Members<'_>) {
    json.text("model", &["models/", to.model].concat());
    json.object("content", |json| {
        json.array("parts", |items| {
            for piece in &input.pieces {
                items.object(|json| match piece {
                    Piece::Text(text) => json.spelled("text", text),
                    Piece::Image { media_type, base64 } => {
                        json.object("inlineData", |json| {
                            json.spelled("mimeType", media_type);
                            json.spelled("data", base64);
                        });
                    }
                });
            }
        });
    });
    let name = embed
        .task
        .and_then(|task| TASKS.iter().find(|(_, known)| *known == task));
    if let Some((name, _)) = name {
        json.text("taskType", name);
    }
    if let Some(dimensions) = embed.dimensions {
        json.raw("outputDimensionality", dimensions);
    }
}

fn write_values(vector: &[&str], json: &mut Members<'_>) {
    json.array("values", |items| numbers::write(vector, items));
}

fn write_usage(usage: Option<&Usage>, json: &mut Members<'_>) {
    let Some(usage) = usage else { return };
    json.object("usageMetadata", |json| {
        json.number("promptTokenCount", usage.input_tokens);
        let images = usage.input_image_tokens;
        if images > 0 {
            json.array("promptTokenDetails", |items| {
                items.object(|json| {
                    json.text("modality", "IMAGE");
                    json.number("tokenCount", images);
                });
            });
        }
    });
}
