//! The headers of a frame: typed values by name, of which a few strings say what the frame is.

use super::Fault;

/// Longest value that is kept whole; what is beyond is dropped. The longest in use is
/// `serviceUnavailableException` (27 bytes).
const VALUE_BYTES_MAX: usize = 64;

/// Longest name that is told apart: `:exception-type`.
const NAME_BYTES_MAX: usize = 16;

/// What a frame's headers say of it. A value that is not there is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    message: Text<VALUE_BYTES_MAX>,
    event: Text<VALUE_BYTES_MAX>,
    exception: Text<VALUE_BYTES_MAX>,
    error: Text<VALUE_BYTES_MAX>,
}

impl Head {
    /// `:message-type`: `event`, `exception`, or `error` for one that the service's model does not know.
    #[must_use]
    pub fn message_type(&self) -> &[u8] {
        self.message.as_bytes()
    }

    /// `:event-type`, of an event.
    #[must_use]
    pub fn event_type(&self) -> &[u8] {
        self.event.as_bytes()
    }

    /// `:exception-type`, of an exception.
    #[must_use]
    pub fn exception_type(&self) -> &[u8] {
        self.exception.as_bytes()
    }

    /// `:error-code`, of an error.
    #[must_use]
    pub fn error_code(&self) -> &[u8] {
        self.error.as_bytes()
    }

    fn value_of(&mut self, name: &[u8]) -> Option<&mut Text<VALUE_BYTES_MAX>> {
        Some(match name {
            b":message-type" => &mut self.message,
            b":event-type" => &mut self.event,
            b":exception-type" => &mut self.exception,
            b":error-code" => &mut self.error,
            _ => return None,
        })
    }
}

/// As much of a text as fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Text<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self {
            bytes: [0; N],
            len: 0,
        }
    }
}

impl<const N: usize> Text<N> {
    fn push(&mut self, piece: &[u8]) {
        let free = self.bytes.get_mut(self.len..).unwrap_or_default();
        for (to, from) in free.iter_mut().zip(piece) {
            *to = *from;
            self.len = self.len.saturating_add(1);
        }
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// Reads a frame's headers, cut anywhere.
#[derive(Debug, Clone, Default)]
pub(super) struct Headers {
    /// Bytes still to come.
    left: usize,
    place: Place,
    /// One byte more than is told apart, so that a longer name is none of ours.
    name: Text<{ NAME_BYTES_MAX + 1 }>,
    head: Head,
}

/// Where in a header the next byte stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    NameLen,
    Name {
        left: usize,
    },
    Type,
    /// Before the length of a value, the first byte of which may have come.
    ValueLen {
        high: Option<u8>,
        is_text: bool,
    },
    Value {
        left: usize,
        is_text: bool,
    },
}

impl Headers {
    /// A reader of so many bytes.
    pub(super) fn of(left: usize) -> Self {
        Self {
            left,
            ..Self::default()
        }
    }

    pub(super) const fn left(&self) -> usize {
        self.left
    }

    pub(super) const fn head(&self) -> &Head {
        &self.head
    }

    /// What they say, now that all have come.
    pub(super) fn finish(&self) -> Result<&Head, Fault> {
        if self.place == Place::NameLen {
            Ok(&self.head)
        } else {
            Err(Fault::Headers)
        }
    }

    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> Result<(), Fault> {
        self.left = self.left.saturating_sub(bytes.len());
        while let Some((&byte, behind)) = bytes.split_first() {
            bytes = match self.place {
                Place::Name { left } => {
                    let (piece, behind) = cut(bytes, left);
                    self.name.push(piece);
                    let left = left.saturating_sub(piece.len());
                    self.place = if left == 0 {
                        Place::Type
                    } else {
                        Place::Name { left }
                    };
                    behind
                }
                Place::Value { left, is_text } => {
                    let (piece, behind) = cut(bytes, left);
                    if is_text && let Some(value) = self.head.value_of(self.name.as_bytes()) {
                        value.push(piece);
                    }
                    self.place = value(left.saturating_sub(piece.len()), is_text);
                    behind
                }
                place => {
                    self.place = self.lone(place, byte)?;
                    behind
                }
            };
        }
        Ok(())
    }

    /// What follows a byte that stands by itself.
    fn lone(&mut self, place: Place, byte: u8) -> Result<Place, Fault> {
        Ok(match place {
            Place::NameLen if byte > 0 => {
                self.name = Text::default();
                Place::Name { left: byte.into() }
            }
            Place::Type => match byte {
                // true, false
                0 | 1 => Place::NameLen,
                // numbers of 1, 2, 4 and 8 bytes
                2 => value(1, false),
                3 => value(2, false),
                4 => value(4, false),
                // bytes, string
                6 | 7 => Place::ValueLen {
                    high: None,
                    is_text: byte == 7,
                },
                // number of 8 bytes, timestamp
                5 | 8 => value(8, false),
                // UUID
                9 => value(16, false),
                _ => return Err(Fault::Headers),
            },
            Place::ValueLen {
                high: None,
                is_text,
            } => Place::ValueLen {
                high: Some(byte),
                is_text,
            },
            Place::ValueLen {
                high: Some(high),
                is_text,
            } => {
                // Of a header that comes twice the last counts.
                if let Some(value) = self.head.value_of(self.name.as_bytes()) {
                    *value = Text::default();
                }
                value(u16::from_be_bytes([high, byte]).into(), is_text)
            }
            Place::NameLen | Place::Name { .. } | Place::Value { .. } => {
                return Err(Fault::Headers);
            }
        })
    }
}

const fn value(left: usize, is_text: bool) -> Place {
    if left == 0 {
        Place::NameLen
    } else {
        Place::Value { left, is_text }
    }
}

/// The first `len` bytes, or as many as there are, and those behind.
fn cut(bytes: &[u8], len: usize) -> (&[u8], &[u8]) {
    bytes
        .split_at_checked(len.min(bytes.len()))
        .unwrap_or_default()
}

/// Adds a header with a string for a value.
pub(super) fn write(name: &str, value: &str, into: &mut Vec<u8>) {
    const STRING: u8 = 7;
    into.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    into.extend(name.as_bytes());
    into.push(STRING);
    into.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
    into.extend(value.as_bytes());
}
