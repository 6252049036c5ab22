//! The copy of an answer that is read: decoded, metered, and for an error, classed.

use quotah_adapters::{Decoder, Dialect, Meter, Reading};
use quotah_policy::Usage;

use super::learn::Refused;

/// The copy that is read: decoded, metered.
#[derive(Debug)]
pub(crate) struct Tap {
    decoder: Decoder,
    /// Taken when the answer is booked: what comes after is not counted.
    meter: Option<Meter>,
    /// What a refusal teaches; none for answers, and taken when it was learned.
    refused: Option<Box<Refused>>,
}

impl Tap {
    /// Reads an answer; of a refusal, also keeps what it teaches.
    pub(crate) fn new(decoder: Decoder, meter: Meter, refused: Option<Box<Refused>>) -> Self {
        Self {
            decoder,
            meter: Some(meter),
            refused,
        }
    }

    /// Reads the next bytes as they came down.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        let Some(meter) = &mut self.meter else { return };
        let refused = &mut self.refused;
        self.decoder.push(bytes, &mut |plain| {
            meter.feed(plain);
            if let Some(refused) = refused {
                refused.feed(plain);
            }
        });
    }

    /// Reads the next bytes and hands them on, unpacked, with what is known of usage by then.
    pub(super) fn feed_through(
        &mut self,
        bytes: &[u8],
        pass: &mut dyn FnMut(&[u8], Option<Usage>),
    ) {
        let Self {
            decoder,
            meter,
            refused,
        } = self;
        decoder.push(bytes, &mut |plain| {
            if let Some(meter) = meter.as_mut() {
                meter.feed(plain);
            }
            if let Some(refused) = refused.as_mut() {
                refused.feed(plain);
            }
            pass(plain, meter.as_ref().and_then(Meter::usage));
        });
    }

    /// Whether all that came could be unpacked.
    pub(super) fn is_readable(&self) -> bool {
        self.decoder.fault().is_none()
    }

    /// Bytes of output that have come.
    pub(super) fn output_bytes(&self) -> u64 {
        self.meter.as_ref().map_or(0, Meter::output_bytes)
    }

    /// What the provider has said so far of what was used.
    pub(super) fn usage(&self) -> Option<Usage> {
        self.meter.as_ref().and_then(Meter::usage)
    }

    /// Whether the answer's own end was seen.
    pub(super) fn is_finished(&self) -> bool {
        self.meter.as_ref().is_some_and(Meter::is_finished)
    }

    /// Whether an answer that ends here is complete.
    pub(super) fn may_end(&self) -> bool {
        self.meter.as_ref().is_some_and(Meter::may_end)
    }

    /// Whether the provider itself has told its reader of an error: OpenAI's streams then end without more.
    pub(super) fn says_error(&self) -> bool {
        self.meter
            .as_ref()
            .is_some_and(|meter| meter.reading().error.is_some())
    }

    /// Whether the answer is complete for its reader with what has passed. Gemini's streams go on after the
    /// event that names the reason, and end with their framing.
    pub(super) fn says_complete(&self, dialect: Dialect) -> bool {
        dialect != Dialect::Gemini && self.is_finished()
    }

    /// When a refusal's provider would be asked again, Unix milliseconds; `None` for answers, and where it did not say.
    pub(super) fn refused_until(&self, now: u64) -> Option<u64> {
        self.refused.as_ref()?.until_unix_ms(now)
    }

    /// The refusal that was read, once; `None` for answers.
    pub(super) fn refused(&mut self) -> Option<Box<Refused>> {
        self.refused.take()
    }

    /// What was read, once; what comes after is not.
    pub(super) fn finish(&mut self, complete: bool) -> Reading {
        self.meter
            .take()
            .map(|meter| meter.finish(complete))
            .unwrap_or_default()
    }
}
