//! What the targets share: how an input is taken apart, and in which cuts its body is fed.
//!
//! An input is three bytes and a body. The first byte picks a variant of what is tested (a dialect, a coding, a
//! path), the other two seed the cuts; all the rest is the body, so that a mutation of it is a mutation of
//! what would come off a socket or a disk.

mod translated;

pub use translated::stream;

/// Bytes of an input before its body.
pub const HEAD_BYTES: usize = 3;

/// Bodies up to this many bytes are also fed byte by byte where feeding has a cost for each call.
pub const SHORT_BYTES: usize = 512;

/// One input.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Which variant is tested.
    pub pick: u8,
    /// Says how [`Self::pieces`] cuts; its lowest bit is free for a target's own use.
    pub seed: u16,
    /// The bytes under test.
    pub body: &'a [u8],
}

impl<'a> Input<'a> {
    /// Takes `data` apart; `None` if it is too short to be an input.
    #[must_use]
    pub fn read(data: &'a [u8]) -> Option<Self> {
        let (&[pick, low, high], body) = data.split_first_chunk::<HEAD_BYTES>()?;
        let seed = u16::from_le_bytes([low, high]);
        Some(Self { pick, seed, body })
    }

    /// The bytes of an input, for corpora.
    #[must_use]
    pub fn write(pick: u8, seed: u16, body: &[u8]) -> Vec<u8> {
        let [low, high] = seed.to_le_bytes();
        [&[pick, low, high], body].concat()
    }

    /// One of `variants`, as [`Self::pick`] says.
    ///
    /// # Panics
    /// If there are none.
    #[must_use]
    pub fn choose<T: Copy>(&self, variants: &[T]) -> T {
        variants[usize::from(self.pick) % variants.len()]
    }

    /// The body, cut at random as the seed says: some pieces are empty, few are long.
    pub fn pieces(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut random = u32::from(self.seed) << 1 | 1;
        let longest = 1_usize << (self.seed >> 12).min(10);
        let mut rest = self.body;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            let len = (random >> 16) as usize % (longest + 1);
            let (piece, after) = rest.split_at(len.min(rest.len()));
            rest = after;
            Some(piece)
        })
    }
}
