//! A wire format described in configuration: for providers that no code knows.
//!
//! A description says by JSON pointers where the model stands in a request and the figures in an answer, and which
//! paths are billed. [`Custom::new`] checks it once; from there it is read like any dialect.

mod fields;
mod paths;
#[cfg(test)]
mod tests;

use std::fmt;

use quotah_policy::Usage;

use crate::adapter::Answers;
use crate::call::{Dialect, Operation};
use crate::credential::CredentialPlace;
use crate::meter::{Count, Counts, Field, Known, Totals};
use crate::path::{Call, call};
use crate::provider::{Paths, Provider};
use crate::scan::{PathTable, Table, TableError, Tracker};
use paths::PathPattern;

pub use fields::CUSTOM_FIELDS;
pub use paths::PathPatternError;

/// Most paths that a description may call billed.
pub const CUSTOM_PATHS_MAX: usize = 32;

/// The row that a described provider begins from; its address and paths are its own.
pub(crate) const PROVIDER: Provider = Provider {
    name: "custom",
    title: "a provider described in the configuration",
    version: "",
    paths: Paths::Unversioned,
    credential: CredentialPlace::Bearer,
    asks_for_usage: false,
    ..Provider::COMPATIBLE
};

/// How a provider is described. JSON pointers are as in RFC 6901, with `*` for every element of an array.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomSpec {
    /// Billed paths behind the base URL, one segment `{model}` where the model stands and `*` for any.
    pub metered: Vec<String>,
    /// Pointer to the model in a request's body, if it is not in the path.
    pub model: Option<String>,
    /// Pointer to the boolean that asks for a stream.
    pub stream: Option<String>,
    /// Pointer to the cap on output tokens.
    pub output_cap: Option<String>,
    /// What stands where in an answer or an event of a stream: a name of [`CUSTOM_FIELDS`] and a pointer. A name may
    /// come with several pointers; where two are found the later text's counts.
    pub answer: Vec<(String, String)>,
    /// Figures count only in events of this name.
    pub usage_event: Option<String>,
    /// The name of the event that ends a stream (beside `data: [DONE]`, which always does).
    pub last_event: Option<String>,
    /// Cached and written tokens are told beside the input, not inside.
    pub cached_beside_input: bool,
    /// Reasoning is told beside the output, not inside.
    pub reasoning_beside_output: bool,
    /// The dialect in which its clients are refused; `None` is `OpenAI`'s.
    pub refusals: Option<Dialect>,
}

/// What is wrong with a description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CustomError {
    /// A pointer.
    #[error(transparent)]
    Pointer(#[from] TableError),
    /// A pointer that is not one.
    #[error("{0:?} is no JSON pointer: it has to begin with a slash")]
    NotAPointer(String),
    /// A billed path.
    #[error("path {path:?}: {source}")]
    Path {
        /// As it was given.
        path: String,
        /// What is wrong with it.
        source: PathPatternError,
    },
    /// Nothing is billed.
    #[error("no path is metered")]
    NothingMetered,
    /// More than [`CUSTOM_PATHS_MAX`] paths.
    #[error("more than {CUSTOM_PATHS_MAX} paths are metered")]
    TooManyPaths,
    /// A field that answers do not have.
    #[error("unknown field {0:?}")]
    UnknownField(String),
    /// No field tells usage or cost.
    #[error("no field tells what a request used or cost")]
    NoUsage,
    /// A request's model is neither in a path nor in its body.
    #[error("nothing tells the model: neither a path with {{model}} nor a pointer")]
    NoModel,
}

/// A described wire format, checked.
pub struct Custom {
    metered: Vec<PathPattern>,
    request: Table<crate::facts::Field>,
    answer: Table<Field>,
    has_input: bool,
    has_output: bool,
    spec: CustomSpec,
}

impl Custom {
    /// Checks a description.
    ///
    /// # Errors
    /// [`CustomError`] for the first thing that is wrong.
    pub fn new(spec: CustomSpec) -> Result<Self, CustomError> {
        if spec.metered.is_empty() {
            return Err(CustomError::NothingMetered);
        }
        if spec.metered.len() > CUSTOM_PATHS_MAX {
            return Err(CustomError::TooManyPaths);
        }
        let metered: Vec<_> = spec
            .metered
            .iter()
            .map(|path| {
                PathPattern::new(path).map_err(|source| CustomError::Path {
                    path: path.clone(),
                    source,
                })
            })
            .collect::<Result<_, _>>()?;
        if spec.model.is_none() && !metered.iter().all(PathPattern::has_model) {
            return Err(CustomError::NoModel);
        }
        let answer = fields::answer(&spec.answer)?;
        let tells = |wanted: &[&str]| {
            spec.answer
                .iter()
                .any(|(name, _)| wanted.contains(&&**name))
        };
        let is_told = spec.answer.iter().any(|(name, _)| fields::is_billed(name));
        if !is_told {
            return Err(CustomError::NoUsage);
        }
        Ok(Self {
            metered,
            request: fields::request(&spec)?,
            answer,
            has_input: tells(&["input", "total"]),
            has_output: tells(&["output", "total"]),
            spec,
        })
    }

