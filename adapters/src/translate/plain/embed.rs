//! Embeddings: texts and images in, a list of numbers for each out.
//!
//! A form's room knows its requests and answers ([`Half`]); between them are [`Embed`] and [`Vectors`].

mod cohere;
mod gemini;
mod numbers;
mod ollama;
mod openai;
#[cfg(test)]
mod tests;

use quotah_policy::Usage;

use crate::provider::ProviderKind;
use crate::translate::feature::{Fate, Feature};
use crate::translate::form::Form;
use crate::translate::json::{Spelled, Value};
use crate::translate::shape::{Seen, Shape};
use crate::translate::{AnswerFault, Caller, To, Untranslatable};

pub(super) use cohere::write_id;
pub(in crate::translate) use openai::wants_base64;

/// A request for embeddings.
#[derive(Debug, Default, PartialEq)]
struct Embed<'a> {
    inputs: Vec<Input<'a>>,
    /// How many numbers, as it was written.
    dimensions: Option<&'a str>,
    task: Option<Task>,
    truncate: Option<Truncate>,
    user: Option<Spelled<'a>>,
}

/// What one embedding is made of.
#[derive(Debug, PartialEq)]
struct Input<'a> {
    /// Where it stands in the request.
    place: String,
    pieces: Vec<Piece<'a>>,
}

#[derive(Debug, PartialEq)]
enum Piece<'a> {
    Text(Spelled<'a>),
    Image {
        media_type: Spelled<'a>,
        base64: Spelled<'a>,
    },
}

/// What embeddings are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    /// Texts that are searched.
    Document,
    /// What they are searched with.
    Query,
    Question,
    Fact,
    Code,
    Classification,
    Clustering,
    Likeness,
}

/// What becomes of texts that are too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truncate {
    /// They are refused.
    Never,
    /// Their ends are cut off.
    End,
    /// Their beginnings are.
    Start,
}

/// An answer with embeddings, in the order of what was asked.
#[derive(Debug, Default, PartialEq)]
struct Vectors<'a> {
    id: Spelled<'a>,
    model: Spelled<'a>,
    /// The numbers of each, as they were written.
    vectors: Vec<Vec<&'a str>>,
}

/// A form's requests and answers.
pub(super) struct Half {
    pub(super) shape: &'static Shape,
    read: for<'v, 'a> fn(&'v Value<'a>, &mut Seen) -> Result<Embed<'v>, Untranslatable>,
    write: fn(&Embed<'_>, &To<'_>) -> Result<String, Untranslatable>,
    read_answer: for<'v, 'a> fn(&'v Value<'a>) -> Result<Vectors<'v>, AnswerFault>,
    write_answer: fn(&Vectors<'_>, &Caller, Option<&Usage>) -> Result<String, AnswerFault>,
}

/// A form's half; `None` where it has nothing to do with embeddings.
pub(super) const fn half(form: Form) -> Option<&'static Half> {
    match form {
        Form::Embeddings => Some(&openai::HALF),
        Form::GeminiEmbed => Some(&gemini::ONE),
        Form::GeminiEmbedBatch => Some(&gemini::BATCH),
        Form::CohereEmbed => Some(&cohere::HALF),
        Form::OllamaEmbed => Some(&ollama::HALF),
        _ => None,
    }
}

/// Notes what hangs on values.
pub(super) fn note(form: Form, value: &Value<'_>, seen: &mut Seen) -> Result<(), Untranslatable> {
    let half = half(form).ok_or_else(super::unknown)?;
    (half.read)(value, seen).map(drop)
}

/// A request as the deployment is asked it.
pub(super) fn request(
    from: Form,
    value: &Value<'_>,
    to: &To<'_>,
) -> Result<String, Untranslatable> {
    let (Some(from), Some(writer)) = (half(from), half(to.form)) else {
        return Err(super::unknown());
    };
    let embed = (from.read)(value, &mut Seen::default())?;
    if embed.inputs.is_empty() {
        return Err(Untranslatable::at("", "nothing to be embedded"));
    }
    // What was in it is dropped; without it the others would be counted wrong.
    if let Some(empty) = embed.inputs.iter().find(|input| input.pieces.is_empty()) {
        return Err(Untranslatable::at(
            empty.place.clone(),
            "nothing is left of it to be embedded",
        ));
    }
    (writer.write)(&embed, to)
}

