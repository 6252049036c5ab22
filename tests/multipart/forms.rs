//! What reaches the provider: the client's bytes, but for the model's name.

use std::thread;
use std::time::Duration;

use super::provider::{OK, Provider};
use super::{BOUNDARY, booked, config, end, fields_of, file_head, form, gateway, noise, request};
use crate::harness::Request;

/// Sends a request with this body and plays the provider: its head and body as they came there.
fn passed(
    provider: &Provider,
    quotah: &crate::harness::Quotah,
    request: &Request,
) -> (String, Vec<u8>) {
    thread::scope(|scope| {
        let there = scope.spawn(|| {
            let mut exchange = provider.accept();
            let (body, is_whole) = exchange.body();
            assert!(is_whole, "{}", exchange.head);
            exchange.say(OK);
            (exchange.head, body)
        });
        let answer = quotah.send(request);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.body, b"{\"text\":\"Good\"}");
        there.join().unwrap()
    })
}

#[test]
fn a_form_reaches_the_provider_as_it_is_whatever_its_size_and_framing() {
    let provider = Provider::listen();
    let quotah = gateway(&provider, "");
    for size in [10, 200_000, 3_000_000] {
        let body = form(
            &[("model", "whisper-1"), ("response_format", "json")],
            &noise(size),
        );
        let (head, there) = passed(&provider, &quotah, &request().body(&body));
        assert!(there == body, "{size}");
        let length = format!("content-length: {}\r\n", body.len());
        assert!(head.to_lowercase().contains(&length), "{head}");
        assert!(head.contains(BOUNDARY), "{head}");
        let (head, there) = passed(
            &provider,
            &quotah,
            &request().chunked(&body, &[1, 70_000, 9]),
        );
        assert!(there == body, "{size} chunked");
        if size > 300_000 {
            assert!(
                head.to_lowercase().contains("transfer-encoding: chunked"),
                "{head}"
            );
        }
    }
    for entry in quotah.ledger_of(6) {
        assert_eq!(entry.str("model_asked"), "whisper-1");
        assert_eq!(entry.str("outcome"), "ok");
        assert!(entry.u64("request_bytes") > 200, "{}", entry.0);
    }
}

#[test]
fn a_models_name_is_replaced_in_a_form_and_nothing_else() {
    let provider = Provider::listen();
    let quotah = config(&provider)
        .model("ears", "openai", "gpt-4o-mini-transcribe")
        .start();
    for size in [10, 1_000_000] {
        let file = noise(size);
        let sent = form(&[("language", "en"), ("model", "ears")], &file);
        let expected = form(
            &[("language", "en"), ("model", "gpt-4o-mini-transcribe")],
            &file,
        );
        for request in [request().body(&sent), request().chunked(&sent, &[100])] {
            let (_, there) = passed(&provider, &quotah, &request);
            assert!(there == expected, "{size}");
        }
    }
    for entry in quotah.ledger_of(4) {
        assert_eq!(entry.str("model_asked"), "ears");
        assert_eq!(entry.str("model_sent"), "gpt-4o-mini-transcribe");
    }
}

#[test]
fn a_model_behind_the_file_is_found_within_the_bound_and_booked_beyond_it() {
    let provider = Provider::listen();
    let quotah = config(&provider)
        .model("ears", "openai", "whisper-1")
        .key("free", "sk-qh-freefreefree-0123456789abcdef", "")
        .key(
            "bound",
            "sk-qh-boundboundbo-0123456789abcdef",
            "models = [\"ears\"]",
        )
        .start();
    let behind = |size: usize, model: &str| {
        let parts = [
            file_head().as_bytes(),
            &noise(size),
            b"\r\n",
            &fields_of(&[("model", model)]),
            &end(),
        ]
        .concat();
        request().body(parts)
    };
    let bound = "sk-qh-boundboundbo-0123456789abcdef";
    let near = behind(100_000, "ears").bearer(bound);
    let (_, there) = passed(&provider, &quotah, &near);
    assert!(there.ends_with(&[&*fields_of(&[("model", "whisper-1")]), &end()].concat()));

    let refused = quotah.send(&behind(600_000, "ears").bearer(bound));
    assert_eq!(refused.status, 403, "{}", refused.text());

    let far = behind(600_000, "gpt-4o-transcribe").bearer("sk-qh-freefreefree-0123456789abcdef");
    passed(&provider, &quotah, &far);
    let entries = quotah.ledger_of(3);
    assert_eq!(entries[1].u64("status"), 403);
    assert_eq!(entries[2].str("model_sent"), "gpt-4o-transcribe");
    assert_eq!(entries[2].str("outcome"), "ok");
}