    /// What a request for a path behind the provider's name asks for: a billed chat turn where the description says
    /// so, and nothing that is metered elsewhere.
    #[must_use]
    pub fn classify(&self, path_and_query: &str) -> Call {
        let path = path_and_query
            .split_once('?')
            .map_or(path_and_query, |(path, _)| path);
        let dialect = self.spec.refusals.unwrap_or(Dialect::OpenAi);
        let found = self.metered.iter().find_map(|pattern| pattern.find(path));
        match found {
            Some(Some(model)) => call(dialect, Operation::Chat).naming(model, false),
            Some(None) => call(dialect, Operation::Chat),
            None => call(dialect, Operation::Other),
        }
    }

    pub(crate) fn request(&self) -> Table<crate::facts::Field> {
        self.request.clone()
    }

    pub(crate) fn answer(&self) -> Table<Field> {
        self.answer.clone()
    }

    /// Whether figures count only in events of a name.
    pub(crate) const fn has_usage_event(&self) -> bool {
        self.spec.usage_event.is_some()
    }

    /// Whether figures in an event of this name count.
    pub(crate) fn counts_in(&self, event: &[u8]) -> bool {
        let wanted = self.spec.usage_event.as_ref();
        wanted.is_none_or(|wanted| wanted.as_bytes() == event)
    }

    /// Whether an event of this name ends the stream.
    pub(crate) fn ends_with(&self, event: &[u8]) -> bool {
        let last = self.spec.last_event.as_ref();
        last.is_some_and(|last| last.as_bytes() == event)
    }

    /// How the counts add up. A total whose other side is told gives the missing one.
    pub(crate) fn totals(&self, counts: &Counts) -> Totals {
        let told = counts.is_any_known();
        let side = |own: Count, other: Count, is_described: bool| match counts.known(own) {
            Known::As(tokens) => Some(tokens),
            Known::Refused => None,
            Known::Absent => match counts.tokens(Count::Total) {
                Some(total) => Some(total.saturating_sub(counts.part(other))),
                None if told && !is_described => Some(0),
                None => None,
            },
        };
        let input = side(Count::Input, Count::Output, self.has_input);
        let output = side(Count::Output, Count::Input, self.has_output);
        let (cached, written) = (
            counts.part(Count::CachedInput),
            counts.part(Count::CacheWrite),
        );
        let beside = if self.spec.cached_beside_input {
            cached.saturating_add(written)
        } else {
            0
        };
        let reasoning = counts.part(Count::Reasoning);
        let reasoning_beside = if self.spec.reasoning_beside_output {
            reasoning
        } else {
            0
        };
        Totals {
            usage: Usage {
                input_tokens: input.unwrap_or(0).saturating_add(beside),
                cached_input_tokens: cached,
                cache_write_tokens: written,
                cache_write_long_tokens: counts.part(Count::CacheWriteLong),
                output_tokens: output.unwrap_or(0).saturating_add(reasoning_beside),
                reasoning_tokens: reasoning,
                input_audio_tokens: counts.part(Count::InputAudio),
                output_audio_tokens: counts.part(Count::OutputAudio),
                input_image_tokens: counts.part(Count::InputImage),
                output_image_tokens: counts.part(Count::OutputImage),
                input_video_tokens: counts.part(Count::InputVideo),
                web_search_requests: counts.part(Count::WebSearches),
                units: counts.units(),
                ..Usage::default()
            },
            input_reported: input.is_some(),
            output_reported: output.is_some(),
        }
        .clamped()
    }
}

impl fmt::Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Custom")
            .field("metered", &self.spec.metered)
            .finish_non_exhaustive()
    }
}

/// Two are equal when they were described alike.
impl PartialEq for Custom {
    fn eq(&self, other: &Self) -> bool {
        self.spec == other.spec
    }
}

impl Eq for Custom {}

/// In place of a dialect's table: a described format brings its own.
static NOTHING: PathTable<Field, 2> = PathTable::new(&[]);

/// What is asked of a described format beside its table and its sums.
pub(crate) static ANSWERS: Answers = Answers {
    tracker: || Tracker::new(&NOTHING),
    envelope: None,
    totals: |_, _| Totals {
        usage: Usage::default(),
        input_reported: false,
        output_reported: false,
    },
    is_last_event: crate::adapter::never_last,
    stop_is_last: false,
    may_end_unsaid: true,
};
