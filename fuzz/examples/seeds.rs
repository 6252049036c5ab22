//! Writes the corpora that fuzzing starts from, made of the adapters' recorded answers.
//!
//! `cargo run --example seeds -- DIR` fills `DIR/<target>/`. `scripts/fuzz` calls it.

#[path = "../../proxy/src/ledger/segment.rs"]
#[allow(dead_code, unreachable_pub, reason = "only written here")]
mod segment;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use quotah_adapters::translate::Form;
use quotah_adapters::{Encoder, classify, eventstream};
use quotah_fuzz::Input;
use serde_json::Value;

/// Longest body of a seed: half of what `scripts/fuzz` lets inputs grow to.
const BODY_BYTES_MAX: usize = 2048;

/// In the order of the meter's target.
const OPERATIONS: [&str; 8] = [
    "chat",
    "completions",
    "responses",
    "embeddings",
    "messages",
    "count_tokens",
    "generate_content",
    "embed_content",
];

/// In the order of the decoder's target.
const CODINGS: [&str; 4] = ["gzip", "deflate", "br", "zstd"];

/// What the gate's target begins with: plain requests, which it twists by itself.
const REQUESTS: [&str; 3] = [
    "POST /v1/chat/completions?a=b HTTP/1.1\r\nHost: a:8080\r\nContent-Length: 3\r\nX-A:\tb \r\n\r\nabc",
    "\r\nPOST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\nTransfer-Encoding: Chunked\r\n\r\n\
     3;a=b\r\nabc\r\n0\r\nx-t: 1\r\n\r\nGET / HTTP/1.0\r\nhost: a\r\n\r\n",
    "GET /v1/models HTTP/1.1\r\nhost: [::1]:80\r\nconnection: keep-alive\r\ncookie: a=b; c=d\r\n\r\n",
];

/// Events of AWS event streams, by type.
const EVENTS: [(&str, &str); 4] = [
    ("messageStop", "{\"stopReason\":\"end_turn\"}"),
    (
        "metadata",
        "{\"usage\":{\"inputTokens\":2,\"outputTokens\":3}}",
    ),
    ("contentBlockDelta", "{\"delta\":{\"text\":\"abc\"}}"),
    (
        "chunk",
        "{\"bytes\":\"eyJ1c2FnZSI6eyJpbnB1dF90b2tlbnMiOjJ9fQ==\",\"p\":\"abc\"}",
    ),
];

/// What the form's target begins with.
const FORM: &str = "--x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--x\r\n\
                    Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\
                    Content-Type: audio/wav\r\n\r\n\0\r\n--\r\n--x--\r\n";

/// Streams that no provider sends, or few.
const STREAMS: [&str; 6] = [
    "data: {\"choices\":[],\"usage\":{}}\n\ndata: [DONE]\n\n",
    ": hello\r\n\r\nevent: x\r\ndata: {\"choices\" : [ ],\"usage\":{\"prompt_tokens\":3}}\r\n\r\n",
    "data: {\"choices\":\rdata: [],\"usage\":{}}\r\r",
    "data: {\"\\u0063hoices\":[],\"usage\":{}}\n\ndata: [DONE] \n\n",
    "data: {\"choices\":[],\"choices\":[1],\"usage\":{}}\n\ndata: [1",
    " \u{feff}event: error\ndata: {\"error\":{\"code\":1}}\n\ndata:\n\n",
];

fn main() -> Result<(), Box<dyn Error>> {
    let to = PathBuf::from(std::env::args().nth(1).ok_or("usage: seeds DIR")?);
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../adapters/fixtures");
    for (dialect, provider) in ["openai", "anthropic", "gemini"].into_iter().enumerate() {
        for file in fs::read_dir(fixtures.join(provider))? {
            let path = file?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let name = format!("{provider}-{name}");
            let fixture: Value = serde_json::from_slice(&fs::read(&path)?)?;
            answers(&to, &name, dialect, &fixture)?;
            requests(&to, &name, &fixture)?;
        }
    }
    translated(&to, &fixtures)?;
    for (number, stream) in STREAMS.iter().enumerate() {
        for target in ["sse", "strip", "meter"] {
            seed(&to, target, &number.to_string(), 0, stream.as_bytes())?;
        }
    }
    for (number, request) in REQUESTS.iter().enumerate() {
        seed(&to, "gate", &number.to_string(), 0, request.as_bytes())?;
    }
    frames(&to)?;
    seed(&to, "form", "0", 0, FORM.as_bytes())?;
    log(&to)
}

