//! What gzip and zlib put around deflate (RFC 1952, RFC 1950).
//!
//! Checksums are not checked: only the meter reads this, and the client has the bytes.

use flate2::Decompress;

use super::DecodeFault;

/// A gzip member's first byte.
const MAGIC: u8 = 0x1f;

const HAS_HEADER_CHECKSUM: u8 = 1 << 1;
const HAS_EXTRA: u8 = 1 << 2;
const HAS_NAME: u8 = 1 << 3;
const HAS_COMMENT: u8 = 1 << 4;

/// Checksum and length behind each member.
const TRAILER_BYTES: usize = 8;

/// Where in the wrapping a stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// `deflate`, before its first byte: by the letter a zlib stream, but some send it bare.
    Deflate,
    /// A zlib stream's second header byte.
    ZlibFlags,
    /// In a gzip member's header.
    Head(Head),
    /// In deflated bytes, inside a gzip member or not.
    Body { is_gzip: bool },
    /// In a gzip member's trailer.
    Trailer { left: usize },
    /// Behind a gzip member, where another may follow, or padding.
    BetweenMembers,
    /// Nothing more to decode.
    Done,
}

/// A gzip header, read a byte at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    part: Part,
    flags: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The ten fixed bytes, so many of them seen.
    Fixed(usize),
    ExtraLenLow,
    ExtraLenHigh(u8),
    Extra {
        left: u16,
    },
    Name,
    Comment,
    /// The header's checksum, so many bytes of it left.
    Checksum {
        left: u8,
    },
    End,
}

impl Framing {
    pub(super) const fn gzip() -> Self {
        Self::Head(Head {
            part: Part::Fixed(0),
            flags: 0,
        })
    }

    pub(super) const fn is_in_body(self) -> bool {
        matches!(self, Self::Body { .. })
    }

    /// The deflated stream has ended.
    pub(super) const fn end_body(&mut self) {
        *self = match self {
            Self::Body { is_gzip: true } => Self::Trailer {
                left: TRAILER_BYTES,
            },
            _ => Self::Done,
        };
    }

    /// Takes wrapping off the front of `bytes`, up to deflated bytes or to the end of `bytes`.
    pub(super) fn unwrap_head<'a>(
        &mut self,
        mut bytes: &'a [u8],
        inflate: &mut Decompress,
    ) -> Result<&'a [u8], DecodeFault> {
        while !self.is_in_body()
            && let Some((&byte, rest)) = bytes.split_first()
        {
            *self = match *self {
                // CM 8 and a window of at most 32 KiB: a bare stream starting so would be a stored block
                // of a kind that no encoder makes first.
                Self::Deflate if byte & 0x0f == 8 && byte >> 4 <= 7 => Self::ZlibFlags,
                Self::Deflate => {
                    *self = Self::Body { is_gzip: false };
                    return Ok(bytes);
                }
                Self::ZlibFlags => Self::Body { is_gzip: false },
                Self::Head(head) => match head.next(byte)? {
                    Head {
                        part: Part::End, ..
                    } => {
                        inflate.reset(false);
                        Self::Body { is_gzip: true }
                    }
                    head => Self::Head(head),
                },
                Self::Trailer { left: 1 } => Self::BetweenMembers,
                Self::Trailer { left } => Self::Trailer {
                    left: left.saturating_sub(1),
                },
                Self::BetweenMembers if byte == MAGIC => Self::Head(Head {
                    part: Part::Fixed(1),
                    flags: 0,
                }),
                Self::BetweenMembers => Self::Done,
                // Inside the loop only outside of a body.
                Self::Body { .. } | Self::Done => return Ok(&[]),
            };
            bytes = rest;
        }
        Ok(bytes)
    }
}

impl Head {
    fn next(self, byte: u8) -> Result<Self, DecodeFault> {
        let mut flags = self.flags;
        let part = match self.part {
            Part::Fixed(seen) => {
                let is_as_it_must = match seen {
                    0 => byte == MAGIC,
                    1 => byte == 0x8b,
                    2 => byte == 8,
                    _ => true,
                };
                if !is_as_it_must {
                    return Err(DecodeFault::Corrupt);
                }
                if seen == 3 {
                    flags = byte;
                }
                match seen.saturating_add(1) {
                    10 => Part::after_fixed(flags),
                    seen => Part::Fixed(seen),
                }
            }
            Part::ExtraLenLow => Part::ExtraLenHigh(byte),
            Part::ExtraLenHigh(low) => match u16::from_le_bytes([low, byte]) {
                0 => Part::after_extra(flags),
                left => Part::Extra { left },
            },
            Part::Extra { left: 1 } => Part::after_extra(flags),
            Part::Extra { left } => Part::Extra {
                left: left.saturating_sub(1),
            },
            Part::Name if byte == 0 => Part::after_name(flags),
            Part::Comment if byte == 0 => Part::after_comment(flags),
            Part::Checksum { left: 2 } => Part::Checksum { left: 1 },
            Part::Checksum { .. } | Part::End => Part::End,
            part @ (Part::Name | Part::Comment) => part,
        };
        Ok(Self { part, flags })
    }
}

impl Part {
    const fn after_fixed(flags: u8) -> Self {
        if flags & HAS_EXTRA == 0 {
            Self::after_extra(flags)
        } else {
            Self::ExtraLenLow
        }
    }

    const fn after_extra(flags: u8) -> Self {
        if flags & HAS_NAME == 0 {
            Self::after_name(flags)
        } else {
            Self::Name
        }
    }

    const fn after_name(flags: u8) -> Self {
        if flags & HAS_COMMENT == 0 {
            Self::after_comment(flags)
        } else {
            Self::Comment
        }
    }

    const fn after_comment(flags: u8) -> Self {
        if flags & HAS_HEADER_CHECKSUM == 0 {
            Self::End
        } else {
            Self::Checksum { left: 2 }
        }
    }
}
