//! Every way in and every way out: h1, h2, TLS, sockets, kept connections.

mod outward;
mod wire;

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::faults::{PLAIN, STREAMED};
use crate::harness::{Config, End, Quotah, block_on, provider};
use quotah_bench::mock::{Identity, Mock};
use wire::{Answer, Client, Tls};

#[test]
fn h2_in_clear_text_by_prior_knowledge_is_served() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    block_on(async {
        let client = Client::h2(wire::tcp(quotah.proxy_addr()).await).await;
        served(&client, &quotah).await;
    });
}

#[test]
fn many_streams_share_one_h2_connection_and_each_is_booked() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let answers = block_on(async {
        let client = Arc::new(Client::h2(wire::tcp(quotah.proxy_addr()).await).await);
        let asked: Vec<_> = (0..100)
            .map(|n| {
                let client = Arc::clone(&client);
                tokio::spawn(async move {
                    client
                        .ask(STREAMED[n % 3], &[("x-mock-delay-ms", "2")])
                        .await
                })
            })
            .collect();
        let mut answers = Vec::new();
        for one in asked {
            answers.push(one.await.unwrap().unwrap());
        }
        answers
    });
    assert!(answers.iter().all(|answer| answer.status == 200));
    let entries = quotah.ledger_of(100);
    assert_eq!(entries.len(), 100);
    assert!(entries.iter().all(|entry| entry.str("outcome") == "ok"));
    let booked: u64 = entries.iter().map(|entry| entry.u64("output_tokens")).sum();
    let billed: u64 = provider.billed().values().map(|tokens| tokens.output).sum();
    assert_eq!(booked, billed);
}

#[test]
fn an_h2_stream_that_is_reset_leaves_the_provider_at_once_and_its_neighbours_alone() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    block_on(async {
        let client = Client::h2(wire::tcp(quotah.proxy_addr()).await).await;
        let slow = [("x-mock-chunks", "2000"), ("x-mock-delay-ms", "10")];
        let mut open = client.begin(STREAMED[0], &slow).await.unwrap();
        for _ in 0..5 {
            assert!(open.some_bytes().await > 0);
        }
        drop(open);
        let gone = |request: &quotah_bench::mock::Recorded| request.aborted_at.is_some();
        provider
            .wait_for(Duration::from_secs(10), gone)
            .await
            .unwrap();
        served(&client, &quotah).await;
    });
    let entries = quotah.ledger_of(7);
    let gone: Vec<_> = entries
        .iter()
        .filter(|e| e.str("outcome") == "client_gone")
        .collect();
    assert_eq!((gone.len(), entries.len()), (1, 7));
    assert!(gone[0].u64("output_tokens") > 0);
}

#[test]
fn over_tls_the_clients_choice_of_h2_or_http_1_is_served() {
    let provider = provider();
    let identity = Identity::self_signed().unwrap();
    let quotah = over_tls(&provider, &identity, None);
    assert!(
        quotah.proxy_url().starts_with("https://"),
        "{}",
        quotah.proxy_url()
    );
    for (offered, agreed) in [
        (vec!["h2", "http/1.1"], Some("h2")),
        (vec!["http/1.1"], Some("http/1.1")),
        (vec![], None),
    ] {
        block_on(async {
            let tls = Tls::trusting(identity.cert_pem()).offering(&offered);
            let stream = tls.connect(quotah.proxy_addr()).await.unwrap();
            let chosen = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
            assert_eq!(chosen.as_deref(), agreed.map(str::as_bytes));
            let client = match agreed {
                Some("h2") => Client::h2(stream).await,
                _ => Client::h1(stream).await,
            };
            served(&client, &quotah).await;
        });
    }
}

#[test]
fn clear_text_on_a_tls_listener_is_not_served() {
    let provider = provider();
    let quotah = over_tls(&provider, &Identity::self_signed().unwrap(), None);
    let mut conn = quotah.connect();
    conn.send(PLAIN[0].request().bytes());
    let (bytes, _) = conn.read_to_end();
    assert!(!bytes.starts_with(b"HTTP/"), "{}", bytes.escape_ascii());
    assert_eq!(provider.requests_count(), 0);
}

