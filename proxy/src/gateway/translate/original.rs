//! A request as its client put it, read for deployments that are to be asked otherwise.

use bytes::Bytes;
use quotah_adapters::Facts;
use quotah_adapters::translate::{Form, Seen, Untranslatable, look, unmarked};

use crate::gateway::admit::Call;
use crate::gateway::refuse::Refusal;
use crate::gateway::routes::Way;
use crate::metrics::Held;

/// Longest body that is translated: some megabytes of images and documents. It is worked on whole.
const BODY_BYTES_MAX: usize = 32 << 20;

/// A request as its client put it.
#[derive(Debug)]
pub(crate) struct Original {
    /// All of it in one piece.
    pub(super) body: Bytes,
    /// Whether a stream is asked for.
    pub(super) streams: bool,
    /// What it asks for, or why it is not translated.
    seen: Result<Seen, Untranslatable>,
    /// The same for deployments of the client's own dialect, where it has to be another.
    unmarked: Option<Unmarked>,
    /// The memory of what was made of it.
    _memory: Held,
}

/// A request without what translated answers have left in its history.
#[derive(Debug)]
pub(crate) struct Unmarked {
    pub(crate) body: Bytes,
    pub(crate) facts: Facts,
}

impl Original {
    /// Reads a request whose body is here. `memory` counts what that takes, of which there is `memory_max` for all.
    ///
    /// # Errors
    /// 503 where there is not so much memory.
    pub(in crate::gateway) fn read(
        (form, call): (Form, Call<'_>),
        held: &[Bytes],
        (mut memory, memory_max): (Held, u64),
    ) -> Result<Self, Refusal> {
        let Call { target, facts, .. } = call;
        let is_short = facts.body_bytes <= BODY_BYTES_MAX;
        // A translation is about as long as what it is made from; so is a copy in one piece.
        let copies = if held.len() > 1 { 2 } else { 1 };
        if is_short && memory.grow(facts.body_bytes.saturating_mul(copies)) > memory_max {
            return Err(Refusal::memory_full());
        }
        let body = match held {
            [one] => one.clone(),
            _ if !is_short => Bytes::new(),
            many => many.concat().into(),
        };
        let streams = target.streams(facts);
        let seen = if !is_short {
            Err(fault("the body is too long to be translated"))
        } else {
            look(form, &body)
        };
        let unmarked = Self::unmark((form, call), &body).filter(|_| is_short);
        Ok(Self {
            body,
            streams,
            seen,
            unmarked,
            _memory: memory,
        })
    }

    fn unmark((form, call): (Form, Call<'_>), body: &[u8]) -> Option<Unmarked> {
        let body = Bytes::from(unmarked(form, body)?);
        let mut reader = call.target.rereader()?;
        reader.feed(&body);
        let facts = reader.finish().ok()?;
        Some(Unmarked { body, facts })
    }

    /// The same for deployments of the client's own dialect, where it has to be another.
    pub(crate) fn unmarked(&self) -> Option<&Unmarked> {
        self.unmarked.as_ref()
    }

    /// Whether all that it asks for can be said on that way, or may be left out.
    pub(crate) fn can_go(&self, way: &Way) -> bool {
        self.seen
            .as_ref()
            .is_ok_and(|seen| way.is_lossy || seen.features.is_apart_from(way.lost))
    }

    /// What it asks for and is lost on that way, by its places.
    pub(crate) fn lost(&self, way: &Way) -> Vec<String> {
        let Ok(seen) = &self.seen else {
            return Vec::new();
        };
        seen.places_of(way.lost)
    }

    /// Why it is not translated at all.
    pub(crate) fn fault(&self) -> Option<&Untranslatable> {
        self.seen.as_ref().err()
    }
}

fn fault(why: &'static str) -> Untranslatable {
    Untranslatable {
        place: String::new(),
        why,
    }
}
