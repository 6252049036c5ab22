//! Providers that fall silent, or are not there.

use std::time::Duration;

use super::{Call, PLAIN, STREAMED, gateway_with, lives};
use crate::harness::{Config, End, Response, now, provider};

#[test]
fn a_provider_that_never_answers_is_answered_for_by_504_within_its_timeout() {
    let (_provider, quotah) = gateway_with("timeout_first_byte_ms = 500");
    for hang in ["before-head", "after-head"] {
        for call in PLAIN.into_iter().chain(STREAMED) {
            let began = now();
            let answer = quotah.send(&call.request().header("x-mock-hang", hang));
            let took = began.elapsed();
            assert_eq!(
                (answer.status, answer.end),
                (504, End::Whole),
                "{hang}: {call:?}"
            );
            assert!(call.is_error(&answer.json()), "{hang}: {}", answer.text());
            assert!(
                took >= Duration::from_millis(450) && took < Duration::from_secs(5),
                "{took:?}"
            );
            let entry = quotah.entry(&answer);
            assert_eq!(entry.str("outcome"), "upstream_error");
            assert_eq!(entry.0["attempts"][0]["error_class"], "timeout");
        }
    }
    // Whether it lives is asked of one that is more patient with a busy provider.
    assert!(!quotah.stderr().contains("panicked"));
}

#[test]
fn a_provider_that_falls_silent_in_the_middle_is_cut_visibly_after_its_idle_timeout() {
    let (provider, quotah) = gateway_with("timeout_idle_ms = 700");
    for call in STREAMED {
        let began = now();
        let request = call
            .request()
            .header("x-mock-chunks", "10")
            .header("x-mock-hang", "mid-stream");
        let answer = quotah.send(&request);
        let took = began.elapsed();
        assert!(
            took >= Duration::from_millis(600) && took < Duration::from_secs(5),
            "{took:?}"
        );
        assert_cut_with_an_event(call, &answer);
        let entry = quotah.entry(&answer);
        assert_eq!(entry.str("outcome"), "upstream_error");
        assert_eq!(entry.str("reason"), "timeout");
        assert!(
            entry.u64("output_tokens") > 0,
            "what was delivered is booked: {call:?}"
        );
        assert_closed(&provider, call);
    }
    lives(&quotah);
}

#[test]
fn an_exchange_that_takes_too_long_as_a_whole_is_cut_visibly_though_it_never_falls_silent() {
    let (provider, quotah) = gateway_with("timeout_total_ms = 1500");
    for call in STREAMED {
        let request = call
            .request()
            .header("x-mock-chunks", "500")
            .header("x-mock-delay-ms", "20");
        let answer = quotah.send(&request);
        assert_cut_with_an_event(call, &answer);
        assert_eq!(quotah.entry(&answer).str("reason"), "timeout");
        assert_closed(&provider, call);
    }
}

#[test]
fn an_answer_may_take_longer_than_an_idle_connection_is_kept() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server("timeout_keepalive_ms = 300")
        .start();
    for call in STREAMED {
        let request = call
            .request()
            .header("x-mock-chunks", "60")
            .header("x-mock-delay-ms", "20");
        let answer = quotah.send(&request);
        assert_eq!((answer.status, answer.end), (200, End::Whole), "{call:?}");
        assert_eq!(quotah.entry(&answer).str("outcome"), "ok");
        let late = quotah.send(&call.request().header("x-mock-first-delay-ms", "1000"));
        assert_eq!((late.status, late.end), (200, End::Whole), "{call:?}");
    }
    let mut idle = quotah.connect();
    assert_eq!(idle.exchange(&PLAIN[0].request()).status, 200);
    let began = now();
    assert_eq!(idle.read_to_end(), (Vec::new(), End::Whole));
    let took = began.elapsed();
    assert!(
        took > Duration::from_millis(200) && took < Duration::from_secs(3),
        "{took:?}"
    );
}

#[test]
fn a_client_may_ask_for_a_shorter_wait_but_not_for_a_longer_one() {
    let (_provider, quotah) = gateway_with("timeout_total_ms = 600");
    for (asked, least_ms, most_ms) in [("200", 150, 590), ("60000", 550, 5_000)] {
        let began = now();
        let request = PLAIN[0].request().header("x-mock-hang", "before-head");
        let answer = quotah.send(&request.header("x-quotah-timeout-ms", asked));
        let took = began.elapsed().as_millis();
        assert_eq!(answer.status, 504, "{asked}: {}", answer.text());
        assert!((least_ms..most_ms).contains(&took), "{asked}: {took} ms");
    }
}

#[test]
fn a_provider_that_is_not_there_is_answered_for_by_502_at_once() {
    // Bound and not listening: nobody else gets the port meanwhile.
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::STREAM,
        None,
    )
    .unwrap();
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    rustix::net::bind(&socket, &any).unwrap();
    let listener = std::net::TcpListener::from(socket);
    let url = format!("http://{}", listener.local_addr().unwrap());
    let quotah = PLAIN
        .iter()
        .fold(Config::empty(), |config, call| {
            config.provider(call.dialect, call.dialect, &url, "")
        })
        .start();
    for call in PLAIN.into_iter().chain(STREAMED) {
        let began = now();
        let answer = quotah.send(&call.request());
        assert_eq!((answer.status, answer.end), (502, End::Whole), "{call:?}");
        assert!(call.is_error(&answer.json()), "{}", answer.text());
        assert!(began.elapsed() < Duration::from_secs(2));
        let entry = quotah.entry(&answer);
        assert_eq!(entry.str("outcome"), "upstream_error");
        assert_eq!(
            entry.str("usage_source"),
            "none",
            "nothing was sent, nothing was used"
        );
        assert_eq!(entry.0["attempts"].as_array().unwrap().len(), 1);
        assert_eq!(entry.0["attempts"][0]["error_class"], "connect");
    }
}

#[test]
fn a_name_that_does_not_resolve_is_answered_for_by_502() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .provider(
            "nowhere",
            "openai",
            "http://nowhere.invalid",
            "timeout_connect_ms = 2000",
        )
        .start();
    let answer = quotah.post("/nowhere/v1/chat/completions", PLAIN[0].body);
    assert!([502, 504].contains(&answer.status), "{}", answer.text());
    assert!(PLAIN[0].is_error(&answer.json()), "{}", answer.text());
    lives(&quotah);
}

fn assert_cut_with_an_event(call: Call, answer: &Response) {
    assert_eq!((answer.status, answer.end), (200, End::Cut), "{call:?}");
    let text = answer.text();
    let last = text
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("data: "));
    let last = serde_json::from_str(last.unwrap()).unwrap();
    assert!(call.is_error(&last), "{call:?}: {last}");
}

/// The provider's side of the last exchange is closed soon after ours.
fn assert_closed(provider: &quotah_bench::mock::Mock, call: Call) {
    let gone = provider.wait_for(Duration::from_secs(5), |request| {
        request
            .target
            .starts_with(call.path.split('?').next().unwrap())
            && request.aborted_at.is_some()
    });
    crate::harness::block_on(gone).unwrap_or_else(|error| panic!("{call:?}: {error}"));
}
