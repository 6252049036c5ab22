//! Who reads a request's body as it arrives, and how much of it must be here before it may go on.
//!
//! JSON is held whole: what it asks for may stand at its end, and may have to be changed. A form is held up
//! to its model, and what is neither is not held at all.

use http::header::{CONTENT_TYPE, HeaderValue};
use http::request;
use quotah_adapters::{Facts, FactsError, FactsReader, FormFault, FormReader, Operation};

/// A body's reader.
#[derive(Debug)]
pub(crate) struct BodyReader(Kind);

#[derive(Debug)]
enum Kind {
    /// Held whole.
    Json(FactsReader),
    /// Held up to its model.
    Form(Box<FormReader>),
    /// JSON until a byte says that it is not.
    Unknown(FactsReader),
}

/// What is to be done with a body's next bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wants {
    /// To be held like those before.
    Whole,
    /// To be held, up to a bound: what matters has not come yet.
    More,
    /// To be passed on as they come.
    Nothing,
}

impl BodyReader {
    /// A reader for the body of a request for `operation`, `json` for as long as it is JSON.
    ///
    /// # Errors
    /// A form whose boundary cannot be told.
    pub(crate) fn new(
        json: FactsReader,
        operation: Operation,
        head: &request::Parts,
    ) -> Result<Self, FactsError> {
        let mut types = head.headers.get_all(CONTENT_TYPE).iter();
        let content_type = types.next().map(HeaderValue::as_bytes).unwrap_or_default();
        // A body of GET cannot be framed without its length: hyper sends none.
        if !operation.takes_any_body() || head.method.is_safe() {
            return Ok(Self(Kind::Json(json)));
        }
        if FormReader::is_form(content_type) {
            if types.next().is_some() {
                return Err(FormFault::Boundary.into());
            }
            return Ok(Self(Kind::Form(Box::new(FormReader::new(content_type)?))));
        }
        Ok(Self(if is_json(content_type) {
            Kind::Json(json)
        } else {
            Kind::Unknown(json)
        }))
    }

    /// Reads the next bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Kind::Json(reader) | Kind::Unknown(reader) => reader.feed(bytes),
            Kind::Form(form) => form.feed(bytes),
        }
    }

    /// What is to be done with the bytes to come.
    pub(crate) fn wants(&self) -> Wants {
        match &self.0 {
            Kind::Json(_) => Wants::Whole,
            Kind::Unknown(reader) if reader.is_not_json() => Wants::Nothing,
            Kind::Unknown(_) => Wants::Whole,
            Kind::Form(form) if form.model().is_some() || form.error().is_some() => Wants::Nothing,
            Kind::Form(_) => Wants::More,
        }
    }

    /// Whether its body may be longer than one that is held whole.
    pub(crate) const fn is_upload(&self) -> bool {
        !matches!(self.0, Kind::Json(_))
    }

    /// What has been read, and a form's reader for what is still to come.
    ///
    /// # Errors
    /// [`FactsError`] for what cannot be served.
    pub(crate) fn finish(self, is_whole: bool) -> Result<(Facts, Option<FormReader>), FactsError> {
        match self.0 {
            Kind::Json(reader) | Kind::Unknown(reader) => Ok((reader.finish()?, None)),
            Kind::Form(form) => {
                let facts = form.facts()?;
                Ok((facts, (!is_whole).then_some(*form)))
            }
        }
    }
}

/// `application/json`, `application/problem+json`, with or without parameters.
fn is_json(content_type: &[u8]) -> bool {
    let end = content_type.iter().position(|&byte| byte == b';');
    let media = content_type
        .get(..end.unwrap_or(content_type.len()))
        .unwrap_or_default();
    let media = media.trim_ascii().to_ascii_lowercase();
    media == b"application/json" || media.ends_with(b"+json")
}
