//! Where something that was said comes from: an address, or a place in what the caller gave.

use crate::translate::json::Spelled;

/// Where something that was said comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Citation<'a> {
    pub(crate) url: Option<Spelled<'a>>,
    pub(crate) title: Option<Spelled<'a>>,
    pub(crate) cited_text: Option<Spelled<'a>>,
    /// Characters of the text that it stands for: from, up to.
    pub(crate) span: Option<(u64, u64)>,
    /// Where in what the caller gave it is.
    pub(crate) place: Option<Place<'a>>,
}

/// A place in what a caller gave to be cited, in the provider's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    pub(crate) of: Cited<'a>,
    /// Which of the request's documents, or of its search results, from 0.
    pub(crate) index: u64,
    /// The first character, page or piece.
    pub(crate) from: u64,
    /// Behind the last.
    pub(crate) to: u64,
}

/// What a place is counted in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cited<'a> {
    /// Characters of a document, from 0.
    Characters,
    /// Pages of a document, from 1.
    Pages,
    /// Pieces of a document, from 0.
    Pieces,
    /// Pieces of a search result, from 0.
    SearchResult {
        /// Where the caller said that it is from.
        source: Spelled<'a>,
    },
}

impl Citation<'_> {
    /// The same for as long as one likes.
    pub(crate) fn into_owned(self) -> Citation<'static> {
        Citation {
            url: self.url.map(Spelled::into_owned),
            title: self.title.map(Spelled::into_owned),
            cited_text: self.cited_text.map(Spelled::into_owned),
            span: self.span,
            place: self.place.map(Place::into_owned),
        }
    }
}

impl Place<'_> {
    fn into_owned(self) -> Place<'static> {
        Place {
            of: match self.of {
                Cited::Characters => Cited::Characters,
                Cited::Pages => Cited::Pages,
                Cited::Pieces => Cited::Pieces,
                Cited::SearchResult { source } => Cited::SearchResult {
                    source: source.into_owned(),
                },
            },
            ..self
        }
    }
}
