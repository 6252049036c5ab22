//! `OpenAI`'s `/v1/embeddings` (documented at <https://platform.openai.com/docs/api-reference/embeddings>, read 2026-11).

use quotah_policy::Usage;

use super::{Embed, Half, Truncate, Vectors, numbers};
use crate::translate::feature::Feature;
use crate::translate::json::{Json, Object, Spelled, Value};
use crate::translate::shape::{Field, Seen, Shape};
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
    // Tokens in place of texts are noted where it is read.
    Field::plain("input"),
    Field::asks("dimensions", Feature::Dimensions, "256"),
    // Base64 is made here of whatever numbers come.
    Field::asks("encoding_format", Feature::EmbeddingEncoding, "\"int8\"")
        .idle(&["\"float\"", "\"base64\""]),
    Field::asks("user", Feature::User, "\"user-1\""),
]);

fn read<'v>(value: &'v Value<'_>, seen: &mut Seen) -> Result<Embed<'v>, Untranslatable> {
    let request = object(value)?;
    let mut embed = Embed {
        dimensions: request.number("dimensions"),
        // A text that is too long is refused there.
        truncate: Some(Truncate::Never),
        user: request.text("user").map(Spelled::borrowed),
        ..Embed::default()
    };
    embed.push_texts("input", request.get("input"), seen);
    Ok(embed)
}

fn write(embed: &Embed<'_>, to: &To<'_>) -> Result<String, Untranslatable> {
    let texts = embed.texts()?;
    Ok(Json::object(256, |json| {
        json.text("model", to.model);
        json.array("input", |items| {
            texts.iter().for_each(|text| items.spelled(text));
        });
        // Said, since some send bytes if nothing is.
        json.text("encoding_format", "float");
        if let Some(dimensions) = embed.dimensions {
            json.raw("dimensions", dimensions);
        }
        if let Some(user) = &embed.user {
            json.spelled("user", user);
        }
    }))
}

fn read_answer<'v>(value: &'v Value<'_>) -> Result<Vectors<'v>, AnswerFault> {
    let answer = value.as_object().ok_or(AnswerFault::Unreadable)?;
    let mut vectors = Vec::new();
    for (at, item) in answer.items("data").iter().enumerate() {
        let item = item.as_object().ok_or(AnswerFault::Unreadable)?;
        let at = u64::try_from(at).unwrap_or(u64::MAX);
        vectors.push((
            item.u64("index").unwrap_or(at),
            numbers::read(item.get("embedding"))?,
        ));
    }
    vectors.sort_by_key(|(index, _)| *index);
    Ok(Vectors {
        id: answer.text("id").map(Spelled::borrowed).unwrap_or_default(),
        model: answer
            .text("model")
            .map(Spelled::borrowed)
            .unwrap_or_default(),
        vectors: vectors.into_iter().map(|(_, numbers)| numbers).collect(),
    })
}

fn write_answer(
    answer: &Vectors<'_>,
    caller: &Caller,
    usage: Option<&Usage>,
) -> Result<String, AnswerFault> {
    let mut encoded = Vec::new();
    if caller.wants_base64 {
        for vector in &answer.vectors {
            encoded.push(numbers::base64(vector)?);
        }
    }
    Ok(Json::object(1_024, |json| {
        json.text("object", "list");
        json.array("data", |items| {
            for (index, vector) in (0_u64..).zip(&answer.vectors) {
                let bytes = usize::try_from(index).ok().and_then(|at| encoded.get(at));
                items.object(|json| {
                    json.text("object", "embedding");
                    json.number("index", index);
                    match bytes {
                        Some(base64) => json.spelled("embedding", &Spelled::of_raw(base64)),
                        None => json.array("embedding", |items| numbers::write(vector, items)),
                    }
                });
            }
        });
        if answer.model.is_empty() {
            json.text("model", &caller.model);
        } else {
            json.spelled("model", &answer.model);
        }
        if let Some(usage) = usage {
            json.object("usage", |json| {
                json.number("prompt_tokens", usage.input_tokens);
                json.number("total_tokens", usage.input_tokens);
                let images = usage.input_image_tokens;
                if images > 0 {
                    json.object("prompt_tokens_details", |json| {
                        json.number("image_tokens", images);
                    });
                }
            });
        }
    }))
}

/// Whether embeddings are asked for as base64.
pub(in crate::translate) fn wants_base64(request: &Value<'_>) -> bool {
    let request = request.as_object();
    let format = request.and_then(|request| request.text("encoding_format"));
    format.is_some_and(|format| format.is("base64"))
}

/// A request is an object in every dialect.
pub(super) fn object<'v, 'a>(value: &'v Value<'a>) -> Result<&'v Object<'a>, Untranslatable> {
    value
        .as_object()
        .ok_or_else(|| Untranslatable::at("", "not an object"))
}
