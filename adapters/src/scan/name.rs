//! Names as a table compares them: two words that say nearly all, and the bytes for the rest.

use super::KEY_BYTES_MAX;

/// A name in a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    words: Words,
    bytes: [u8; KEY_BYTES_MAX],
}

/// What tells a name from most others at one glance, and from all others if it has at most 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words {
    head: u64,
    tail: u64,
    len: usize,
}

impl Name {
    pub(super) const EMPTY: Self = Self {
        words: Words::of(b""),
        bytes: [0; KEY_BYTES_MAX],
    };

    /// The first `len` of `bytes`, which are at most all of them.
    pub(super) const fn new(bytes: [u8; KEY_BYTES_MAX], len: usize) -> Self {
        let (name, _) = bytes.split_at(len);
        Self {
            words: Words::of(name),
            bytes,
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.words.len).unwrap_or_default()
    }

    pub(super) const fn words(&self) -> Words {
        self.words
    }

    /// Whether two names are one.
    pub(super) const fn is_same(&self, other: &Self) -> bool {
        let (mut ours, mut theirs) = (self.bytes.as_slice(), other.bytes.as_slice());
        while let ([a, rest @ ..], [b, others @ ..]) = (ours, theirs) {
            if *a != *b {
                return false;
            }
            (ours, theirs) = (rest, others);
        }
        self.words.len == other.words.len
    }

    /// Whether this is `name`, whose words are `words`.
    #[inline]
    pub(super) fn is(&self, words: Words, name: &[u8]) -> bool {
        self.words == words && (words.len <= 16 || self.as_bytes() == name)
    }
}

impl Words {
    #[inline]
    pub(super) const fn of(name: &[u8]) -> Self {
        let len = name.len();
        let (head, tail) = if let (Some(head), Some(tail)) = (name.first_chunk(), name.last_chunk())
        {
            (u64::from_le_bytes(*head), u64::from_le_bytes(*tail))
        } else if let (Some(head), Some(tail)) = (name.first_chunk(), name.last_chunk()) {
            let (head, tail) = (u32::from_le_bytes(*head), u32::from_le_bytes(*tail));
            (head as u64, tail as u64)
        } else {
            match name {
                [a, b, c] => (u32::from_le_bytes([*a, *b, *c, 0]) as u64, 0),
                [a, b] => (u32::from_le_bytes([*a, *b, 0, 0]) as u64, 0),
                [a] => (*a as u64, 0),
                _ => (0, 0),
            }
        };
        Self { head, tail, len }
    }

    /// A hash of the name below `parent`, of [`HASH_BITS`] bits. (Multipliers: odd, of well mixed bits; any do.)
    #[inline]
    pub(super) const fn hash(self, parent: u8) -> usize {
        let place = ((self.len as u64) << 8 | parent as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed =
            (self.head ^ self.tail.rotate_left(29) ^ place).wrapping_mul(0xd6e8_feb8_6659_fd93);
        (mixed >> (u64::BITS - HASH_BITS)) as usize
    }
}

/// Bits of a hash: twice as many places as a table has nodes, so that most names are found at the first.
pub(super) const HASH_BITS: u32 = 9;