#[test]
fn with_a_client_ca_only_its_own_are_served() {
    let provider = provider();
    let identity = Identity::self_signed().unwrap();
    let (known, stranger) = (
        Identity::self_signed().unwrap(),
        Identity::self_signed().unwrap(),
    );
    let quotah = over_tls(&provider, &identity, Some(&known));
    let tls = || Tls::trusting(identity.cert_pem()).offering(&["http/1.1"]);
    for refused in [tls(), tls().showing(&stranger)] {
        let answer = block_on(async {
            // With TLS 1.3 a refusal may come only when the first answer is read.
            let stream = refused.connect(quotah.proxy_addr()).await?;
            Client::h1(stream).await.ask(PLAIN[0], &[]).await
        });
        assert!(answer.is_err(), "{answer:?}");
    }
    assert_eq!(provider.requests_count(), 0);
    block_on(async {
        let stream = tls()
            .showing(&known)
            .connect(quotah.proxy_addr())
            .await
            .unwrap();
        served(&Client::h1(stream).await, &quotah).await;
    });
}

#[test]
fn a_unix_socket_is_served_to_its_owner_alone() {
    let provider = provider();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("quotah.sock");
    let listen = format!("listen = [\"127.0.0.1:0\", \"unix:{}\"]", path.display());
    let quotah = Config::toward(&provider).server(&listen).start();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut socket = UnixStream::connect(&path).unwrap();
    let request = PLAIN[0].request().header("connection", "close");
    socket.write_all(&request.bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let entry = &quotah.ledger_of(1)[0];
    assert_eq!((entry.str("outcome"), entry.str("client_ip")), ("ok", ""));
    assert_eq!(
        quotah.send(&PLAIN[0].request()).status,
        200,
        "the other address is served too"
    );
}

#[test]
fn a_client_that_says_close_is_closed_on_and_one_that_does_not_is_kept() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for call in PLAIN.into_iter().chain(STREAMED) {
        let mut conn = quotah.connect();
        for _ in 0..3 {
            assert_eq!(conn.exchange(&call.request()).header("connection"), None);
        }
        let last = conn.exchange(&call.request().header("connection", "close"));
        assert_eq!(
            (last.status, last.header("connection")),
            (200, Some("close"))
        );
        assert_eq!(conn.read_to_end(), (Vec::new(), End::Whole));
    }
}

#[test]
fn an_http_1_0_client_gets_its_stream_framed_by_the_connections_end() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let request = String::from_utf8(STREAMED[0].request().bytes()).unwrap();
    let mut conn = quotah.connect();
    conn.send(request.replacen("HTTP/1.1", "HTTP/1.0", 1));
    let answer = conn.response();
    assert_eq!(
        (answer.status, answer.header("transfer-encoding")),
        (200, None)
    );
    assert!(
        answer.text().ends_with("data: [DONE]\n\n"),
        "{}",
        answer.text()
    );
    assert_eq!(quotah.entry(&answer).str("outcome"), "ok");
}

/// Plain answers and streams in all three dialects, each whole and booked.
async fn served(client: &Client, quotah: &Quotah) {
    for call in PLAIN.into_iter().chain(STREAMED) {
        let Answer { status, id, body } = client.ask(call, &[]).await.unwrap();
        assert_eq!(status, 200, "{call:?}: {}", String::from_utf8_lossy(&body));
        let found =
            tokio::task::block_in_place(|| quotah.admin_json(&format!("/admin/v1/requests/{id}")));
        assert_eq!(found["outcome"], "ok", "{call:?}");
        assert_eq!(found["usage_source"], "provider", "{call:?}");
    }
}

/// A gateway whose data plane speaks TLS.
fn over_tls(provider: &Mock, identity: &Identity, client_ca: Option<&Identity>) -> Quotah {
    let (cert, key) = (pem_file(identity.cert_pem()), pem_file(identity.key_pem()));
    let ca = client_ca.map_or_else(String::new, |ca| {
        format!(", client_ca = \"{}\"", pem_file(ca.cert_pem()))
    });
    let tls = format!("tls = {{ cert = \"{cert}\", key = \"{key}\"{ca} }}");
    Config::toward(provider).server(&tls).start()
}

/// A file of this text, kept until the whole run is over: the program reads it when it likes.
pub(crate) fn pem_file(pem: &str) -> String {
    static DIR: OnceLock<tempfile::TempDir> = OnceLock::new();
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let dir = DIR.get_or_init(|| tempfile::tempdir().unwrap());
    let path = dir
        .path()
        .join(format!("{}.pem", COUNT.fetch_add(1, Ordering::Relaxed)));
    std::fs::write(&path, pem).unwrap();
    path.display().to_string()
}