/// One answer, as several targets see it.
fn answers(to: &Path, name: &str, dialect: usize, fixture: &Value) -> Result<(), Box<dyn Error>> {
    let Some(body) = fixture["response"]["body"].as_str() else {
        return Ok(());
    };
    let body = shortened(body);
    let is_stream = name.contains("-stream");
    let operation = OPERATIONS
        .iter()
        .position(|known| fixture["operation"] == **known);
    // The others are no answers that the meter reads for tokens.
    let Some(operation) = operation else {
        return Ok(());
    };
    // Gemini's own chat is OpenAI's dialect.
    let dialect = if operation == 0 { 0 } else { dialect };
    let pick = dialect + 3 * operation + 30 * usize::from(!is_stream);
    seed(to, "meter", name, u8::try_from(pick)?, &body)?;
    if is_stream {
        seed(to, "sse", name, 0, &body)?;
        seed(to, "strip", name, 0, &body)?;
    }
    for (pick, coding) in (0_u8..).zip(CODINGS) {
        let mut encoder = Encoder::new(coding.as_bytes()).ok_or("an unknown coding")?;
        let mut encoded = Vec::new();
        encoder.push(&body, &mut encoded)?;
        encoder.finish(&mut encoded)?;
        seed(to, "decode", &format!("{name}-{coding}"), pick, &encoded)?;
    }
    Ok(())
}

/// A request's body, for each path in turn.
fn requests(to: &Path, name: &str, fixture: &Value) -> Result<(), Box<dyn Error>> {
    let Some(body) = fixture["request"]["body"].as_str() else {
        return Ok(());
    };
    for path in 0..12 {
        seed(
            to,
            "facts",
            &format!("{name}-{path}"),
            path,
            &shortened(body),
        )?;
    }
    Ok(())
}

/// Event streams: an exception, and events without checksums, which the target writes.
fn frames(to: &Path) -> Result<(), Box<dyn Error>> {
    let exception = eventstream::exception("throttlingException", "{\"message\":\"\"}");
    seed(to, "eventstream", "exception", 0, &exception)?;
    for (number, (kind, json)) in EVENTS.iter().enumerate() {
        let mut body = vec![
            u8::try_from(15 + kind.len())?,
            u8::try_from(json.len().div_ceil(4))?,
        ];
        body.extend(b"\x0b:event-type\x07\x00");
        body.push(u8::try_from(kind.len())?);
        body.extend(kind.as_bytes());
        body.extend(format!("{json:<width$}", width = json.len().next_multiple_of(4)).bytes());
        for pick in [1, 5] {
            let name = format!("event-{number}-{pick}");
            seed(to, "eventstream", &name, pick, &body.repeat(2))?;
        }
    }
    Ok(())
}

/// Streams and requests of every form, as the translators' targets see them.
fn translated(to: &Path, fixtures: &Path) -> Result<(), Box<dyn Error>> {
    for provider in fs::read_dir(fixtures)? {
        let provider = provider?.path();
        if !provider.is_dir() {
            continue;
        }
        for file in fs::read_dir(&provider)? {
            let path = file?.path();
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let name = format!(
                "{}-{name}",
                provider.file_name().unwrap_or_default().display()
            );
            let fixture: Value = serde_json::from_slice(&fs::read(&path)?)?;
            let asked = fixture["request"]["path"].as_str().unwrap_or_default();
            let method = fixture["request"]["method"].as_str().unwrap_or_default();
            let Some(form) = classify(method, asked).and_then(|call| Form::of(&call, asked)) else {
                continue;
            };
            let target = match form {
                Form::Chat => "from_chat",
                Form::Responses => "from_responses",
                Form::Messages => "from_messages",
                Form::Generate => "from_generate",
                Form::CohereChat => "from_cohere",
                Form::OllamaChat => "from_ollama",
                _ => continue,
            };
            if let Some(body) = fixture["response"]["body"].as_str()
                && name.contains("-stream")
            {
                for pick in 0..4 {
                    seed(
                        to,
                        target,
                        &format!("{name}-{pick}"),
                        pick,
                        &shortened(body),
                    )?;
                }
            }
            let place = Form::ALL.iter().position(|one| *one == form);
            if let (Some(body), Some(place)) = (fixture["request"]["body"].as_str(), place) {
                seed(
                    to,
                    "translate",
                    &name,
                    u8::try_from(place)?,
                    body.as_bytes(),
                )?;
            }
        }
    }
    for (target, stream) in CUSTOM_CALLS {
        for pick in 0..4 {
            let name = format!("custom-{pick}");
            seed(to, target, &name, pick, stream.as_bytes())?;
        }
    }
    for pick in 0..4 {
        seed(
            to,
            "from_converse",
            &pick.to_string(),
            pick,
            CONVERSE.as_bytes(),
        )?;
    }
    Ok(())
}

