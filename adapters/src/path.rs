//! What a path asks for, and which path a provider gets.
//!
//! Clients disagree about who writes `/v1`: base URLs come with it, without it, and with one too many. Every
//! spelling is understood; all that follows it, query included, goes on byte for byte.

use std::borrow::Cow;
use std::ops::Range;

use crate::call::{Dialect, Operation};
use crate::credential::percent_decode;
use crate::provider::{Paths, ProviderKind};
use crate::{anthropic, azure, bedrock, cohere, gemini, ollama, openai, vertex};

/// What kind of call a request is, as far as its path tells. Ranges index the path that was classified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The wire format of body, answer and refusals.
    pub dialect: Dialect,
    /// What is asked for.
    pub operation: Operation,
    /// The model, still percent-encoded, where the path names it (Gemini, Azure, Bedrock, Vertex).
    pub model_in_path: Option<Range<usize>>,
    /// The path itself asks for a stream (Gemini); elsewhere the body does.
    pub stream_in_path: bool,
    /// `alt=sse`: a Gemini stream comes as server-sent events, not as a JSON array.
    pub alt_sse: bool,
    /// A response's compaction: it takes no cap on its output.
    pub is_compaction: bool,
    /// Answered with an empty 200 by Quotah itself: a client's greeting.
    pub is_greeting: bool,
    /// The only kind of provider that has such a path (Vertex, Azure), whoever else speaks the dialect.
    pub only_at: Option<ProviderKind>,
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

    /// Whether the path has everything in itself: nothing but a host may be put before it.
    pub(crate) const fn is_whole(&self) -> bool {
        matches!(self.version, Version::Inside)
    }

    /// The same call with its model named in the path, and whether the path asks for a stream.
    pub(crate) const fn naming(mut self, model: Range<usize>, streams: bool) -> Self {
        self.model_in_path = Some(model);
        self.stream_in_path = streams;
        self
    }

    /// The same call, its path having everything in itself: nothing but a host may be put before it.
    pub(crate) const fn entire(mut self) -> Self {
        self.version = Version::Inside;
        self
    }

    /// The same call by a path that only providers of that kind have.
    pub(crate) const fn at(mut self, kind: ProviderKind) -> Self {
        self.only_at = Some(kind);
        self
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
    let written = version.clone().and_then(|version| path.get(version));
    let mut found = whole(method, suffix).or_else(|| behind_version(method, written, suffix))?;
    found = found.moved(before);
    match (version, &found.version) {
        (Some(version), Version::Missing) => found.version = Version::Given(version),
        (Some(version), Version::Inside) => found.suffix_at = version.start,
        _ => {}
    }
    found.is_compaction = found.operation == Operation::Responses
        && suffix.trim_end_matches('/').ends_with("/compact");
    found.alt_sse =
        found.dialect == Dialect::Gemini && query.split('&').any(|pair| pair == "alt=sse");
    Some(found)
}

/// Paths that tell by themselves whose they are, version and all.
fn whole(method: &str, suffix: &str) -> Option<Call> {
    vertex::classify(method, suffix)
        .or_else(|| azure::classify(method, suffix))
        .or_else(|| bedrock::classify(suffix))
        .or_else(|| ollama::classify(method, suffix))
}

