//! The request's line: every stage, in order, on one screen.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, request};
use hyper::body::Incoming;
use quotah_adapters::{Facts, FactsError};

use super::admit::Call;
use super::body::AnswerBody;
use super::choose::{Order, Trip};
use super::going::Going;
use super::identify::Shown;
use super::io::{ConnState, OnConnection, REFUSED_METHOD};
use super::read::Bounds;
use super::record::Booking;
use super::refuse::{Refusal, Refuser};
use super::routes::Lead;
use super::{admit, attempts, cached, choose, credential, describe, guard, parse, read, send};
use crate::cache::Kept;
use crate::clock;
use crate::config::resolved::Server;
use crate::state::{Snapshot, State};
use crate::upstream::{Upload, UploadBounds};

/// Serves one request, whatever it is: an answer always comes back.
pub(crate) async fn serve(
    state: Arc<State>,
    conn: Arc<ConnState>,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Infallible> {
    let snapshot = state.snapshot();
    let target = parse::target(&snapshot, &request);
    let refuser = Refuser::new(target.dialect, clock::request_id());
    let arrival = Arrival {
        state: &state,
        conn: &conn,
        snapshot,
        refuser: &refuser,
    };
    let mut response = match line(arrival, target, request).await {
        Ok(response) => response,
        Err(refusal) => {
            state.metrics.refused(refusal.reason());
            refuser.answer(&refusal)
        }
    };
    if state.drain.is_closing() {
        let close = HeaderValue::from_static("close");
        response
            .headers_mut()
            .insert(http::header::CONNECTION, close);
    }
    Ok(response)
}

/// Where a request has come in.
struct Arrival<'a> {
    state: &'a Arc<State>,
    conn: &'a Arc<ConnState>,
    snapshot: Arc<Snapshot>,
    refuser: &'a Refuser,
}

