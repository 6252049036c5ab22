//! Hashes of how a body begins.

use std::hash::{BuildHasher, Hasher};

use foldhash::SharedSeed;
use foldhash::quality::SeedableRandomState;

/// The beginnings of a body that are hashed, in bytes. Providers keep prompts from 1,024 tokens on, which are 4 KiB of
/// English.
pub const PREFIX_BYTES: [u64; 7] = [
    4 << 10,
    8 << 10,
    16 << 10,
    32 << 10,
    64 << 10,
    128 << 10,
    256 << 10,
];

/// Hashes of a body's beginnings, each over all that stands before it; or of a session's name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PrefixHashes {
    hashes: [u64; PREFIX_BYTES.len()],
    count: usize,
}

/// One of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prefix {
    pub(super) hash: u64,
    bytes: u64,
}

impl PrefixHashes {
    /// Hashes the beginnings of a body that comes in `chunks`, however it is cut. A body shorter than the first of
    /// [`PREFIX_BYTES`] has none; what is behind the last is not looked at.
    ///
    /// `seed` is a random number of the process, so that clients cannot foresee hashes.
    #[must_use]
    pub fn of<'a>(chunks: impl IntoIterator<Item = &'a [u8]>, seed: u64) -> Self {
        let mut reading = Reading::new(seed);
        for chunk in chunks {
            reading.feed(chunk);
            if reading.hashes.count == PREFIX_BYTES.len() {
                break;
            }
        }
        reading.hashes
    }

    /// The hash of a session that the client names: whatever its prompts look like, they belong together.
    #[must_use]
    pub fn session(name: &[u8], seed: u64) -> Self {
        let mut hashes = Self::default();
        hashes.push(block_hash(!seed, name));
        hashes
    }

    /// Whether there is nothing to go by.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn longest_first(&self) -> impl Iterator<Item = Prefix> {
        let all = self.hashes.iter().zip(PREFIX_BYTES).take(self.count);
        all.rev().map(|(hash, bytes)| Prefix { hash: *hash, bytes })
    }

    fn push(&mut self, hash: u64) {
        if let Some(free) = self.hashes.get_mut(self.count) {
            *free = hash;
            self.count = self.count.saturating_add(1);
        }
    }
}

impl Prefix {
    /// How many tokens can be in it. The longest one stands for the whole prompt, whose length is known by its tokens.
    pub(super) fn tokens_max(self, is_longest: bool) -> u64 {
        if is_longest {
            u64::MAX
        } else {
            self.bytes / BYTES_PER_TOKEN
        }
    }
}

/// A body as it is read: whole blocks are hashed where they lie, those across a cut in a copy.
struct Reading {
    hashes: PrefixHashes,
    /// Of all blocks so far.
    hash: u64,
    blocks: u64,
    begun: [u8; BLOCK_BYTES],
    filled: usize,
}

impl Reading {
    const fn new(seed: u64) -> Self {
        Self {
            hashes: PrefixHashes {
                hashes: [0; PREFIX_BYTES.len()],
                count: 0,
            },
            hash: seed,
            blocks: 0,
            begun: [0; BLOCK_BYTES],
            filled: 0,
        }
    }

    fn feed(&mut self, chunk: &[u8]) {
        let mut rest = chunk;
        if self.filled > 0 {
            rest = self.fill(rest);
            if self.filled < BLOCK_BYTES {
                return;
            }
            self.filled = 0;
            let block = self.begun;
            self.block(&block);
        }
        let mut blocks = rest.chunks_exact(BLOCK_BYTES);
        for block in &mut blocks {
            self.block(block);
            if self.hashes.count == PREFIX_BYTES.len() {
                return;
            }
        }
        self.fill(blocks.remainder());
    }

    /// Takes what fits into the block that was begun, and gives back the rest.
    fn fill<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let free = self.begun.get_mut(self.filled..).unwrap_or_default();
        let taken = free.len().min(bytes.len());
        let (into, _) = free.split_at_mut(taken);
        let (from, rest) = bytes.split_at(taken);
        into.copy_from_slice(from);
        self.filled = self.filled.saturating_add(taken);
        rest
    }

    fn block(&mut self, block: &[u8]) {
        self.hash = block_hash(self.hash, block);
        self.blocks = self.blocks.saturating_add(1);
        let bytes = self.blocks.saturating_mul(BLOCK_BYTES_U64);
        if PREFIX_BYTES.get(self.hashes.count) == Some(&bytes) {
            self.hashes.push(self.hash);
        }
    }
}

/// The hash of a block behind what has the hash `before`.
fn block_hash(before: u64, block: &[u8]) -> u64 {
    let mut hasher =
        SeedableRandomState::with_seed(before, SharedSeed::global_fixed()).build_hasher();
    hasher.write(block);
    hasher.finish()
}

const BLOCK_BYTES: usize = 4 << 10;
const BLOCK_BYTES_U64: u64 = 4 << 10;

/// About four bytes of English are a token (OpenAI's help centre, "What are tokens and how to count them").
const BYTES_PER_TOKEN: u64 = 4;
