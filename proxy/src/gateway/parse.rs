//! What a request's path says: its dialect, its operation, and whether it names a provider.

use std::sync::Arc;

use http::Request;
use quotah_adapters::{Call, Facts, classify};

use super::routes::Upstream;
use crate::state::Snapshot;

/// A request's target, understood.
#[derive(Debug)]
pub(crate) struct Target {
    /// The call that the path (behind a provider's name, where it has one) stands for.
    pub(crate) call: Call,
    /// The provider that the path names.
    pub(crate) provider: Option<Arc<Upstream>>,
    /// Path and query as they go to a provider, before its own prefix.
    pub(crate) path: Box<str>,
    model_in_path: Option<Arc<str>>,
}

impl Target {
    /// The model that is asked for, in the body or in the path.
    pub(crate) fn model<'a>(&'a self, facts: &'a Facts) -> Option<&'a str> {
        self.model_in_path.as_deref().or(facts.model.as_deref())
    }
}

/// Understands a request's path. `/{provider}/…` wins over every dialect's own paths.
pub(crate) fn target<B>(snapshot: &Snapshot, request: &Request<B>) -> Target {
    let full = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let first = full.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default();
    let provider = snapshot.routes.upstream(first).cloned();
    let path = match &provider {
        Some(_) => full.get(first.len() + 1..).filter(|rest| rest.starts_with('/')).unwrap_or("/"),
        None => full,
    };
    let kind = provider.as_ref().map(|upstream| upstream.config.kind);
    let call = classify(request.method(), path, kind);
    let model_in_path = call.model_in_path().map(Into::into);
    Target { model_in_path, call, provider, path: path.into() }
}