/// Calls of custom tools, which were not recorded: in chunks, and in events of responses.
const CUSTOM_CALLS: [(&str, &str); 2] = [
    (
        "from_chat",
        "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t\",\
         \"type\":\"custom\",\"custom\":{\"name\":\"f\",\"input\":\"\"}}]}}]}\n\n\
         data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"custom\":{\"input\":\"a\\\"\"}}]}}]}\n\n\
         data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n",
    ),
    (
        "from_responses",
        "data: {\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"model\":\"m\"}}\n\n\
         data: {\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"type\":\"custom_tool_call\",\
         \"call_id\":\"t\",\"name\":\"f\",\"input\":\"\"}}\n\n\
         data: {\"type\":\"response.custom_tool_call_input.delta\",\"output_index\":0,\"delta\":\"a\\\"\"}\n\n\
         data: {\"type\":\"response.custom_tool_call_input.done\",\"output_index\":0,\"input\":\"a\\\"\"}\n\n\
         data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[]}}\n\n",
    ),
];

/// Bedrock's events: the byte before each says its type.
const CONVERSE: &str = "\0{\"role\":\"assistant\",\"p\":\"ab\"}\n\u{2}{\"contentBlockIndex\":0,\"delta\":{\"text\":\"Hi\"}}\n\
    \u{3}{\"contentBlockIndex\":0}\n\u{1}{\"contentBlockIndex\":1,\"start\":{\"toolUse\":{\"toolUseId\":\"t\",\"name\":\"f\"}}}\n\
    \u{2}{\"contentBlockIndex\":1,\"delta\":{\"toolUse\":{\"input\":\"{}\"}}}\n\u{3}{\"contentBlockIndex\":1}\n\
    \u{4}{\"stopReason\":\"tool_use\"}\n\u{5}{\"usage\":{\"inputTokens\":2,\"outputTokens\":3,\"totalTokens\":5}}";

/// A few records in a row, behind a header and without.
fn log(to: &Path) -> Result<(), Box<dyn Error>> {
    let mut frames = Vec::new();
    for length in [0_usize, 1, 30, 200] {
        segment::put_frame(&mut frames, segment::kind::SETTLEMENT, &vec![b'x'; length])?;
        seed(to, "log", &format!("frames-{length}"), 1, &frames)?;
    }
    let header = segment::Header {
        sequence: 1,
        writer: 2,
        created_unix_ms: 3,
    }
    .encode();
    seed(to, "log", "segment", 0, &[&header[..], &frames].concat())
}

fn seed(to: &Path, target: &str, name: &str, pick: u8, body: &[u8]) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to.join(target))?;
    fs::write(to.join(target).join(name), Input::write(pick, 0x5eed, body))?;
    Ok(())
}

/// A long body's first and last lines: a stream's usage comes last.
fn shortened(body: &str) -> Vec<u8> {
    let body = body.as_bytes();
    let half = BODY_BYTES_MAX / 2;
    if body.len() <= BODY_BYTES_MAX {
        return body.to_vec();
    }
    let (head, tail) = (&body[..half], &body[body.len() - half..]);
    let end = |bytes: &[u8]| {
        bytes
            .iter()
            .position(|&byte| byte == b'\n')
            .map_or(0, |at| at + 1)
    };
    let head = &head[..head
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(half, |at| at + 1)];
    [head, &tail[end(tail)..]].concat()
}
