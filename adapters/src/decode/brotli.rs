//! Brotli, a step at a time.

use brotli::enc::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};

use super::{DecodeFault, Step};

type State = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

/// A brotli stream being decoded.
pub(super) struct Brotli {
    state: State,
    is_done: bool,
}

impl Brotli {
    pub(super) fn new() -> Self {
        let alloc = StandardAlloc::default;
        Self {
            // Strict: without the large-window extension, whose windows go up to 1 GiB.
            state: State::new_strict(alloc(), alloc(), alloc()),
            is_done: false,
        }
    }

    pub(super) fn step(&mut self, bytes: &[u8], piece: &mut [u8]) -> Result<Step, DecodeFault> {
        if self.is_done {
            // Nothing may follow, and nothing is what it decodes to.
            return Ok(Step {
                read: bytes.len(),
                written: 0,
                is_end: true,
            });
        }
        let (mut available_in, mut read) = (bytes.len(), 0);
        let (mut available_out, mut written, mut total) = (piece.len(), 0, 0);
        let result = BrotliDecompressStream(
            &mut available_in,
            &mut read,
            bytes,
            &mut available_out,
            &mut written,
            piece,
            &mut total,
            &mut self.state,
        );
        match result {
            BrotliResult::ResultFailure => return Err(DecodeFault::Corrupt),
            BrotliResult::ResultSuccess => self.is_done = true,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
        }
        Ok(Step {
            read,
            written,
            is_end: self.is_done,
        })
    }
}
