//! The two ways to write a path, taken apart step by step.
//!
//! Dotted: `choices[*].delta.content`. As a JSON pointer (RFC 6901), told by its leading slash:
//! `/choices/*/delta/content`, with `~1` for a slash and `~0` for a tilde in a name.

use super::KEY_BYTES_MAX;
use super::name::Name;

/// Why a path is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// Two separators with nothing between them, or one at the end.
    #[error("a step is empty")]
    EmptyStep,
    /// A name longer than [`KEY_BYTES_MAX`] bytes.
    #[error("a name has more than {KEY_BYTES_MAX} bytes")]
    NameTooLong,
    /// `[` without `*]`, or a name right behind `[*]`.
    #[error("a bracket that is no [*]")]
    BadBracket,
    /// A `~` that is neither `~0` nor `~1`.
    #[error("a ~ that is neither ~0 nor ~1")]
    BadEscape,
    /// A step of a pointer that is a number: elements are only known all together.
    #[error("an element by its number: * stands for every element")]
    Index,
    /// More than [`STEPS_MAX`](super::STEPS_MAX) steps.
    #[error("more than {} steps", super::STEPS_MAX)]
    TooDeep,
    /// No room for more names.
    #[error("too many names in one table")]
    TableFull,
}

/// One step of a path.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// To every element of an array.
    Each,
    /// To the member of this name.
    Member(Name),
}

/// How a path is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Syntax {
    Dotted,
    Pointer,
}

impl Syntax {
    pub(super) const fn of(path: &[u8]) -> Self {
        match path {
            [b'/', ..] => Self::Pointer,
            _ => Self::Dotted,
        }
    }

    /// The first step of what is left of a path, and what is left behind it.
    pub(super) const fn step(self, path: &[u8]) -> Result<(Step, &[u8]), PathFault> {
        match (self, path) {
            (Self::Pointer, [b'/', rest @ ..]) => pointer_step(rest),
            (Self::Pointer, _) => Err(PathFault::EmptyStep),
            (Self::Dotted, _) => dotted_step(path),
        }
    }
}

const fn dotted_step(path: &[u8]) -> Result<(Step, &[u8]), PathFault> {
    let (step, rest) = match path {
        [b'[', b'*', b']', rest @ ..] => (Step::Each, rest),
        [b'[', ..] => return Err(PathFault::BadBracket),
        _ => {
            let (mut bytes, mut len, mut rest) = ([0; KEY_BYTES_MAX], 0, path);
            while let [byte, after @ ..] = rest
                && !matches!(*byte, b'.' | b'[')
            {
                len = match push(&mut bytes, len, *byte) {
                    Ok(len) => len,
                    Err(fault) => return Err(fault),
                };
                rest = after;
            }
            if len == 0 {
                return Err(PathFault::EmptyStep);
            }
            (Step::Member(Name::new(bytes, len)), rest)
        }
    };
    match rest {
        [b'.'] => Err(PathFault::EmptyStep),
        [b'.', rest @ ..] => Ok((step, rest)),
        [] | [b'[', ..] => Ok((step, rest)),
        _ => Err(PathFault::BadBracket),
    }
}

const fn pointer_step(path: &[u8]) -> Result<(Step, &[u8]), PathFault> {
    let (mut bytes, mut len, mut rest) = ([0; KEY_BYTES_MAX], 0, path);
    let mut is_index = true;
    loop {
        let (byte, after) = match rest {
            [] | [b'/', ..] => break,
            [b'~', b'0', after @ ..] => (b'~', after),
            [b'~', b'1', after @ ..] => (b'/', after),
            [b'~', ..] => return Err(PathFault::BadEscape),
            [byte, after @ ..] => (*byte, after),
        };
        is_index = is_index && byte.is_ascii_digit();
        len = match push(&mut bytes, len, byte) {
            Ok(len) => len,
            Err(fault) => return Err(fault),
        };
        rest = after;
    }
    match (len, &bytes) {
        (0, _) => Err(PathFault::EmptyStep),
        (1, [b'*', ..]) => Ok((Step::Each, rest)),
        _ if is_index => Err(PathFault::Index),
        _ => Ok((Step::Member(Name::new(bytes, len)), rest)),
    }
}

/// Puts `byte` behind the first `len` of `bytes` and tells how many they are then.
const fn push(bytes: &mut [u8; KEY_BYTES_MAX], len: usize, byte: u8) -> Result<usize, PathFault> {
    match bytes.split_at_mut_checked(len) {
        Some((_, [place, ..])) => {
            *place = byte;
            Ok(len.saturating_add(1))
        }
        _ => Err(PathFault::NameTooLong),
    }
}
