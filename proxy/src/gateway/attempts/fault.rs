//! What is wrong with an attempt, if that is a reason to ask somebody else.

use std::time::Duration;

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use quotah_adapters::{
    Decoder, Dialect, ERROR_TYPE_HEADER, ErrorClass, Meter, Reading, answer_error_class,
    error_class,
};

use super::super::answer::{Untold, bytes_of, framing, meter};
use super::super::learn::Refused;
use super::super::record::Booking;
use super::super::send::Tried;
use super::Way;
use crate::clock;
use crate::config::resolved::FallbackOn;
use crate::upstream::{Answer, ExchangeError};

/// Why an attempt is left for another.
#[derive(Debug)]
pub(super) struct Fault {
    /// The status that the provider answered with; 0 when it did not.
    pub(super) status: u16,
    /// In the ledger's word.
    pub(super) class: &'static str,
    /// Whether the provider, and not this credential, is in trouble.
    pub(super) is_providers: bool,
    /// What the model takes is less than what was asked.
    pub(super) is_overflow: bool,
    /// What was read of an answer that had been accepted.
    pub(super) reading: Option<Reading>,
}

impl Fault {
    /// What is wrong with an attempt; `None` where its answer shall go down, or its failure is nobody else's matter.
    pub(super) async fn of(booking: &Booking, way: &Way, tried: &mut Tried) -> Option<Self> {
        match tried {
            Tried::Unsent(_) => Some(Self::new(0, ErrorClass::BadCredential)),
            Tried::Nothing(ExchangeError::Upload | ExchangeError::Draining) => None,
            Tried::Nothing(error) => Some(Self::broken(*error)),
            Tried::Answer(answer) if answer.head.status.is_success() => {
                way.look_into(booking, answer).await
            }
            Tried::Answer(answer) => way.look_at_error(booking, answer).await,
        }
    }

    /// What is wrong with an answer that cannot be told; `None` where it is the request's own fault.
    pub(super) fn untold(untold: &Untold) -> Option<Self> {
        let told = untold.told();
        if untold.is_draining() || told.is_some_and(is_requests) {
            return None;
        }
        let status = untold.status.as_u16();
        let fault = match told {
            Some(class) => Self::new(status, class),
            None => Self::broken(ExchangeError::BrokenOff),
        };
        Some(Self {
            status,
            class: untold.class(),
            reading: untold.status.is_success().then(|| untold.reading.clone()),
            ..fault
        })
    }

    fn new(status: u16, class: ErrorClass) -> Self {
        Self {
            status,
            class: class.as_str(),
            is_providers: !matches!(
                class,
                ErrorClass::RateLimited | ErrorClass::QuotaExhausted | ErrorClass::BadCredential
            ),
            is_overflow: class == ErrorClass::ContextOverflow,
            reading: None,
        }
    }

    fn broken(error: ExchangeError) -> Self {
        Self {
            status: 0,
            class: error.class(),
            is_providers: true,
            is_overflow: false,
            reading: None,
        }
    }
}

impl Way {
    /// Looks whether a stream begins with an error. Its beginning is held back until there is output, or an error, or
    /// the time for that is over.
    async fn look_into(&self, booking: &Booking, answer: &mut Answer) -> Option<Fault> {
        let headers = &answer.head.headers;
        let content_type = bytes_of(headers, &CONTENT_TYPE);
        framing(content_type)?;
        let spoken = self.order.spoken(&self.sending.target);
        let mut look = Preamble {
            decoder: Decoder::new(bytes_of(headers, &CONTENT_ENCODING)),
            meter: meter(&self.order, spoken, headers),
            bytes: 0,
        };
        let until = clock::now() + booking.snapshot.config.retry.hold;
        let unread: Vec<_> = answer.body.unread().cloned().collect();
        unread.iter().for_each(|data| look.feed(data));
        loop {
            if let Some(verdict) = look.verdict(spoken.dialect) {
                return verdict;
            }
            let rest = until.saturating_duration_since(clock::now());
            match tokio::time::timeout(rest, answer.body.read_ahead()).await {
                Err(_) => return None,
                Ok(Some(Ok(data))) => look.feed(&data),
                Ok(Some(Err(error))) => return Some(look.fault(Fault::broken(error))),
                Ok(None) if look.meter.may_end() => return None,
                Ok(None) => return Some(look.fault(Fault::broken(ExchangeError::BrokenOff))),
            }
        }
    }

