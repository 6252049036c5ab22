//! The one thing Quotah asks for itself: usage in OpenAI's streams, put in and taken out again.

use std::io::{Read, Write as _};

use super::{assert_same, assert_same_answer, both_sides};
use crate::harness::{Config, End, Request, provider};

#[test]
fn usage_is_asked_for_by_one_insertion_and_its_chunk_taken_out_again() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for target in ["/v1/chat/completions", "/v1/completions"] {
        for body in UNASKED {
            let (response, recorded) = both_sides(
                &quotah,
                &provider,
                &Request::post(target, body).header("x-mock-odd", "1"),
            );
            let case = format!("{target} {body}");
            asks_for_usage_and_changes_nothing_else(body, &recorded.body);
            assert_eq!(response.end, End::Whole, "{case}");
            assert_same(
                &response.body,
                &without_usage_chunk(&recorded.answer),
                &case,
            );
            let entry = quotah.entry(&response);
            assert_eq!(
                (entry.tokens(), entry.str("usage_source")),
                (recorded.billed, "provider"),
                "{case}"
            );
        }
    }
}

#[test]
fn the_chunk_is_taken_out_of_compressed_streams_too() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for encoding in ["gzip", "br", "zstd", "deflate"] {
        for split in ["1", "7", "100000"] {
            let case = format!("{encoding}, {split} bytes at a time");
            let request = Request::post("/v1/chat/completions", UNASKED[0])
                .header("accept-encoding", encoding)
                .header("x-mock-encoding", encoding)
                .header("x-mock-split", split);
            let (response, recorded) = both_sides(&quotah, &provider, &request);
            assert_eq!(
                response.header("content-encoding"),
                Some(encoding),
                "{case}"
            );
            assert_eq!(response.end, End::Whole, "{case}");
            let expected = without_usage_chunk(&unpacked(encoding, &recorded.answer));
            assert_same(&unpacked(encoding, &response.body), &expected, &case);
            assert_eq!(quotah.entry(&response).tokens(), recorded.billed, "{case}");
        }
    }
}

#[test]
fn a_client_that_asks_for_usage_itself_gets_it_and_its_bytes_are_left_alone() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let body = r#"{"stream_options" : { "include_usage" : true, "x":1 },"model":"gpt-4o-mini", "stream" : true}"#;
    for encoding in ["", "gzip", "br", "zstd", "deflate"] {
        let request =
            Request::post("/v1/chat/completions", body).header("x-mock-encoding", encoding);
        let (response, recorded) = both_sides(&quotah, &provider, &request);
        assert_same(&recorded.body, body.as_bytes(), encoding);
        assert_same_answer(&response, &recorded, encoding);
        let text = String::from_utf8_lossy(&unpacked(encoding, &response.body)).into_owned();
        assert_eq!(
            text.matches("\"choices\":[],\"usage\":{").count(),
            1,
            "{encoding}: {text}"
        );
    }
}

#[test]
fn a_provider_that_is_not_to_be_asked_is_not_and_its_stream_is_left_alone() {
    let provider = provider();
    let quotah = Config::empty()
        .provider("openai", "openai", &provider.url(), "inject_usage = false")
        .start();
    let request = Request::post("/v1/chat/completions", UNASKED[0]);
    let (response, recorded) = both_sides(&quotah, &provider, &request);
    assert_same(&recorded.body, UNASKED[0].as_bytes(), "request");
    assert_same_answer(&response, &recorded, "answer");
    assert_eq!(quotah.entry(&response).str("usage_source"), "estimated");
}

/// The provider's body is the client's but for one inserted or replaced span that asks for usage.
fn asks_for_usage_and_changes_nothing_else(client: &str, provider: &[u8]) {
    let provider = std::str::from_utf8(provider).expect("UTF-8");
    let same = |l: &mut dyn Iterator<Item = u8>, r: &mut dyn Iterator<Item = u8>| {
        l.zip(r).take_while(|(l, r)| l == r).count()
    };
    let head = same(&mut client.bytes(), &mut provider.bytes());
    let room = client.len().min(provider.len()) - head;
    let tail = same(&mut client.bytes().rev(), &mut provider.bytes().rev()).min(room);
    let (lost, gained) = (
        &client[head..client.len() - tail],
        &provider[head..provider.len() - tail],
    );
    assert!(
        lost.len() <= 5 && gained.len() <= 48,
        "{lost:?} became {gained:?} in {provider}"
    );
    let asked: serde_json::Value = serde_json::from_str(provider).expect("still JSON");
    assert_eq!(asked["stream_options"]["include_usage"], true, "{provider}");
    assert_eq!(provider.matches("include_usage").count(), 1, "{provider}");
}

/// A stream of events without the one that has usage and no choice.
fn without_usage_chunk(stream: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(stream).expect("UTF-8");
    let events: Vec<_> = text.split_inclusive("\n\n").collect();
    let kept: String = events
        .iter()
        .filter(|event| !event.contains("\"choices\":[],\"usage\":{"))
        .copied()
        .collect();
    assert!(
        kept.len() < text.len() && kept.ends_with("data: [DONE]\n\n"),
        "{text}"
    );
    kept.into_bytes()
}

fn unpacked(encoding: &str, bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match encoding {
        "gzip" => flate2::read::MultiGzDecoder::new(bytes)
            .read_to_end(&mut plain)
            .map(drop),
        "deflate" => flate2::read::ZlibDecoder::new(bytes)
            .read_to_end(&mut plain)
            .map(drop),
        "br" => brotli::Decompressor::new(bytes, 4096)
            .read_to_end(&mut plain)
            .map(drop),
        "zstd" => zstd::decode_all(bytes).map(|bytes| plain = bytes),
        _ => plain.write_all(bytes),
    }
    .unwrap_or_else(|error| panic!("{encoding}: {error}"));
    plain
}

/// Streams whose clients do not ask for usage, in all the ways there are.
const UNASKED: [&str; 6] = [
    r#"{"model":"gpt-4o-mini","stream":true,"messages":[]}"#,
    "{ \"stream\" : true ,\n\t\"model\":\"gpt-4o-mini\", \"e\":1e-07,\"s\":\"\\u00e9\" } \n",
    r#"{"model":"gpt-4o-mini","stream_options":null,"stream":true}"#,
    r#"{"model":"gpt-4o-mini","stream_options":{"include_usage":false},"stream":true}"#,
    r#"{"model":"gpt-4o-mini","stream_options":{},"stream":true}"#,
    r#"{"model":"gpt-4o-mini","stream_options":{"include_obfuscation":false},"stream":true}"#,
];