#[test]
fn a_key_cannot_name_a_second_model_behind_the_first() {
    let provider = Provider::listen();
    let quotah = config(&provider)
        .key(
            "bound",
            "sk-qh-boundboundbo-0123456789abcdef",
            "models = [\"whisper-1\"]",
        )
        .start();
    let two = |size: usize| {
        let parts = [
            &*fields_of(&[("model", "whisper-1")]),
            file_head().as_bytes(),
            &noise(size),
            b"\r\n",
            &fields_of(&[("model", "gpt-4o-transcribe")]),
            &end(),
        ]
        .concat();
        request()
            .bearer("sk-qh-boundboundbo-0123456789abcdef")
            .body(parts)
    };
    let near = quotah.send(&two(100));
    assert_eq!(near.status, 400, "{}", near.text());
    assert!(near.text().contains("given twice"), "{}", near.text());
    thread::scope(|scope| {
        let there = scope.spawn(|| provider.accept().body().1);
        let far = quotah.send(&two(900_000));
        assert_eq!(far.status, 400, "{}", far.text());
        assert!(!there.join().unwrap(), "the provider has a whole request");
    });
    for entry in quotah.ledger_of(2) {
        assert_eq!(entry.str("outcome"), "refused");
    }
}

#[test]
fn a_form_that_reads_in_two_ways_is_refused() {
    let provider = Provider::listen();
    let quotah = gateway(&provider, "");
    let body = form(&[("model", "whisper-1")], b"a");
    let plain = Request::of("POST", super::PATH);
    for (why, request) in [
        (
            "no boundary",
            plain
                .clone()
                .header("content-type", "multipart/form-data")
                .body(&body),
        ),
        (
            "two types",
            request()
                .header("content-type", "multipart/form-data; boundary=b")
                .body(&body),
        ),
        (
            "bare line feed",
            request().body(String::from_utf8_lossy(&body).replace("\r\n--", "\n--")),
        ),
    ] {
        let answer = quotah.send(&request);
        assert_eq!(answer.status, 400, "{why}: {}", answer.text());
    }
}

#[test]
fn a_file_that_is_no_form_passes_as_it_comes() {
    let provider = Provider::listen();
    let quotah = gateway(&provider, "");
    let file = noise(2_000_000);
    let upload = Request::of("POST", "/openai/v1/uploads/upload_1/bytes")
        .header("content-type", "application/octet-stream");
    let (_, there) = passed(&provider, &quotah, &upload.body(&file));
    assert!(there == file);
    assert_eq!(booked(&quotah).u64("request_bytes"), 2_000_000);
}

#[test]
fn bytes_go_on_as_they_come_and_a_slow_client_is_waited_for() {
    let provider = Provider::listen();
    let quotah = gateway(&provider, "");
    let body = form(&[("model", "whisper-1")], &noise(400_000));
    let mut conn = quotah.connect();
    let head = request().header("content-length", &body.len().to_string());
    conn.send(head.head());
    conn.send(&body[..1_000]);
    let mut exchange = provider.accept();
    assert!(
        exchange.raw(1_000) == body[..1_000],
        "the beginning, before the end is sent"
    );
    for at in 1..5 {
        thread::sleep(Duration::from_millis(50));
        conn.send(&body[at * 1_000..(at + 1) * 1_000]);
        assert!(exchange.raw(1_000) == body[at * 1_000..(at + 1) * 1_000]);
    }
    conn.send(&body[5_000..]);
    assert!(exchange.raw(body.len() - 5_000) == body[5_000..]);
    exchange.say(OK);
    assert_eq!(conn.response().status, 200);

    // The connection stands for the next request.
    conn.send(
        request()
            .body(form(&[("model", "whisper-1")], b"a"))
            .bytes(),
    );
    exchange.next_head();
    assert!(exchange.body().1);
    exchange.say(OK);
    assert_eq!(conn.response().status, 200);
}

#[test]
fn who_asks_whether_to_send_is_told_to() {
    let provider = Provider::listen();
    let quotah = gateway(&provider, "");
    let body = form(&[("model", "whisper-1")], &noise(400_000));
    let mut conn = quotah.connect();
    let head = request()
        .header("content-length", &body.len().to_string())
        .header("expect", "100-continue");
    conn.send(head.head());
    assert_eq!(conn.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    conn.send(&body);
    let mut exchange = provider.accept();
    assert_eq!(exchange.header("expect"), None);
    assert!(exchange.body() == (body, true));
    exchange.say(OK);
    assert_eq!(conn.response().status, 200);
}
