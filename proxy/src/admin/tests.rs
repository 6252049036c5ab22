//! Routes as a caller meets them.

use std::net::IpAddr;

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response};
use quotah_policy::{BreakerState, UsageSource};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tower::Service as _;
use uuid::Uuid;

mod document;
mod listening;
mod memory;
mod tenants;
mod writes;

use super::auth::Peer;
use super::*;
use crate::config::resolved::{AdminToken, Role, Secret};
use crate::config::{Environment, Flags, Inputs, load};
use crate::ledger::{Appended, Clock, Entry, Hooks, Settings};
use crate::standing::tests::standing;
use memory::Memory;

const LOCAL: &str = "127.0.0.1";
const STRANGER: &str = "203.0.113.7";

struct Plane {
    router: Router,
    state: AdminState,
    memory: Arc<Memory>,
    _dir: TempDir,
}

fn token(name: &str, role: Role, team: Option<&str>) -> AdminToken {
    let token = Secret::new(format!("{name}-0123456789abcdef"));
    AdminToken {
        name: name.to_owned(),
        token,
        role,
        team: team.map(str::to_owned),
    }
}

fn plane() -> Plane {
    let dir = tempfile::tempdir().expect("a directory");
    let env = Environment::from_pairs([("OPENAI_API_KEY", "sk-hidden")]);
    let flags = Flags {
        data_dir: Some(dir.path().into()),
        ..Flags::default()
    };
    let inputs = Inputs {
        env,
        flags,
        stderr_is_terminal: false,
    };
    let mut config = load(&inputs).expect("good").config;
    config.admin.tokens = vec![
        token("viewer", Role::Viewer, None),
        token("operator", Role::Operator, None),
        token("admin", Role::Admin, None),
        token("team-viewer", Role::Viewer, Some("research")),
        token("team-operator", Role::Operator, Some("research")),
        token("team-admin", Role::Admin, Some("research")),
    ];
    let ledger = books(&config);
    let config = Arc::new(config);
    let memory = Arc::<Memory>::default();
    let state = AdminState {
        policy: Arc::new(Policy::empty()),
        store: Arc::clone(&memory) as Arc<dyn Store>,
        spending: Arc::clone(&memory) as Arc<dyn Spending>,
        metrics: Arc::new(Metrics::new("0.1.0", "test")),
        headroom: Arc::default(),
        standings: Arc::new(|| vec![standing("m", BreakerState::Open { until_ms: 1 })]),
        ledger: Arc::new(ledger),
        events: Arc::new(Hub::new(1)),
        config: Arc::new(move || Arc::clone(&config)),
        reload: Arc::new(|| Err(vec!["error: unknown key `lisen`".to_owned()])),
        health: Arc::new(|| {
            let reason = Some("disk full".to_owned());
            let ledger = Component {
                name: "ledger".to_owned(),
                state: State::Down,
                reason,
            };
            Health {
                ready: true,
                components: vec![ledger],
            }
        }),
        started_at_unix_ms: clock::unix_ms(),
        started: clock::now(),
        version: "0.1.0",
        commit: "test",
    };
    Plane {
        router: router(state.clone()),
        state,
        memory,
        _dir: dir,
    }
}

/// A ledger with three entries of the team `research`.
fn books(config: &Config) -> Ledger {
    let clock = Clock {
        now: clock::now,
        unix_ms: clock::unix_ms,
    };
    let (ledger, _) =
        Ledger::open(&config.ledger_dir(), Settings::default(), Hooks::new(clock)).expect("opened");
    for n in 0..3_u128 {
        let at_unix_ms = clock::unix_ms();
        let mut entry = Entry {
            at_unix_ms,
            team: "research".into(),
            provider: "openai".into(),
            model_sent: "gpt-4o-mini".into(),
            cost_picousd: Some(1_500),
            ..Entry::default()
        };
        entry.set_id(Uuid::from_u128(u128::from(at_unix_ms) << 80 | n));
        let usage = quotah_policy::Usage {
            input_tokens: 10,
            ..Default::default()
        };
        entry.set_usage(&usage, UsageSource::Provider);
        assert_eq!(ledger.append_entry(&entry), Appended::Written);
    }
    ledger
}