/// An answer as the caller gets it.
pub(super) fn answer(
    caller: &Caller,
    from: Form,
    value: &Value<'_>,
    usage: Option<&Usage>,
) -> Result<String, AnswerFault> {
    let (Some(writer), Some(from)) = (half(caller.form), half(from)) else {
        return Err(AnswerFault::Unsayable);
    };
    (writer.write_answer)(&(from.read_answer)(value)?, caller, usage)
}

/// What becomes of a feature at a deployment that is asked for embeddings. Those that are about turns are lost: no
/// request for embeddings has them.
pub(super) fn fate(form: Form, feature: Feature, kind: ProviderKind) -> Fate {
    use Form::{CohereEmbed, Embeddings, OllamaEmbed};
    let is_gemini = matches!(form, Form::GeminiEmbed | Form::GeminiEmbedBatch);
    match feature {
        Feature::Dimensions => Fate::Carried,
        Feature::EmbeddingImages if is_gemini || form == CohereEmbed => Fate::Carried,
        Feature::EmbeddingTask if is_gemini => Fate::Carried,
        Feature::EmbeddingTask if form == CohereEmbed => Fate::Adapted(
            "the nearest of its kinds: `search_query` for questions, facts and code, `clustering` for likeness",
        ),
        // Others behind the same API embed a query in another way than a document, and have their own ways to be told.
        Feature::EmbeddingTask if kind == ProviderKind::OPENAI => {
            Fate::Needless("its models embed a text in one way, whatever for")
        }
        Feature::EmbeddingTruncation if form == CohereEmbed => Fate::Carried,
        Feature::EmbeddingTruncationOff if matches!(form, CohereEmbed | OllamaEmbed) => {
            Fate::Carried
        }
        Feature::EmbeddingTruncationOff if form == Embeddings => {
            Fate::Needless("a text that is too long is refused of itself")
        }
        Feature::User if form == Embeddings => Fate::Carried,
        Feature::User => Fate::Needless("only the provider's watch for abuse would read it"),
        _ => Fate::Lost,
    }
}

impl<'a> Embed<'a> {
    /// Adds what is made of one text.
    fn push_text(&mut self, place: String, text: Spelled<'a>) {
        let pieces = vec![Piece::Text(text)];
        self.inputs.push(Input { place, pieces });
    }

    /// Adds a list of texts, or one text alone, where it stands at `place`; what is no text is noted.
    fn push_texts<'v: 'a>(&mut self, place: &str, value: Option<&'v Value<'_>>, seen: &mut Seen) {
        if let Some(Value::String(text)) = value {
            return self.push_text(place.to_owned(), text.borrowed());
        }
        let items = value.map(Value::items).unwrap_or_default();
        if items.iter().any(|item| item.as_text().is_none()) {
            seen.note(Feature::TokenInput, || place.to_owned());
        }
        for (at, item) in items.iter().enumerate() {
            let pieces = item.as_text().map(|text| Piece::Text(text.borrowed()));
            self.inputs.push(Input {
                place: format!("{place}[{at}]"),
                pieces: pieces.into_iter().collect(),
            });
        }
    }

    /// Whether each input is one text.
    fn is_texts(&self) -> bool {
        let mut inputs = self.inputs.iter();
        inputs.all(|input| matches!(&*input.pieces, [Piece::Text(_)]))
    }

    /// The text of each input, for dialects that know nothing else; several texts of one become lines.
    fn texts(&self) -> Result<Vec<Spelled<'_>>, Untranslatable> {
        self.inputs.iter().map(Input::text).collect()
    }
}

impl Input<'_> {
    fn text(&self) -> Result<Spelled<'_>, Untranslatable> {
        let mut texts = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.borrowed()),
            Piece::Image { .. } => None,
        });
        let mut all = texts
            .next()
            .ok_or_else(|| Untranslatable::at(self.place.clone(), "no text to be embedded"))?;
        for text in texts {
            all.push(&Spelled::of_raw("\\n"));
            all.push(&text);
        }
        Ok(all)
    }
}
