//! How likely the tokens of an answer were.
//!
//! `OpenAI`'s chat completions, its responses and Ollama spell it alike (openai-python 3.54, ollama-python 0.6, read
//! 2026-11), so that is read and written here for all three; Gemini has a spelling of its own, in its room.

use std::borrow::Cow;

use super::json::{Items, Members, Object, Spelled, Value};

/// A token that was said, and what else might have stood in its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token<'a> {
    pub(crate) said: Likelihood<'a>,
    /// The likeliest for that place, as many as were asked for; the one that was said may be among them.
    pub(crate) others: Vec<Likelihood<'a>>,
}

/// How likely one token was.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Likelihood<'a> {
    /// The token as a text.
    pub(crate) token: Spelled<'a>,
    /// The natural logarithm of how likely it was: a number as it was written.
    pub(crate) logarithm: Cow<'a, str>,
    /// Its bytes, a JSON array as it is, where they are told: a token may be a piece of a character.
    pub(crate) bytes: Option<Cow<'a, str>>,
}

/// What a token without its bytes says of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsaid {
    /// `null`: types of chat clients allow it.
    Null,
    /// `[]`: types of responses clients want an array (openai-python 3.54, `ResponseOutputText`).
    Empty,
}

/// Reads tokens in `OpenAI`'s spelling. What is none, or has no number, is passed over.
pub(crate) fn read<'a>(items: &[Value<'a>]) -> Vec<Token<'a>> {
    let tokens = items.iter().filter_map(Value::as_object);
    let tokens = tokens.filter_map(|token| {
        let others = token.items("top_logprobs").iter();
        let others = others.filter_map(|other| likelihood(other.as_object()?));
        Some(Token {
            said: likelihood(token)?,
            others: others.collect(),
        })
    });
    tokens.collect()
}

fn likelihood<'a>(token: &Object<'a>) -> Option<Likelihood<'a>> {
    Some(Likelihood {
        token: token.text("token")?.clone(),
        logarithm: token.number("logprob")?.into(),
        bytes: match token.get("bytes") {
            Some(Value::Array(bytes)) => Some(bytes.raw.into()),
            _ => None,
        },
    })
}

/// Writes tokens in `OpenAI`'s spelling.
pub(crate) fn write(items: &mut Items<'_>, tokens: &[Token<'_>], unsaid: Unsaid) {
    for token in tokens {
        items.object(|json| token.write(json, unsaid));
    }
}

impl Likelihood<'_> {
    fn write(&self, json: &mut Members<'_>, unsaid: Unsaid) {
        json.spelled("token", &self.token);
        json.raw("logprob", &self.logarithm);
        match (&self.bytes, unsaid) {
            (Some(bytes), _) => json.raw("bytes", bytes),
            (None, Unsaid::Null) => json.null("bytes"),
            (None, Unsaid::Empty) => json.raw("bytes", "[]"),
        }
    }

    /// The same for as long as one likes.
    pub(crate) fn into_owned(self) -> Likelihood<'static> {
        Likelihood {
            token: self.token.into_owned(),
            logarithm: self.logarithm.into_owned().into(),
            bytes: self.bytes.map(|bytes| bytes.into_owned().into()),
        }
    }
}

impl Token<'_> {
    /// Writes it in `OpenAI`'s spelling.
    pub(crate) fn write(&self, json: &mut Members<'_>, unsaid: Unsaid) {
        self.said.write(json, unsaid);
        json.array("top_logprobs", |items| {
            for other in &self.others {
                items.object(|json| other.write(json, unsaid));
            }
        });
    }

    /// The same for as long as one likes.
    pub(crate) fn into_owned(self) -> Token<'static> {
        let others = self.others.into_iter();
        Token {
            said: self.said.into_owned(),
            others: others.map(Likelihood::into_owned).collect(),
        }
    }
}

/// Tokens for as long as one likes.
pub(crate) fn owned(tokens: Vec<Token<'_>>) -> Vec<Token<'static>> {
    tokens.into_iter().map(Token::into_owned).collect()
}

#[cfg(test)]
mod tests;
