//! Failures that are tried elsewhere: the client sees one good answer, the second provider the same body.

use std::io::{Read, Write};
use std::net::TcpListener;

use quotah_bench::mock::{Cut, Directives, Hang, Script};

use super::{Pair, assert_good, attempts, body_of, status};
use crate::faults::{PLAIN, STREAMED};
use crate::harness::{Config, Request, provider, served};

/// A way to fail before the first byte of an answer.
struct Failure {
    what: &'static str,
    /// Which of [`Pair`]'s routes meets it.
    route: &'static str,
    stream: bool,
    directives: Directives,
    /// Of the failed attempt; 0 where no byte of an answer came.
    status: u64,
    classes: &'static [&'static str],
}

impl Failure {
    fn of(
        what: &'static str,
        route: &'static str,
        status: u64,
        classes: &'static [&'static str],
    ) -> Self {
        Self {
            what,
            route,
            stream: false,
            directives: Directives::default(),
            status,
            classes,
        }
    }

    fn with(self, directives: Directives) -> Self {
        Self { directives, ..self }
    }

    fn streamed(self) -> Self {
        let stream = true;
        Self { stream, ..self }
    }
}

/// No answer, or one that broke off before its first byte.
fn silent() -> Vec<Failure> {
    let hang = |hang| Directives {
        hang: Some(hang),
        ..Directives::default()
    };
    let cut = |at, cut| Directives {
        cut_body_at: Some(at),
        cut,
        ..Directives::default()
    };
    let broken: &[&str] = &["truncated", "closed"];
    vec![
        Failure::of("nobody listens", "g", 0, &["connect"]),
        Failure::of("no TLS there", "t", 0, &["connect"]),
        Failure::of("no head in time", "s", 0, &["timeout"]).with(hang(Hang::BeforeHead)),
        Failure::of("no byte in time", "s", 0, &["timeout"]).with(hang(Hang::AfterHead)),
        Failure::of("closed unanswered", "m", 0, broken).with(Directives {
            cut_at: Some(0),
            ..Directives::default()
        }),
        Failure::of("a head alone", "m", 0, broken).with(cut(0, Cut::Close)),
        Failure::of("a head and a reset", "m", 0, broken).with(cut(0, Cut::Reset)),
        Failure::of("a head of a stream alone", "m", 0, broken)
            .with(cut(0, Cut::Close))
            .streamed(),
    ]
}

/// Statuses that say that another time, or another provider, may serve.
fn refusals() -> Vec<Failure> {
    let told: [(u16, &'static [&'static str]); 7] = [
        (408, &["timeout", "server_error"]),
        (429, &["rate_limited"]),
        (500, &["server_error"]),
        (502, &["server_error"]),
        (503, &["overloaded", "server_error"]),
        (504, &["timeout", "server_error"]),
        (529, &["overloaded", "server_error"]),
    ];
    told.into_iter()
        .map(|(code, classes)| Failure::of("status", "m", code.into(), classes).with(status(code)))
        .collect()
}

/// Streams of status 200 that are an error.
fn error_events() -> Vec<Failure> {
    let classes: &[&str] = &["server_error", "overloaded"];
    let first = Directives {
        error_first: true,
        ..Directives::default()
    };
    let after_preamble = Directives {
        error_at: Some(0),
        ..Directives::default()
    };
    vec![
        Failure::of("an error event alone", "m", 200, classes)
            .with(first)
            .streamed(),
        Failure::of("an error event after the role", "m", 200, classes)
            .with(after_preamble)
            .streamed(),
    ]
}

#[test]
fn every_failure_before_the_first_byte_is_served_by_the_next_deployment_whatever_the_body() {
    let pair = Pair::patient();
    let failures = silent().into_iter().chain(refusals()).chain(error_events());
    for failure in failures {
        for bytes in [73, 100_000] {
            for chunked in [false, true] {
                served_by_second(&pair, &failure, bytes, chunked);
            }
        }
    }
}

#[test]
fn twenty_megabytes_are_sent_again_whole() {
    let pair = Pair::patient();
    for failure in [
        Failure::of("status", "m", 500, &["server_error"]).with(status(500)),
        error_events().remove(0),
    ] {
        for chunked in [false, true] {
            served_by_second(&pair, &failure, 20_000_000, chunked);
        }
    }
}

