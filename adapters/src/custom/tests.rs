//! A made-up provider, read by its description alone.

use std::sync::Arc;

use quotah_policy::{Unit, UsageSource};

use super::*;
use crate::{Asked, FactsReader, Meter, ProviderKind, Reading};

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, pointer): &(&str, &str)| ((*name).to_owned(), (*pointer).to_owned());
    pairs.iter().map(owned).collect()
}

fn spec() -> CustomSpec {
    CustomSpec {
        metered: vec!["/v2/{model}/run".into(), "/v2/any".into()],
        model: Some("/input/model".into()),
        stream: Some("/input/live".into()),
        output_cap: Some("/limits/most".into()),
        answer: owned(&[
            ("input", "/stats/in"),
            ("output", "/stats/out"),
            ("cached_input", "/stats/reused"),
            ("reasoning", "/stats/thought"),
            ("pages", "/stats/pages"),
            ("cost_usd", "/stats/price"),
            ("model", "/by"),
            ("text", "/said"),
            ("text", "/parts/*/said"),
            ("error", "/fault"),
            ("error_kind", "/fault/kind"),
        ]),
        last_event: Some("end".into()),
        cached_beside_input: true,
        reasoning_beside_output: true,
        ..CustomSpec::default()
    }
}

fn custom(spec: CustomSpec) -> Arc<Custom> {
    Arc::new(Custom::new(spec).unwrap())
}

fn read(custom: &Arc<Custom>, content_type: &str, body: &str) -> Reading {
    let asked = Asked {
        kind: ProviderKind::CUSTOM,
        custom: Some(custom),
        ..Asked::native(Dialect::OpenAi, Operation::Chat)
    };
    let mut meter = Meter::new(&asked, content_type.as_bytes());
    for byte in body.as_bytes().chunks(1) {
        meter.feed(byte);
    }
    meter.finish(true)
}

#[test]
fn a_plain_answer_is_read_by_its_pointers() {
    let answer = r#"{"by":"m-1","said":"four","stats":{"in":10,"reused":5,"out":7,"thought":3,"pages":2,"price":0.25}}"#;
    let reading = read(&custom(spec()), "application/json", answer);
    let usage = reading.usage.unwrap();
    assert_eq!(
        (
            usage.input_tokens,
            usage.cached_input_tokens,
            usage.output_tokens,
            usage.reasoning_tokens
        ),
        (15, 5, 10, 3)
    );
    assert_eq!(usage.units.get(Unit::Pages), 2);
    assert_eq!(reading.reported_cost.unwrap().to_string(), "0.25");
    assert_eq!(reading.model.as_deref(), Some("m-1"));
    assert_eq!(
        (reading.source, reading.output_bytes),
        (UsageSource::Provider, 4)
    );
}

#[test]
fn a_stream_is_whole_with_its_last_event_and_counts_in_the_named_one_only() {
    let stream = "event: part\ndata: {\"said\":\"ab\",\"stats\":{\"in\":999,\"out\":999}}\n\n\
                  event: bill\ndata: {\"stats\":{\"in\":10,\"out\":7}}\n\n\
                  event: end\ndata: {}\n\n";
    let one_event = CustomSpec {
        usage_event: Some("bill".into()),
        ..spec()
    };
    let reading = read(&custom(one_event), "text/event-stream", stream);
    let usage = reading.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens), (10, 7));
    assert!(reading.finished);
    let cut = &stream[..stream.len() - 20];
    let any_event = read(&custom(spec()), "text/event-stream", cut);
    assert_eq!(any_event.usage.unwrap().input_tokens, 10);
    assert!(!any_event.finished);
}

#[test]
fn a_total_gives_the_side_that_is_not_told() {
    let total = CustomSpec {
        answer: owned(&[("total", "/all"), ("input", "/in")]),
        ..spec()
    };
    let reading = read(&custom(total), "application/json", r#"{"all":12,"in":9}"#);
    let usage = reading.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens), (9, 3));
}

#[test]
fn what_is_billed_by_the_piece_needs_no_tokens() {
    let pages = CustomSpec {
        answer: owned(&[("pages", "/n")]),
        ..spec()
    };
    let reading = read(&custom(pages), "application/json", r#"{"n":3}"#);
    assert_eq!(reading.source, UsageSource::Provider);
    assert_eq!(reading.usage.unwrap().units.get(Unit::Pages), 3);
}

#[test]
fn an_error_in_a_good_answer_is_seen() {
    let answer = r#"{"fault":{"kind":"busy"}}"#;
    let reading = read(&custom(spec()), "application/json", answer);
    assert_eq!(reading.error.unwrap().kind.as_deref(), Some("busy"));
}

#[test]
fn a_request_tells_its_model_in_path_or_body() {
    let custom = custom(spec());
    let path = "/v2/m%2F1/run?x=/v2/other/run";
    let call = custom.classify(path);
    assert_eq!(call.operation, Operation::Chat);
    assert_eq!(call.model(path).as_deref(), Some("m/1"));
    let call = custom.classify("/v2/any");
    let mut reader = FactsReader::custom(&custom, &call);
    reader.feed(br#"{"model":"no","input":{"model":"m-2","live":true},"limits":{"most":9}}"#);
    let facts = reader.finish().unwrap();
    assert_eq!(&*facts.model.as_ref().unwrap().name, "m-2");
    assert_eq!((facts.stream, facts.output_cap()), (true, Some(9)));
    for other in ["/v2/a/b/run", "/v2//run", "/v2/any/", "/v3/any", "/"] {
        assert_eq!(
            custom.classify(other).operation,
            Operation::Other,
            "{other}"
        );
    }
}

#[test]
fn a_model_told_twice_is_refused_wherever_it_stands() {
    let custom = custom(spec());
    let mut reader = FactsReader::custom(&custom, &custom.classify("/v2/any"));
    reader.feed(br#"{"input":{"model":"a","model":"b"}}"#);
    assert!(reader.finish().is_err());
}

#[test]
fn a_description_that_cannot_work_is_refused() {
    let with = |change: fn(&mut CustomSpec)| {
        let mut spec = spec();
        change(&mut spec);
        Custom::new(spec).unwrap_err().to_string()
    };
    assert_eq!(with(|s| s.metered.clear()), "no path is metered");
    assert_eq!(
        with(|s| s.metered.push("run".into())),
        "path \"run\": has to begin with a slash"
    );
    assert_eq!(
        with(|s| s.model = Some("input.model".into())),
        "\"input.model\" is no JSON pointer: it has to begin with a slash"
    );
    assert_eq!(
        with(|s| s.model = None),
        "nothing tells the model: neither a path with {model} nor a pointer"
    );
    assert_eq!(
        with(|s| s.answer = owned(&[("inputs", "/a")])),
        "unknown field \"inputs\""
    );
    assert_eq!(
        with(|s| s.answer = owned(&[("text", "/a")])),
        "no field tells what a request used or cost"
    );
    assert_eq!(
        with(|s| s.answer.push(("input".into(), "/a//b".into()))),
        "path \"/a//b\": a step is empty"
    );
}
