//! A turn in every pair: text, usage, cost, and what the provider saw.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quotah_bench::mock::{Directives, Script};

use super::{Caller, gateway, pairs, said, says};
use crate::harness::{Config, End, provider, served, workspace};

#[test]
fn every_caller_gets_a_turn_from_every_other_dialects_deployment_whole_and_streamed() {
    let (provider, quotah) = gateway("");
    for split in [None, Some(7)] {
        says(
            &provider,
            Directives {
                split,
                ..Directives::default()
            },
        );
        for (caller, to) in pairs() {
            for streams in [false, true] {
                let what = format!("{caller:?} {} {streams} {split:?}", to.route);
                provider.forget();
                let answer = quotah.send(&caller.ask(to.route, streams));
                assert_eq!(answer.status, 200, "{what}: {}", answer.text());
                assert_eq!(answer.end, End::Whole, "{what}");
                assert_eq!(
                    caller.text(&answer, streams),
                    said(streams),
                    "{what}: {}",
                    answer.text()
                );
                let kind = if streams {
                    "text/event-stream"
                } else {
                    "application/json"
                };
                let content_type = answer.header("content-type").unwrap_or_default();
                assert!(content_type.starts_with(kind), "{what}: {content_type}");
                assert!(!streams || answer.text().contains(caller.end()), "{what}");

                let seen = &served(&provider, 1)[0];
                assert!(seen.target.starts_with(to.path), "{what}: {}", seen.target);
                let told = caller.usage(&answer, streams);
                assert_eq!(told, (seen.billed.input, seen.billed.output), "{what}");
                let entry = quotah.entry(&answer);
                assert_eq!(entry.tokens(), seen.billed, "{what}");
                assert_eq!(entry.str("outcome"), "ok", "{what}: {}", entry.0);
                assert_eq!(entry.str("usage_source"), "provider", "{what}");
                assert_eq!(entry.str("translated_to"), to.dialect, "{what}");
                assert_eq!(entry.0["stream"], streams, "{what}");
                assert_eq!(
                    entry.u64("response_bytes"),
                    answer.body.len() as u64,
                    "{what}"
                );
            }
        }
    }
}

#[test]
fn a_translated_turn_costs_what_the_same_tokens_cost_a_native_client() {
    let (provider, quotah) = gateway("");
    says(
        &provider,
        Directives {
            output: Some(40),
            ..Directives::default()
        },
    );
    for (caller, to) in pairs() {
        let native = quotah.entry(&quotah.send(&to.own.ask(to.route, false)));
        let entry = quotah.entry(&quotah.send(&caller.ask(to.route, false)));
        let output_of = |entry: &crate::harness::Entry| entry.u64("output_tokens");
        assert_eq!(output_of(&entry), output_of(&native));
        for member in ["model_sent", "deployment", "price_version"] {
            assert_eq!(
                entry.str(member),
                native.str(member),
                "{caller:?} {}",
                to.route
            );
        }
        assert_eq!(native.str("translated_to"), "");
        assert!(
            entry.u64("cost_nanousd") > 0,
            "{caller:?} {}: {}",
            to.route,
            entry.0
        );
    }
}

#[test]
fn a_provider_gets_header_lines_of_its_own_dialect_and_none_of_the_clients() {
    let (provider, quotah) = gateway("");
    for (caller, to) in pairs() {
        provider.forget();
        let request = caller.ask(to.route, false);
        let request = [
            ("user-agent", "sdk/1.0"),
            ("x-stainless-lang", "python"),
            ("anthropic-beta", "some-beta"),
            ("openai-organization", "org"),
            ("accept-encoding", "gzip, br"),
            ("x-api-key", "sk-ant-of-the-client"),
        ]
        .iter()
        .fold(request, |request, (name, value)| {
            request.header(name, value)
        });
        let answer = quotah.send(&request);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let seen = &served(&provider, 1)[0];
        for name in ["x-stainless-lang", "anthropic-beta", "openai-organization"] {
            assert_eq!(seen.header(name), None, "{caller:?} {}", to.route);
        }
        assert_eq!(seen.header("user-agent"), Some("sdk/1.0"));
        assert_eq!(seen.header("accept-encoding"), Some("identity"));
        assert_eq!(seen.header("content-type"), Some("application/json"));
        let all = format!("{:?}", seen.headers);
        assert!(!all.contains("of-the-client"), "{all}");
        assert!(all.contains(&format!("sk-test-{}", to.dialect)), "{all}");
        let version = (to.own == Caller::Messages).then_some("2023-06-01");
        assert_eq!(seen.header("anthropic-version"), version);
    }
}

#[test]
fn frames_of_aws_become_the_callers_events() {
    let file = workspace().join("adapters/fixtures/bedrock/converse-stream.json");
    let text = std::fs::read_to_string(file).expect("a recorded stream");
    let recorded: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let body = recorded["response"]["body_base64"].as_str().expect("bytes");
    let body = STANDARD.decode(body).expect("base64");
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\n\
         x-amzn-requestid: req-aws\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let raw = [head.as_bytes(), &body].concat();
    let provider = provider();
    let quotah = Config::empty()
        .table(&format!(
            "[[providers]]\nkind = \"bedrock\"\nbase_url = \"{}\"\nregion = \"eu-west-1\"\n\
             access_key_id = \"AKIA1\"\nsecret_access_key = \"sec/ret+1\"",
            provider.url()
        ))
        .table(
            "[[models]]\nname = \"nova\"\ndeployments = [{ provider = \"bedrock\", \
             model = \"amazon.titan-text-express-v1\", api = \"own\" }]",
        )
        .start();
    let expected = &recorded["expected_usage"];
    let count = |member: &str| expected[member].as_u64().unwrap_or(0);
    for (drip, caller) in [None, Some(11)].into_iter().flat_map(|drip| {
        [Caller::Chat, Caller::Messages, Caller::Generate].map(|caller| (drip, caller))
    }) {
        provider.forget();
        provider.set(Script::always(Directives {
            raw: Some(raw.clone().into()),
            drip,
            ..Directives::default()
        }));
        let answer = quotah.send(&caller.ask("nova", true));
        let what = format!("{caller:?} {drip:?}: {}", answer.text());
        assert_eq!((answer.status, answer.end), (200, End::Whole), "{what}");
        assert_eq!(
            caller.usage(&answer, true),
            (count("input"), count("output")),
            "{what}"
        );
        assert!(!caller.text(&answer, true).is_empty(), "{what}");
        let seen = served(&provider, 1).remove(0);
        assert_eq!(
            seen.target,
            "/model/amazon.titan-text-express-v1/converse-stream"
        );
        let entry = quotah.entry(&answer);
        assert_eq!(entry.str("outcome"), "ok", "{what}");
        assert_eq!(entry.u64("output_tokens"), count("output"), "{what}");
        let id = match caller {
            Caller::Messages => "request-id",
            _ => "x-request-id",
        };
        let told = (caller != Caller::Generate).then_some("req-aws");
        assert_eq!(answer.header(id), told, "{what}");
    }
}
