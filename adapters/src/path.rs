//! What a path asks for, and which path a provider gets.
//!
//! Clients disagree about who writes `/v1`: base URLs come with it, without it, and with one too many. Every
//! spelling is understood; all that follows it, query included, goes on byte for byte.

use std::borrow::Cow;
use std::ops::Range;

use crate::call::{Dialect, Operation};
use crate::credential::percent_decode;
use crate::provider::ProviderKind;

/// What kind of call a request is, as far as its path tells. Ranges index the path that was classified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The wire format of body, answer and refusals.
    pub dialect: Dialect,
    /// What is asked for.
    pub operation: Operation,
    /// The model, still percent-encoded, where the path names it (Gemini).
    pub model_in_path: Option<Range<usize>>,
    /// The path itself asks for a stream (Gemini); elsewhere the body does.
    pub stream_in_path: bool,
    /// `alt=sse`: a Gemini stream comes as server-sent events, not as a JSON array.
    pub alt_sse: bool,
    /// Answered with an empty 200 by Quotah itself: a client's greeting.
    pub is_greeting: bool,
    /// The version segment as the client wrote it last (`/v1beta`).
    version: Version,
    /// Where the path proper begins: `/chat/completions`.
    suffix_at: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Version {
    /// The client wrote none.
    Missing,
    /// The client wrote this.
    Given(Range<usize>),
    /// The path has its version elsewhere (`/upload/v1beta/files`): nothing may be put before it.
    Inside,
}

impl Call {
    /// The model that the path names, decoded.
    #[must_use]
    pub fn model<'a>(&self, path_and_query: &'a str) -> Option<Cow<'a, str>> {
        let model = path_and_query.get(self.model_in_path.clone()?)?;
        Some(match percent_decode(model.as_bytes()) {
            Cow::Borrowed(_) => model.into(),
            Cow::Owned(decoded) => String::from_utf8_lossy(&decoded).into_owned().into(),
        })
    }

    /// The same call with `by` bytes put before its path.
    fn moved(mut self, by: usize) -> Self {
        let shift =
            |range: Range<usize>| range.start.saturating_add(by)..range.end.saturating_add(by);
        self.suffix_at = self.suffix_at.saturating_add(by);
        self.model_in_path = self.model_in_path.map(shift);
        if let Version::Given(version) = self.version {
            self.version = Version::Given(shift(version));
        }
        self
    }

    /// The same call in another dialect, where the path alone does not tell: model lists and unknown paths are
    /// spelled alike by several providers, and only a header such as `anthropic-version` says whose is meant.
    #[must_use]
    pub fn spoken_in(mut self, dialect: Dialect) -> Self {
        if matches!(self.operation, Operation::Models | Operation::Other) {
            self.dialect = dialect;
        }
        self
    }
}

/// What a request for `path_and_query` asks for; `None` if no provider has such a path.
///
/// ```
/// use quotah_adapters::{Dialect, Operation, classify};
///
/// let call = classify("POST", "/v1/v1/messages?beta=true").unwrap();
/// assert_eq!((call.dialect, call.operation), (Dialect::Anthropic, Operation::Messages));
/// ```
#[must_use]
pub fn classify(method: &str, path_and_query: &str) -> Option<Call> {
    let (path, query) = path_and_query
        .split_once('?')
        .unwrap_or((path_and_query, ""));
    if method == "HEAD" && matches!(path, "/" | "/api/hello") {
        let call = Call {
            is_greeting: true,
            ..call(Dialect::Anthropic, Operation::Other)
        };
        return Some(call);
    }
    let (version, suffix) = split_versions(path);
    let before = path.len().saturating_sub(suffix.len());
    let google = version
        .clone()
        .and_then(|version| path.get(version))
        .is_some_and(is_google);
    let mut found = if google {
        openai_at_google(method, suffix)
            .or_else(|| gemini(suffix))
            .unwrap_or_else(|| call(Dialect::Gemini, gemini_lookup(suffix)))
    } else if let Some(found) = gemini(suffix).filter(|_| method == "POST") {
        found
    } else if suffix.starts_with("/upload/v1") {
        Call {
            version: Version::Inside,
            ..call(Dialect::Gemini, Operation::Other)
        }
    } else if let Some(operation) = anthropic_operation(method, suffix) {
        call(Dialect::Anthropic, operation)
    } else if version.is_some() || is_openai_root(suffix) {
        call(Dialect::OpenAi, openai_operation(method, suffix))
    } else {
        return None;
    };
    found = found.moved(before);
    if let (Some(version), Version::Missing) = (version, &found.version) {
        found.version = Version::Given(version);
    }
    found.alt_sse =
        found.dialect == Dialect::Gemini && query.split('&').any(|pair| pair == "alt=sse");
    Some(found)
}

/// Most segments before a path that we know: providers put up to three (`/novita/v3/openai`). A bound, because
/// a hostile path may have thousands.
const RAW_SEGMENTS_MAX: usize = 8;

