//! Replays every recorded answer through the meter, in every cut, and expects the provider's own figures.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test: a fixture that is not as it should be fails it"
)]

use std::fs;
use std::panic;
use std::path::{Path, PathBuf};

use quotah_adapters::{
    Asked, Call, ExtraCall, Meter, Operation, ProviderKind, Reading, classify_raw,
};
use quotah_policy::{Money, Unit, Units, Usage, UsageSource};
use serde_json::Value;

/// Bodies up to this many bytes are cut everywhere; longer ones at about this many places.
///
/// `QUOTAH_EVERY_CUT=1 cargo test --release` cuts all of them everywhere (about a minute).
const CUTS_MAX: usize = 192;

#[test]
fn every_recording_is_metered_to_the_token() {
    let check = |case: &Case| case.check(&case.meter([case.body()]));
    let fails = |case: &Case| panic::catch_unwind(|| check(case)).is_err();
    let failed: Vec<_> = cases().into_iter().filter(fails).collect();
    let names: Vec<_> = failed.iter().map(|case| &case.name).collect();
    assert!(names.is_empty(), "as said above: {names:?}");
}

#[test]
fn a_recording_reads_the_same_wherever_it_is_cut_in_two() {
    for case in cases() {
        let body = case.body();
        let whole = case.meter([body]);
        for at in cuts(body) {
            let (head, tail) = body.split_at(at);
            assert_eq!(case.meter([head, tail]), whole, "{} cut at {at}", case.name);
        }
    }
}

#[test]
fn a_recording_reads_the_same_byte_by_byte_and_in_random_pieces() {
    let mut random = Random(0x5eed);
    for case in cases() {
        let body = case.body();
        let whole = case.meter([body]);
        assert_eq!(
            case.meter(body.chunks(1)),
            whole,
            "{} byte by byte",
            case.name
        );
        for round in 0..8 {
            let mut pieces = Vec::new();
            let mut rest = body;
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(random.below(rest.len().min(200)) + 1);
                pieces.push(piece);
                rest = after;
            }
            assert_eq!(
                case.meter(pieces),
                whole,
                "{} in random pieces, round {round}",
                case.name
            );
        }
    }
}

#[test]
fn a_recorded_stream_cut_short_never_counts_as_whole() {
    for case in cases() {
        let body = case.body();
        if case.status() != 200 || !case.name.contains("-stream") {
            continue;
        }
        let whole = case.meter([body]);
        for at in cuts(body) {
            let mut meter = case.new_meter();
            meter.feed(&body[..at]);
            let reading = meter.finish(false);
            let name = &case.name;
            assert_eq!(reading.faults, 0, "{name} cut short at {at}");
            assert!(
                reading.output_bytes <= whole.output_bytes,
                "{name} cut short at {at}"
            );
            match (reading.source, reading.usage, whole.usage) {
                (UsageSource::Provider, usage, expected) => {
                    assert_eq!(usage, expected, "{name} cut short at {at}");
                }
                // With sub-calls the first figures are the sub-call's, and the last do not contain them.
                (UsageSource::Partial, Some(_), Some(_)) if !whole.extra_calls.is_empty() => {}
                (UsageSource::Partial, Some(part), Some(whole)) => {
                    assert!(
                        part.input_tokens <= whole.input_tokens,
                        "{name} cut short at {at}"
                    );
                    assert!(
                        part.output_tokens <= whole.output_tokens,
                        "{name} cut short at {at}"
                    );
                }
                (source, usage, _) => {
                    assert_eq!(
                        (source, usage),
                        (UsageSource::None, None),
                        "{name} cut short at {at}"
                    );
                }
            }
        }
    }
}

/// One recorded interaction.
struct Case {
    name: String,
    body: Vec<u8>,
    fixture: Value,
}

impl Case {
    fn body(&self) -> &[u8] {
        &self.body
    }

    fn status(&self) -> u64 {
        self.fixture["response"]["status"].as_u64().unwrap()
    }

    fn kind(&self) -> ProviderKind {
        self.name.split('/').next().unwrap().parse().unwrap()
    }

    /// What the recorded path asks for, as the gateway reads it.
    fn call(&self) -> Call {
        let request = &self.fixture["request"];
        let (method, path) = (request["method"].as_str(), request["path"].as_str());
        let call = classify_raw(method.unwrap(), path.unwrap(), self.kind().dialect());
        let operation = self.fixture["operation"].as_str();
        assert_eq!(
            Some(call.operation.as_str()),
            operation,
            "{}: operation",
            self.name
        );
        call
    }