async fn line(
    arrival: Arrival<'_>,
    target: parse::Target,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Refusal> {
    let Arrival {
        state,
        conn,
        snapshot,
        refuser,
    } = arrival;
    // accept
    if request.method().as_str() == REFUSED_METHOD {
        return Err(Refusal::at_the_gate(conn.refused.get().copied()));
    }
    let mut bounds = bounds(&snapshot.config.server);
    if target.is_greeting() {
        return Ok(Response::new(AnswerBody::Local(Bytes::new())));
    }
    if !target.is_known() {
        conn.left_unread.store(true, Ordering::Relaxed);
        return Err(Refusal::no_such_path());
    }
    if !state.drain.enter(snapshot.config.server.in_flight_max) {
        conn.left_unread.store(true, Ordering::Relaxed);
        return Err(Refusal::overloaded());
    }
    let on_connection = OnConnection::begin(conn);
    let mut booking = Booking::open(Arc::clone(state), snapshot, on_connection, refuser.id());

    // identify
    let (head, incoming) = request.into_parts();
    let shown = Shown {
        ip: conn.peer,
        now_unix_ms: clock::unix_ms(),
    };
    let identity = booking
        .snapshot
        .keys
        .identify(&head.headers, head.uri.query(), shown)
        .inspect_err(|_| {
            conn.left_unread.store(true, Ordering::Relaxed);
        })?;
    describe::describe(&mut booking, &identity, &head, conn.peer);
    describe::describe_call(&mut booking, &target);
    bounds.lower_to(guard::body_bytes_max(&booking, &identity));

    // read and parse: all of the body, or what must be known before it may pass
    let (facts, body) = read_and_parse(&mut booking, conn, bounds, (&target, &head, incoming))
        .await
        .map_err(|refusal| booked(&mut booking, refuser, refusal))?;
    describe::describe_body(&mut booking, &target, &facts);

    // choose; what is kept needs no deployment
    let call = Call {
        target: &target,
        facts: &facts,
        identity: &identity,
    };
    let (lead, kept) = lead_and_kept(&mut booking, call, (&head, &body))
        .map_err(|refusal| booked(&mut booking, refuser, refusal))?;
    if let Some(kept) = kept {
        return Ok(cached::answer(booking, kept));
    }

    // choose, admit: the intent names the deployment
    let (order, trip, terms) = choose_and_admit(&mut booking, call, lead, (&head, &body.held))
        .map_err(|refusal| booked(&mut booking, refuser, refusal))?;

    // send, perhaps more than once, and relay; settle and record when the answer ends
    let way = attempts::Way {
        sending: Arc::new(send::Sending {
            deadline: send::deadline(&head.headers, booking.started),
            head,
            body,
            facts,
            target,
            identity,
        }),
        order,
        terms,
        trip,
    };
    attempts::serve(booking, way, refuser).await
}

fn bounds(server: &Server) -> Bounds {
    Bounds {
        bytes_max: server.body_bytes_max,
        upload_bytes_max: server.upload_bytes_max,
        held_bytes_max: server.upload_held_bytes_max,
        memory_max: server.memory_max,
        silence_max: server.timeout_body,
    }
}

/// Reads a body, and parses what has been read while the rest arrives.
async fn read_and_parse(
    booking: &mut Booking,
    conn: &Arc<ConnState>,
    bounds: Bounds,
    (target, head, incoming): (&parse::Target, &request::Parts, Incoming),
) -> Result<(Facts, send::Body), Refusal> {
    let unread = |error: &FactsError| {
        conn.left_unread.store(true, Ordering::Relaxed);
        Refusal::bad_request(error)
    };
    let Some(mut reader) = target.reader(head).map_err(|error| unread(&error))? else {
        return Err(Refusal::no_such_path());
    };
    let reading_since = clock::now();
    let memory = booking.state.metrics.held_body();
    let body = read::read(incoming, conn, bounds, &mut reader, memory).await;
    booking.client_wait = clock::now().saturating_duration_since(reading_since);
    let read::Body { held, rest, memory } = body?;
    let Some(rest) = rest else {
        let (facts, _) = reader
            .finish(true)
            .map_err(|error| Refusal::bad_request(&error))?;
        let body = send::Body {
            held,
            rest: None,
            memory: Arc::new(memory),
        };
        return Ok((facts, body));
    };
    let (facts, form) = reader.finish(false).map_err(|error| unread(&error))?;
    let bounds = UploadBounds {
        bytes_max: bounds.upload_bytes_max,
        silence_max: bounds.silence_max,
    };
    let rest = Arc::new(Upload::new(
        rest,
        facts.body_bytes as u64,
        form,
        conn,
        bounds,
    ));
    booking.upload = Some(Arc::clone(&rest));
    let rest = Some(rest);
    let memory = Arc::new(memory);
    Ok((facts, send::Body { held, rest, memory }))
}

/// Where a request is led, and the answer that is kept of there, if it may have one.
fn lead_and_kept(
    booking: &mut Booking,
    call: Call<'_>,
    (head, body): (&request::Parts, &send::Body),
) -> Result<(Lead, Option<Arc<Kept>>), Refusal> {
    let wished = choose::wished(&head.headers);
    let lead = choose::lead(&choose::asking(booking, call, wished))?;
    let asked = cached::Asked {
        call,
        head,
        body,
        route: &lead.route,
    };
    let kept = cached::look_up(booking, asked);
    Ok((lead, kept))
}

/// Finds a deployment that may take the request, and puts it on the books.
fn choose_and_admit(
    booking: &mut Booking,
    call: Call<'_>,
    lead: Lead,
    (head, held): (&request::Parts, &[Bytes]),
) -> Result<(Order, Trip, admit::Terms), Refusal> {
    let wished = choose::wished(&head.headers);
    let asking = choose::asking(booking, call, wished);
    let mut trip = Trip::new(lead, &asking, clock::dice());
    trip.recall(&booking.state, head, held);
    trip.read(booking, call, held)?;
    let now_unix_ms = clock::unix_ms();
    booking.state.retries.note_request(now_unix_ms);
    // What a deployment's own rules refuse, another may take: then the first refusal is told.
    let mut refused = None;
    let mut missed = 0_u32;
    loop {
        let asking = choose::asking(booking, call, wished);
        let (mut order, weighing) = match choose::pick(&asking, &trip, now_unix_ms) {
            Ok(picked) => picked,
            Err(why) => {
                let nobody = || choose::no_deployment(&asking, &trip, why, now_unix_ms);
                return Err(refused.unwrap_or_else(nobody));
            }
        };
        if let Err(refusal) = trip.word(&mut order) {
            trip.leave_out(order.place);
            refused.get_or_insert(refusal);
            continue;
        }
        let Ok(going) = Going::begin(&order, &trip, now_unix_ms) else {
            // Somebody else was a moment quicker: it is not to be asked now.
            missed = missed.saturating_add(1);
            if missed >= MISSED_MAX {
                return Err(Refusal::overloaded());
            }
            continue;
        };
        credential::may_pass(&order.upstream, &head.headers)?;
        booking.going = Some(going);
        booking.weighing = weighing;
        match admit::admit(booking, (call.target, call.facts), &order, call.identity) {
            Ok(terms) => return Ok((order, trip, terms)),
            Err(refusal) if trip.has_others(order.place) && refusal.is_about_deployment() => {
                booking.going = None;
                trip.leave_out(order.place);
                refused.get_or_insert(refusal);
            }
            Err(refusal) => return Err(refused.unwrap_or(refusal)),
        }
    }
}

/// How often others may be quicker at the deployment that a request had picked: a crowd that finds each of 64 full.
const MISSED_MAX: u32 = 256;

/// Books a refusal of a request whose owner is known.
fn booked(booking: &mut Booking, refuser: &Refuser, refusal: Refusal) -> Refusal {
    let status: StatusCode = refuser.status(&refusal);
    let refusal = refusal.standing_so(booking.standing());
    booking.refuse(status.as_u16(), refusal.reason());
    refusal
}
