//! JSON as it arrives: one pass, any chunking, no tree, no allocation.
//!
//! A [`Scanner`] checks a JSON text (RFC 8259) while it streams by and tells a [`Handler`] about
//! every container, key and scalar, with absolute byte offsets. It holds a few hundred bytes whatever
//! comes: long strings are measured and checked, not kept.
//!
//! It accepts what `serde_json` accepts, with two deliberate differences, both in the client's favour
//! (Quotah forwards bytes; the provider is the judge of its own input): a lone surrogate escape
//! (`"\ud800"`) is let through and read as U+FFFD, and a number too large for a float is still a number.

mod event;
mod name;
mod number;
mod paths;
mod step;
mod string;
mod table;
mod tracker;

pub use event::{Container, Fault, Handler, Key, Scalar, ScanError, Value};
pub use paths::{NODES_MAX, PathTable, STEPS_MAX};
pub use step::PathFault;
pub use table::{Table, TableError};
pub use tracker::Tracker;

use number::Number;
use string::{Piece, Text};

/// Most containers open at once. `serde_json` refuses the 128th too.
pub const DEPTH_MAX: usize = 127;

/// Longest key that is reported by name, in decoded bytes; no field that we meter has more than 32.
pub const KEY_BYTES_MAX: usize = 64;

/// Longest string or number that is reported with its text, in decoded bytes; longer ones have a length only.
pub const TEXT_BYTES_MAX: usize = 256;

/// An incremental JSON reader.
///
/// ```
/// use quotah_adapters::{Handler, Scalar, Scanner, Value};
///
/// #[derive(Default)]
/// struct Sum(u64);
/// impl Handler for Sum {
///     fn value(&mut self, value: Value<'_>) {
///         self.0 += value.scalar.as_u64().unwrap_or(0);
///     }
/// }
///
/// let (mut scanner, mut sum) = (Scanner::new(), Sum::default());
/// scanner.feed(b"[1, 2", &mut sum)?;
/// scanner.feed(b"0, 3]", &mut sum)?;
/// scanner.finish(&mut sum)?;
/// assert_eq!(sum.0, 24);
/// # Ok::<(), quotah_adapters::ScanError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Scanner {
    /// What the grammar allows next, or the token that a chunk's end has cut.
    state: State,
    /// Offset of the next byte to come.
    offset: usize,
    /// Containers open now.
    depth: usize,
    /// Bit `d` tells whether the container opened at depth `d` is an object.
    objects: u128,
    /// Where the token being read began.
    token_at: usize,
    /// What was wrong, once the state is `Failed`.
    error: ScanError,
    /// The string being read, when a chunk's end or an escape has cut it; also a cut number's digits.
    text: Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Value,
    ValueOrEnd,
    KeyOrEnd,
    Key,
    Colon,
    AfterValue,
    Done,
    InKey,
    InString,
    InNumber(Number),
    /// How many of its bytes have been read.
    InLiteral(Literal, u8),
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Literal {
    Null,
    True,
    False,
}

impl Literal {
    const fn spelling(self) -> &'static [u8] {
        match self {
            Self::Null => b"null",
            Self::True => b"true",
            Self::False => b"false",
        }
    }

    const fn scalar(self) -> Scalar<'static> {
        match self {
            Self::Null => Scalar::Null,
            Self::True => Scalar::Bool(true),
            Self::False => Scalar::Bool(false),
        }
    }
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new()
    }
}

