//! Where a stream may be cut: behind the last complete event, line or frame.
//!
//! A cut anywhere else would leave the client half an event, and an error event behind it would be read as its rest.

use memchr::memrchr;

use crate::eventstream::{FRAME_BYTES_MAX, FRAME_BYTES_MIN};

/// How a stream is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events: a blank line ends each. (Of the line ends that the standard allows, a bare CR is not looked
    /// for: nobody sends it.)
    Events,
    /// JSON lines.
    Lines,
    /// AWS's event stream.
    Frames,
}

/// Follows a stream from its start, cut anywhere, and tells where in the next bytes it may be cut.
///
/// ```
/// use quotah_adapters::{Borders, Framing};
///
/// let mut borders = Borders::new(Framing::Events);
/// borders.pass(b"data: 1\n");
/// assert!(!borders.is_between());
/// assert_eq!(borders.last_in(b"\ndata: 2"), Some(1));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Borders {
    framing: Framing,
    /// The last two bytes that passed; at the start as if an event had just ended.
    tail: [u8; 2],
    frame: Frame,
}

/// Where in a frame the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    /// So many bytes of its length have come.
    Length([u8; 4], usize),
    /// So many bytes are to come, at least 1.
    Rest(usize),
    /// The length cannot be: nothing that follows can be told apart.
    Broken,
}

impl Borders {
    /// At the start of a stream.
    #[must_use]
    pub const fn new(framing: Framing) -> Self {
        Self {
            framing,
            tail: *b"\n\n",
            frame: Frame::Length([0; 4], 0),
        }
    }

    /// Whether all that passed is complete, so that something may be put here.
    #[must_use]
    pub fn is_between(&self) -> bool {
        match self.framing {
            Framing::Events => self.tail == *b"\n\n",
            Framing::Lines => self.tail.ends_with(b"\n"),
            Framing::Frames => self.frame == Frame::Length([0; 4], 0),
        }
    }

    /// How many of these next bytes may go before the stream is cut, at most: up to the end of the last event that they
    /// complete, 0 if all before them is complete; `None` if they lie within one event.
    #[must_use]
    pub fn last_in(&self, bytes: &[u8]) -> Option<usize> {
        let inside = match self.framing {
            Framing::Events => self.last_blank_line(bytes),
            Framing::Lines => memrchr(b'\n', bytes).map(|at| at.saturating_add(1)),
            Framing::Frames => self.frame.walk(bytes).1,
        };
        inside.or_else(|| self.is_between().then_some(0))
    }

    /// These bytes have gone.
    pub fn pass(&mut self, bytes: &[u8]) {
        match (self.framing, bytes) {
            (_, []) => {}
            (Framing::Frames, _) => self.frame = self.frame.walk(bytes).0,
            // A blank line that ends in CR LF looks as if it ended in two LF.
            (Framing::Events, _) if self.last_blank_line(bytes) == Some(bytes.len()) => {
                self.tail = *b"\n\n";
            }
            (_, [.., before, last]) => self.tail = [*before, *last],
            (_, [last]) => self.tail = [self.tail[1], *last],
        }
    }

    /// The end of the last blank line: an LF behind an LF, a CR between them or not.
    fn last_blank_line(&self, bytes: &[u8]) -> Option<usize> {
        let [second, first] = self.tail;
        let before = |at: usize, by: usize| match at.checked_sub(by) {
            Some(at) => bytes.get(at).copied(),
            None => [first, second]
                .get(by.saturating_sub(at).saturating_sub(1))
                .copied(),
        };
        let mut end = bytes.len();
        while let Some(at) = bytes.get(..end).and_then(|bytes| memrchr(b'\n', bytes)) {
            match before(at, 1) {
                Some(b'\n') => return Some(at.saturating_add(1)),
                Some(b'\r') if before(at, 2) == Some(b'\n') => return Some(at.saturating_add(1)),
                _ => end = at,
            }
        }
        None
    }
}

