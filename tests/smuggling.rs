//! Nothing that two parties may read differently passes: it is refused, and reaches no provider.

mod corpus;

use crate::harness::{Config, Conn, End, Quotah, Request, Response, provider};
use corpus::{BODY, Case, corpus};
use quotah_bench::mock::Mock;

#[test]
fn the_corpus_holds_what_it_should() {
    let cases = corpus();
    assert!(cases.len() >= 180, "{}", cases.len());
    let mut raws: Vec<_> = cases.iter().map(|case| &case.raw).collect();
    raws.sort();
    raws.dedup();
    assert_eq!(raws.len(), cases.len(), "a row stands twice");
}

#[test]
fn every_ambiguous_request_is_refused_and_reaches_nobody_when_it_comes_at_once() {
    let (provider, quotah) = gateway();
    each(&provider, |case| {
        let mut conn = quotah.connect();
        conn.try_send(&case.raw).ok();
        last_answer(&mut conn, case);
    });
    quiet(&quotah);
}

#[test]
fn every_ambiguous_request_is_refused_and_reaches_nobody_when_it_comes_byte_by_byte() {
    let (provider, quotah) = gateway();
    each(&provider, |case| {
        let mut conn = quotah.connect();
        // The long rows are about length: their bytes come in threes of a kilobyte.
        let at_once = if case.raw.len() > 4096 { 3000 } else { 1 };
        for piece in case.raw.chunks(at_once) {
            if conn.try_send(piece).is_err() {
                break;
            }
        }
        last_answer(&mut conn, case);
    });
    quiet(&quotah);
}

#[test]
fn behind_a_good_request_the_good_one_is_answered_first_and_the_ambiguous_one_refused() {
    let (provider, quotah) = gateway();
    let good = Request::post("/v1/chat/completions", BODY).bytes();
    let mut good_count = 0;
    for case in corpus() {
        let mut conn = quotah.connect();
        conn.try_send(&[good.as_slice(), &case.raw].concat()).ok();
        let first = conn.response();
        assert_eq!(
            (first.status, first.end),
            (200, End::Whole),
            "{}: {}",
            case.why,
            first.head
        );
        assert_eq!(first.json()["object"], "chat.completion", "{}", case.why);
        last_answer(&mut conn, &case);
        good_count += 1;
        assert_eq!(
            provider.requests_count(),
            good_count,
            "{} reached the provider",
            case.why
        );
    }
    assert_eq!(
        quotah
            .ledger_of(corpus().len())
            .iter()
            .filter(|e| e.str("outcome") == "ok")
            .count(),
        corpus().len()
    );
    quiet(&quotah);
}

#[test]
fn a_refused_head_is_answered_in_the_dialect_of_its_path() {
    let (provider, quotah) = gateway();
    let shapes: [(&str, fn(&serde_json::Value) -> bool); 3] = [
        ("/v1/chat/completions", |body| {
            body["error"]["code"] == "bad_request"
        }),
        ("/v1/messages", |body| {
            body["type"] == "error" && body["error"]["type"] == "invalid_request_error"
        }),
        ("/v1beta/models/gemini-2.5-flash:generateContent", |body| {
            body["error"]["code"] == 400 && body["error"]["status"] == "INVALID_ARGUMENT"
        }),
    ];
    for (path, is_shape) in shapes {
        let mut conn = quotah.connect();
        conn.send(format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
        ));
        let answer = conn.response();
        assert_eq!(answer.status, 400, "{path}");
        assert!(is_shape(&answer.json()), "{path}: {}", answer.text());
        assert_eq!(
            answer.header("connection"),
            Some("close"),
            "{path}: {}",
            answer.head
        );
    }
    assert_eq!(provider.requests_count(), 0);
}

