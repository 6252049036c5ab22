//! The guard in front of every handler: who may call, what a team's token sees, bodies within bounds.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::auth::{self, Caller};
use super::routes::{Route, Verb};
use super::{Problem, Shared, idempotency};
use crate::config::resolved::Role;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Anybody.
    Open,
    /// Anybody on this machine, and viewers.
    Local,
    /// Viewers and above.
    Viewer,
    /// Operators and above.
    Operator,
    /// Admins.
    Admin,
}

/// What a token of one team sees on a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The same as everybody: nothing there belongs to a team.
    Any,
    /// What belongs to its team; everything else looks as if it were not there.
    Team,
    /// Nothing: it is about the whole installation.
    Whole,
}

impl Access {
    /// The least role that a token needs; `None` where everybody may call.
    pub(super) const fn role(self) -> Option<Role> {
        match self {
            Self::Open => None,
            Self::Local | Self::Viewer => Some(Role::Viewer),
            Self::Operator => Some(Role::Operator),
            Self::Admin => Some(Role::Admin),
        }
    }
}

/// Lets a request through to its handler, with its [`Caller`], or refuses it.
pub(super) async fn guard(
    State((shared, route)): State<(Shared, &'static Route)>,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = match caller(&shared, route, &request) {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    if let Some(caller) = &caller {
        request.extensions_mut().insert(caller.clone());
    }
    if !route.verb.writes() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        let detail = format!("the body is longer than {BODY_BYTES_MAX} bytes, or broke off");
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail).into_response();
    };
    let once = caller.filter(|_| route.verb == Verb::Post);
    let once = once.and_then(|caller| idempotency::key(&parts, &caller));
    let request = Request::from_parts(parts, Body::from(body.clone()));
    match once {
        None => next.run(request).await,
        Some(Ok(key)) => idempotency::once(&shared.replays, key, &body, next.run(request)).await,
        Some(Err(problem)) => problem.into_response(),
    }
}

fn caller(shared: &Shared, route: &Route, request: &Request) -> Result<Option<Caller>, Problem> {
    let Some(role) = route.access.role() else {
        return Ok(None);
    };
    let peer = auth::peer(request.extensions());
    let caller = if route.access == Access::Local && peer.is_local() {
        // Needs no token; one that is known is judged by all the same.
        auth::known(shared, request.headers(), peer)
    } else {
        Some(auth::authenticate(shared, request.headers(), peer)?)
    };
    let Some(caller) = caller else {
        return Ok(None);
    };
    if caller.role < role {
        let detail = "this token's role does not allow that";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    if route.scope == Scope::Whole && caller.team.is_some() {
        let detail = "this token is for one team, and this is about all of them";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    Ok(Some(caller))
}

/// Longest body: a key's form with every list full has less than 20 KiB.
pub(super) const BODY_BYTES_MAX: usize = 64 * 1024;