impl Plane {
    async fn call(&self, from: &str, request: Request<Body>) -> Response<Body> {
        let mut request = request;
        let peer = from.parse::<IpAddr>().map_or(Peer::Local, Peer::Ip);
        request.extensions_mut().insert(peer);
        self.router.clone().call(request).await.expect("infallible")
    }

    async fn get(&self, from: &str, path: &str, token: &str) -> (u16, Value) {
        body(self.call(from, asked("GET", path, token, "")).await).await
    }

    /// What a token of this name is answered here.
    async fn send(&self, verb: &str, path: &str, token: &str, text: &str) -> (u16, Value) {
        body(self.call(LOCAL, asked(verb, path, token, text)).await).await
    }
}

fn asked(verb: &str, path: &str, token: &str, text: &str) -> Request<Body> {
    let mut request = Request::builder().method(verb).uri(path);
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}-0123456789abcdef"));
    }
    request
        .body(Body::from(text.to_owned()))
        .expect("a request")
}

async fn body(response: Response<Body>) -> (u16, Value) {
    let status = response.status().as_u16();
    let bytes = to_bytes(response.into_body(), 1 << 20)
        .await
        .expect("a body");
    let text = String::from_utf8(bytes.to_vec()).expect("text");
    (
        status,
        serde_json::from_str(&text).unwrap_or(Value::String(text)),
    )
}

#[tokio::test]
async fn who_may_see_what() {
    let plane = plane();
    for (from, path, token, status) in [
        (LOCAL, "/livez", "", 200),
        (STRANGER, "/livez", "", 200),
        (STRANGER, "/readyz", "", 200),
        (LOCAL, "/healthz", "", 503),
        ("unix", "/metrics", "", 200),
        (LOCAL, "/metrics", "", 200),
        ("::ffff:127.0.0.1", "/metrics", "", 200),
        (STRANGER, "/metrics", "", 401),
        (STRANGER, "/metrics", "viewer", 200),
        (STRANGER, "/healthz", "", 401),
        (LOCAL, "/admin/v1/status", "", 401),
        (LOCAL, "/admin/v1/status", "nobody", 401),
        (LOCAL, "/admin/v1/status", "viewer", 200),
        (LOCAL, "/admin/v1/config", "viewer", 200),
        (LOCAL, "/admin/v1/prices", "viewer", 200),
        (LOCAL, "/admin/v1/nothing", "", 401),
        (LOCAL, "/admin/v1/nothing", "viewer", 404),
        (LOCAL, "/admin/v1/reload", "viewer", 405),
    ] {
        let (found, body) = plane.get(from, path, token).await;
        assert_eq!(found, status, "{path} from {from} as {token:?}: {body}");
    }
}

#[tokio::test]
async fn an_error_is_a_problem_document() {
    let request = Request::get("/admin/v1/status")
        .body(Body::empty())
        .expect("a request");
    let response = plane().call(LOCAL, request).await;
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    let (_, problem) = body(response).await;
    let expected = r#"{"detail":"an admin token is needed","status":401,"title":"Unauthorized","type":"about:blank"}"#;
    assert_eq!(problem.to_string(), expected);
}

#[tokio::test]
async fn the_eleventh_wrong_token_shuts_the_address_out_and_no_other() {
    let plane = plane();
    for _ in 0..10 {
        assert_eq!(plane.get(STRANGER, "/metrics", "wrong").await.0, 401);
    }
    assert_eq!(plane.get(STRANGER, "/metrics", "wrong").await.0, 401);
    assert_eq!(plane.get(STRANGER, "/metrics", "viewer").await.0, 429);
    assert_eq!(plane.get(LOCAL, "/admin/v1/status", "viewer").await.0, 200);
}