/// What a request for a provider's own path asks for (`/{provider}/…`, the provider's name taken off):
/// told by how the path ends, whatever stands before it, and in `dialect` where it tells nothing.
///
/// Such a path goes up as [`raw_upstream_path`] has it, not as [`upstream_path`] would.
#[must_use]
pub fn classify_raw(method: &str, path_and_query: &str, dialect: Dialect) -> Call {
    if let Some(call) = classify(method, path_and_query).filter(|call| !call.is_greeting) {
        return call.spoken_in(dialect);
    }
    let path = path_and_query
        .split_once('?')
        .map_or(path_and_query, |(path, _)| path);
    let inner = path
        .match_indices('/')
        .take(RAW_SEGMENTS_MAX)
        .find_map(|(at, _)| {
            let found = classify(method, path_and_query.get(at..)?)?;
            let tells = !matches!(found.operation, Operation::Other);
            tells.then(|| found.moved(at))
        });
    inner.unwrap_or_else(|| call(dialect, Operation::Other))
}

/// The path and query that a provider gets for one of its own paths: as it came, behind the base URL's path.
/// A version segment that both bring is written once, as the client wrote it.
#[must_use]
pub fn raw_upstream_path(base_prefix: &str, path_and_query: &str) -> String {
    let base = base_prefix.trim_end_matches('/');
    let path = path_and_query
        .split_once('?')
        .map_or(path_and_query, |(path, _)| path);
    let has_version = split_versions(path).0.is_some();
    let prefix = if has_version {
        split_last_version(base).0
    } else {
        base
    };
    [prefix, path_and_query].concat()
}

/// The path and query that a provider gets for a client's.
///
/// `base_prefix` is the path of the provider's base URL without a trailing slash, with or without its version
/// segment. The version is the base URL's own if it has one, else the kind's; a Gemini client's own version wins
/// over both. `rename_to` replaces a model in the path.
///
/// ```
/// use quotah_adapters::{ProviderKind, classify, upstream_path};
///
/// for path in ["/chat/completions?a=1", "/v1/chat/completions?a=1", "/v1/v1/chat/completions?a=1"] {
///     let call = classify("POST", path).unwrap();
///     for base in ["/openai", "/openai/v1"] {
///         let upstream = upstream_path(ProviderKind::OpenAiCompatible, base, &call, path, None);
///         assert_eq!(upstream, "/openai/v1/chat/completions?a=1");
///     }
/// }
/// ```
#[must_use]
pub fn upstream_path(
    kind: ProviderKind,
    base_prefix: &str,
    call: &Call,
    path_and_query: &str,
    rename_to: Option<&str>,
) -> String {
    let base = base_prefix.trim_end_matches('/');
    let base = match (kind.dialect(), base.strip_suffix("/openai")) {
        (Dialect::Gemini, Some(google)) if split_last_version(google).1.is_some() => google,
        _ => base,
    };
    let (prefix, last) = split_last_version(base);
    let given = match &call.version {
        Version::Given(range) => path_and_query.get(range.clone()),
        Version::Missing | Version::Inside => None,
    };
    let own = last.unwrap_or_else(|| kind.version());
    let version = match (&call.version, kind.dialect(), call.dialect) {
        (Version::Inside, _, _) => "",
        (_, Dialect::Gemini, Dialect::Gemini) => given.unwrap_or(own),
        _ => own,
    };
    let compatible = match (kind.dialect(), call.dialect) {
        (Dialect::Gemini, Dialect::OpenAi) => "/openai",
        _ => "",
    };
    let mut upstream = [prefix, version, compatible].concat();
    match (rename_to, &call.model_in_path) {
        (Some(model), Some(range)) => {
            upstream.push_str(
                path_and_query
                    .get(call.suffix_at..range.start)
                    .unwrap_or_default(),
            );
            percent_encode(model, &mut upstream);
            upstream.push_str(path_and_query.get(range.end..).unwrap_or_default());
        }
        _ => upstream.push_str(path_and_query.get(call.suffix_at..).unwrap_or_default()),
    }
    upstream
}

const fn call(dialect: Dialect, operation: Operation) -> Call {
    Call {
        dialect,
        operation,
        model_in_path: None,
        stream_in_path: false,
        alt_sse: false,
        is_greeting: false,
        version: Version::Missing,
        suffix_at: 0,
    }
}

/// The last of the leading version segments, and what follows them.
fn split_versions(path: &str) -> (Option<Range<usize>>, &str) {
    let mut rest = path;
    let mut version = None;
    loop {
        while let Some(single) = rest
            .strip_prefix('/')
            .filter(|single| single.starts_with('/'))
        {
            rest = single;
        }
        let at = path.len().saturating_sub(rest.len());
        let segment = rest.strip_prefix('/').unwrap_or(rest);
        let len = segment
            .find('/')
            .map_or(rest.len(), |len| len.saturating_add(1));
        let Some((segment, after)) = rest.split_at_checked(len) else {
            return (version, rest);
        };
        if !is_version(segment) || after.is_empty() {
            return (version, rest);
        }
        version = Some(at..at.saturating_add(len));
        rest = after;
    }
}

