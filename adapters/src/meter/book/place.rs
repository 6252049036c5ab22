//! What the beginning of an event leaves in the book, so that another that begins alike need not be read again.
//!
//! Tokens that may change anything else are news, and the beginning ends before the first of them. A new kind of
//! field is news unless [`Book::is_news`] says otherwise.

use super::shell::Shell;
use super::{Book, Field};
use crate::scan::{Members, Scalar};

/// Where in a text a book stands that has found no news in it.
#[derive(Debug)]
pub(in crate::meter) struct Place {
    shell: Shell,
    members: Members,
    service_tier: Option<Box<str>>,
}

impl Book {
    /// Offset of the text's first token that changed more than a [`Place`] holds, beyond all texts if none has.
    pub(in crate::meter) const fn news_at(&self) -> usize {
        self.news_at
    }

    /// What has been changed by the tokens of this text, as long as there was no news.
    pub(in crate::meter) fn place(&self) -> Place {
        Place {
            shell: self.shell,
            members: self.tracker.members(),
            service_tier: self.reading.service_tier.clone(),
        }
    }

    /// Goes to a place in the text that begins, if reading up to there would change nothing else.
    pub(in crate::meter) fn resume(&mut self, place: &Place) -> bool {
        // Names of the model and the answer are kept from their first time, so only the tier may differ.
        let leads_there = self.reading.service_tier == place.service_tier;
        if leads_there {
            self.shell = place.shell;
            self.tracker.resume(place.members);
        }
        leads_there
    }

    pub(super) fn news(&mut self, at: usize) {
        self.news_at = self.news_at.min(at);
    }

    /// Whether a value may change more than a [`Place`] holds when it comes again.
    pub(super) fn is_news(&self, field: Field, scalar: &Scalar<'_>) -> bool {
        match (field, scalar) {
            (Field::Id | Field::Model | Field::ServiceTier, _) => false,
            (
                Field::EventType,
                Scalar::String {
                    text: Some(kind), ..
                },
            ) => (self.answers.is_last_event)(kind) || *kind == b"error",
            (
                Field::Object,
                Scalar::String {
                    text: Some(kind), ..
                },
            ) => *kind == b"error",
            _ => true,
        }
    }
}