#[tokio::test]
async fn entries_are_paged_newest_first_and_found_by_id() {
    let plane = plane();
    let (_, first) = plane
        .get(LOCAL, "/admin/v1/requests?limit=2&team=research", "viewer")
        .await;
    assert_eq!(first["items"].as_array().map(Vec::len), Some(2));
    let next = first["next"].as_str().expect("a cursor");
    let path = format!("/admin/v1/requests?limit=2&cursor={next}");
    let (_, second) = plane.get(LOCAL, &path, "viewer").await;
    assert_eq!(second["items"].as_array().map(Vec::len), Some(1));
    let id = second["items"][0]["id"].as_str().expect("an id");
    let (status, entry) = plane
        .get(LOCAL, &format!("/admin/v1/requests/{id}"), "viewer")
        .await;
    assert_eq!(
        (status, &entry["cost_usd"]),
        (200, &Value::from("0.0000000015"))
    );
}

#[tokio::test]
async fn a_parameter_that_cannot_be_read_is_named() {
    let plane = plane();
    for (query, said) in [
        (
            "requests?limit=0",
            "`limit` must be a number from 1 to 1000",
        ),
        (
            "requests?cursor=x",
            "`cursor` must be what the page before gave",
        ),
        (
            "requests?outcome=odd",
            "`outcome` must be one of the ledger's outcomes",
        ),
        ("requests/7", "`id` must be a UUID"),
        (
            "usage?interval=week",
            "`interval` must be hour, day or month",
        ),
        ("usage?by=colour", "`by` must be up to 4 of"),
        ("usage?from=soon", "`from` must be a time such as"),
        (
            "usage?form=1d",
            "Failed to deserialize query string: form: unknown field `form`",
        ),
    ] {
        let (status, problem) = plane
            .get(LOCAL, &format!("/admin/v1/{query}"), "viewer")
            .await;
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(
            status == 400 && detail.starts_with(said),
            "{query}: {status} {problem}"
        );
    }
}

#[tokio::test]
async fn usage_adds_up_by_label() {
    let (status, report) = plane()
        .get(LOCAL, "/admin/v1/usage?by=team", "viewer")
        .await;
    assert_eq!(status, 200);
    assert_eq!(report["items"][0]["group"]["team"], "research");
    assert_eq!(report["total"]["input_tokens"], 30);
    assert_eq!(report["total"]["cost_usd"], "0.0000000045");
}

#[tokio::test]
async fn a_wrong_configuration_is_told_to_whoever_reloads() {
    let plane = plane();
    let reload = |who: &str| {
        let token = format!("Bearer {who}-0123456789abcdef");
        let request = Request::post("/admin/v1/reload").header("authorization", token);
        request.body(Body::empty()).expect("a request")
    };
    assert_eq!(body(plane.call(LOCAL, reload("viewer")).await).await.0, 403);
    let (status, problem) = body(plane.call(LOCAL, reload("operator")).await).await;
    assert_eq!(status, 422);
    assert_eq!(problem["errors"][0], "error: unknown key `lisen`");
}

#[tokio::test]
async fn no_answer_holds_a_secret() {
    let plane = plane();
    for path in ["status", "config", "prices", "requests", "usage"] {
        let (_, body) = plane
            .get(LOCAL, &format!("/admin/v1/{path}"), "viewer")
            .await;
        let text = body.to_string();
        assert!(
            !text.contains("hidden") && !text.contains("0123456789abcdef"),
            "{path}: {text}"
        );
    }
}

#[tokio::test]
async fn it_serves_on_a_socket_until_told_to_stop() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("bound");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let router = plane().router;
    let serving = tokio::spawn(async move {
        let (stream, peer) = listener.accept().await.expect("a connection");
        let stopped = async move {
            stopped.await.ok();
        };
        serve_stream(stream, Some(peer.ip()), router, stopped).await;
    });
    let mut stream = tokio::net::TcpStream::connect(address)
        .await
        .expect("connected");
    stream
        .write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("sent");
    let mut answer = vec![0; 15];
    stream.read_exact(&mut answer).await.expect("answered");
    assert_eq!(answer, b"HTTP/1.1 200 OK");
    stop.send(()).expect("still serving");
    // The idle connection is closed, not waited for.
    tokio::time::timeout(std::time::Duration::from_secs(4), serving)
        .await
        .expect("in time")
        .expect("without a panic");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.expect("closed");
}