    /// Reads the beginning of a refusal, learns from it, and tells whether another may do better.
    async fn look_at_error(&self, booking: &Booking, answer: &mut Answer) -> Option<Fault> {
        let status = answer.head.status.as_u16();
        if status < 400 {
            return None;
        }
        let dialect = self.order.spoken(&self.sending.target).dialect;
        let mut decoder = Decoder::new(bytes_of(&answer.head.headers, &CONTENT_ENCODING));
        let mut refused = Refused::new(&self.order, dialect, status, &answer.head.headers);
        let mut prefix = Vec::new();
        let mut feed = |data: &[u8]| {
            decoder.push(data, &mut |plain| {
                let room = ERROR_BYTES_MAX.saturating_sub(prefix.len());
                prefix.extend_from_slice(plain.get(..room.min(plain.len())).unwrap_or_default());
                refused.feed(plain);
            });
            prefix.len() < ERROR_BYTES_MAX
        };
        let unread: Vec<_> = answer.body.unread().cloned().collect();
        let mut has_room = true;
        for data in &unread {
            has_room = feed(data);
        }
        let until = clock::now() + ERROR_WAIT;
        while has_room {
            let rest = until.saturating_duration_since(clock::now());
            match tokio::time::timeout(rest, answer.body.read_ahead()).await {
                Ok(Some(Ok(data))) => has_room = feed(&data),
                Ok(None | Some(Err(_))) | Err(_) => break,
            }
        }
        let error_type = bytes_of(&answer.head.headers, &ERROR_TYPE);
        let class = error_class(dialect, status, error_type, &prefix);
        if !falls(class, status, self.order.route.fallback_on) {
            return None;
        }
        refused.learn(booking);
        Some(Fault::new(status, class))
    }
}

/// Whether another deployment may do better with a request that was refused so.
const fn falls(class: ErrorClass, status: u16, on: FallbackOn) -> bool {
    match class {
        ErrorClass::RateLimited
        | ErrorClass::QuotaExhausted
        | ErrorClass::Overloaded
        | ErrorClass::Timeout => true,
        // What is not implemented at one provider may be at another, but then the client asks for the wrong thing.
        ErrorClass::ServerError => status != 501 && status != 505,
        ErrorClass::ContentFiltered => on.content_filter,
        ErrorClass::ContextOverflow => on.context_overflow,
        ErrorClass::BadCredential | ErrorClass::BadRequest => status >= 500,
    }
}

/// Whether an error inside an answer is about the request: another deployment would tell the same.
const fn is_requests(class: ErrorClass) -> bool {
    matches!(
        class,
        ErrorClass::BadRequest | ErrorClass::ContentFiltered | ErrorClass::ContextOverflow
    )
}

/// The beginning of a stream.
struct Preamble {
    decoder: Decoder,
    meter: Meter,
    bytes: usize,
}

impl Preamble {
    fn feed(&mut self, data: &[u8]) {
        let meter = &mut self.meter;
        self.decoder.push(data, &mut |plain| meter.feed(plain));
        self.bytes = self.bytes.saturating_add(data.len());
    }

    /// `Some(None)` when it shall go down, `Some(Some(_))` when not, `None` when that is still open.
    fn verdict(&mut self, dialect: Dialect) -> Option<Option<Fault>> {
        if self.meter.output_bytes() > 0 {
            return Some(None);
        }
        let reading = self.meter.reading();
        if let Some(error) = &reading.error {
            let class = answer_error_class(dialect, error);
            let is_providers = !is_requests(class);
            return Some(is_providers.then(|| self.fault(Fault::new(200, class))));
        }
        let is_over = self.meter.is_finished() || self.bytes >= PREAMBLE_BYTES_MAX;
        is_over.then_some(None)
    }

    /// A fault of an answer that had been accepted.
    fn fault(&self, mut fault: Fault) -> Fault {
        fault.status = 200;
        fault.reading = Some(self.meter.reading());
        fault
    }
}

/// Where Bedrock names the error.
const ERROR_TYPE: HeaderName = HeaderName::from_static(ERROR_TYPE_HEADER);

/// How much of an error's body is looked at, bytes. The longest recorded one has 2 KiB.
const ERROR_BYTES_MAX: usize = 16 * 1024;

/// An error's body comes with its head; who dawdles over it is judged by the head.
const ERROR_WAIT: Duration = Duration::from_secs(1);

/// How much of a stream is held back at most. The longest recorded preamble (a Responses stream that repeats its
/// request) has some 20 KiB.
const PREAMBLE_BYTES_MAX: usize = 64 * 1024;
