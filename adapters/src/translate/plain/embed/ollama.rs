//! Ollama's `/api/embed` (documented at <https://docs.ollama.com/api/embed>, read 2026-11).

use quotah_policy::Usage;

use super::openai::object;
use super::{Embed, Half, Truncate, Vectors, numbers};
use crate::translate::feature::Feature;
use crate::translate::json::{Json, Spelled, Value};
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
    Field::plain("input"),
    Field::asks("truncate", Feature::EmbeddingTruncationOff, "false").idle(&["true"]),
    Field::asks("dimensions", Feature::Dimensions, "256"),
    Field::asks("options", Feature::ServerSettings, "{\"num_ctx\":4096}").idle(&["{}"]),
    Field::asks("keep_alive", Feature::ServerSettings, "\"5m\""),
]);

fn read<'v>(value: &'v Value<'_>, seen: &mut Seen) -> Result<Embed<'v>, Untranslatable> {
    let request = object(value)?;
    let mut embed = Embed {
        dimensions: request.number("dimensions"),
        truncate: match request.bool("truncate") {
            Some(false) => Some(Truncate::Never),
            _ => Some(Truncate::End),
        },
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
        if embed.truncate == Some(Truncate::Never) {
            json.bool("truncate", false);
        }
        if let Some(dimensions) = embed.dimensions {
            json.raw("dimensions", dimensions);
        }
    }))
}

fn read_answer<'v>(value: &'v Value<'_>) -> Result<Vectors<'v>, AnswerFault> {
    let answer = value.as_object().ok_or(AnswerFault::Unreadable)?;
    let vectors = answer.items("embeddings").iter();
    let vectors = vectors.map(|vector| numbers::read(Some(vector)));
    Ok(Vectors {
        id: Spelled::default(),
        model: answer
            .text("model")
            .map(Spelled::borrowed)
            .unwrap_or_default(),
        vectors: vectors.collect::<Result<_, _>>()?,
    })
}

fn write_answer(
    answer: &Vectors<'_>,
    caller: &Caller,
    usage: Option<&Usage>,
) -> Result<String, AnswerFault> {
    Ok(Json::object(1_024, |json| {
        if answer.model.is_empty() {
            json.text("model", &caller.model);
        } else {
            json.spelled("model", &answer.model);
        }
        json.array("embeddings", |items| {
            for vector in &answer.vectors {
                items.array(|items| numbers::write(vector, items));
            }
        });
        if let Some(usage) = usage {
            json.number("prompt_eval_count", usage.input_tokens);
        }
    }))
}
