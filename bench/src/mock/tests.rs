//! The mock over real sockets.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

const WAIT: Duration = Duration::from_secs(5);

fn post(path: &str, body: &str, headers: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: Mock\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
}

/// Sends raw bytes and reads until the other side closes.
async fn talk(mock: &Mock, raw: &str) -> String {
    let mut tcp = TcpStream::connect(mock.addr()).await.unwrap();
    tcp.write_all(raw.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset shows as an error after what came before it.
    drop(tcp.read_to_end(&mut answer).await);
    String::from_utf8_lossy(&answer).into_owned()
}

async fn started() -> Mock {
    Mock::start(Options::default(), Script::default())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_request_is_kept_to_the_byte_and_so_is_its_answer() {
    let mock = started().await;
    let body = r#"{"model":"gpt-x","messages":[]}"#;
    let raw = post(
        "/v1/chat/completions?a=b",
        body,
        "X-Odd:  Two \r\nConnection: close\r\n",
    );
    let answer = talk(&mock, &raw).await;
    let seen = mock
        .wait_for(WAIT, |r| r.finished_at.is_some())
        .await
        .unwrap();
    assert_eq!(seen.target, "/v1/chat/completions?a=b");
    assert_eq!(seen.head, raw.as_bytes()[..raw.len() - body.len()]);
    assert_eq!(seen.body, body);
    assert_eq!(seen.header("x-odd"), Some("Two"));
    assert_eq!(String::from_utf8_lossy(&seen.sent), answer);
    assert!(answer.ends_with(std::str::from_utf8(&seen.answer).unwrap()));
    assert_eq!(mock.billed()["gpt-x"], seen.billed);
    assert_eq!(seen.billed.input, 8 + body.len() as u64 / 4);
}

#[tokio::test]
async fn a_connection_is_kept_and_chunked_bodies_are_read() {
    let mock = started().await;
    let chunked = "POST /v1/embeddings HTTP/1.1\r\nHost: m\r\nTransfer-Encoding: chunked\r\n\r\n\
                   1\r\n{\r\nc;x=y\r\n\"model\":\"e\"}\r\n0\r\nTrailer: x\r\n\r\n";
    let plain = post("/v1/embeddings", "{}", "Connection: close\r\n");
    let answer = talk(&mock, &format!("{chunked}{plain}")).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
    let seen = mock.requests();
    assert_eq!((seen.len(), mock.connections_count()), (2, 1));
    assert!(seen[0].chunked && !seen[1].chunked);
    assert_eq!(seen[0].body, r#"{"model":"e"}"#);
}

#[tokio::test]
async fn a_client_that_waits_for_100_gets_it() {
    let mock = started().await;
    let mut tcp = TcpStream::connect(mock.addr()).await.unwrap();
    let head =
        "POST /v1/x HTTP/1.1\r\nHost: m\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    tcp.write_all(head.as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    tcp.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    tcp.write_all(b"{}").await.unwrap();
    let mut status = [0; 15];
    tcp.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 200 OK");
}

#[tokio::test]
async fn a_client_that_leaves_a_stream_is_seen_and_billed_for_its_part() {
    let mock = started().await;
    let body = r#"{"model":"s","stream":true}"#;
    let headers = "x-mock-chunks: 100\r\nx-mock-delay-ms: 20\r\n";
    let mut tcp = TcpStream::connect(mock.addr()).await.unwrap();
    tcp.write_all(post("/v1/chat/completions", body, headers).as_bytes())
        .await
        .unwrap();
    let mut first = [0; 1];
    tcp.read_exact(&mut first).await.unwrap();
    drop(tcp);
    let seen = mock
        .wait_for(WAIT, |r| r.aborted_at.is_some())
        .await
        .unwrap();
    assert!(
        seen.billed.output < 100 && seen.finished_at.is_none(),
        "{:?}",
        seen.billed
    );
}

#[tokio::test]
async fn a_silent_mock_sends_nothing_and_sees_its_client_go() {
    let mock = started().await;
    for (hang, sent) in [("before-head", 0), ("after-head", 1), ("mid-stream", 2)] {
        mock.forget();
        let headers = format!("x-mock-hang: {hang}\r\n");
        let raw = post("/v1/messages", r#"{"stream":true}"#, &headers);
        let mut tcp = TcpStream::connect(mock.addr()).await.unwrap();
        tcp.write_all(raw.as_bytes()).await.unwrap();
        mock.wait_for(WAIT, |r| sent == 0 || !r.sent.is_empty())
            .await
            .unwrap();
        drop(tcp);
        let seen = mock
            .wait_for(WAIT, |r| r.aborted_at.is_some())
            .await
            .unwrap();
        let text = String::from_utf8_lossy(&seen.sent).into_owned();
        assert_eq!(text.is_empty(), sent == 0, "{hang}: {text}");
        assert_eq!(text.contains("message_start"), sent == 2, "{hang}: {text}");
        assert!(!text.contains("message_stop"), "{hang}: {text}");
    }
}

#[tokio::test]
async fn a_script_wins_over_belief_and_a_header_over_the_script() {
    let mock = started().await;
    mock.set(Script::first(
        1,
        Directives {
            status: Some(500),
            ..Directives::default()
        },
    ));
    let close = "Connection: close\r\n";
    let first = talk(&mock, &post("/v1/messages", "{}", close)).await;
    assert!(
        first.starts_with("HTTP/1.1 500 ") && first.contains("api_error"),
        "{first}"
    );
    let said = format!("{close}x-mock-status: 429\r\nx-mock-header-retry-after: 3\r\n");
    let second = talk(&mock, &post("/v1/messages", "{}", &said)).await;
    assert!(second.starts_with("HTTP/1.1 429 ") && second.contains("\r\nretry-after: 3\r\n"));
    let third = talk(&mock, &post("/v1/messages", "{}", close)).await;
    assert!(third.starts_with("HTTP/1.1 200 "), "{third}");
}

#[tokio::test]
async fn a_raw_answer_goes_out_as_it_is() {
    let mock = started().await;
    // "HTTP/1.1 101 Switching Protocols\r\n\r\n"
    let raw = "x-mock-raw: SFRUUC8xLjEgMTAxIFN3aXRjaGluZyBQcm90b2NvbHMNCg0K\r\n";
    let answer = talk(&mock, &post("/v1/x", "{}", raw)).await;
    assert_eq!(answer, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
}

#[tokio::test]
async fn a_wait_for_what_never_comes_ends_and_says_so() {
    let mock = started().await;
    let error = mock
        .wait_for(Duration::from_millis(10), |_| true)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "no such request within 10 ms; 0 seen");
}

#[tokio::test]
async fn h2_over_tls_gives_the_same_answers() {
    let transport = Transport::Tls(Identity::self_signed().unwrap());
    let options = Options {
        transport,
        version: Version::Http2,
        ..Options::default()
    };
    let mock = Mock::start(options, Script::default()).await.unwrap();
    let mut roots = rustls::RootCertStore::empty();
    let pem = mock.ca_pem().unwrap().as_bytes();
    roots
        .add(rustls::pki_types::pem::PemObject::from_pem_slice(pem).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let tcp = TcpStream::connect(mock.addr()).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let tls = connector
        .connect("localhost".try_into().unwrap(), tcp)
        .await
        .unwrap();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(
        hyper_util::rt::TokioExecutor::new(),
        hyper_util::rt::TokioIo::new(tls),
    )
    .await
    .unwrap();
    tokio::spawn(connection);
    let body = http_body_util::Full::new(bytes::Bytes::from(r#"{"model":"h","stream":true}"#));
    let request = http::Request::post("https://localhost/v1/messages")
        .body(body)
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let entity = http_body_util::BodyExt::collect(response.into_body())
        .await
        .unwrap()
        .to_bytes();
    let seen = mock
        .wait_for(WAIT, |r| r.finished_at.is_some())
        .await
        .unwrap();
    assert_eq!(seen.answer, entity);
    assert_eq!(seen.header(":authority"), Some("localhost"));
}
