//! What a request's path says: its dialect, its operation, and whether it names a provider.

use std::sync::Arc;

use http::uri::PathAndQuery;
use http::{HeaderMap, Request, request};
use quotah_adapters::translate::Form;
use quotah_adapters::{
    Call, Dialect, Facts, FactsError, FactsReader, Operation, ProviderKind, classify, classify_raw,
    raw_upstream_path, upstream_path, without_query_key,
};

use super::reader::BodyReader;
use super::routes::{Upstream, Wire};
use crate::state::Snapshot;

/// A request's target, understood.
#[derive(Debug)]
pub(crate) struct Target {
    /// What the path (behind a provider's name, where it has one) stands for; `None` where no provider
    /// has such a path.
    call: Option<Call>,
    /// The provider that the path names.
    pub(crate) provider: Option<Arc<Upstream>>,
    /// The wire format of refusals and events.
    pub(crate) dialect: Dialect,
    /// What is asked for.
    pub(crate) operation: Operation,
    /// Path and query behind the provider's name.
    path: Box<str>,
    model_in_path: Option<Box<str>>,
}

impl Target {
    /// Path and query behind the provider's name.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// What a provider must understand to serve it.
    pub(crate) fn wire(&self) -> Wire {
        Wire {
            dialect: self.dialect,
            only_at: self.call.as_ref().and_then(|call| call.only_at),
        }
    }

    /// The form in which it may be translated. What one kind of provider alone has is its own matter.
    pub(crate) fn form(&self) -> Option<Form> {
        let call = self.call.as_ref()?;
        let is_anybodys = self.provider.is_none() && call.only_at.is_none();
        is_anybodys.then(|| Form::of(call, &self.path)).flatten()
    }

    /// Whether a stream that is asked for comes as events: Gemini's come as one long array unless `alt=sse` is said.
    pub(crate) fn streams_events(&self) -> bool {
        self.call
            .as_ref()
            .is_none_or(|call| !call.stream_in_path || call.alt_sse)
    }

    /// A reader of a body that is put in place of the client's.
    pub(crate) fn rereader(&self) -> Option<FactsReader> {
        self.call.as_ref().map(FactsReader::new)
    }

    /// Whether anybody could serve it.
    pub(crate) fn is_known(&self) -> bool {
        self.call.is_some()
    }

    /// Whether it is a client's greeting, answered here.
    pub(crate) fn is_greeting(&self) -> bool {
        self.provider.is_none() && self.call.as_ref().is_some_and(|call| call.is_greeting)
    }

    /// A reader for the body; none where the path says nothing about it.
    ///
    /// # Errors
    /// See [`BodyReader::new`].
    pub(crate) fn reader(&self, head: &request::Parts) -> Result<Option<BodyReader>, FactsError> {
        let Some(call) = &self.call else {
            return Ok(None);
        };
        let custom = self
            .provider
            .as_ref()
            .and_then(|upstream| upstream.config.custom.as_deref());
        let json = match custom {
            Some(custom) => FactsReader::custom(custom, call),
            None => FactsReader::new(call),
        };
        BodyReader::new(json, call.operation, head).map(Some)
    }

    /// The model that is asked for, in the body or in the path.
    pub(crate) fn model<'a>(&'a self, facts: &'a Facts) -> Option<&'a str> {
        let in_body = || facts.model.as_ref().map(|model| &*model.name);
        self.model_in_path.as_deref().or_else(in_body)
    }

    /// Whether a stream is asked for.
    pub(crate) fn streams(&self, facts: &Facts) -> bool {
        facts.stream || self.call.as_ref().is_some_and(|call| call.stream_in_path)
    }

    /// Path and query for a provider; with its own credential in place, `?key=` is left out.
    pub(crate) fn path_for(
        &self,
        upstream: &Upstream,
        rename: Option<&str>,
        keeps_key: bool,
    ) -> PathAndQuery {
        let prefix = &*upstream.base_path;
        let path = match &self.call {
            Some(call) if self.provider.is_none() => {
                upstream_path(upstream.config.kind, prefix, call, &self.path, rename)
            }
            _ => raw_upstream_path(prefix, &self.path),
        };
        let path = if keeps_key {
            path
        } else {
            without_query_key(&path).into_owned()
        };
        // The client's target was a valid one, and a prefix comes from a valid URL.
        PathAndQuery::try_from(path).unwrap_or_else(|_| PathAndQuery::from_static("/"))
    }
}

/// Understands a request's path. `/{provider}/…` wins over every dialect's own paths.
pub(crate) fn target<B>(snapshot: &Snapshot, request: &Request<B>) -> Target {
    let full = request
        .uri()
        .path_and_query()
        .map_or("/", PathAndQuery::as_str);
    let first = full
        .strip_prefix('/')
        .and_then(|rest| rest.split(['/', '?']).next())
        .unwrap_or_default();
    let method = request.method().as_str();
    let named = snapshot.routes.upstream(first).cloned();
    let provider = named.filter(|upstream| !is_of_azure(method, full, upstream));
    let path = match &provider {
        Some(_) => full
            .get(first.len() + 1..)
            .filter(|rest| rest.starts_with('/'))
            .unwrap_or("/"),
        None => full,
    };
    let hint = dialect_of_headers(request.headers());
    let call = match &provider {
        Some(upstream) => Some(match &upstream.config.custom {
            Some(custom) => custom.classify(path),
            None => classify_raw(method, path, upstream.config.kind.dialect()),
        }),
        None => classify(method, path).map(|call| match hint {
            Some(dialect) => call.spoken_in(dialect),
            None => call,
        }),
    };
    let dialect = call
        .as_ref()
        .map(|call| call.dialect)
        .or(hint)
        .unwrap_or(Dialect::OpenAi);
    let operation = call
        .as_ref()
        .map_or(Operation::Other, |call| call.operation);
    let model_in_path = call
        .as_ref()
        .and_then(|call| call.model(path))
        .map(|model| model.into_owned().into());
    Target {
        call,
        provider,
        dialect,
        operation,
        path: path.into(),
        model_in_path,
    }
}

/// Whether what looks like the name of `upstream` is how a path of another kind of provider begins: Azure's
/// `/openai/deployments/…` does not go to a provider that is named `openai`.
fn is_of_azure(method: &str, path: &str, upstream: &Upstream) -> bool {
    let kind = upstream.config.kind;
    let may_have_any_path = [ProviderKind::OPENAI_COMPATIBLE, ProviderKind::CUSTOM].contains(&kind);
    !may_have_any_path
        && path.starts_with("/openai/deployments/")
        && classify(method, path).is_some_and(|call| call.only_at == Some(ProviderKind::AZURE))
}

/// Whose client this is, where paths are spelled alike.
fn dialect_of_headers(headers: &HeaderMap) -> Option<Dialect> {
    if headers.contains_key("anthropic-version") {
        Some(Dialect::Anthropic)
    } else if headers.contains_key("x-goog-api-key") || headers.contains_key("x-goog-api-client") {
        Some(Dialect::Gemini)
    } else {
        None
    }
}
