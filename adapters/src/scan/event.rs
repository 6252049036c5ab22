//! What a scan tells: containers, keys and scalars, or why it stopped.

use std::ops::Range;

/// Told what a [`Scanner`](super::Scanner) sees, in document order. `depth` is the number of containers around the token.
pub trait Handler {
    /// Whether strings are checked to be UTF-8 without control characters, as JSON wants them.
    ///
    /// If not, they are told as they come, and a text with a fault of that kind counts as sound.
    const STRICT: bool = true;

    /// A container opens; `at` is the offset of its bracket.
    fn begin(&mut self, container: Container, at: usize, depth: usize) {
        let _ = (container, at, depth);
    }

    /// A container has closed; `end` is the offset after its bracket, `depth` as it was at its begin.
    fn end(&mut self, container: Container, end: usize, depth: usize) {
        let _ = (container, end, depth);
    }

    /// The name of the member whose value comes next.
    fn key(&mut self, key: Key<'_>) {
        let _ = key;
    }

    /// Whether the value of the member at `depth` whose name has just come is of no use.
    ///
    /// If so it is passed over: none of what it holds is told, and only its end is looked for. A text with a
    /// fault inside such a value counts as sound.
    fn skips_value(&self, depth: usize) -> bool {
        let _ = depth;
        false
    }

    /// Whether all that the container holds that has just begun at `depth` is of no use.
    ///
    /// If so that is passed over in the same way, and the container's end is told.
    fn skips_inside(&self, container: Container, depth: usize) -> bool {
        let _ = (container, depth);
        false
    }

    /// A string, number, boolean or null.
    fn value(&mut self, value: Value<'_>) {
        let _ = value;
    }
}

/// What a bracket opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
}

/// A member's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key<'a> {
    /// The decoded name, `None` if it is longer than [`KEY_BYTES_MAX`](super::KEY_BYTES_MAX).
    pub name: Option<&'a [u8]>,
    /// Whether it was spelled with a backslash anywhere.
    pub escaped: bool,
    /// Where the token lies, quotes included.
    pub span: Range<usize>,
    /// Containers around it: 1 for the members of the outermost object.
    pub depth: usize,
}

/// A scalar and where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value<'a> {
    /// What it says.
    pub scalar: Scalar<'a>,
    /// Where the token lies, a string's quotes included.
    pub span: Range<usize>,
    /// Containers around it.
    pub depth: usize,
}

/// A JSON value that is no container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it is spelled, `None` if that takes more than [`TEXT_BYTES_MAX`](super::TEXT_BYTES_MAX) bytes.
    Number(Option<&'a [u8]>),
    /// A string.
    String {
        /// The decoded text (UTF-8, if the handler is [strict](Handler::STRICT)), `None` if it is longer than [`TEXT_BYTES_MAX`](super::TEXT_BYTES_MAX).
        text: Option<&'a [u8]>,
        /// How many bytes of UTF-8 it decodes to.
        decoded_bytes: usize,
        /// How many characters (Unicode scalar values) that are; not counted, and as many as bytes, if the
        /// handler is not [strict](Handler::STRICT).
        characters: usize,
    },
}

impl Scalar<'_> {
    /// The number as a non-negative integer: no sign, fraction or exponent, and within `u64`.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        let Self::Number(Some(digits)) = self else {
            return None;
        };
        digits.iter().try_fold(0_u64, |number, byte| {
            let digit = char::from(*byte).to_digit(10)?;
            number.checked_mul(10)?.checked_add(digit.into())
        })
    }
}

/// Why a text is not JSON, or not any that we read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{fault} at byte {offset}")]
pub struct ScanError {
    /// Offset of the first byte that cannot be part of a JSON text (of the sequence, for bad UTF-8).
    pub offset: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What a [`ScanError`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A byte that the grammar has no place for.
    #[error("unexpected byte")]
    UnexpectedByte,
    /// The text ended before its value did.
    #[error("unexpected end")]
    UnexpectedEnd,
    /// Something other than white space after the value.
    #[error("trailing byte")]
    TrailingByte,
    /// A raw control character inside a string.
    #[error("control character in string")]
    ControlCharacter,
    /// A backslash followed by nothing that JSON knows.
    #[error("invalid escape")]
    InvalidEscape,
    /// A string that is not UTF-8.
    #[error("invalid UTF-8")]
    InvalidUtf8,
    /// A number that is not spelled as JSON spells them.
    #[error("invalid number")]
    InvalidNumber,
    /// More than [`DEPTH_MAX`](super::DEPTH_MAX) containers inside each other.
    #[error("nested too deep")]
    TooDeep,
}
