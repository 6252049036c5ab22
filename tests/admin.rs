//! The admin plane: who may see what, in which shape, and metrics that stay clean and bounded.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;

use crate::harness::{Config, Conn, Quotah, Request, Response, provider, served};

const BODY: &str = r#"{"model":"gpt-4o-mini"}"#;

/// Roles by their token.
const TOKENS: &str = "[[admin.tokens]]\nname = \"grafana\"\ntoken = \"viewer-token-0123456789\"\nrole = \"viewer\"\n\
                      [[admin.tokens]]\nname = \"ops\"\ntoken = \"operator-token-0123456789\"\nrole = \"operator\"";

#[test]
fn health_and_metrics_are_open_here_and_everything_else_needs_a_token() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for path in ["/livez", "/readyz", "/healthz", "/metrics"] {
        assert_eq!(bare(&quotah, &Request::get(path)).status, 200, "{path}");
    }
    for path in [
        "status",
        "requests",
        "usage",
        "prices",
        "config",
        "nothing-here",
    ] {
        let path = format!("/admin/v1/{path}");
        let refused = bare(&quotah, &Request::get(&path));
        assert_problem(&refused, 401);
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"), "{path}");
        let wrong = bare(
            &quotah,
            &Request::get(&path).bearer("wrong-token-0123456789"),
        );
        assert_problem(&wrong, 401);
    }
    for path in ["status", "requests", "usage", "prices", "config"] {
        quotah.admin_json(&format!("/admin/v1/{path}"));
    }
}

#[test]
fn a_viewer_reads_and_only_an_operator_reloads() {
    let provider = provider();
    let quotah = Config::toward(&provider).table(TOKENS).start();
    let as_role = |request: Request, role: &str| {
        bare(
            &quotah,
            &request.bearer(&format!("{role}-token-0123456789")),
        )
    };
    for role in ["viewer", "operator"] {
        assert_eq!(as_role(Request::get("/admin/v1/status"), role).status, 200);
    }
    assert_problem(
        &as_role(Request::post("/admin/v1/reload", ""), "viewer"),
        403,
    );
    assert_eq!(
        as_role(Request::post("/admin/v1/reload", ""), "operator").status,
        200
    );
}

#[test]
fn who_guesses_tokens_is_shut_out_for_a_while() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let guess = |n: i32| {
        bare(
            &quotah,
            &Request::get("/admin/v1/status").bearer(&format!("guess-{n:016}")),
        )
    };
    let statuses: Vec<_> = (0..15).map(|n| guess(n).status).collect();
    assert_eq!(statuses.first(), Some(&401));
    let last = guess(16);
    assert_problem(&last, 429);
    let after: u64 = last
        .header("retry-after")
        .and_then(|s| s.parse().ok())
        .unwrap_or(0);
    assert!((1..=61).contains(&after), "{}", last.head);
    assert!(
        statuses.iter().filter(|status| **status == 401).count() <= 12,
        "{statuses:?}"
    );
    assert_eq!(
        bare(&quotah, &Request::get("/livez")).status,
        200,
        "probes are not shut out"
    );
}

#[test]
fn every_error_is_a_problem_document() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for (request, status) in [
        (Request::get("/admin/v1/nothing-here"), 404),
        (Request::get("/admin/v1/requests/not-a-uuid"), 400),
        (
            Request::get("/admin/v1/requests/01a1fbc1-b28a-7142-a4a5-8cca52b252b1"),
            404,
        ),
        (Request::get("/admin/v1/requests?limit=0"), 400),
        (Request::get("/admin/v1/requests?limit=1001"), 400),
        (Request::get("/admin/v1/requests?cursor=nonsense"), 400),
        (Request::get("/admin/v1/requests?outcome=fine"), 400),
        (Request::get("/admin/v1/requests?unheard=of"), 400),
        (Request::get("/admin/v1/usage?by=shoe-size"), 400),
        (Request::get("/admin/v1/usage?interval=fortnight"), 400),
        (Request::get("/admin/v1/usage?from=yesteryear"), 400),
        (Request::post("/admin/v1/status", ""), 405),
        (Request::get("/admin/v1/reload"), 405),
    ] {
        assert_problem(&quotah.admin(request), status);
    }
}

