//! Uploads where either side speaks h2.

use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use quotah_bench::mock::{Options, Script, Version};
use tokio::net::TcpStream;

use super::provider::{OK, Provider};
use super::{BOUNDARY, PATH, booked, fields_of, file_head, form, gateway, noise, request};
use crate::harness::{Config, block_on, provider_of};

#[test]
fn a_provider_of_h2_gets_the_same_bytes_and_is_left_with_its_client() {
    let options = Options {
        version: Version::Http2,
        ..Options::default()
    };
    let provider = provider_of(options, Script::default());
    let quotah = Config::empty()
        .provider("openai", "openai", &provider.url(), "http = \"2\"")
        .start();
    let body = form(&[("model", "whisper-1")], &noise(3_000_000));
    for request in [request().body(&body), request().chunked(&body, &[9_000])] {
        provider.forget();
        assert_eq!(quotah.send(&request).status, 200);
        assert!(provider.requests()[0].body == body);
    }
    provider.forget();
    let mut conn = quotah.connect();
    conn.send(request().header("content-length", "9000000").head());
    conn.send(
        [
            &*fields_of(&[("model", "whisper-1")]),
            file_head().as_bytes(),
        ]
        .concat(),
    );
    conn.send(noise(300_000));
    thread::sleep(Duration::from_millis(200));
    drop(conn);
    let entry = &quotah.ledger_of(3)[2];
    assert_eq!(entry.str("outcome"), "client_gone");
    assert_eq!(quotah.send(&request().body(&body)).status, 200);
    assert_eq!(provider.requests().len(), 1, "half a request is none");
    assert_eq!(provider.connections_count(), 1);
}

#[test]
fn a_client_of_h2_uploads_and_waits_for_a_provider_that_is_slow() {
    let provider = Provider::listen();
    let quotah = gateway(&provider, "");
    let body = form(&[("model", "whisper-1")], &noise(8_000_000));
    let expected = body.clone();
    thread::scope(|scope| {
        let there = scope.spawn(|| {
            let mut exchange = provider.accept();
            thread::sleep(Duration::from_millis(300));
            let came = exchange.body();
            exchange.say(OK);
            came
        });
        let status = block_on(async {
            let stream = TcpStream::connect(quotah.proxy_addr()).await.unwrap();
            let io = TokioIo::new(stream);
            let (mut sender, connection) =
                http2::handshake(TokioExecutor::new(), io).await.unwrap();
            tokio::spawn(connection);
            let request = http::Request::post(format!("http://quotah.test{PATH}"))
                .header(
                    "content-type",
                    format!("multipart/form-data; boundary={BOUNDARY}"),
                )
                .body(Full::new(Bytes::from(body)))
                .unwrap();
            let answer = sender.send_request(request).await.unwrap();
            let status = answer.status().as_u16();
            answer.into_body().collect().await.unwrap();
            status
        });
        assert_eq!(status, 200);
        let (came, is_whole) = there.join().unwrap();
        assert!(is_whole && came == expected);
    });
    assert_eq!(booked(&quotah).str("outcome"), "ok");
}