/// A base URL's path before its version segment, and that.
fn split_last_version(base: &str) -> (&str, Option<&str>) {
    let last = base
        .rfind('/')
        .and_then(|at| base.get(at..))
        .filter(|last| is_version(last));
    (
        last.and_then(|last| base.strip_suffix(last))
            .unwrap_or(base),
        last,
    )
}

/// `/v1`, `/v4`, `/v1beta`, `/v1beta1`: a segment that an API is versioned by.
fn is_version(segment: &str) -> bool {
    let Some(version) = segment.strip_prefix("/v") else {
        return false;
    };
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let name = version.get(digits(version)..).unwrap_or_default();
    let after = name
        .strip_prefix("beta")
        .or_else(|| name.strip_prefix("alpha"))
        .unwrap_or(name);
    digits(version) > 0 && after.len() == digits(after) && version.len() <= 8
}

fn openai_operation(method: &str, suffix: &str) -> Operation {
    match (method, suffix.trim_end_matches('/')) {
        ("POST", "/chat/completions") => Operation::Chat,
        ("POST", "/completions") => Operation::Completions,
        // Compaction is a model call like any other, and answers with usage.
        ("POST", "/responses" | "/responses/compact") => Operation::Responses,
        ("POST", "/responses/input_tokens") => Operation::CountTokens,
        ("POST", "/embeddings") => Operation::Embeddings,
        (_, "/models") => Operation::Models,
        (_, other) if other.starts_with("/models/") => Operation::Models,
        _ => Operation::Other,
    }
}

/// `/openai/…` behind a version of Google's: `OpenAI`'s dialect, spoken by Gemini.
fn openai_at_google(method: &str, suffix: &str) -> Option<Call> {
    let proper = suffix
        .strip_prefix("/openai")
        .filter(|proper| proper.starts_with('/'))?;
    let suffix_at = "/openai".len();
    Some(Call {
        suffix_at,
        ..call(Dialect::OpenAi, openai_operation(method, proper))
    })
}

fn anthropic_operation(method: &str, suffix: &str) -> Option<Operation> {
    match (method, suffix.trim_end_matches('/')) {
        ("POST", "/messages") => Some(Operation::Messages),
        ("POST", "/messages/count_tokens") => Some(Operation::CountTokens),
        (_, "/messages" | "/complete") => Some(Operation::Other),
        (_, other) if other.starts_with("/messages/") => Some(Operation::Other),
        _ => None,
    }
}

/// First segments of `OpenAI`'s surface: understood without `/v1` too.
fn is_openai_root(suffix: &str) -> bool {
    const ROOTS: [&str; 24] = [
        "assistants",
        "audio",
        "batches",
        "chat",
        "completions",
        "containers",
        "conversations",
        "embeddings",
        "evals",
        "files",
        "fine_tuning",
        "images",
        "models",
        "moderations",
        "organization",
        "realtime",
        "rerank",
        "responses",
        "score",
        "threads",
        "tokenize",
        "uploads",
        "vector_stores",
        "videos",
    ];
    let segment = suffix.strip_prefix('/').unwrap_or(suffix);
    ROOTS.contains(&segment.split_once('/').map_or(segment, |(root, _)| root))
}

/// `/models/{model}:{verb}`; the colon may be `%3A`, the model may hold colons and slashes itself.
fn gemini(suffix: &str) -> Option<Call> {
    let model = suffix
        .strip_prefix("/models/")
        .or_else(|| suffix.strip_prefix("/tunedModels/"))?;
    let plain = model.rfind(':').map(|at| (at, ":".len()));
    let encoded = model
        .rfind("%3A")
        .max(model.rfind("%3a"))
        .map(|at| (at, "%3A".len()));
    let (model_len, colon_len) = plain.max(encoded)?;
    let verb = model.get(model_len.saturating_add(colon_len)..)?;
    if model_len == 0 || verb.is_empty() || !verb.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let start = suffix.len().saturating_sub(model.len());
    Some(Call {
        model_in_path: Some(start..start.saturating_add(model_len)),
        stream_in_path: verb == "streamGenerateContent",
        ..call(Dialect::Gemini, gemini_operation(verb))
    })
}

fn gemini_lookup(suffix: &str) -> Operation {
    let is_models = suffix == "/models" || suffix.starts_with("/models/");
    if is_models {
        Operation::Models
    } else {
        Operation::Other
    }
}

fn is_google(version: &str) -> bool {
    matches!(version, "/v1beta" | "/v1alpha" | "/v1beta1")
}

fn gemini_operation(verb: &str) -> Operation {
    match verb {
        "generateContent" | "streamGenerateContent" => Operation::GenerateContent,
        "embedContent" | "batchEmbedContents" => Operation::EmbedContent,
        "countTokens" => Operation::CountTokens,
        _ => Operation::Other,
    }
}

/// A model's name as a path holds it: anything but unreserved characters and slashes is escaped.
fn percent_encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            for digit in [byte >> 4, byte & 15] {
                into.extend(
                    char::from_digit(digit.into(), 16).map(|digit| digit.to_ascii_uppercase()),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests;