fn served_by_second(pair: &Pair, failure: &Failure, bytes: usize, chunked: bool) {
    let what = format!(
        "{} {} ({bytes} B, chunked {chunked})",
        failure.what, failure.status
    );
    pair.first_answers(failure.directives.clone());
    let body = body_of(failure.route, failure.stream, bytes);
    let request =
        Request::of("POST", "/v1/chat/completions").header("content-type", "application/json");
    let request = if chunked {
        request.chunked(&body, &[65_537, 13, 1_000_000])
    } else {
        request.body(&body)
    };
    let answer = pair.quotah.send(&request);
    assert_good(&answer, "2", &what);
    assert_eq!(answer.header("x-quotah-provider"), Some("second"), "{what}");
    let seen = served(&pair.second, 1);
    assert_eq!(seen.len(), 1, "{what}");
    let came = seen[0].body.len();
    assert!(seen[0].body == body, "{what}: {came} bytes came");
    assert_eq!(answer.body, seen[0].answer, "{what}");
    let asked_first = pair.first.requests();
    assert!(
        asked_first.len() <= 1,
        "{what}: {} requests",
        asked_first.len()
    );
    assert!(
        asked_first.iter().all(|request| request.body == body),
        "{what}"
    );
    let entry = pair.quotah.entry(&answer);
    let tried = attempts(&entry);
    assert_eq!(tried.len(), 2, "{what}: {tried:?}");
    assert_eq!(tried[0].1, failure.status, "{what}: {tried:?}");
    assert!(failure.classes.contains(&&*tried[0].2), "{what}: {tried:?}");
    let good = ("second".to_owned(), 200, String::new());
    assert_eq!(tried[1], good, "{what}");
    assert_eq!(entry.str("outcome"), "ok", "{what}");
    if !failure.stream {
        assert_eq!(entry.tokens(), seen[0].billed, "{what}");
    }
}

#[test]
fn every_dialect_goes_elsewhere_before_its_content_began() {
    let (first, second) = (provider(), provider());
    let config = PLAIN.iter().fold(Config::empty(), |config, call| {
        let names = ["first", "second"].map(|place| format!("{place}-{}", call.dialect));
        let [ours, other] = names
            .each_ref()
            .map(|name| format!("{name}/{}", call.model));
        config
            .provider(
                &names[0],
                call.dialect,
                &first.url(),
                "inject_usage = false",
            )
            .provider(
                &names[1],
                call.dialect,
                &second.url(),
                "inject_usage = false",
            )
            .route(call.model, "", &[&ours, &other])
    });
    let quotah = config.patient().start();
    let always = |directives| Script::always(directives);
    let plain = [status(429), status(500), status(529)];
    let streamed = [
        status(503),
        Directives {
            error_first: true,
            ..Directives::default()
        },
        Directives {
            error_at: Some(0),
            ..Directives::default()
        },
        Directives {
            cut_body_at: Some(0),
            ..Directives::default()
        },
    ];
    let asked = PLAIN
        .iter()
        .flat_map(|call| plain.iter().map(move |directives| (call, directives)));
    let streams = STREAMED
        .iter()
        .flat_map(|call| streamed.iter().map(move |directives| (call, directives)));
    for (call, directives) in asked.chain(streams) {
        let what = format!("{call:?} {directives:?}");
        first.set(always(directives.clone()));
        second.forget();
        let answer = quotah.send(&call.request());
        assert_good(&answer, "2", &what);
        let seen = served(&second, 1);
        assert_eq!(seen[0].body, call.body, "{what}");
        assert_eq!(answer.body, seen[0].answer, "{what}");
        let entry = quotah.entry(&answer);
        // This provider was not asked for usage, and tells none.
        let is_estimated = call.dialect == "openai" && call.body.contains("stream");
        let source = if is_estimated {
            "estimated"
        } else {
            "provider"
        };
        assert_eq!(entry.str("usage_source"), source, "{what}");
        if !is_estimated {
            assert_eq!(entry.tokens(), seen[0].billed, "{what}");
        }
    }
}

