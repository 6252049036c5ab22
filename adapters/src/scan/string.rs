//! The inside of a JSON string: checked as UTF-8, unescaped, measured, and kept while it is short.

use super::run::plain_run;
use super::{Fault, TEXT_BYTES_MAX};

/// What [`Text::read`] made of the bytes it was given.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    /// The string lay whole and without escapes in these bytes; nothing was copied.
    Whole { text: &'a [u8], rest: &'a [u8] },
    /// The string has ended; [`Text`] holds it.
    End { rest: &'a [u8] },
    /// The bytes ended first.
    Cut,
}

/// A string that is being read (or, for a number cut by a chunk's end, its digits).
#[derive(Debug, Clone)]
pub(super) struct Text {
    /// Its first decoded bytes.
    kept: [u8; TEXT_BYTES_MAX],
    /// How many bytes it decodes to; beyond `TEXT_BYTES_MAX` they are counted, not kept.
    decoded_bytes: usize,
    /// How many of them only continue a character; counted where text is checked.
    continuing_bytes: usize,
    /// Whether a chunk's end or an escape came before the closing quote.
    begun: bool,
    /// Whether a backslash was seen.
    escaped: bool,
    /// Where an escape sequence was cut.
    escape: Escape,
    /// A high surrogate that waits for its low one.
    high: Option<u16>,
    /// A UTF-8 sequence cut by a chunk's end: its bytes so far.
    partial: ([u8; 4], usize),
}

#[derive(Debug, Clone, Copy)]
enum Escape {
    None,
    /// After the backslash.
    Backslash,
    /// After `\u`: the digits so far, and how many.
    Unicode(u16, u8),
}

impl Text {
    pub(super) const fn new() -> Self {
        Self {
            kept: [0; TEXT_BYTES_MAX],
            decoded_bytes: 0,
            continuing_bytes: 0,
            begun: false,
            escaped: false,
            escape: Escape::None,
            high: None,
            partial: ([0; 4], 0),
        }
    }

    /// Forgets the string. Cheap when nothing was kept.
    #[inline]
    pub(super) const fn clear(&mut self) {
        if self.begun {
            self.begun = false;
            self.decoded_bytes = 0;
            self.continuing_bytes = 0;
            self.escaped = false;
            self.escape = Escape::None;
            self.high = None;
            self.partial.1 = 0;
        }
    }

    /// Whether nothing is held.
    pub(super) const fn is_empty(&self) -> bool {
        !self.begun
    }

