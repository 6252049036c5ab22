//! Chunks: payloads that hold the model's own JSON as base64 in theirs, `{"bytes":"…","p":"…"}`.
//!
//! Bedrock's `invoke-with-response-stream` wraps what a model says like this (recorded); `p` is padding. The
//! base64 is decoded as it passes, so that a chunk may be as long as it likes. What stands around it is only told
//! apart, not checked.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use memchr::memchr2;

/// The member that holds the base64.
const MEMBER: &[u8] = b"bytes";

/// Digits of base64 that are decoded at once, a multiple of four.
const DIGITS: usize = 256;

/// Decodes the chunk in one payload, cut anywhere.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    place: Place,
    /// Containers open, and whether the next string may be a key.
    depth: u32,
    is_key: bool,
    /// How much of [`MEMBER`] the key being read is, `None` once it is another.
    matched: Option<usize>,
    /// Digits that wait for the rest of their four.
    digits: [u8; DIGITS],
    digits_len: usize,
    /// The digits have ended with padding.
    is_padded: bool,
    is_seen: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Outside of strings.
    Between,
    /// In a string; `of` says which.
    In { of: Part, escaped: bool },
    /// What was decoded was no base64.
    Broken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Key,
    Digits,
    Other,
}

/// A payload that is no chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoChunk;

impl Chunk {
    /// A reader at the start of a payload.
    pub(crate) const fn new() -> Self {
        Self {
            place: Place::Between,
            depth: 0,
            is_key: false,
            matched: None,
            digits: [0; DIGITS],
            digits_len: 0,
            is_padded: false,
            is_seen: false,
        }
    }

