//! What one request made and others fetch: billed once, however often it is fetched.
//!
//! A batch's results, and a response that was made in the background, say what they used every time they are asked
//! for. Which of them have been billed is known for the last [`KEPT_MAX`] and for this process's life; what is fetched
//! again after that is billed again.

use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use parking_lot::Mutex;
use quotah_adapters::{Operation, Reading};
use quotah_policy::UsageSource;

/// Most names that are kept, 16 bytes each and twice: with a batch a minute, those of three days.
const KEPT_MAX: usize = 4096;

/// A name at a provider, hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Name(u64);

impl Name {
    fn new(provider: &str, id: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        (provider, id).hash(&mut hasher);
        Self(hasher.finish())
    }

    /// The file or batch whose results `path` asks for: `…/files/{id}/content`, `…/batches/{id}/results`.
    pub(crate) fn of_results(operation: Operation, provider: &str, path: &str) -> Option<Self> {
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        let id = path.trim_end_matches('/').rsplit('/').nth(1)?;
        (operation == Operation::BatchResults).then(|| Self::new(provider, id))
    }
}

/// What has been billed.
#[derive(Debug, Default)]
pub(crate) struct Fetched {
    billed: Mutex<Billed>,
}

#[derive(Debug, Default)]
struct Billed {
    names: HashSet<Name>,
    /// The oldest first.
    order: VecDeque<Name>,
}

impl Fetched {
    /// The reading as it is to be billed: without its usage where that has been billed before. `results` names what
    /// was fetched, where the path did.
    pub(crate) fn once<'a>(
        &self,
        provider: &str,
        results: Option<Name>,
        reading: &'a Reading,
    ) -> Cow<'a, Reading> {
        let response = || {
            let id = reading.response_id.as_deref()?;
            reading.in_background.then(|| Name::new(provider, id))
        };
        let Some(name) = results.or_else(response) else {
            return Cow::Borrowed(reading);
        };
        if reading.usage.is_none() || self.is_first(name) {
            return Cow::Borrowed(reading);
        }
        Cow::Owned(Reading {
            usage: None,
            source: UsageSource::None,
            reported_cost: None,
            extra_calls: Vec::new(),
            ..reading.clone()
        })
    }

    fn is_first(&self, name: Name) -> bool {
        let mut billed = self.billed.lock();
        if !billed.names.insert(name) {
            return false;
        }
        billed.order.push_back(name);
        if billed.order.len() > KEPT_MAX
            && let Some(oldest) = billed.order.pop_front()
        {
            billed.names.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use quotah_policy::Usage;

    use super::*;

    fn told(id: &str, in_background: bool) -> Reading {
        Reading {
            usage: Some(Usage::default()),
            source: UsageSource::Provider,
            response_id: Some(id.into()),
            in_background,
            ..Reading::default()
        }
    }

    #[test]
    fn a_response_of_the_background_is_billed_the_first_time() {
        let fetched = Fetched::default();
        let (one, other) = (told("r1", true), told("r2", true));
        for (provider, reading, is_billed) in [
            ("a", &one, true),
            ("a", &one, false),
            ("b", &one, true),
            ("a", &other, true),
            ("a", &told("r3", false), true),
            ("a", &told("r3", false), true),
        ] {
            let billed = fetched.once(provider, None, reading);
            assert_eq!(billed.usage.is_some(), is_billed, "{provider}");
        }
    }

    #[test]
    fn results_are_told_by_what_is_fetched_however_the_path_begins() {
        let fetched = Fetched::default();
        let name = |path| Name::of_results(Operation::BatchResults, "a", path);
        for (path, is_billed) in [
            ("/v1/files/f1/content", true),
            ("/files/f1/content?x=1", false),
            ("/v1/files/f2/content", true),
            ("/v1/messages/batches/b/results", true),
            ("/messages/batches/b/results", false),
        ] {
            assert!(name(path).is_some());
            let billed = fetched
                .once("a", name(path), &told("x", false))
                .usage
                .is_some();
            assert_eq!(billed, is_billed, "{path}");
        }
        assert_eq!(
            Name::of_results(Operation::Other, "a", "/v1/files/f1/content"),
            None
        );
    }

    #[test]
    fn what_is_kept_has_a_bound() {
        let fetched = Fetched::default();
        for id in 0..=KEPT_MAX {
            assert!(fetched.is_first(Name::new("a", &id.to_string())));
        }
        assert_eq!(fetched.billed.lock().names.len(), KEPT_MAX);
        assert!(fetched.is_first(Name::new("a", "0")));
        assert!(!fetched.is_first(Name::new("a", &KEPT_MAX.to_string())));
    }
}
