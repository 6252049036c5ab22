//! Every route of the admin plane, who may call it, and what a token of one team sees there.
//!
//! This table is the only place that says so: the router, the guard in front of each handler and
//! `/openapi.json` are made from it, and tests walk over it.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};

use super::access::{Access, Scope, guard};
use super::openapi::{Doc, operations as say};
use super::{Shared, audit, budgets, config, events, explain, health, keys, metrics, openapi};
use super::{prices, providers, rate_limits, recommendations, requests, rules, status, usage};

/// What may be done with a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verb {
    Get,
    Post,
    Patch,
    Delete,
}

/// One row of the table.
pub(super) struct Route {
    pub(super) verb: Verb,
    /// As axum matches it and as `OpenAPI` writes it.
    pub(super) path: &'static str,
    pub(super) access: Access,
    pub(super) scope: Scope,
    serve: fn() -> MethodRouter<Shared>,
    /// What the document says of it.
    pub(super) say: fn(Doc) -> Doc,
}

macro_rules! table {
    ($($verb:ident $path:literal $access:ident $scope:ident $($handler:ident)::+ $say:ident)*) => {
        &[$(Route {
            verb: Verb::$verb,
            path: $path,
            access: Access::$access,
            scope: Scope::$scope,
            serve: || on(Verb::$verb.filter(), $($handler)::+),
            say: say::$say,
        }),*]
    };
}

/// Verb, path, least role, what a team's token sees, handler, description.
///
/// `Any` tells nothing of any team; `Team` shows and takes what is the caller's team's alone; `Whole` is
/// about the whole installation and refused to tokens of a team. `DELETE` of a key revokes it: it stays, and
/// operators may; rules are gone for good, so that only admins may take them away.
pub(super) const TABLE: &[Route] = table! {
    Get    "/livez"                            Open     Any   health::livez          livez
    Get    "/readyz"                           Open     Any   health::readyz         readyz
    Get    "/healthz"                          Local    Any   health::healthz        healthz
    Get    "/metrics"                          Local    Whole metrics                metrics
    Get    "/openapi.json"                     Local    Any   openapi::show          openapi
    Get    "/admin/v1/status"                  Viewer   Whole status::status         status
    Get    "/admin/v1/config"                  Viewer   Whole config::show           config
    Post   "/admin/v1/reload"                  Operator Whole config::reload         reload
    Get    "/admin/v1/providers"               Viewer   Whole providers::list        providers
    Get    "/admin/v1/rate-limits"             Viewer   Whole rate_limits::list      rate_limits
    Get    "/admin/v1/prices"                  Viewer   Any   prices::list           prices
    Get    "/admin/v1/requests"                Viewer   Team  requests::list         requests
    Get    "/admin/v1/requests/{id}"           Viewer   Team  requests::show         request
    Get    "/admin/v1/usage"                   Viewer   Team  usage::usage           usage
    Get    "/admin/v1/recommendations"         Viewer   Team  recommendations::list  recommendations
    Get    "/admin/v1/events"                  Viewer   Team  events::events         events
    Get    "/admin/v1/explain"                 Viewer   Team  explain::explain       explain
    Get    "/admin/v1/audit"                   Viewer   Whole audit::list            audit
    Get    "/admin/v1/keys"                    Viewer   Team  keys::list             keys
    Post   "/admin/v1/keys"                    Operator Team  keys::create           keys_create
    Get    "/admin/v1/keys/{id}"               Viewer   Team  keys::show             key
    Patch  "/admin/v1/keys/{id}"               Operator Team  keys::patch            key_patch
    Delete "/admin/v1/keys/{id}"               Operator Team  keys::revoke           key_revoke
    Post   "/admin/v1/keys/{id}/rotate"        Operator Team  keys::rotate           key_rotate
    Get    "/admin/v1/budgets"                 Viewer   Team  rules::list            budgets
    Post   "/admin/v1/budgets"                 Operator Team  rules::create          budgets_create
    Get    "/admin/v1/budgets/{id}"            Viewer   Team  rules::show            budget
    Patch  "/admin/v1/budgets/{id}"            Operator Team  rules::patch           budget_patch
    Delete "/admin/v1/budgets/{id}"            Admin    Team  rules::remove          rule_remove
    Get    "/admin/v1/budgets/{id}/accounts"   Viewer   Team  budgets::accounts      budget_accounts
    Post   "/admin/v1/budgets/{id}/adjust"     Operator Team  budgets::adjust        budget_adjust
    Post   "/admin/v1/budgets/{id}/raise"      Operator Team  budgets::raise         budget_raise
    Get    "/admin/v1/limits"                  Viewer   Team  rules::list            limits
    Post   "/admin/v1/limits"                  Operator Team  rules::create          limits_create
    Get    "/admin/v1/limits/{id}"             Viewer   Team  rules::show            limit
    Patch  "/admin/v1/limits/{id}"             Operator Team  rules::patch           limit_patch
    Delete "/admin/v1/limits/{id}"             Admin    Team  rules::remove          rule_remove
    Get    "/admin/v1/guards"                  Viewer   Team  rules::list            guards
    Post   "/admin/v1/guards"                  Operator Team  rules::create          guards_create
    Get    "/admin/v1/guards/{id}"             Viewer   Team  rules::show            guard
    Patch  "/admin/v1/guards/{id}"             Operator Team  rules::patch           guard_patch
    Delete "/admin/v1/guards/{id}"             Admin    Team  rules::remove          rule_remove
};

/// The table as a router: each handler behind the guard of its own row.
pub(super) fn router(shared: &Shared) -> Router<Shared> {
    TABLE.iter().fold(Router::new(), |router, route| {
        let guarded = from_fn_with_state((shared.clone(), route), guard);
        router.route(route.path, (route.serve)().route_layer(guarded))
    })
}

impl Verb {
    const fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Patch => MethodFilter::PATCH,
            Self::Delete => MethodFilter::DELETE,
        }
    }

    /// Whether requests of this kind change anything.
    pub(super) const fn writes(self) -> bool {
        !matches!(self, Self::Get)
    }
}
