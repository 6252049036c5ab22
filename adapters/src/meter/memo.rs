//! What the events of a stream have in common is read once.
//!
//! Most streams repeat themselves: in a chat stream two thirds of each event are the answer's id, the model and
//! the brackets around the new words. A [`Memo`] keeps the last event up to its first token that says anything
//! new, and where reading stood there: an event that begins with the same bytes is read on from that place.

use super::book::{Book, Place};
use crate::scan::{Mark, Scanner};

/// Longest beginning that is kept, in bytes. `OpenAI`'s chat has about 200, `OpenRouter`'s about 250.
const HEAD_BYTES_MAX: usize = 512;

/// A beginning shorter than this is as soon read again.
const HEAD_BYTES_MIN: usize = 48;

/// The beginning of the event before.
#[derive(Debug)]
pub(super) struct Memo {
    bytes: [u8; HEAD_BYTES_MAX],
    /// How many of the bytes there are, 0 for none.
    len: usize,
    /// Where reading stood behind it, once it has been seen twice.
    behind: Option<(Mark, Place)>,
}

/// What a memo says of a new event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// It begins otherwise, or in a way that need not be read alike.
    New,
    /// It begins with so many bytes that were seen before; where they lead is still to be noted.
    Seen(usize),
    /// Its first bytes, so many, have been read.
    Read(usize),
}

impl Memo {
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; HEAD_BYTES_MAX],
            len: 0,
            behind: None,
        }
    }

    /// Sets reader and book behind the beginning of `event`, if it is known and leads there again.
    pub(super) fn recall(&self, event: &[u8], scanner: &mut Scanner, book: &mut Book) -> Head {
        let head = self.bytes.get(..self.len).unwrap_or_default();
        if head.is_empty() || !event.starts_with(head) {
            return Head::New;
        }
        match &self.behind {
            None => Head::Seen(self.len),
            Some((mark, place)) if book.resume(place) => {
                scanner.resume(*mark);
                Head::Read(self.len)
            }
            Some(_) => Head::New,
        }
    }

    /// Notes where reading stands behind the beginning.
    pub(super) fn note(&mut self, scanner: &Scanner, book: &Book) {
        self.behind = scanner.mark().map(|mark| (mark, book.place()));
    }

    /// Keeps the beginning of `event` up to its first news, `news_at` bytes in.
    pub(super) fn learn(&mut self, event: &[u8], news_at: usize) {
        let (Some(from), Some(to)) = (event.get(..news_at), self.bytes.get_mut(..news_at)) else {
            return;
        };
        if from.len() < HEAD_BYTES_MIN {
            return;
        }
        to.copy_from_slice(from);
        self.len = news_at;
        self.behind = None;
    }
}
