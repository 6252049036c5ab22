//! Replays every recorded answer through the meter, in every cut, and expects the provider's own figures.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test: a fixture that is not as it should be fails it"
)]

use std::fs;
use std::path::{Path, PathBuf};

use quotah_adapters::{Asked, Dialect, ExtraCall, Meter, Operation, Reading};
use quotah_policy::{Usage, UsageSource};
use serde_json::Value;

/// Bodies up to this many bytes are cut everywhere; longer ones at about this many places.
///
/// `QUOTAH_EVERY_CUT=1 cargo test --release` cuts all of them everywhere (about a minute).
const CUTS_MAX: usize = 512;

/// A recording whose expected figures leave out what `OpenAI` bills by the call: it has one
/// `web_search_call` whose action is a search.
const SEARCH_NOT_EXPECTED: &str = "openai/responses-stream-multibyte-utf8-cached-input-reasoning";

#[test]
fn every_recording_is_metered_to_the_token() {
    for case in cases() {
        let reading = case.meter([case.body()]);
        case.check(&reading);
    }
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
    fixture: Value,
}

impl Case {
    fn body(&self) -> &[u8] {
        self.fixture["response"]["body"]
            .as_str()
            .unwrap()
            .as_bytes()
    }

    fn status(&self) -> u64 {
        self.fixture["response"]["status"].as_u64().unwrap()
    }

    fn new_meter(&self) -> Meter {
        let operation = match self.fixture["operation"].as_str().unwrap() {
            "chat" => Operation::Chat,
            "completions" => Operation::Completions,
            "responses" => Operation::Responses,
            "embeddings" => Operation::Embeddings,
            "messages" => Operation::Messages,
            "count_tokens" => Operation::CountTokens,
            "generate_content" => Operation::GenerateContent,
            "embed_content" => Operation::EmbedContent,
            other => panic!("{}: unknown operation {other}", self.name),
        };
        let dialect = match (self.name.split('/').next().unwrap(), operation) {
            ("anthropic", _) => Dialect::Anthropic,
            ("gemini", Operation::Chat) | ("openai", _) => Dialect::OpenAi,
            ("gemini", _) => Dialect::Gemini,
            (other, _) => panic!("{}: unknown provider {other}", self.name),
        };
        let headers = self.fixture["response"]["headers"].as_array().unwrap();
        let content_type = headers.iter().find(|header| header[0] == "content-type");
        let content_type = content_type
            .and_then(|header| header[1].as_str())
            .unwrap_or("");
        Meter::new(&Asked::native(dialect, operation), content_type.as_bytes())
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
        if expected.is_null() || expected.get("counted_tokens").is_some() {
            assert_eq!(reading.usage, None, "{name}: usage");
            assert_eq!(reading.source, UsageSource::None, "{name}: source");
        } else {
            let mut usage = reading.usage.unwrap_or_else(|| panic!("{name}: no usage"));
            if name == SEARCH_NOT_EXPECTED {
                assert_eq!(usage.web_search_requests, 1, "{name}: searches");
                usage.web_search_requests = 0;
            }
            assert_eq!(
                classes_of(&usage),
                expected_classes(expected),
                "{name}: usage"
            );
            assert_eq!(reading.source, UsageSource::Provider, "{name}: source");
            let tier = expected["service_tier"].as_str();
            if tier.is_some() {
                assert_eq!(reading.service_tier.as_deref(), tier, "{name}: tier");
            }
        }
        let extra = expected.get("extra_iterations").and_then(Value::as_array);
        let extra: Vec<_> = extra.into_iter().flatten().map(expected_call).collect();
        assert_eq!(reading.extra_calls, extra, "{name}: extra calls");
        if let Some(model) = self.fixture["expected_model"].as_str() {
            assert_eq!(reading.model.as_deref(), Some(model), "{name}: model");
        }
        if self.status() == 200 {
            assert!(reading.finished, "{name}: finished");
        }
        self.check_error(reading);
    }

    fn check_error(&self, reading: &Reading) {
        let (name, expected) = (&self.name, &self.fixture["expected_error"]);
        assert_eq!(
            reading.error.is_some(),
            !expected.is_null(),
            "{name}: error"
        );
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
fn classes_of(usage: &Usage) -> [u64; 11] {
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
    ]
}

fn expected_classes(expected: &Value) -> [u64; 11] {
    [
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
    ]
    .map(|class| expected[class].as_u64().unwrap_or(0))
}

fn expected_call(call: &Value) -> ExtraCall {
    let [input, cached, written, written_long, .., output, _, _, _, _] = expected_classes(call);
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
    let mut files: Vec<PathBuf> = ["anthropic", "gemini", "openai"]
        .iter()
        .flat_map(|provider| fs::read_dir(root.join(provider)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(
        files.len() > 90,
        "fixtures are missing: {} found",
        files.len()
    );
    files
        .into_iter()
        .map(|path| Case {
            name: path
                .strip_prefix(&root)
                .unwrap()
                .with_extension("")
                .display()
                .to_string(),
            fixture: serde_json::from_slice(&fs::read(&path).unwrap()).unwrap(),
        })
        .collect()
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