    fn new_meter(&self) -> Meter {
        let call = self.call();
        let path = self.fixture["request"]["path"].as_str().unwrap();
        let asked = Asked {
            kind: self.kind(),
            dialect: call.dialect,
            operation: call.operation,
            model: &call.model(path).unwrap_or_default(),
            custom: None,
        };
        let headers = self.fixture["response"]["headers"].as_array().unwrap();
        let headers = headers
            .iter()
            .map(|header| (header[0].as_str().unwrap(), header[1].as_str().unwrap()));
        let content_type = headers.clone().find(|(name, _)| *name == "content-type");
        let content_type = content_type.map_or("", |(_, value)| value);
        let mut meter = Meter::new(&asked, content_type.as_bytes());
        for (name, value) in headers {
            meter.header(name, value.as_bytes());
        }
        meter
    }

    fn meter<'a>(&self, pieces: impl IntoIterator<Item = &'a [u8]>) -> Reading {
        let mut meter = self.new_meter();
        for piece in pieces {
            meter.feed(piece);
        }
        meter.finish(true)
    }

    fn check(&self, reading: &Reading) {
        let name = &self.name;
        assert_eq!(reading.faults, 0, "{name}: faults");
        let expected = &self.fixture["expected_usage"];
        // Counted tokens are an answer's content, not what the answer cost.
        if self.is_fault("usage") {
            assert!(reading.usage.is_some(), "{name}: usage");
        } else if expected.is_null() || expected.get("counted_tokens").is_some() {
            // Pages and pictures are in no recording's figures.
            let tokens = reading.usage.map(|usage| Usage {
                units: Units::NONE,
                ..usage
            });
            assert!(
                tokens.is_none_or(|tokens| tokens.is_none()),
                "{name}: usage {tokens:?}"
            );
        } else {
            self.check_usage(reading, expected);
        }
        let extra = expected.get("extra_iterations").and_then(Value::as_array);
        let extra: Vec<_> = extra.into_iter().flatten().map(expected_call).collect();
        assert_eq!(reading.extra_calls, extra, "{name}: extra calls");
        if let Some(model) = self.fixture["expected_model"].as_str() {
            assert_eq!(reading.model.as_deref(), Some(model), "{name}: model");
        }
        // Behind an error in a stream nothing comes, and lists of models and sound are not looked into.
        if self.status() == 200 && reading.events > 0 && reading.error.is_none() {
            assert!(reading.finished, "{name}: finished");
        }
        self.check_error(reading);
    }

    /// Whether what is expected of this class is not so.
    fn is_fault(&self, class: &str) -> bool {
        let faults = self.fixture["faults"].as_array();
        faults.is_some_and(|faults| faults.iter().any(|fault| fault == class))
    }

    fn check_usage(&self, reading: &Reading, expected: &Value) {
        let name = &self.name;
        let usage = reading.usage.unwrap_or_else(|| panic!("{name}: no usage"));
        for ((class, read), wanted) in CLASSES
            .iter()
            .zip(classes_of(&usage))
            .zip(expected_classes(expected))
        {
            assert_eq!(
                read == wanted,
                !self.is_fault(class),
                "{name}: {class} {read} {wanted}"
            );
        }
        assert_eq!(reading.source, UsageSource::Provider, "{name}: source");
        let tier = match &expected["traffic_type"] {
            Value::Number(_) => Some("ON_DEMAND"),
            Value::String(traffic) => Some(&**traffic),
            _ => expected["service_tier"].as_str(),
        };
        if tier.is_some() {
            assert_eq!(reading.service_tier.as_deref(), tier, "{name}: tier");
        }
        let cost = |class: &str| Money::from_json_number(&expected.get(class)?.to_string());
        let upstream = cost("upstream_cost_usd").filter(|_| expected["is_byok"] == true);
        let cost = cost("reported_cost_usd")
            .map(|cost| cost.saturating_add(upstream.unwrap_or(Money::ZERO)));
        if cost.is_some() {
            assert_eq!(reading.reported_cost, cost, "{name}: reported cost");
        }
    }

    fn check_error(&self, reading: &Reading) {
        let (name, expected) = (&self.name, &self.fixture["expected_error"]);
        // What is only passed through is not read.
        if matches!(self.call().operation, Operation::Models | Operation::Other) {
            return;
        }
        // Some refusals tell no more than a sentence, which nobody expected to be read as an error.
        if self.status() == 200 || !expected.is_null() {
            assert_eq!(
                reading.error.is_some(),
                !expected.is_null() || self.is_fault("error"),
                "{name}: error"
            );
        }
        if !expected.is_object() {
            return;
        }
        let Some(error) = &reading.error else { return };
        let kind = expected["type"]
            .as_str()
            .or_else(|| expected["status"].as_str());
        assert_eq!(error.kind.as_deref(), kind, "{name}: error type");
        let code = match &expected["code"] {
            Value::String(code) => Some(code.clone()),
            Value::Number(code) => Some(code.to_string()),
            _ => None,
        };
        assert_eq!(error.code.as_deref(), code.as_deref(), "{name}: error code");
    }
}