#[test]
fn an_accepted_answer_that_was_left_is_booked_beside_its_request() {
    let (first, second) = (provider(), provider());
    let call = STREAMED[1];
    let deployments = [
        "first/claude-opus-4-1".to_owned(),
        format!("second/{}", call.model),
    ];
    let quotah = Config::empty()
        .provider("first", call.dialect, &first.url(), "")
        .provider("second", call.dialect, &second.url(), "")
        .route(call.model, "", &deployments.each_ref().map(|name| &**name))
        .table("[[budgets]]\nid = \"all\"\nlimit_usd = \"5\"")
        .patient()
        .start();
    first.set(Script::always(Directives {
        error_at: Some(0),
        ..Directives::default()
    }));
    let answer = quotah.send(&call.request());
    assert_good(&answer, "2", "left after its preamble");
    let entries = quotah.ledger_of(2);
    let left = entries
        .iter()
        .find(|entry| entry.str("role") == "abandoned");
    let left = left.unwrap();
    let own = quotah.entry(&answer);
    assert_eq!(left.str("parent"), own.str("id"));
    assert_eq!(left.str("provider"), "first");
    assert_eq!(left.str("model_sent"), "claude-opus-4-1");
    assert_eq!(left.str("outcome"), "upstream_error");
    assert_eq!((own.str("role"), own.str("provider")), ("", "second"));
    // Its preamble told what was read: that may be on the bill.
    let told = left.u64("input_tokens");
    assert_eq!(told, served(&first, 1)[0].billed.input, "{}", left.0);
    // At its own price, 15 dollars a million, and not at the other's 1: some of it came from a cache.
    assert!(left.u64("cost_nanousd") > told * 5_000, "{}", left.0);
    let spent = left.u64("cost_nanousd") + own.u64("cost_nanousd");
    let budget = quotah.admin_json("/admin/v1/budgets/all");
    let account = &budget["accounts"][0];
    assert_eq!(account["spent_nanousd"].as_u64(), Some(spent), "{budget}");
    assert_eq!(account["reserved_usd"], "0.00", "{budget}");
    // One request, as far as clients go.
    let requests = quotah.metric("quotah_requests_total", &[]);
    assert!((requests - 1.0).abs() < 0.1, "{requests}");
    let fallbacks = quotah.metric("quotah_fallbacks_total", &[("reason", "overloaded")]);
    assert!((fallbacks - 1.0).abs() < 0.1, "{}", quotah.metrics().text());
}

#[test]
fn a_provider_that_refuses_before_it_has_read_all_is_left_like_any_other() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let second = provider();
    let quotah = Config::empty()
        .provider("hasty", "openai", &url, "")
        .provider("second", "openai", &second.url(), "")
        .route("m", "", &["hasty/m", "second/m"])
        .patient()
        .start();
    let hasty = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut head = [0; 1024];
        let read = socket.read(&mut head).unwrap();
        let refusal =
            b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
        socket.write_all(refusal).unwrap();
        // What was not read resets the connection when it is dropped.
        read
    });
    let body = body_of("m", false, 8_000_000);
    let answer = quotah.send(&Request::post("/v1/chat/completions", &body));
    assert_good(&answer, "2", "refused in haste");
    assert!(served(&second, 1)[0].body == body);
    assert!(hasty.join().unwrap() > 0);
}

#[test]
fn only_the_models_name_differs_where_each_deployment_has_its_own() {
    let (first, second) = (provider(), provider());
    let quotah = Config::empty()
        .provider("first", "openai", &first.url(), "")
        .provider("second", "openai", &second.url(), "")
        .route(
            "fast",
            "",
            &["first/m-of-first", "second/a-longer-name-of-second"],
        )
        .patient()
        .start();
    first.set(Script::always(status(500)));
    let odd = |model: &str| {
        format!(
            "{{ \"x\":1e-07,\t\"model\" : \"{model}\" , \"messages\":[{{\"role\":\"user\",\
             \"content\":\"\\u00e9 é \\/\"}}],\"seed\":12345678901234567890,\"x\":-0.0 }}\r\n"
        )
    };
    let request = Request::post("/v1/chat/completions?a=b%20c", odd("fast"))
        .header("X-Odd", "Kept")
        .header("accept-encoding", "br;q=1.0, gzip");
    let answer = quotah.send(&request);
    assert_good(&answer, "2", "renamed");
    assert_eq!(
        answer.header("x-quotah-model"),
        Some("a-longer-name-of-second")
    );
    for (provider, model) in [(&first, "m-of-first"), (&second, "a-longer-name-of-second")] {
        let seen = served(provider, 1).remove(0);
        assert_eq!(String::from_utf8_lossy(&seen.body), odd(model));
        assert_eq!(seen.target, "/v1/chat/completions?a=b%20c");
        assert_eq!(seen.header("x-odd"), Some("Kept"));
        assert_eq!(seen.header("accept-encoding"), Some("br;q=1.0, gzip"));
        let length = odd(model).len().to_string();
        assert_eq!(seen.header("content-length"), Some(&*length));
    }
    let keys = [&first, &second].map(|provider| {
        let seen = provider.requests().remove(0);
        seen.header("authorization").unwrap().to_owned()
    });
    assert_eq!(keys, ["Bearer sk-test-first", "Bearer sk-test-second"]);
}