/// Paths that follow a version, or do not need one.
fn behind_version(method: &str, version: Option<&str>, suffix: &str) -> Option<Call> {
    if version.is_some_and(gemini::is_version) {
        let found = openai_at_google(method, suffix).or_else(|| gemini::classify(suffix));
        return found.or_else(|| Some(call(Dialect::Gemini, gemini::look_up(method, suffix))));
    }
    if let Some(found) = gemini::classify(suffix).filter(|_| method == "POST") {
        return Some(found);
    }
    if gemini::is_interaction(method, suffix) {
        return Some(call(Dialect::Gemini, Operation::Interactions));
    }
    if suffix.starts_with("/upload/v1") {
        let upload = call(Dialect::Gemini, Operation::Other);
        return Some(Call {
            version: Version::Inside,
            ..upload
        });
    }
    if let Some(operation) = anthropic::operation(method, suffix) {
        return Some(call(Dialect::Anthropic, operation));
    }
    if let Some(operation) = cohere::operation(method, version, suffix) {
        return Some(call(Dialect::Cohere, operation));
    }
    let is_openai = version.is_some() || openai::is_root(suffix);
    is_openai.then(|| call(Dialect::OpenAi, openai::operation(method, suffix)))
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
    // Hugging Face's router: `/together/v1/…` names a provider behind it, and that one's version.
    let has_inner_version = || {
        let mut segments = path.match_indices('/').take(RAW_SEGMENTS_MAX);
        let versioned = |at: usize| {
            split_versions(path.get(at..).unwrap_or_default())
                .0
                .is_some()
        };
        !openai::is_root(path) && segments.any(|(at, _)| versioned(at))
    };
    let prefix = if split_versions(path).0.is_some() || has_inner_version() {
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
///         let upstream = upstream_path(ProviderKind::OPENAI_COMPATIBLE, base, &call, path, None);
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
    let given = match &call.version {
        Version::Given(range) => path_and_query.get(range.clone()),
        Version::Missing | Version::Inside => None,
    };
    let mut upstream = front(kind, base, call, given);
    match (rename_to, &call.model_in_path) {
        (Some(model), Some(range)) => {
            upstream.push_str(
                path_and_query
                    .get(call.suffix_at..range.start)
                    .unwrap_or_default(),
            );
            percent_encode(model, call.dialect, &mut upstream);
            upstream.push_str(path_and_query.get(range.end..).unwrap_or_default());
        }
        _ => upstream.push_str(path_and_query.get(call.suffix_at..).unwrap_or_default()),
    }
    upstream
}

/// What stands before the path proper: the base URL's path, the version, and what the provider puts between.
fn front(kind: ProviderKind, base: &str, call: &Call, given: Option<&str>) -> String {
    let (bare, last) = split_last_version(base);
    let own = last.unwrap_or_else(|| kind.version());
    match (kind.row().paths, call.dialect) {
        (Paths::Gemini, _) if base.ends_with("/openai") => {
            front(kind, base.trim_end_matches("/openai"), call, given)
        }
        (Paths::Azure, _) => azure::front(base, call.is_whole()),
        (Paths::Vertex, dialect) => vertex::front(base, (dialect, call.operation), call.is_whole()),
        (Paths::Bedrock, dialect) => bedrock::front(base, dialect),
        _ if call.is_whole() => bare.to_owned(),
        (_, Dialect::Anthropic) if let Some(path) = kind.row().anthropic_path => {
            anthropic_front(kind, bare, base, path)
        }
        (Paths::ChatUnversioned, _) if last.is_none() && call.operation == Operation::Chat => {
            bare.to_owned()
        }
        (Paths::Gemini, Dialect::OpenAi) => [bare, own, "/openai"].concat(),
        (Paths::Gemini, Dialect::Gemini) | (Paths::Cohere, Dialect::Cohere) => {
            [bare, given.unwrap_or(own)].concat()
        }
        (Paths::Cohere, Dialect::OpenAi) => cohere::compatible_front(base),
        (Paths::Ollama, Dialect::OpenAi) => [bare, "/v1"].concat(),
        (Paths::Unversioned, _) if last.is_none() => {
            let is_chat = matches!(
                call.operation,
                Operation::Chat | Operation::Completions | Operation::Responses
            );
            [bare, given.filter(|_| !is_chat).unwrap_or_default()].concat()
        }
        _ => [bare, own].concat(),
    }
}

/// What stands before `/messages` at a provider that has Anthropic's dialect beside its own, under `path`: that in
/// place of its own path, which the base URL has, unless it has `path` already.
fn anthropic_front(kind: ProviderKind, bare: &str, base: &str, path: &str) -> String {
    let own = kind.base_url().and_then(|url| {
        let (_, host) = url.split_once("://")?;
        host.find('/').and_then(|at| host.get(at..))
    });
    let before = own.and_then(|own| base.strip_suffix(own)).unwrap_or(bare);
    let before = before.strip_suffix(path).unwrap_or(before);
    [before, path, "/v1"].concat()
}

/// A call of that kind, with nothing told by its path.
pub(crate) const fn call(dialect: Dialect, operation: Operation) -> Call {
    Call {
        dialect,
        operation,
        model_in_path: None,
        stream_in_path: false,
        alt_sse: false,
        is_compaction: false,
        is_greeting: false,
        only_at: None,
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

/// `/openai/…` behind a version of Google's: `OpenAI`'s dialect, spoken by Gemini.
fn openai_at_google(method: &str, suffix: &str) -> Option<Call> {
    let proper = suffix
        .strip_prefix("/openai")
        .filter(|proper| proper.starts_with('/'))?;
    let suffix_at = "/openai".len();
    Some(Call {
        suffix_at,
        ..call(Dialect::OpenAi, openai::operation(method, proper))
    })
}

/// A model's name as a path holds it: anything but unreserved characters is escaped, slashes where an id is one
/// segment (Bedrock's ARNs).
fn percent_encode(text: &str, dialect: Dialect, into: &mut String) {
    let keeps_slash = dialect != Dialect::Bedrock;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (byte == b'/' && keeps_slash)
        {
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
