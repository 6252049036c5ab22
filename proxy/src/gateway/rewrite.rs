//! The one change to a stream's bytes: our own usage chunk taken out, compressed streams unpacked and packed for it.

use std::collections::VecDeque;

use bytes::Bytes;
use quotah_adapters::{Decoder, Encoder, UsageStrip};

/// Takes our usage chunk out of the stream, unpacking and packing it where it is compressed.
#[derive(Debug)]
pub(crate) struct Rewrite {
    strip: UsageStrip,
    packing: Option<(Decoder, Option<Encoder>)>,
}

impl Rewrite {
    pub(crate) fn new(packing: Option<(Decoder, Encoder)>) -> Self {
        let packing = packing.map(|(decoder, encoder)| (decoder, Some(encoder)));
        Self {
            strip: UsageStrip::new(),
            packing,
        }
    }

    /// Takes a piece as it came down; what may go on is queued.
    pub(super) fn push(&mut self, data: Bytes, out: &mut VecDeque<Bytes>) {
        let Some((decoder, encoder)) = &mut self.packing else {
            self.strip.push(data, &mut |bytes| out.push_back(bytes));
            return;
        };
        let Some(packer) = encoder else { return };
        let strip = &mut self.strip;
        let mut packed = Vec::new();
        let mut result = Ok(());
        decoder.push(&data, &mut |plain| {
            strip.push(Bytes::copy_from_slice(plain), &mut |kept| {
                if result.is_ok() {
                    result = packer.push(&kept, &mut packed);
                }
            });
        });
        // An encoder in memory fails for want of memory only; its stream then ends, unreadable.
        if result.and_then(|()| packer.flush(&mut packed)).is_err() {
            *encoder = None;
        }
        if !packed.is_empty() {
            out.push_back(packed.into());
        }
    }

    /// Queues the rest. Says whether everything came through: a stream that could not be unpacked, or packed
    /// again, has lost its end.
    #[must_use]
    pub(super) fn finish(&mut self, out: &mut VecDeque<Bytes>) -> bool {
        let Some((decoder, encoder)) = &mut self.packing else {
            self.strip.finish(&mut |bytes| out.push_back(bytes));
            return true;
        };
        let Some(mut packer) = encoder.take() else {
            return false;
        };
        let mut packed = Vec::new();
        let mut result = Ok(());
        self.strip.finish(&mut |kept| {
            if result.is_ok() {
                result = packer.push(&kept, &mut packed);
            }
        });
        let packs = result.and_then(|()| packer.finish(&mut packed)).is_ok();
        if !packed.is_empty() {
            out.push_back(packed.into());
        }
        packs && decoder.fault().is_none()
    }
}