impl Scanner {
    /// A scanner at the beginning of a text.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            state: State::Value,
            offset: 0,
            depth: 0,
            objects: 0,
            token_at: 0,
            error: fault(Fault::UnexpectedEnd, 0),
            text: Text::new(),
        }
    }

    /// Forgets everything, ready for the next text.
    pub fn reset(&mut self) {
        self.state = State::Value;
        self.offset = 0;
        self.depth = 0;
        self.text.clear();
    }

    /// Whether a whole value has been read, so that only white space may follow.
    /// (A bare number ends with the text: it is never done before [`Self::finish`].)
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// How many bytes have been read since the beginning or the last reset.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Reads the next bytes of the text.
    ///
    /// # Errors
    /// [`ScanError`] at the first byte that cannot be part of a JSON text; every later call repeats it.
    pub fn feed(&mut self, chunk: &[u8], handler: &mut impl Handler) -> Result<(), ScanError> {
        let end = self.offset.saturating_add(chunk.len());
        let mut rest = chunk;
        while !rest.is_empty() {
            let at = end.saturating_sub(rest.len());
            let step = match self.state {
                State::InString | State::InKey => self.string(rest, at, handler),
                State::InNumber(number) => self.number(number, rest, at, handler),
                State::InLiteral(literal, read) => self.literal((literal, read), rest, at, handler),
                State::Failed => return Err(self.error),
                _ => self.structure(rest, at, handler),
            };
            match step {
                Ok(after) => rest = after,
                Err(error) => {
                    self.state = State::Failed;
                    self.error = error;
                    return Err(error);
                }
            }
        }
        self.offset = end;
        Ok(())
    }

    /// Says that the text has ended.
    ///
    /// # Errors
    /// [`Fault::UnexpectedEnd`] if a value is missing or unfinished, or the error that [`Self::feed`] gave.
    pub fn finish(&mut self, handler: &mut impl Handler) -> Result<(), ScanError> {
        match self.state {
            State::Done => Ok(()),
            State::InNumber(number) if self.depth == 0 && number.is_whole() => {
                self.cut_number(self.offset, handler);
                Ok(())
            }
            State::Failed => Err(self.error),
            _ => Err(fault(Fault::UnexpectedEnd, self.offset)),
        }
    }

    /// One token's first byte (or white space), with the whole token where that is cheap.
    #[inline]
    fn structure<'a>(
        &mut self,
        bytes: &'a [u8],
        at: usize,
        handler: &mut impl Handler,
    ) -> Result<&'a [u8], ScanError> {
        let Some((&byte, rest)) = bytes.split_first() else {
            return Ok(bytes);
        };
        let after = at.saturating_add(1);
        match (byte, self.state) {
            (b' ' | b'\n' | b'\r' | b'\t', _) => return Ok(skip_space(rest)),
            (b'"', State::KeyOrEnd | State::Key) => {
                self.token_at = at;
                self.state = State::InKey;
                return self.string(rest, after, handler);
            }
            (b':', State::Colon) => self.state = State::Value,
            (b',', State::AfterValue) => {
                self.state = if self.in_object() {
                    State::Key
                } else {
                    State::Value
                };
            }
            (b'"', State::Value | State::ValueOrEnd) => {
                self.token_at = at;
                self.state = State::InString;
                return self.string(rest, after, handler);
            }
            (b'-' | b'0'..=b'9', State::Value | State::ValueOrEnd) => {
                self.token_at = at;
                return self.number(Number::Start, bytes, at, handler);
            }
            (b'{', State::Value | State::ValueOrEnd) => {
                self.open(Container::Object, at, handler)?;
            }
            (b'[', State::Value | State::ValueOrEnd) => self.open(Container::Array, at, handler)?,
            (b'}', State::KeyOrEnd | State::AfterValue) if self.in_object() => {
                self.close(Container::Object, after, handler);
            }
            (b']', State::ValueOrEnd | State::AfterValue) if !self.in_object() => {
                self.close(Container::Array, after, handler);
            }
            (b't' | b'f' | b'n', State::Value | State::ValueOrEnd) => {
                self.token_at = at;
                let literal = match byte {
                    b't' => Literal::True,
                    b'f' => Literal::False,
                    _ => Literal::Null,
                };
                return self.literal((literal, 1), rest, after, handler);
            }
            (_, State::Done) => return Err(fault(Fault::TrailingByte, at)),
            _ => return Err(fault(Fault::UnexpectedByte, at)),
        }
        Ok(rest)
    }

    fn open(
        &mut self,
        container: Container,
        at: usize,
        handler: &mut impl Handler,
    ) -> Result<(), ScanError> {
        if self.depth >= DEPTH_MAX {
            return Err(fault(Fault::TooDeep, at));
        }
        handler.begin(container, at, self.depth);
        let bit = 1_u128 << self.depth;
        match container {
            Container::Object => {
                self.objects |= bit;
                self.state = State::KeyOrEnd;
            }
            Container::Array => {
                self.objects &= !bit;
                self.state = State::ValueOrEnd;
            }
        }
        self.depth = self.depth.saturating_add(1);
        Ok(())
    }

    fn close(&mut self, container: Container, end: usize, handler: &mut impl Handler) {
        self.depth = self.depth.saturating_sub(1);
        handler.end(container, end, self.depth);
        self.state = self.after_value();
    }

    /// Whether the innermost container is an object; only asked while one is open.
    const fn in_object(&self) -> bool {
        self.objects >> self.depth.saturating_sub(1) & 1 == 1
    }

    const fn after_value(&self) -> State {
        if self.depth == 0 {
            State::Done
        } else {
            State::AfterValue
        }
    }

    /// The rest of a string, `at` being the offset of `bytes`.
    #[inline]
    fn string<'a>(
        &mut self,
        bytes: &'a [u8],
        at: usize,
        handler: &mut impl Handler,
    ) -> Result<&'a [u8], ScanError> {
        let (text, decoded_bytes, escaped, rest) = match self.text.read(bytes) {
            Ok(Piece::Whole { text, rest }) => (Some(text), text.len(), false, rest),
            Ok(Piece::End { rest }) => (
                self.text.bytes(),
                self.text.decoded_bytes(),
                self.text.is_escaped(),
                rest,
            ),
            Ok(Piece::Cut) => return Ok(&[]),
            Err((wrong, behind)) => {
                let at = at
                    .saturating_add(behind)
                    .saturating_sub(self.text.partial_bytes());
                return Err(fault(wrong, at));
            }
        };
        let read = bytes.len().saturating_sub(rest.len());
        let span = self.token_at..at.saturating_add(read);
        let depth = self.depth;
        if self.state == State::InKey {
            let name = text.filter(|name| name.len() <= KEY_BYTES_MAX);
            handler.key(Key {
                name,
                escaped,
                span,
                depth,
            });
            self.state = State::Colon;
        } else {
            let text = text.filter(|text| text.len() <= TEXT_BYTES_MAX);
            handler.value(Value {
                scalar: Scalar::String {
                    text,
                    decoded_bytes,
                },
                span,
                depth,
            });
            self.state = self.after_value();
        }
        self.text.clear();
        Ok(rest)
    }

    /// A number, or more of one; `at` is the offset of `bytes`.
    #[inline]
    fn number<'a>(
        &mut self,
        mut number: Number,
        bytes: &'a [u8],
        at: usize,
        handler: &mut impl Handler,
    ) -> Result<&'a [u8], ScanError> {
        let read = number.read(bytes);
        let (digits, rest) = bytes.split_at_checked(read).unwrap_or((bytes, &[]));
        let end = at.saturating_add(read);
        if rest.is_empty() {
            self.text.push(digits);
            self.state = State::InNumber(number);
        } else if !number.is_whole() {
            return Err(fault(Fault::InvalidNumber, end));
        } else if self.text.is_empty() {
            let text = Some(digits).filter(|digits| digits.len() <= TEXT_BYTES_MAX);
            self.emit(Scalar::Number(text), end, handler);
        } else {
            self.text.push(digits);
            self.cut_number(end, handler);
        }
        Ok(rest)
    }

    /// Reports a number whose digits came in several chunks.
    fn cut_number(&mut self, end: usize, handler: &mut impl Handler) {
        let span = self.token_at..end;
        let scalar = Scalar::Number(self.text.bytes());
        handler.value(Value {
            scalar,
            span,
            depth: self.depth,
        });
        self.text.clear();
        self.state = self.after_value();
    }

    /// More of `true`, `false` or `null`, of which `read` bytes were there; `at` is the offset of `bytes`.
    fn literal<'a>(
        &mut self,
        (literal, read): (Literal, u8),
        bytes: &'a [u8],
        at: usize,
        handler: &mut impl Handler,
    ) -> Result<&'a [u8], ScanError> {
        let tail = literal
            .spelling()
            .get(usize::from(read)..)
            .unwrap_or_default();
        if let Some(rest) = bytes.strip_prefix(tail) {
            self.emit(literal.scalar(), at.saturating_add(tail.len()), handler);
            return Ok(rest);
        }
        let mut read = read;
        for (&wanted, &byte) in tail.iter().zip(bytes) {
            if wanted != byte {
                return Err(fault(
                    Fault::UnexpectedByte,
                    self.token_at.saturating_add(read.into()),
                ));
            }
            read = read.saturating_add(1);
        }
        self.state = State::InLiteral(literal, read);
        Ok(&[])
    }

    fn emit(&mut self, scalar: Scalar<'_>, end: usize, handler: &mut impl Handler) {
        handler.value(Value {
            scalar,
            span: self.token_at..end,
            depth: self.depth,
        });
        self.state = self.after_value();
    }
}

const fn skip_space(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

const fn fault(fault: Fault, offset: usize) -> ScanError {
    ScanError { offset, fault }
}

#[cfg(test)]
mod tests;