impl Frame {
    /// Where these bytes lead, and behind how many of them the last frame is complete.
    fn walk(self, bytes: &[u8]) -> (Self, Option<usize>) {
        let (mut frame, mut last, mut at) = (self, None, 0_usize);
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            match frame {
                Self::Length(mut length, have) => {
                    for (to, from) in length.iter_mut().skip(have).zip(rest) {
                        *to = *from;
                    }
                    let came = rest.len().min(length.len().saturating_sub(have));
                    at = at.saturating_add(came);
                    let have = have.saturating_add(came);
                    frame = if have == length.len() {
                        Self::of_length(length)
                    } else {
                        Self::Length(length, have)
                    };
                }
                Self::Rest(left) => {
                    let came = left.min(rest.len());
                    at = at.saturating_add(came);
                    frame = match left.saturating_sub(came) {
                        0 => {
                            last = Some(at);
                            Self::Length([0; 4], 0)
                        }
                        left => Self::Rest(left),
                    };
                }
                Self::Broken => return (frame, last),
            }
        }
        (frame, last)
    }

    fn of_length(length: [u8; 4]) -> Self {
        match usize::try_from(u32::from_be_bytes(length)) {
            Ok(length) if (FRAME_BYTES_MIN..=FRAME_BYTES_MAX).contains(&length) => {
                Self::Rest(length.saturating_sub(4))
            }
            _ => Self::Broken,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::eventstream::exception;

    #[test]
    fn a_stream_may_be_cut_behind_its_last_complete_event() {
        for (framing, bytes, last) in [
            (Framing::Events, &b"data: 1\n\ndata: 2\n\ndata: 3"[..], 18),
            (Framing::Events, b"data: 1\r\n\r\ndata: 2\r\n", 11),
            (Framing::Events, b"data: 1\n\r\ndata", 10),
            (Framing::Events, b"data: 1\n\n", 9),
            (Framing::Events, b"data: 1\ndata: 2\n", 0),
            (Framing::Events, b"data: 1\r\n\r", 0),
            (Framing::Events, b"", 0),
            (Framing::Lines, b"{}\n{\"a\"", 3),
            (Framing::Lines, b"{}\r\n{}\r\n", 8),
            (Framing::Lines, b"{\"a\":", 0),
        ] {
            let shown = String::from_utf8_lossy(bytes);
            let borders = Borders::new(framing);
            assert_eq!(borders.last_in(bytes), Some(last), "{shown:?}");
        }
    }

    #[test]
    fn a_frame_is_passed_over_whatever_it_holds() {
        let frame = exception("throttlingException", "{\"message\":\"\n\n\"}");
        let stream = [&frame[..], &frame[..], &frame[..9]].concat();
        let borders = Borders::new(Framing::Frames);
        assert_eq!(borders.last_in(&stream), Some(2 * frame.len()));
        for broken in [&[0, 0, 0, 15][..], &[255; 64]] {
            let mut borders = Borders::new(Framing::Frames);
            assert_eq!(borders.last_in(broken), Some(0));
            borders.pass(broken);
            assert!(!borders.is_between());
            assert_eq!(borders.last_in(&frame), None);
        }
    }

    #[test]
    fn within_an_event_there_is_no_place() {
        let mut borders = Borders::new(Framing::Events);
        borders.pass(b"data: 1");
        assert_eq!(borders.last_in(b"2 and 3\n"), None);
    }

    fn streams() -> impl Strategy<Value = (Framing, Vec<u8>)> {
        let events = prop::collection::vec("data: [a-z]{0,3}|:|\r\n|\n|\r|x", 0..24)
            .prop_map(|parts| (Framing::Events, parts.concat().into_bytes()));
        let lines = "[{}\r\n]{0,24}".prop_map(|text| (Framing::Lines, text.into_bytes()));
        let frames = prop::collection::vec("[a-z]{0,9}", 0..4).prop_map(|kinds| {
            let frames = kinds.iter().flat_map(|kind| exception(kind, "{}"));
            (Framing::Frames, frames.collect())
        });
        prop_oneof![events, lines, frames]
    }

    proptest! {
        #[test]
        fn borders_are_the_same_however_the_bytes_are_cut(
            (framing, bytes) in streams(),
            size in 1..7_usize,
        ) {
            let whole = Borders::new(framing);
            let (mut borders, mut at) = (whole, 0);
            for chunk in bytes.chunks(size) {
                let end = at + chunk.len();
                let last = whole.last_in(&bytes[..end]).filter(|last| *last >= at);
                prop_assert_eq!(borders.last_in(chunk).map(|last| last + at), last);
                borders.pass(chunk);
                prop_assert_eq!(borders.is_between(), whole.last_in(&bytes[..end]) == Some(end));
                at = end;
            }
        }
    }
}