/// The classes that the recordings name, in one order.
const CLASSES: [&str; 14] = [
    "input",
    "cached_input",
    "cache_write",
    "cache_write_1h",
    "input_audio",
    "input_image",
    "output",
    "reasoning",
    "output_audio",
    "output_image",
    "web_search_requests",
    "audio_seconds",
    "search_units",
    "input_video",
];

fn classes_of(usage: &Usage) -> [u64; CLASSES.len()] {
    [
        usage.input_tokens,
        usage.cached_input_tokens,
        usage.cache_write_tokens,
        usage.cache_write_long_tokens,
        usage.input_audio_tokens,
        usage.input_image_tokens,
        usage.output_tokens,
        usage.reasoning_tokens,
        usage.output_audio_tokens,
        usage.output_image_tokens,
        usage.web_search_requests,
        usage.units.get(Unit::InputAudioMs) / 1000,
        usage.units.get(Unit::SearchUnits),
        usage.input_video_tokens,
    ]
}

fn expected_classes(expected: &Value) -> [u64; CLASSES.len()] {
    let told = |class: &str| expected[class].as_u64().unwrap_or(0);
    if expected.get("billed_input").is_none() {
        return CLASSES.map(told);
    }
    // Cohere processes more than it bills; what was cached is a part of that.
    CLASSES.map(|class| match class {
        "input" => told("billed_input"),
        "output" => told("billed_output"),
        "reasoning" => told("reasoning").min(told("billed_output")),
        "cached_input" => 0,
        _ => told(class),
    })
}

fn expected_call(call: &Value) -> ExtraCall {
    let [input, cached, written, written_long, _, _, output, ..] = expected_classes(call);
    ExtraCall {
        kind: call["type"].as_str().unwrap().into(),
        model: call["model"].as_str().map(Into::into),
        usage: Usage {
            input_tokens: input,
            cached_input_tokens: cached,
            cache_write_tokens: written,
            cache_write_long_tokens: written_long,
            output_tokens: output,
            ..Usage::default()
        },
    }
}

/// Where to cut a body.
fn cuts(body: &[u8]) -> impl Iterator<Item = usize> {
    let everywhere = std::env::var_os("QUOTAH_EVERY_CUT").is_some();
    let step = if everywhere {
        1
    } else {
        body.len().div_ceil(CUTS_MAX).max(1)
    };
    (0..=body.len()).step_by(step)
}

/// All fixtures of the providers, by name.
fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let folders = fs::read_dir(&root).unwrap();
    let mut files: Vec<PathBuf> = folders
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(
        files.len() > 200,
        "fixtures are missing: {} found",
        files.len()
    );
    let case = |path: PathBuf| {
        let name = path.strip_prefix(&root).unwrap().with_extension("");
        let fixture: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let response = &fixture["response"];
        let body = match response["body"].as_str() {
            Some(body) => body.as_bytes().to_vec(),
            None => from_base64(response["body_base64"].as_str().unwrap()),
        };
        Case {
            name: name.display().to_string(),
            body,
            fixture,
        }
    };
    files.into_iter().map(case).collect()
}

fn from_base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::with_capacity(text.len());
    let (mut bits, mut count) = (0_usize, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let digit = DIGITS.iter().position(|digit| *digit == byte).unwrap();
        bits = (bits << 6 | digit) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    bytes
}

/// A small seeded generator, so that a failure can be seen again.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}