    /// Reads the next bytes of the payload; what they decode to goes to `sink`.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], sink: &mut impl FnMut(&[u8])) {
        while let Some((&byte, behind)) = bytes.split_first() {
            bytes = match self.place {
                Place::Between => {
                    self.between(byte);
                    behind
                }
                Place::In { of, escaped: true } => {
                    self.escaped(of, byte, sink);
                    behind
                }
                Place::In { of, escaped: false } => {
                    let end = memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len());
                    let (piece, behind) = bytes.split_at_checked(end).unwrap_or_default();
                    self.text(of, piece, sink);
                    match behind.split_first() {
                        Some((b'"', behind)) => {
                            self.end_string(of, sink);
                            behind
                        }
                        Some((_, behind)) => {
                            self.go(Place::In { of, escaped: true });
                            behind
                        }
                        None => behind,
                    }
                }
                Place::Broken => return,
            };
        }
    }

    /// Ends the payload, ready for the next.
    ///
    /// # Errors
    /// [`NoChunk`] if it held no base64, or not only.
    pub(crate) fn finish(&mut self) -> Result<(), NoChunk> {
        let is_whole = self.place == Place::Between && self.depth == 0 && self.is_seen;
        *self = Self::new();
        if is_whole { Ok(()) } else { Err(NoChunk) }
    }

    fn between(&mut self, byte: u8) {
        match byte {
            b'"' => {
                let is_top = self.depth == 1;
                let of = if is_top && self.is_key {
                    self.matched = Some(0);
                    Part::Key
                } else if is_top && self.matched == Some(MEMBER.len()) {
                    self.is_seen = true;
                    Part::Digits
                } else {
                    Part::Other
                };
                self.place = Place::In { of, escaped: false };
            }
            b'{' | b'[' => {
                self.depth = self.depth.saturating_add(1);
                self.is_key = byte == b'{' && self.depth == 1;
            }
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b':' if self.depth == 1 => self.is_key = false,
            b',' if self.depth == 1 => {
                self.is_key = true;
                self.matched = None;
            }
            _ => {}
        }
    }

    /// The byte behind a backslash. Base64 has a slash, which some writers escape; nothing else needs to be.
    fn escaped(&mut self, of: Part, byte: u8, sink: &mut impl FnMut(&[u8])) {
        self.place = Place::In { of, escaped: false };
        match (of, byte) {
            (Part::Digits, b'/') => self.text(of, b"/", sink),
            (Part::Digits, _) => self.place = Place::Broken,
            (Part::Key, _) => self.matched = None,
            (Part::Other, _) => {}
        }
    }

    fn text(&mut self, of: Part, piece: &[u8], sink: &mut impl FnMut(&[u8])) {
        match of {
            Part::Key => {
                self.matched = self.matched.and_then(|seen| {
                    let rest = MEMBER.get(seen..)?;
                    rest.starts_with(piece)
                        .then(|| seen.saturating_add(piece.len()))
                });
            }
            Part::Digits => self.decode(piece, sink),
            Part::Other => {}
        }
    }

    fn end_string(&mut self, of: Part, sink: &mut impl FnMut(&[u8])) {
        self.go(Place::Between);
        if of == Part::Digits {
            self.flush(sink);
        }
    }

    fn decode(&mut self, mut piece: &[u8], sink: &mut impl FnMut(&[u8])) {
        while !piece.is_empty() {
            let free = self.digits.get_mut(self.digits_len..).unwrap_or_default();
            let (now, later) = piece
                .split_at_checked(free.len().min(piece.len()))
                .unwrap_or_default();
            for (to, from) in free.iter_mut().zip(now) {
                *to = *from;
            }
            self.digits_len = self.digits_len.saturating_add(now.len());
            piece = later;
            if self.digits_len == DIGITS {
                self.flush(sink);
            }
        }
        let whole = self.digits_len & !3;
        self.flush_some(whole, sink);
    }

    /// Decodes all that waits; it has to be whole.
    fn flush(&mut self, sink: &mut impl FnMut(&[u8])) {
        self.flush_some(self.digits_len, sink);
    }

    fn flush_some(&mut self, len: usize, sink: &mut impl FnMut(&[u8])) {
        if self.place == Place::Broken {
            self.digits_len = 0;
            return;
        }
        if len == 0 {
            return;
        }
        let mut decoded = [0; DIGITS / 4 * 3];
        let digits = self.digits.get(..len).unwrap_or_default();
        let is_last = digits.last() == Some(&b'=');
        if self.is_padded {
            self.place = Place::Broken;
        } else if let Ok(bytes) = STANDARD.decode_slice(digits, &mut decoded) {
            sink(decoded.get(..bytes).unwrap_or_default());
            self.is_padded |= is_last;
        } else {
            // Wherever it is cut, all before the fault is told.
            for four in digits.chunks(4) {
                let Ok(bytes) = STANDARD.decode_slice(four, &mut decoded) else {
                    break;
                };
                sink(decoded.get(..bytes).unwrap_or_default());
                if four.last() == Some(&b'=') {
                    break;
                }
            }
            self.place = Place::Broken;
        }
        self.digits.copy_within(len..self.digits_len, 0);
        self.digits_len = self.digits_len.saturating_sub(len);
    }

    /// Goes on, unless it is broken.
    fn go(&mut self, place: Place) {
        if self.place != Place::Broken {
            self.place = place;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Result<(), NoChunk>) {
        let (mut chunk, mut decoded) = (Chunk::new(), Vec::new());
        for piece in pieces {
            chunk.feed(piece, &mut |piece| decoded.extend_from_slice(piece));
        }
        let result = chunk.finish();
        (decoded, result)
    }

    #[test]
    fn what_a_chunk_holds_is_decoded_wherever_it_stands() {
        for json in [
            r#"{"bytes":"eyJhIjoiPz8_In0=","p":"abc"}"#.replace('_', "/"),
            r#"{ "p" : "a\"bytes\":\"", "q":{"bytes":"AAAA"},"r":[{"bytes":"AAAA"}], "bytes" : "eyJhIjoiPz8_In0=" }"#
                .replace('_', "\\/"),
        ] {
            let (decoded, result) = read([json.as_bytes()]);
            assert_eq!((&decoded[..], result), (&br#"{"a":"???"}"#[..], Ok(())), "{json}");
            assert_eq!(read(json.as_bytes().chunks(1)).0, decoded, "{json}");
        }
        assert_eq!(read([&br#"{"bytes":""}"#[..]]), (vec![], Ok(())));
    }

    #[test]
    fn what_is_no_chunk_is_told() {
        for json in [
            "",
            "{}",
            r#"{"byte":"AAAA"}"#,
            r#"{"bytess":"AAAA"}"#,
            r#"{"bytes":1}"#,
            r#"{"bytes":"AAA"}"#,
            r#"{"bytes":"A*AA"}"#,
            r#"{"bytes":"AA==AAAA"}"#,
            r#"{"bytes":"AA\u0041A"}"#,
            r#"{"bytes":"AAAA""#,
            r#"{"bytes":"AAAA"#,
        ] {
            let (_, result) = read([json.as_bytes()]);
            assert_eq!(result, Err(NoChunk), "{json}");
        }
    }

    #[test]
    fn nothing_is_decoded_behind_what_is_no_base64() {
        let json = format!(
            r#"{{"bytes":"{}{}"}}"#,
            "*".repeat(DIGITS),
            "A".repeat(DIGITS)
        );
        let whole = read([json.as_bytes()]);
        assert_eq!(whole, (vec![], Err(NoChunk)));
        assert_eq!(read(json.as_bytes().chunks(1)), whole);
    }

    proptest! {
        #[test]
        fn a_chunk_reads_the_same_in_any_cut(
            inner in proptest::collection::vec(any::<u8>(), 0..4000),
            size in 1..3000_usize,
            is_padded_first in any::<bool>(),
        ) {
            let base64 = STANDARD.encode(&inner);
            let json = if is_padded_first {
                format!(r#"{{"p":"abc","bytes":"{base64}"}}"#)
            } else {
                format!(r#"{{"bytes":"{base64}","p":"abc"}}"#)
            };
            let (decoded, result) = read(json.as_bytes().chunks(size));
            prop_assert_eq!((decoded, result), (inner, Ok(())));
        }

        #[test]
        fn anything_reads_the_same_in_any_cut(json in "(\\{\"bytes\":\")?[\"\\\\{}:,bytesA=/ ]{0,60}", size in 1..9_usize) {
            prop_assert_eq!(read(json.as_bytes().chunks(size)), read([json.as_bytes()]));
        }
    }
}
