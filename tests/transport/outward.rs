//! The ways out: TLS with one's own trust, h1 and h2, connections kept and shared.

use std::time::Duration;

use super::pem_file;
use crate::disconnect::read_chunks;
use crate::faults::{Call, PLAIN, STREAMED};
use crate::harness::{Config, End, Quotah, block_on, provider, provider_of};
use quotah_bench::mock::{Identity, Mock, Options, Script, Transport, Version};

#[test]
fn providers_are_reached_over_tls_in_h1_and_h2_with_a_ca_file() {
    for (version, http) in [
        (Version::Http1, "auto"),
        (Version::Http2, "auto"),
        (Version::Http2, "2"),
        (Version::Http2, "1.1"),
    ] {
        let provider = provider_of(tls_options(version), Script::default());
        let quotah = trusting(&provider, provider.ca_pem().unwrap(), http);
        for call in PLAIN.into_iter().chain(STREAMED) {
            let answer = quotah.send(&call.request());
            assert_eq!(
                (answer.status, answer.end),
                (200, End::Whole),
                "{version:?} {http}: {call:?}"
            );
            assert_eq!(quotah.entry(&answer).str("usage_source"), "provider");
        }
        let seen = provider.requests();
        let by_h2 = seen.iter().all(|request| request.head.is_empty());
        assert_eq!(
            by_h2,
            version == Version::Http2 && http != "1.1",
            "{version:?} {http}"
        );
        assert_eq!(
            provider.connections_count(),
            1,
            "{version:?} {http}: one connection is kept"
        );
    }
}

#[test]
fn a_provider_is_reached_over_h2_in_clear_text_where_it_is_asked_for() {
    let options = Options {
        version: Version::Http2,
        ..Options::default()
    };
    let provider = provider_of(options, Script::default());
    let url = provider.url();
    let quotah = PLAIN
        .iter()
        .fold(Config::empty(), |config, call| {
            config.provider(call.dialect, call.dialect, &url, "http = \"2\"")
        })
        .start();
    for call in PLAIN.into_iter().chain(STREAMED) {
        let answer = quotah.send(&call.request());
        assert_eq!(
            (answer.status, answer.end),
            (200, End::Whole),
            "{}",
            answer.text()
        );
    }
    assert_eq!(provider.connections_count(), 1);
}

#[test]
fn over_h2_a_burst_shares_connections_and_a_client_that_goes_resets_its_stream_alone() {
    let provider = provider_of(tls_options(Version::Http2), Script::default());
    let quotah = trusting(&provider, provider.ca_pem().unwrap(), "auto");
    assert_eq!(quotah.send(&PLAIN[0].request()).status, 200);
    let slow = |call: Call| {
        call.request()
            .header("x-mock-chunks", "200")
            .header("x-mock-delay-ms", "10")
    };
    let mut open: Vec<_> = (0..20)
        .map(|n| {
            let mut conn = quotah.connect();
            conn.send(slow(STREAMED[n % 3]).bytes());
            conn.read_until("\r\n\r\n");
            conn
        })
        .collect();
    drop(open.split_off(10));
    let gone = |r: &quotah_bench::mock::Recorded| r.aborted_at.is_some();
    block_on(provider.wait_for(Duration::from_secs(10), gone)).unwrap();
    for mut conn in open {
        assert!(read_chunks(&mut conn).1, "a neighbour was cut");
    }
    assert_eq!(provider.connections_count(), 1);
    let entries = quotah.ledger_of(21);
    let count = |outcome: &str| {
        entries
            .iter()
            .filter(|e| e.str("outcome") == outcome)
            .count()
    };
    assert_eq!((count("ok"), count("client_gone")), (11, 10));
}

#[test]
fn a_certificate_that_is_not_trusted_is_answered_for_by_502() {
    for version in [Version::Http1, Version::Http2] {
        let provider = provider_of(tls_options(version), Script::default());
        let other = Identity::self_signed().unwrap();
        let quotah = trusting(&provider, other.cert_pem(), "auto");
        for call in PLAIN.into_iter().chain(STREAMED) {
            let answer = quotah.send(&call.request());
            assert_eq!((answer.status, answer.end), (502, End::Whole), "{call:?}");
            assert!(call.is_error(&answer.json()), "{}", answer.text());
            let entry = quotah.entry(&answer);
            assert_eq!(entry.0["attempts"][0]["error_class"], "connect");
            assert_eq!(entry.str("usage_source"), "none");
        }
        assert_eq!(
            provider.requests_count(),
            0,
            "no request, and no key, went to a stranger"
        );
    }
}

#[test]
fn a_certificate_of_another_name_is_answered_for_by_502() {
    // The certificate is for localhost and 127.0.0.1.
    let listen = "127.0.0.2:0".parse().unwrap();
    let options = Options {
        listen,
        ..tls_options(Version::Http1)
    };
    let provider = provider_of(options, Script::default());
    let more = format!("ca_file = \"{}\"", pem_file(provider.ca_pem().unwrap()));
    let url = format!("https://{}", provider.addr());
    let quotah = Config::empty()
        .provider("openai", "openai", &url, &more)
        .start();
    let answer = quotah.send(&PLAIN[0].request());
    assert_eq!(answer.status, 502, "{}", answer.text());
    assert_eq!(provider.requests_count(), 0);
}

#[test]
fn kept_connections_are_used_again_toward_the_provider() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for call in PLAIN.into_iter().chain(STREAMED).cycle().take(30) {
        assert_eq!(quotah.send(&call.request()).status, 200);
    }
    assert_eq!(provider.connections_count(), 1);
    let together = 8;
    for _ in 0..5 {
        let mut open: Vec<_> = (0..together).map(|_| quotah.connect()).collect();
        for conn in &mut open {
            conn.send(
                PLAIN[0]
                    .request()
                    .header("x-mock-first-delay-ms", "50")
                    .bytes(),
            );
        }
        for conn in &mut open {
            assert_eq!(conn.response().status, 200);
        }
    }
    assert!(
        provider.connections_count() <= together,
        "{}",
        provider.connections_count()
    );
}

/// The three dialects toward a provider over TLS, trusting `ca` alone.
fn trusting(provider: &Mock, ca: &str, http: &str) -> Quotah {
    let more = format!("ca_file = \"{}\"\nhttp = \"{http}\"", pem_file(ca));
    let url = provider.url();
    let config = PLAIN.iter().fold(Config::empty(), |config, call| {
        config.provider(call.dialect, call.dialect, &url, &more)
    });
    config.start()
}

fn tls_options(version: Version) -> Options {
    let identity = Identity::self_signed().unwrap();
    Options {
        transport: Transport::Tls(identity),
        version,
        ..Options::default()
    }
}
