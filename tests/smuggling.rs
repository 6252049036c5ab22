//! Nothing that two parties may read differently passes: it is refused, and reaches no provider.

mod corpus;

use crate::faults::PLAIN;
use crate::harness::{Config, Conn, End, Quotah, Request, Response, provider};
use corpus::{BODY, Case, corpus, valid};
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
    for call in PLAIN {
        let mut conn = quotah.connect();
        conn.send(format!(
            "POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            call.path
        ));
        let answer = conn.response();
        assert_eq!(answer.status, 400, "{call:?}");
        assert!(call.is_error(&answer.json()), "{call:?}: {}", answer.text());
        assert_eq!(
            answer.header("connection"),
            Some("close"),
            "{}",
            answer.head
        );
    }
    assert_eq!(provider.requests_count(), 0);
}

#[test]
fn odd_but_valid_requests_pass() {
    let (provider, quotah) = gateway();
    let rows = valid();
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
        // A body that was all there may be read away and the connection kept.
        conn.finish();
        assert_eq!(
            conn.read_to_end(),
            (Vec::new(), End::Whole),
            "{}",
            request.head()
        );
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
