//! How far a JSON number has been read.

/// The part of a number that was read last, which tells what may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// Nothing yet.
    Start,
    /// `-`
    Minus,
    /// A leading `0`: no digit may follow.
    Zero,
    /// Digits before the point.
    Integer,
    /// `.`
    Point,
    /// Digits after the point.
    Fraction,
    /// `e` or `E`
    E,
    /// The exponent's sign.
    Sign,
    /// The exponent's digits.
    Exponent,
}

impl Number {
    /// Goes on as long as the bytes continue the number, and tells how many did.
    pub(super) fn read(&mut self, bytes: &[u8]) -> usize {
        let mut state = *self;
        for (read, &byte) in bytes.iter().enumerate() {
            // Most bytes are digits after digits.
            if byte.is_ascii_digit() && state.is_in_digits() {
                continue;
            }
            let Some(next) = state.next(byte) else {
                *self = state;
                return read;
            };
            state = next;
        }
        *self = state;
        bytes.len()
    }

    /// Whether what was read is a number if nothing more comes.
    pub(super) const fn is_whole(self) -> bool {
        matches!(
            self,
            Self::Zero | Self::Integer | Self::Fraction | Self::Exponent
        )
    }

    /// Whether any digit leaves the state as it is.
    const fn is_in_digits(self) -> bool {
        matches!(self, Self::Integer | Self::Fraction | Self::Exponent)
    }

    const fn next(self, byte: u8) -> Option<Self> {
        Some(match (self, byte) {
            (Self::Start, b'-') => Self::Minus,
            (Self::Start | Self::Minus, b'0') => Self::Zero,
            (Self::Start | Self::Minus | Self::Integer, b'0'..=b'9') => Self::Integer,
            (Self::Zero | Self::Integer, b'.') => Self::Point,
            (Self::Point | Self::Fraction, b'0'..=b'9') => Self::Fraction,
            (Self::Zero | Self::Integer | Self::Fraction, b'e' | b'E') => Self::E,
            (Self::E, b'+' | b'-') => Self::Sign,
            (Self::E | Self::Sign | Self::Exponent, b'0'..=b'9') => Self::Exponent,
            _ => return None,
        })
    }
}