#[test]
fn odd_but_valid_requests_pass() {
    let (provider, quotah) = gateway();
    let size = format!("{:x}", BODY.len());
    let length = BODY.len();
    let line = "POST /v1/chat/completions";
    let chunked = "Transfer-Encoding: chunked\r\n";
    let rows = [
        (
            "chunk extensions",
            format!(
                "{line} HTTP/1.1\r\nHost: a\r\n{chunked}\r\n{size};a=b;c=\"d\"\r\n{BODY}\r\n0;e\r\n\r\n"
            ),
        ),
        (
            "CHUNKED in capitals",
            format!(
                "{line} HTTP/1.1\r\nHost: a\r\nTRANSFER-ENCODING: CHUNKED\r\n\r\n{size}\r\n{BODY}\r\n0\r\n\r\n"
            ),
        ),
        (
            "capital hexadecimal digits and leading zeros",
            format!(
                "{line} HTTP/1.1\r\nHost: a\r\n{chunked}\r\n000{}\r\n{BODY}\r\n00\r\n\r\n",
                size.to_uppercase()
            ),
        ),
        (
            "trailers",
            format!(
                "{line} HTTP/1.1\r\nHost: a\r\n{chunked}Trailer: X-T\r\n\r\n{size}\r\n{BODY}\r\n0\r\nX-T: 1\r\n\r\n"
            ),
        ),
        (
            "HTTP/1.0 with a length",
            format!("{line} HTTP/1.0\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{BODY}"),
        ),
        (
            "empty lines before the request line",
            format!("\r\n\r\n{line} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{BODY}"),
        ),
        (
            "tabs and spaces around values",
            format!(
                "{line} HTTP/1.1\r\nHost:a\r\nContent-Length:\t {length} \t\r\nX-A:\r\n\r\n{BODY}"
            ),
        ),
        (
            "a host with a port",
            format!(
                "{line} HTTP/1.1\r\nHost: [::1]:8080\r\nContent-Length: {length}\r\n\r\n{BODY}"
            ),
        ),
        (
            "obs-text in a value",
            format!(
                "{line} HTTP/1.1\r\nHost: a\r\nX-A: \u{e4}\u{20ac}\r\nContent-Length: {length}\r\n\r\n{BODY}"
            ),
        ),
        (
            "90 header lines",
            format!(
                "{line} HTTP/1.1\r\nHost: a\r\n{}Content-Length: {length}\r\n\r\n{BODY}",
                "X-A: 1\r\n".repeat(90)
            ),
        ),
        (
            "a head of 50 kB",
            format!(
                "{line} HTTP/1.1\r\nHost: a\r\nX-A: {}\r\nContent-Length: {length}\r\n\r\n{BODY}",
                "a".repeat(50_000)
            ),
        ),
        (
            "a query with everything that may stand there",
            format!(
                "{line}?a=b&c=/?:@!$'()*+,;=-._~%20 HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{BODY}"
            ),
        ),
    ];
    for (why, raw) in &rows {
        for at_once in [usize::MAX, if raw.len() > 4096 { 3000 } else { 1 }] {
            let mut conn = quotah.connect();
            for piece in raw.as_bytes().chunks(at_once) {
                conn.send(piece);
            }
            let answer = conn.response();
            assert_eq!(
                (answer.status, answer.end),
                (200, End::Whole),
                "{why}: {}",
                answer.text()
            );
        }
    }
    let seen = provider.requests();
    assert_eq!(seen.len(), rows.len() * 2);
    assert!(seen.iter().all(|request| request.body == BODY.as_bytes()));
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let (provider, quotah) = gateway();
    let models: Vec<String> = (0..20).map(|n| format!("gpt-4o-mini-{n}")).collect();
    let mut conn = quotah.connect();
    let all: Vec<u8> = models
        .iter()
        .flat_map(|model| {
            Request::post(
                "/openai/v1/chat/completions",
                format!("{{\"model\":\"{model}\",\"messages\":[]}}"),
            )
            .bytes()
        })
        .collect();
    conn.send(all);
    for model in &models {
        assert_eq!(conn.response().json()["model"], model.as_str());
    }
    assert_eq!(provider.requests_count(), 20);
}

#[test]
fn an_h2_preface_behind_a_request_is_refused() {
    let (provider, quotah) = gateway();
    let mut conn = quotah.connect();
    conn.send(Request::post("/v1/chat/completions", BODY).bytes());
    assert_eq!(conn.response().status, 200);
    conn.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    let refused = conn.response();
    assert!([400, 505].contains(&refused.status), "{}", refused.head);
    assert_eq!(provider.requests_count(), 1);
}

