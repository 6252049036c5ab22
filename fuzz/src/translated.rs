//! What every stream translator is held to; each form that deployments answer in is a target of its own.

use quotah_adapters::translate::{AnswerFault, Caller, Form, StreamTranslator};

use crate::Input;

/// Everybody who may get the stream.
const CALLERS: [Form; 4] = [Form::Chat, Form::Responses, Form::Messages, Form::Generate];

/// Types of Bedrock's frames; the last is an exception.
const FRAMES: [&str; 8] = [
    "messageStart",
    "contentBlockStart",
    "contentBlockDelta",
    "contentBlockStop",
    "messageStop",
    "metadata",
    "someday",
    "throttlingException",
];

/// Any cut tells the same, or fails with the same after the same; what is told is what a reader of the caller's dialect
/// can take apart.
///
/// # Panics
/// When it is not so.
pub fn stream(form: Form, data: &[u8]) {
    let Some(mut input) = Input::read(data) else {
        return;
    };
    let framed = (form == Form::Converse).then(|| frames(input.body));
    if let Some(framed) = &framed {
        input.body = framed;
    }
    let to = input.choose(&CALLERS);
    let whole = told(to, form, [input.body]);
    assert_eq!(told(to, form, input.pieces()), whole, "in pieces");
    if input.body.len() <= crate::SHORT_BYTES {
        assert_eq!(told(to, form, input.body.chunks(1)), whole, "byte by byte");
    }
    readable(&whole.0);
}

fn told<'a>(
    to: Form,
    form: Form,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (String, Option<AnswerFault>) {
    let caller = Caller {
        form: to,
        model: "m".into(),
        wants_usage: true,
        wants_base64: false,
        wants_array: false,
        request_id: "r".into(),
        now_unix_seconds: 1,
    };
    let mut translator = StreamTranslator::new(&caller, form).expect("a pair");
    let mut told = String::new();
    for piece in pieces {
        match translator.push(piece, None) {
            Ok(more) => told.push_str(&more),
            Err(fault) => return (told + &translator.rest(), Some(fault)),
        }
    }
    match translator.finish(None) {
        Ok(more) => (told + &more, None),
        Err(fault) => (told + &translator.rest(), Some(fault)),
    }
}

/// Each line of data is JSON, and nothing stands between events that a strict reader would stumble over.
fn readable(told: &str) {
    for line in told.lines().filter(|line| !line.is_empty()) {
        match line.split_once(": ") {
            Some(("data", "[DONE]")) | Some(("event", _)) => {}
            Some(("data", json)) => {
                let read = serde_json::from_str::<&serde_json::value::RawValue>(json);
                assert!(read.is_ok(), "{line}");
            }
            _ => panic!("neither event nor data: {line}"),
        }
    }
    assert!(told.is_empty() || told.ends_with('\n'), "half an event");
}

/// Frames with right checksums, one for each line: its first byte says which, the rest is the payload.
fn frames(body: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    for line in body.split(|byte| *byte == b'\n') {
        let Some((kind, payload)) = line.split_first() else {
            continue;
        };
        let kind = usize::from(*kind) % FRAMES.len();
        let is_exception = kind == FRAMES.len() - 1;
        let (message, name) = if is_exception {
            ("exception", ":exception-type")
        } else {
            ("event", ":event-type")
        };
        let mut headers = Vec::new();
        for (name, value) in [(":message-type", message), (name, FRAMES[kind])] {
            headers.push(name.len() as u8);
            headers.extend(name.as_bytes());
            headers.push(7);
            headers.extend((value.len() as u16).to_be_bytes());
            headers.extend(value.as_bytes());
        }
        let total = 16 + headers.len() + payload.len();
        let mut frame = (total as u32).to_be_bytes().to_vec();
        frame.extend((headers.len() as u32).to_be_bytes());
        frame.extend(crc32fast::hash(&frame).to_be_bytes());
        frame.extend(headers);
        frame.extend(payload);
        frame.extend(crc32fast::hash(&frame).to_be_bytes());
        all.extend(frame);
    }
    all
}
