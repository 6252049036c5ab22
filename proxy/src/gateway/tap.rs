//! The copy of an answer that is read: decoded, metered, and for an error, classed.

use quotah_adapters::{Decoder, Dialect, Meter, Reading, error_class};

/// How much of an error's body is looked at for its class, bytes.
const ERROR_PREFIX_BYTES: usize = 4 * 1024;

/// The copy that is read: decoded, metered.
#[derive(Debug)]
pub(crate) struct Tap {
    decoder: Decoder,
    /// Taken when the answer is booked: what comes after is not counted.
    meter: Option<Meter>,
    /// The beginning of an error's body, decoded, for its class; stays empty for answers.
    prefix: Option<Vec<u8>>,
}

impl Tap {
    /// Reads an answer; with `is_error`, also keeps the beginning of its body.
    pub(crate) fn new(decoder: Decoder, meter: Meter, is_error: bool) -> Self {
        Self {
            decoder,
            meter: Some(meter),
            prefix: is_error.then(Vec::new),
        }
    }

    /// Reads the next bytes as they came down.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        let Some(meter) = &mut self.meter else { return };
        let prefix = &mut self.prefix;
        self.decoder.push(bytes, &mut |plain| {
            meter.feed(plain);
            if let Some(prefix) = prefix {
                let room = ERROR_PREFIX_BYTES
                    .saturating_sub(prefix.len())
                    .min(plain.len());
                prefix.extend_from_slice(&plain[..room]);
            }
        });
    }

    /// Whether the answer's own end was seen.
    pub(super) fn is_finished(&self) -> bool {
        self.meter.as_ref().is_some_and(Meter::is_finished)
    }

    /// Whether an answer that ends here is complete.
    pub(super) fn may_end(&self) -> bool {
        self.meter.as_ref().is_some_and(Meter::may_end)
    }

    /// Whether what has come of an AWS event stream is whole frames; never so elsewhere.
    pub(super) fn is_between_frames(&self) -> bool {
        self.meter.as_ref().is_some_and(Meter::is_between_frames)
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

    /// What an error is, by its status and the beginning of its body; `None` for answers.
    pub(super) fn error_class(&self, dialect: Dialect, status: u16) -> Option<&'static str> {
        let prefix = self.prefix.as_ref()?;
        Some(error_class(dialect, status, prefix).as_str())
    }

    /// What was read, once; what comes after is not.
    pub(super) fn finish(&mut self, complete: bool) -> Reading {
        self.meter
            .take()
            .map(|meter| meter.finish(complete))
            .unwrap_or_default()
    }
}
