//! What the meter costs: whole answers, from the first byte to the reading, per byte.
//!
//! `cargo bench -p quotah-bench --bench meter`. The aims are under 2 µs for an answer of 1 KiB and under 1.5 ns per
//! byte (over 636 MiB/s) on long streams. Streams are recordings of `adapters/fixtures`, made long by repeating
//! their middle; they come in pieces of [`PIECE_BYTES`], but for one that comes event by event.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark: a fixture that is not as it should be ends it"
)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use quotah_adapters::{Asked, Dialect, Meter, Operation, Reading};

/// What a read off a busy connection brings at most.
const PIECE_BYTES: usize = 8 * 1024;

/// Length that streams are brought to.
const STREAM_BYTES: usize = 200 * 1024;

/// Length of a base64 image in one event.
const IMAGE_BYTES: usize = 4 * 1024 * 1024;

/// An answer and how it comes.
struct Answer {
    name: &'static str,
    dialect: Dialect,
    operation: Operation,
    content_type: &'static str,
    pieces: Vec<Vec<u8>>,
}

impl Answer {
    fn bytes(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum()
    }

    fn read(&self) -> Reading {
        let asked = Asked::native(self.dialect, self.operation);
        let mut meter = Meter::new(&asked, self.content_type.as_bytes());
        for piece in &self.pieces {
            meter.feed(black_box(piece));
        }
        meter.finish(true)
    }
}

fn meter(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("meter");
    for answer in answers() {
        group.throughput(Throughput::Bytes(answer.bytes().try_into().unwrap()));
        group.bench_function(BenchmarkId::from_parameter(answer.name), |bencher| {
            let reading = answer.read();
            assert!(
                reading.faults == 0 && reading.output_bytes > 0,
                "{reading:?}"
            );
            bencher.iter(|| answer.read());
        });
    }
    group.finish();
}

criterion_group!(benches, meter);
criterion_main!(benches);

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

fn answers() -> Vec<Answer> {
    let chat = long(
        &fixture("openai/chat-stream-no-usage-multibyte-utf8"),
        STREAM_BYTES,
    );
    let answer = |name, dialect, operation, body: String| Answer {
        name,
        dialect,
        operation,
        content_type: if body.starts_with('{') { JSON } else { EVENTS },
        pieces: body
            .as_bytes()
            .chunks(PIECE_BYTES)
            .map(<[u8]>::to_vec)
            .collect(),
    };
    let (openai, anthropic, gemini) = (Dialect::OpenAi, Dialect::Anthropic, Dialect::Gemini);
    let lengthened = |path| long(&fixture(path), STREAM_BYTES);
    vec![
        answer("openai_chat_1k", openai, Operation::Chat, plain_chat(1024)),
        Answer {
            pieces: chat.split_inclusive("\n\n").map(Into::into).collect(),
            ..answer(
                "openai_chat_stream_by_event",
                openai,
                Operation::Chat,
                chat.clone(),
            )
        },
        answer("openai_chat_stream", openai, Operation::Chat, chat),
        answer(
            "openai_responses_stream",
            openai,
            Operation::Responses,
            lengthened("openai/responses-stream-multibyte-utf8-cached-input-reasoning-2"),
        ),
        answer(
            "anthropic_stream",
            anthropic,
            Operation::Messages,
            lengthened("anthropic/messages-stream-5"),
        ),
        answer(
            "gemini_stream",
            gemini,
            Operation::GenerateContent,
            lengthened(
                "gemini/generate-content-stream-usage-in-many-chunks-multibyte-utf8-reasoning-2",
            ),
        ),
        answer(
            "image_in_one_event",
            gemini,
            Operation::GenerateContent,
            image(),
        ),
    ]
}

/// The body of a recorded answer.
fn fixture(name: &str) -> String {
    let path = format!(
        "{}/../adapters/fixtures/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).expect(&path);
    let case: serde_json::Value = serde_json::from_str(&text).expect(&path);
    case["response"]["body"]
        .as_str()
        .expect(&path)
        .replace("\r\n", "\n")
}

/// A stream with the events between its first and its last two repeated up to `bytes`.
fn long(stream: &str, bytes: usize) -> String {
    let events: Vec<_> = stream.split_inclusive("\n\n").collect();
    let (first, rest) = events.split_first().unwrap();
    let (middle, last) = rest.split_at(rest.len().saturating_sub(2));
    let (mut long, mut middle) = ((*first).to_owned(), middle.iter().cycle());
    while long.len() < bytes {
        long.push_str(middle.next().unwrap());
    }
    long.extend(last.iter().copied());
    long
}

/// A plain chat answer of `bytes` bytes, laid out as `OpenAI` does.
fn plain_chat(bytes: usize) -> String {
    let answer = |text: &str| {
        format!(
            r#"{{
  "id": "chatcmpl-D7mVuXauQqcmOCb3XP6IL6yHwJaAL",
  "object": "chat.completion",
  "created": 1770747154,
  "model": "gpt-4.1-2025-04-14",
  "choices": [
    {{
      "index": 0,
      "message": {{
        "role": "assistant",
        "content": "{text}",
        "refusal": null,
        "annotations": []
      }},
      "logprobs": null,
      "finish_reason": "stop"
    }}
  ],
  "usage": {{
    "prompt_tokens": 19,
    "completion_tokens": 10,
    "total_tokens": 29,
    "prompt_tokens_details": {{
      "cached_tokens": 0,
      "audio_tokens": 0
    }},
    "completion_tokens_details": {{
      "reasoning_tokens": 0,
      "audio_tokens": 0,
      "accepted_prediction_tokens": 0,
      "rejected_prediction_tokens": 0
    }}
  }},
  "service_tier": "default",
  "system_fingerprint": "fp_8b22347a3e"
}}
"#
        )
    };
    let words = "The quick brown fox jumps over the lazy dog. ".repeat(bytes / 45 + 1);
    let room = bytes.saturating_sub(answer("").len());
    answer(&words[..room])
}

/// One event with an image in it.
fn image() -> String {
    let data = "iVBORw0KGgoAAAANSUhEUgAA/+9k".repeat(IMAGE_BYTES / 28);
    format!(
        concat!(
            r#"data: {{"candidates": [{{"content": {{"parts": [{{"text": "Here."}}, {{"inlineData": "#,
            r#"{{"mimeType": "image/png", "data": "{}"}}}}], "role": "model"}}, "finishReason": "STOP", "#,
            r#""index": 0}}], "usageMetadata": {{"promptTokenCount": 9, "candidatesTokenCount": 1290, "#,
            r#""totalTokenCount": 1299}}, "modelVersion": "gemini-2.5-flash-image"}}"#,
            "\n\n"
        ),
        data
    )
}