#[test]
fn a_body_that_ends_early_reaches_nobody() {
    let (provider, quotah) = gateway();
    let bodies = [
        format!("Content-Length: 1000\r\n\r\n{BODY}"),
        format!(
            "Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{BODY}\r\n",
            BODY.len()
        ),
        format!(
            "Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{BODY}\r\n0\r\n",
            BODY.len()
        ),
    ];
    for rest in bodies {
        let mut conn = quotah.connect();
        conn.send(format!(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n{rest}"
        ));
        conn.finish();
        if let Some(answer) = conn.try_response() {
            assert_eq!(answer.status, 400, "{rest}");
        }
    }
    assert_eq!(provider.requests_count(), 0);
}

#[test]
fn a_slow_head_and_a_slow_body_are_answered_408() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server("timeout_head_ms = 300")
        .server("timeout_body_ms = 300")
        .start();
    for sent in [
        "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nX-A".to_owned(),
        "P".to_owned(),
        format!("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{BODY}"),
        "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab".to_owned(),
    ] {
        let mut conn = quotah.connect();
        conn.send(&sent);
        let answer = conn.response();
        assert_eq!(answer.status, 408, "{sent}");
        assert_eq!(answer.json()["error"]["code"], "request_timeout", "{sent}");
        assert_eq!(conn.read_to_end().0, b"", "{sent}");
    }
    assert_eq!(provider.requests_count(), 0);
}

#[test]
fn a_body_over_the_bound_is_answered_413_whatever_its_framing() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server("body_bytes_max = \"64KiB\"")
        .start();
    let body = "x".repeat((64 << 10) + 1);
    for request in [
        Request::post("/v1/chat/completions", &body),
        Request::of("POST", "/v1/chat/completions").chunked(&body, &[1000]),
        Request::of("POST", "/v1/files").header("content-length", "1125899906842624"),
    ] {
        let mut conn = quotah.connect();
        conn.try_send(&request.bytes()).ok();
        let answer = conn.response();
        assert_eq!(answer.status, 413, "{}", request.head());
        assert_eq!(answer.json()["error"]["code"], "request_too_large");
        assert_eq!(conn.read_to_end().0, b"", "{}", request.head());
    }
    assert_eq!(provider.requests_count(), 0);
}

fn gateway() -> (Mock, Quotah) {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    (provider, quotah)
}

/// Runs every row; none may reach the provider.
fn each(provider: &Mock, mut run: impl FnMut(&Case)) {
    for case in corpus() {
        run(&case);
        assert_eq!(
            provider.requests_count(),
            0,
            "{} reached the provider",
            case.why
        );
        assert_eq!(
            provider.connections_count(),
            0,
            "{} opened a connection",
            case.why
        );
    }
}

/// The row's refusal must be the connection's last word.
fn last_answer(conn: &mut Conn, case: &Case) -> Response {
    let answer = conn
        .try_response()
        .unwrap_or_else(|| panic!("{}: no answer", case.why));
    assert!(
        case.statuses.contains(&answer.status),
        "{}: {}{}",
        case.why,
        answer.head,
        answer.text()
    );
    assert_eq!(answer.end, End::Whole, "{}: {}", case.why, answer.head);
    assert!(
        answer.json()["error"]["message"].is_string(),
        "{}: {}",
        case.why,
        answer.text()
    );
    let (rest, end) = conn.read_to_end();
    assert_eq!(
        rest,
        b"",
        "{}: {}",
        case.why,
        String::from_utf8_lossy(&rest)
    );
    assert_eq!(end, End::Whole, "{}: reset instead of closed", case.why);
    answer
}

/// Nothing broke, and the next request is served.
fn quiet(quotah: &Quotah) {
    let stderr = quotah.stderr();
    assert!(!stderr.contains("panicked"), "{stderr}");
    let good = quotah.post("/v1/chat/completions", BODY);
    assert_eq!(good.status, 200, "{}", good.text());
}