#[test]
fn pages_and_filters_give_every_entry_once_newest_first() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .key("k", "sk-virtual-admin-key-1", "team = \"t\"")
        .start();
    for n in 0..23 {
        let request = Request::post("/v1/chat/completions", BODY);
        let request = if n % 3 == 0 {
            request.bearer("sk-virtual-admin-key-1")
        } else {
            request
        };
        let request = if n % 5 == 0 {
            request.header("x-mock-status", "500")
        } else {
            request
        };
        quotah.send(&request);
    }
    let all: Vec<_> = quotah
        .ledger_of(23)
        .iter()
        .rev()
        .map(|entry| entry.str("id").to_owned())
        .collect();
    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = quotah.admin_json(&format!("/admin/v1/requests?limit=4{cursor}"));
        let items = page["items"].as_array().expect("a list");
        assert!(items.len() <= 4);
        paged.extend(
            items
                .iter()
                .map(|item| item["id"].as_str().unwrap_or_default().to_owned()),
        );
        let Some(next) = page["next"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, all);
    assert_eq!(paged.iter().collect::<BTreeSet<_>>().len(), 23);
    for (filter, count) in [
        ("key=k", 8),
        ("team=t", 8),
        ("outcome=upstream_error", 5),
        ("model=gpt-4o-mini", 23),
        ("provider=gemini", 0),
        ("team=t&outcome=ok", 6),
    ] {
        let page = quotah.admin_json(&format!("/admin/v1/requests?{filter}"));
        assert_eq!(
            page["items"].as_array().map(Vec::len),
            Some(count),
            "{filter}"
        );
    }
}

#[test]
fn status_and_health_say_what_is_running() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    quotah.entry(&quotah.post("/v1/chat/completions", BODY));
    let status = quotah.admin_json("/admin/v1/status");
    assert_eq!(status["pid"], quotah.pid());
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        (&status["store"]["health"], &status["store"]["entries"]),
        (&"ok".into(), &1.into())
    );
    assert_eq!(status["in_flight"]["requests"], 0, "{status}");
    let health = bare(&quotah, &Request::get("/healthz")).json();
    assert_eq!(
        (&health["state"], &health["ready"]),
        (&"up".into(), &true.into()),
        "{health}"
    );
    let names: Vec<_> = health["components"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|c| c["name"].to_string())
        .collect();
    assert!(names.contains(&"\"ledger\"".to_owned()), "{names:?}");
}

#[test]
fn no_secret_prompt_or_answer_is_anywhere_but_on_its_way() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .key("k", "sk-virtual-secret-key-1", "")
        .start();
    let body = r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"PROMPT-MARKER"}]}"#;
    for (status, target) in [
        ("200", "/v1/chat/completions?key=QUERY-MARKER"),
        ("500", "/v1/chat/completions"),
    ] {
        let request = Request::post(target, body)
            .bearer("sk-virtual-secret-key-1")
            .header("x-mock-status", status);
        quotah.entry(&quotah.send(&request));
    }
    quotah.send(&Request::post(
        "/v1/chat/completions",
        "PROMPT-MARKER not json",
    ));
    assert_eq!(served(&provider, 2).len(), 2);
    let mut places = vec![
        ("log".to_owned(), quotah.stderr().into_bytes()),
        (
            "metrics".to_owned(),
            quotah.metrics().text().as_bytes().to_vec(),
        ),
        (
            "configuration".to_owned(),
            quotah
                .admin_json("/admin/v1/config")
                .to_string()
                .into_bytes(),
        ),
        (
            "ledger".to_owned(),
            quotah
                .cli(&["export", "--format", "jsonl"])
                .stdout
                .into_bytes(),
        ),
    ];
    for path in files_below(&quotah.data_dir()) {
        places.push((
            path.display().to_string(),
            std::fs::read(&path).unwrap_or_default(),
        ));
    }
    for (place, bytes) in places {
        let text = String::from_utf8_lossy(&bytes);
        for secret in [
            "PROMPT-MARKER",
            "QUERY-MARKER",
            " token token",
            "sk-virtual-secret",
            "sk-test-openai",
            "test-admin-token",
        ] {
            assert!(!text.contains(secret), "{secret} in {place}");
        }
    }
}

