//! JSON as it arrives: one pass, any chunking, no tree, no allocation.
//!
//! A [`Scanner`] checks a JSON text (RFC 8259) while it streams by and tells a [`Handler`] about
//! every container, key and scalar, with absolute byte offsets. It holds a few hundred bytes whatever
//! comes: long strings are measured and checked, not kept.
//!
//! It accepts what `serde_json` accepts, with two deliberate differences, both in the client's favour
//! (Quotah forwards bytes; the provider is the judge of its own input): a lone surrogate escape
//! (`"\ud800"`) is let through and read as U+FFFD, and a number too large for a float is still a number.
//!
//! A handler may ask for less ([`Handler::STRICT`], [`Handler::skips_value`], [`Handler::skips_inside`]): the
//! meter does, readers of requests never.

mod event;
mod members;
mod name;
mod number;
mod paths;
mod run;
mod skip;
mod step;
mod string;
mod table;
mod token;
mod tracker;

pub use event::{Container, Fault, Handler, Key, Scalar, ScanError, Value};
pub use paths::{NODES_MAX, PathTable, STEPS_MAX};
pub(crate) use run::plain_run;
pub use step::PathFault;
pub use table::{Table, TableError};
pub(crate) use tracker::Members;
pub use tracker::Tracker;

use number::Number;
use skip::Skip;
use string::Text;

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
    /// Whether the innermost container is one.
    in_object: bool,
    /// Where the token being read began.
    token_at: usize,
    /// What was wrong, once the state is `Failed`.
    error: ScanError,
    /// The string being read, when a chunk's end or an escape has cut it; also a cut number's digits.
    text: Text,
}

/// A place between two tokens of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    state: State,
    offset: usize,
    depth: usize,
    objects: u128,
    in_object: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Value,
    ValueOrEnd,
    /// A member's value that the handler has no use for.
    SkippedValue,
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
    /// Inside a string or container that the handler has no use for.
    Skip(Skip),
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
            in_object: false,
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

    /// Where the scan stands, if that is not in a token.
    pub(crate) const fn mark(&self) -> Option<Mark> {
        let is_between = matches!(
            self.state,
            State::Value
                | State::ValueOrEnd
                | State::SkippedValue
                | State::KeyOrEnd
                | State::Key
                | State::Colon
                | State::AfterValue
                | State::Done
        );
        if !is_between {
            return None;
        }
        Some(Mark {
            state: self.state,
            offset: self.offset,
            depth: self.depth,
            objects: self.objects,
            in_object: self.in_object,
        })
    }

    /// Goes to a mark, from between tokens.
    pub(crate) const fn resume(&mut self, mark: Mark) {
        self.state = mark.state;
        self.offset = mark.offset;
        self.depth = mark.depth;
        self.objects = mark.objects;
        self.in_object = mark.in_object;
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
                State::Skip(skip) => self.skip(skip, rest, at, handler),
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

    /// The next token, whole where it is plain and lies in `bytes`; `at` is their offset.
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
        if matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
            return Ok(skip_space(rest));
        }
        match (self.state, byte) {
            (State::AfterValue, b',') => {
                self.state = if self.in_object {
                    State::Key
                } else {
                    State::Value
                };
                Ok(rest)
            }
            (State::Key | State::KeyOrEnd, b'"') => {
                self.members(bytes, at.saturating_add(bytes.len()), handler)
            }
            (State::Colon, b':') => {
                self.state = self.member_value(handler);
                Ok(rest)
            }
            (State::Value | State::ValueOrEnd, _) => self.value(bytes, at, handler),
            (State::SkippedValue, _) => self.skipped_value(bytes, at, handler),
            (State::KeyOrEnd | State::AfterValue, b'}') if self.in_object => {
                self.close(Container::Object, at.saturating_add(1), handler);
                Ok(rest)
            }
            (State::AfterValue, b']') if !self.in_object => {
                self.close(Container::Array, at.saturating_add(1), handler);
                Ok(rest)
            }
            (State::Done, _) => Err(fault(Fault::TrailingByte, at)),
            _ => Err(fault(Fault::UnexpectedByte, at)),
        }
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
        if handler.skips_inside(container, self.depth) {
            self.state = State::Skip(Skip::inside(container, self.depth));
            self.depth = self.depth.saturating_add(1);
            return Ok(());
        }
        let bit = 1_u128 << self.depth;
        self.in_object = container == Container::Object;
        if self.in_object {
            self.objects |= bit;
            self.state = State::KeyOrEnd;
        } else {
            self.objects &= !bit;
            self.state = State::ValueOrEnd;
        }
        self.depth = self.depth.saturating_add(1);
        Ok(())
    }

    fn close(&mut self, container: Container, end: usize, handler: &mut impl Handler) {
        self.depth = self.depth.saturating_sub(1);
        handler.end(container, end, self.depth);
        self.in_object = self.objects >> self.depth.saturating_sub(1) & 1 == 1;
        self.state = self.after_value();
    }

    const fn after_value(&self) -> State {
        if self.depth == 0 {
            State::Done
        } else {
            State::AfterValue
        }
    }
}

/// The bytes from the first that is no white space; indented texts have much of it.
#[inline]
fn skip_space(bytes: &[u8]) -> &[u8] {
    match bytes {
        [..=b' ', ..] => skip_more_space(bytes),
        _ => bytes,
    }
}

/// Mostly a line feed and then spaces.
fn skip_more_space(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = bytes {
        bytes = rest;
        while let Some((word, after)) = bytes.split_first_chunk() {
            let others = u64::from_le_bytes(*word) ^ 0x2020_2020_2020_2020;
            if others != 0 {
                let spaces = (others.trailing_zeros() >> 3) as usize;
                bytes = bytes.get(spaces..).unwrap_or_default();
                break;
            }
            bytes = after;
        }
    }
    bytes
}

const fn fault(fault: Fault, offset: usize) -> ScanError {
    ScanError { offset, fault }
}

#[cfg(test)]
mod tests;
