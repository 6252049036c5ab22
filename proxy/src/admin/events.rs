//! `/admin/v1/events`: what happens, as a stream of server-sent events, or the latest as a list.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use utoipa::IntoParams;

use super::{Caller, Problem, Shared, page};
use crate::clock;
use crate::events::{Event, Hub, Listening, Numbered};

/// How many of the latest.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    /// Events of the list, 1 to 1000; 50 unless given. A stream takes no notice of it.
    limit: Option<usize>,
    /// From behind this event on, where the header `Last-Event-ID` cannot be set.
    last_event_id: Option<String>,
}

pub(super) async fn events(
    caller: Caller,
    State(shared): State<Shared>,
    headers: HeaderMap,
    wanted: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(wanted) = page::query(wanted)?;
    let hub = &shared.state.events;
    let accepts = headers.get(header::ACCEPT).map(HeaderValue::as_bytes);
    if accepts.is_none_or(|accepts| memchr::memmem::find(accepts, STREAM.as_bytes()).is_none()) {
        let limit = page::limit(wanted.limit)?;
        let sees = |event: &Event| caller.sees(event.team.as_deref());
        let latest = hub.latest(limit, clock::unix_ms(), sees);
        let items: Vec<Value> = latest.iter().map(|event| face(hub, event)).collect();
        return Ok(Json(json!({ "items": items, "next": null })).into_response());
    }
    let last = headers.get("last-event-id");
    let last = last.and_then(|last| last.to_str().ok());
    let last = last.or(wanted.last_event_id.as_deref());
    let listening = hub.listen(last).map_err(|full| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, full.to_string()).retry_after(10)
    })?;
    Ok(stream_of(Arc::clone(hub), caller, listening))
}

fn face(hub: &Hub, numbered: &Numbered) -> Value {
    let data: Option<Box<RawValue>> = serde_json::from_str(&numbered.event.data).ok();
    let event = numbered.event.kind.as_str();
    json!({ "id": hub.id(numbered.number), "event": event, "data": data })
}

fn stream_of(hub: Arc<Hub>, caller: Caller, listening: Listening) -> Response {
    let mut waiting = VecDeque::from([Bytes::from_static(BEGIN)]);
    if listening.has_gap {
        waiting.push_back(gap(None));
    }
    let feed = Feed {
        missed: listening.missed.clone().into(),
        waiting,
        hub,
        caller,
        listening,
    };
    let body = stream::unfold(feed, |mut feed| async {
        let piece = feed.next().await?;
        Some((Ok::<_, Infallible>(piece), feed))
    });
    let mut response = Response::new(Body::from_stream(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(STREAM));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// One listener's stream, asked for piece by piece: who reads slowly is told so, and holds nobody up.
struct Feed {
    hub: Arc<Hub>,
    caller: Caller,
    missed: VecDeque<Numbered>,
    waiting: VecDeque<Bytes>,
    listening: Listening,
}

impl Feed {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(piece) = self.waiting.pop_front() {
                return Some(piece);
            }
            if let Some(missed) = self.missed.pop_front() {
                if self.sees(&missed) {
                    return Some(self.line(&missed));
                }
                continue;
            }
            let coming = tokio::time::timeout(QUIET, self.listening.coming.recv()).await;
            match coming {
                Err(_) => return Some(Bytes::from_static(b":\n\n")),
                Ok(Ok(event)) if self.sees(&event) => return Some(self.line(&event)),
                Ok(Ok(_)) => {}
                Ok(Err(RecvError::Lagged(missed))) => {
                    // How many were whose is nobody's business but an unscoped token's.
                    let missed = self.caller.team.is_none().then_some(missed);
                    return Some(gap(missed));
                }
                Ok(Err(RecvError::Closed)) => return None,
            }
        }
    }

    fn sees(&self, numbered: &Numbered) -> bool {
        self.caller.sees(numbered.event.team.as_deref())
    }

    fn line(&self, numbered: &Numbered) -> Bytes {
        let id = self.hub.id(numbered.number);
        let Event { kind, data, .. } = &numbered.event;
        format!("id: {id}\nevent: {}\ndata: {data}\n\n", kind.as_str()).into()
    }
}

/// Some events were missed for good.
fn gap(missed: Option<u64>) -> Bytes {
    format!("event: gap\ndata: {}\n\n", json!({ "missed": missed })).into()
}

const STREAM: &str = "text/event-stream";

/// A comment that makes proxies pass the head on, and the time after which a client comes back.
const BEGIN: &[u8] = b": quotah\nretry: 3000\n\n";

/// Longest silence: proxies in between close what is quiet for a minute.
const QUIET: Duration = Duration::from_secs(15);