    /// The decoded text, unless it is longer than what is kept.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        self.kept.get(..self.decoded_bytes)
    }

    pub(super) const fn decoded_bytes(&self) -> usize {
        self.decoded_bytes
    }

    /// How many characters they are.
    pub(super) const fn characters(&self) -> usize {
        self.decoded_bytes.saturating_sub(self.continuing_bytes)
    }

    pub(super) const fn is_escaped(&self) -> bool {
        self.escaped
    }

    /// How many bytes of an unfinished UTF-8 sequence have been read.
    pub(super) const fn partial_bytes(&self) -> usize {
        self.partial.1
    }

    /// Adds bytes as they are.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.begun = true;
        if self.decoded_bytes < TEXT_BYTES_MAX
            && let Some(room) = self.kept.get_mut(self.decoded_bytes..)
        {
            let len = room.len().min(bytes.len());
            if let (Some(room), Some(bytes)) = (room.get_mut(..len), bytes.get(..len)) {
                room.copy_from_slice(bytes);
            }
        }
        self.decoded_bytes = self.decoded_bytes.saturating_add(bytes.len());
    }

    /// Reads on to the closing quote or the bytes' end.
    ///
    /// # Errors
    /// What is wrong, and how many of `bytes` lie before it. Bad UTF-8 begins
    /// [`Self::partial_bytes`] earlier.
    pub(super) fn read<'a, const STRICT: bool>(
        &mut self,
        bytes: &'a [u8],
    ) -> Result<Piece<'a>, (Fault, usize)> {
        if !self.begun
            && let Some((text, rest)) = plain_text::<STRICT>(bytes)
        {
            return Ok(Piece::Whole { text, rest });
        }
        self.begun = true;
        let mut rest = bytes;
        loop {
            let read = bytes.len().saturating_sub(rest.len());
            if !matches!(self.escape, Escape::None) {
                let Some((&byte, after)) = rest.split_first() else {
                    return Ok(Piece::Cut);
                };
                self.escape(byte).ok_or((Fault::InvalidEscape, read))?;
                rest = after;
                continue;
            }
            let run = plain_run::<STRICT>(rest);
            let (run, after) = rest.split_at_checked(run).unwrap_or((rest, &[]));
            if !run.is_empty() {
                self.flush_surrogate();
                self.push(run);
            }
            if STRICT && !run.is_empty() {
                self.continuing_bytes = self.continuing_bytes.saturating_add(continuing(run));
                self.check(run, after.is_empty())
                    .map_err(|behind| (Fault::InvalidUtf8, read.saturating_add(behind)))?;
            }
            let special = read.saturating_add(run.len());
            let Some((&byte, after)) = after.split_first() else {
                return Ok(Piece::Cut);
            };
            if self.partial.1 > 0 {
                return Err((Fault::InvalidUtf8, special));
            }
            rest = after;
            match byte {
                b'"' => {
                    self.flush_surrogate();
                    return Ok(Piece::End { rest });
                }
                b'\\' => {
                    self.escaped = true;
                    self.escape = Escape::Backslash;
                }
                _ => return Err((Fault::ControlCharacter, special)),
            }
        }
    }

    /// Checks a run of bytes without quote, backslash or control as UTF-8; `cut` if a chunk's end ended it.
    /// Fails as [`Self::read`] does.
    fn check(&mut self, run: &[u8], cut: bool) -> Result<(), usize> {
        let mut checked = run;
        while self.partial.1 > 0 {
            let Some((&byte, after)) = checked.split_first() else {
                return Ok(());
            };
            checked = after;
            let (sequence, len) = &mut self.partial;
            if let Some(slot) = sequence.get_mut(*len) {
                *slot = byte;
                *len = len.saturating_add(1);
            }
            match std::str::from_utf8(sequence.get(..*len).unwrap_or_default()) {
                Ok(_) => *len = 0,
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(run.len().saturating_sub(checked.len())),
            }
        }
        let Err(error) = std::str::from_utf8(checked) else {
            return Ok(());
        };
        let before = run.len().saturating_sub(checked.len());
        let tail = checked.get(error.valid_up_to()..).unwrap_or_default();
        if !cut || error.error_len().is_some() {
            return Err(before.saturating_add(error.valid_up_to()));
        }
        let (sequence, len) = &mut self.partial;
        for (slot, &byte) in sequence.iter_mut().zip(tail) {
            *slot = byte;
        }
        *len = tail.len();
        Ok(())
    }

    /// The next byte of an escape sequence, `None` if it cannot be that.
    fn escape(&mut self, byte: u8) -> Option<()> {
        let Escape::Unicode(digits, count) = self.escape else {
            let decoded = match byte {
                b'"' | b'\\' | b'/' => byte,
                b'b' => 0x08,
                b'f' => 0x0c,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'u' => {
                    self.escape = Escape::Unicode(0, 0);
                    return Some(());
                }
                _ => return None,
            };
            self.flush_surrogate();
            self.push(&[decoded]);
            self.escape = Escape::None;
            return Some(());
        };
        let digit = u16::try_from(char::from(byte).to_digit(16)?).ok()?;
        let digits = digits << 4 | digit;
        self.escape = if count == 3 {
            self.code_unit(digits);
            Escape::None
        } else {
            Escape::Unicode(digits, count.saturating_add(1))
        };
        Some(())
    }

    /// A UTF-16 code unit spelled as `\uXXXX`.
    fn code_unit(&mut self, unit: u16) {
        if let (Some(high), 0xdc00..=0xdfff) = (self.high, unit) {
            self.high = None;
            let pair = char::decode_utf16([high, unit]).next();
            self.push_char(
                pair.and_then(Result::ok)
                    .unwrap_or(char::REPLACEMENT_CHARACTER),
            );
            return;
        }
        self.flush_surrogate();
        if matches!(unit, 0xd800..=0xdbff) {
            self.high = Some(unit);
        } else {
            self.push_char(char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }

    /// Gives up on a high surrogate's other half.
    fn flush_surrogate(&mut self) {
        if self.high.take().is_some() {
            self.push_char(char::REPLACEMENT_CHARACTER);
        }
    }

    fn push_char(&mut self, decoded: char) {
        let more = decoded.len_utf8().saturating_sub(1);
        self.continuing_bytes = self.continuing_bytes.saturating_add(more);
        self.push(decoded.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// How many bytes of a text only continue a character (RFC 3629: `10xxxxxx`).
fn continuing(text: &[u8]) -> usize {
    // Most text is ASCII throughout, which is seen several times faster than counted.
    if text.is_ascii() {
        return 0;
    }
    text.iter().filter(|&&byte| byte & 0xc0 == 0x80).count()
}

/// How many characters a whole text has.
#[inline]
pub(super) fn characters(text: &[u8]) -> usize {
    text.len().saturating_sub(continuing(text))
}

/// A string without escapes that ends in `bytes`, from behind its first quote, and what follows it.
#[inline]
pub(super) fn plain_text<const STRICT: bool>(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (text, rest) = bytes.split_at_checked(plain_run::<STRICT>(bytes))?;
    let rest = rest.strip_prefix(b"\"")?;
    (!STRICT || std::str::from_utf8(text).is_ok()).then_some((text, rest))
}
