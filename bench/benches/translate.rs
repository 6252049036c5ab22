//! What translation costs: a stream per event, a request of 100 KB, an answer.
//!
//! `cargo bench -p quotah-bench --bench translate`. The aims are under 2 µs for an event and under 300 µs for a request of
//! 100 KB. Streams are recordings of `adapters/fixtures`; beside each its meter alone is measured, which every stream
//! passes, translated or not.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark: a fixture that is not as it should be ends it"
)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use quotah_adapters::translate::{self, Caller, Form, StreamTranslator, To};
use quotah_adapters::{Asked, Meter, ProviderKind};
use serde_json::json;

/// Each deployment's form with a recording of it that streams text, thoughts or calls.
const STREAMS: [(Form, &str); 5] = [
    (Form::Chat, "openai/chat-stream-no-usage-multibyte-utf8"),
    (
        Form::Responses,
        "openai/responses-stream-multibyte-utf8-cached-input-reasoning-2",
    ),
    (Form::Messages, "anthropic/messages-stream-5"),
    (
        Form::Generate,
        "gemini/generate-content-stream-usage-in-many-chunks-multibyte-utf8-reasoning-2",
    ),
    (Form::OllamaChat, "ollama/chat-stream"),
];

/// The forms that callers use.
const CALLERS: [Form; 4] = [Form::Chat, Form::Responses, Form::Messages, Form::Generate];

/// Bytes of a request.
const REQUEST_BYTES: usize = 100_000;

fn streams(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("translate_stream_event");
    for (from, name) in STREAMS {
        let body = fixture(name);
        let events: Vec<&[u8]> = body.split_inclusive('\n').map(str::as_bytes).collect();
        let count = body.lines().filter(|line| line.contains('{')).count();
        group.throughput(Throughput::Elements(count.try_into().unwrap()));
        group.bench_function(BenchmarkId::new("meter_alone", name), |bencher| {
            bencher.iter(|| {
                let mut meter = meter(from);
                for event in &events {
                    meter.feed(black_box(event));
                }
                meter.finish(true)
            });
        });
        for to in CALLERS.into_iter().filter(|to| *to != from) {
            let id = BenchmarkId::new(format!("to_{to:?}").to_lowercase(), name);
            group.bench_function(id, |bencher| {
                let mut probe = meter(from);
                probe.feed(body.as_bytes());
                let usage = probe.usage();
                bencher.iter(|| {
                    let mut stream = StreamTranslator::new(&caller(to), from).unwrap();
                    let mut bytes = 0;
                    for event in &events {
                        bytes += stream.push(black_box(event), usage).unwrap().len();
                    }
                    bytes + stream.finish(usage).unwrap().len()
                });
            });
        }
    }
    group.finish();
}

fn requests(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("translate_request_100k");
    for from in CALLERS {
        let body = request(from);
        assert!(body.len() >= REQUEST_BYTES);
        group.throughput(Throughput::Bytes(body.len().try_into().unwrap()));
        group.bench_function(BenchmarkId::new("look", format!("{from:?}")), |bencher| {
            bencher.iter(|| translate::look(from, black_box(&body)).unwrap());
        });
        for to in CALLERS.into_iter().filter(|to| *to != from) {
            let id = BenchmarkId::new(format!("{from:?}"), format!("{to:?}"));
            let to = To {
                form: to,
                kind: ProviderKind::native(to.dialect()),
                model: "model",
            };
            group.bench_function(id, |bencher| {
                bencher.iter(|| translate::request(from, black_box(&body), true, &to).unwrap());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, streams, requests);
criterion_main!(benches);

/// A conversation of many turns with a tool, as an agent has it.
fn request(form: Form) -> Vec<u8> {
    let text = "It was \"noted\" that the harbour opens at 6;\n".repeat(20);
    let schema = json!({"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]});
    let turns = 0..REQUEST_BYTES / (2 * text.len()) + 1;
    let body = match form {
        Form::Responses => {
            let input: Vec<_> = turns
                .flat_map(|_| {
                    [
                        json!({"role": "user", "content": text}),
                        json!({"role": "assistant", "content": text}),
                    ]
                })
                .chain([json!({"role": "user", "content": "Go on."})])
                .collect();
            json!({"model": "m", "input": input, "stream": true,
                "tools": [{"type": "function", "name": "f", "parameters": schema}]})
        }
        Form::Generate => {
            let contents: Vec<_> = turns
                .flat_map(|_| {
                    ["user", "model"].map(|role| json!({"role": role, "parts": [{"text": text}]}))
                })
                .chain([json!({"role": "user", "parts": [{"text": "Go on."}]})])
                .collect();
            json!({"contents": contents, "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": schema}]}]})
        }
        _ => {
            let messages: Vec<_> = turns
                .flat_map(|_| {
                    ["user", "assistant"].map(
                        |role| json!({"role": role, "content": [{"type": "text", "text": text}]}),
                    )
                })
                .chain([json!({"role": "user", "content": "Go on."})])
                .collect();
            let tool = if form == Form::Chat {
                json!({"type": "function", "function": {"name": "f", "parameters": schema}})
            } else {
                json!({"name": "f", "input_schema": schema})
            };
            json!({"model": "m", "max_tokens": 500, "messages": messages, "stream": true, "tools": [tool]})
        }
    };
    body.to_string().into_bytes()
}

fn caller(form: Form) -> Caller {
    Caller {
        form,
        model: "asked".into(),
        wants_usage: true,
        wants_base64: false,
        wants_array: false,
        request_id: "req".into(),
        now_unix_seconds: 1_760_000_000,
    }
}

fn meter(form: Form) -> Meter {
    let asked = Asked::native(form.dialect(), form.operation());
    let content_type = if form == Form::OllamaChat {
        "application/x-ndjson"
    } else {
        "text/event-stream"
    };
    Meter::new(&asked, content_type.as_bytes())
}

/// The body of a recorded answer.
fn fixture(name: &str) -> String {
    let path = format!(
        "{}/../adapters/fixtures/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).expect(&path);
    let case: serde_json::Value = serde_json::from_str(&text).expect(&path);
    case["response"]["body"].as_str().expect(&path).to_owned()
}