#[test]
fn promtool_finds_nothing_to_complain_about() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for (target, status) in [
        ("/v1/chat/completions", "200"),
        ("/v1/chat/completions", "429"),
        ("/v1/nothing", "200"),
    ] {
        quotah.send(
            &Request::post(target, r#"{"model":"odd \" \\ model","stream":true}"#)
                .header("x-mock-status", status),
        );
    }
    quotah.send(&Request::post("/v1/messages", "{"));
    quotah.ledger_of(4);
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is installed (scripts/setup --tests)");
    let text = quotah.metrics().text().to_owned();
    promtool
        .stdin
        .take()
        .expect("piped")
        .write_all(text.as_bytes())
        .expect("promtool reads");
    let said = promtool.wait_with_output().expect("promtool ends");
    let complaints = [said.stdout, said.stderr].concat();
    assert!(
        said.status.success() && complaints.is_empty(),
        "{}",
        String::from_utf8_lossy(&complaints)
    );
}

#[test]
fn five_thousand_model_names_make_no_more_series_than_the_bound_and_lose_no_token() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    thread::scope(|scope| {
        for thread in 0..4 {
            let quotah = &quotah;
            scope.spawn(move || {
                let mut conn = quotah.connect();
                for n in 0..1250 {
                    let body = format!(r#"{{"model":"made-up-{thread}-{n}"}}"#);
                    assert_eq!(
                        conn.exchange(&Request::post("/v1/chat/completions", body))
                            .status,
                        200
                    );
                }
            });
        }
    });
    let billed: u64 = served(&provider, 5000)
        .iter()
        .map(|request| request.billed.input)
        .sum();
    let metrics = quotah.metrics();
    let families: BTreeSet<_> = metrics
        .iter()
        .filter_map(|(sample, _)| sample.split('{').next())
        .collect();
    for family in families {
        assert!(metrics.series(family) <= 2000, "{family}");
    }
    assert!(
        metrics.text().len() < 2 << 20,
        "{} bytes",
        metrics.text().len()
    );
    assert!(
        !metrics.text().contains("made-up-"),
        "labels come from the configuration alone"
    );
    let counted = metrics.sum("quotah_tokens_total", &[("type", "input")]);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let billed = billed as f64;
    assert!((counted - billed).abs() < 0.5, "{counted} of {billed}");
    let unpriced = metrics.sum("quotah_unpriced_requests_total", &[]);
    assert!((unpriced - 5000.0).abs() < 0.5, "{unpriced}");
}

/// A request to the admin plane as it is, without a token of ours.
fn bare(quotah: &Quotah, request: &Request) -> Response {
    Conn::open(quotah.admin_addr()).exchange(request)
}

/// RFC 9457, with this status.
fn assert_problem(response: &Response, status: u16) {
    let problem = response.json();
    assert_eq!(response.status, status, "{problem}");
    assert_eq!(
        response.header("content-type"),
        Some("application/problem+json"),
        "{problem}"
    );
    assert_eq!(problem["status"], status);
    assert!(
        problem["title"].is_string() && problem["detail"].is_string(),
        "{problem}"
    );
}

fn files_below(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.is_file() {
            files.push(path);
        }
    }
    files
}
