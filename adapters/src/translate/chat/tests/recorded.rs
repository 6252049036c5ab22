//! Recorded chat answers and streams of everyone who speaks so, read and told again.

use serde_json::Value;

use crate::provider::ProviderKind;
use crate::translate::answer::{Answer, Event};
use crate::translate::check;
use crate::translate::json::parse;
use crate::translate::{AnswerFault, Form};

/// Name, body, whether it is a stream.
fn recordings() -> Vec<(String, String, bool)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut all = Vec::new();
    for folder in std::fs::read_dir(root).unwrap().flatten() {
        let Ok(files) = std::fs::read_dir(folder.path()) else {
            continue;
        };
        for file in files.flatten() {
            let fixture: Value =
                serde_json::from_slice(&std::fs::read(file.path()).unwrap()).unwrap();
            let path = fixture["request"]["path"].as_str().unwrap();
            if !path.contains("/chat/completions") || fixture["response"]["status"] != 200 {
                continue;
            }
            let kind = folder.file_name().to_str().unwrap().to_owned();
            assert!(kind.parse::<ProviderKind>().is_ok());
            let file_name = file.file_name();
            let name = format!("{kind}/{}", file_name.to_str().unwrap());
            let body = fixture["response"]["body"].as_str().unwrap().to_owned();
            let is_stream = !body.trim_start().starts_with('{');
            all.push((name, body, is_stream));
        }
    }
    all.sort();
    assert!(all.len() > 70, "{} recordings", all.len());
    all
}

fn read(body: &str) -> Result<Answer<'static>, AnswerFault> {
    // What is read borrows from its text, which lives as long as the test.
    let text: &'static str = Box::leak(body.to_owned().into_boxed_str());
    let value = Box::leak(Box::new(parse(text).unwrap()));
    (Form::Chat.serves().unwrap().read_answer)(value)
}

#[test]
fn every_recorded_answer_told_to_a_chat_caller_reads_as_it_was() {
    for (name, body, _) in recordings().iter().filter(|(_, _, is_stream)| !is_stream) {
        let was = read(body).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let told = check::answer(Form::Chat, Form::Chat, body).unwrap();
        let mut is = read(&told.to_string()).unwrap();
        // A span that was not told is told as the whole text.
        let mut was = was;
        without_spans(&mut was);
        without_spans(&mut is);
        assert_eq!(is, was, "{name}");
        let used = |text: &str| check::usage(Form::Chat, text.as_bytes(), "application/json");
        let (is, was) = (used(&told.to_string()), used(body));
        assert_eq!(is.map(priced), was.map(priced), "{name}");
    }
}

#[test]
fn every_recorded_stream_told_to_a_chat_caller_reads_as_it_was_in_any_cut() {
    for (name, body, _) in recordings().iter().filter(|(_, _, is_stream)| *is_stream) {
        let mut was = check::folded(Form::Chat, body.as_bytes())
            .unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let told = check::stream(Form::Chat, Form::Chat, body.as_bytes(), &[usize::MAX]).unwrap();
        for cuts in [&[1][..], &[7, 1, 130, 3], &[64, 2_000, 5]] {
            if cuts.len() > 1 || body.len() < 20_000 {
                let cut = check::stream(Form::Chat, Form::Chat, body.as_bytes(), cuts).unwrap();
                assert_eq!(cut, told, "{name} cut {cuts:?}");
            }
        }
        let mut is = check::folded(Form::Chat, told.as_bytes()).unwrap();
        without_spans(&mut was);
        without_spans(&mut is);
        assert_eq!(is, was, "{name}");
        if told.ends_with("data: [DONE]\n\n") {
            let used = |text: &str| check::usage(Form::Chat, text.as_bytes(), "text/event-stream");
            assert_eq!(used(&told).map(priced), used(body).map(priced), "{name}");
        }
    }
}

/// What a price is made of; what is billed by the piece has no figure in the dialect.
fn priced(usage: quotah_policy::Usage) -> quotah_policy::Usage {
    quotah_policy::Usage {
        units: quotah_policy::Units::NONE,
        ..usage
    }
}

pub(super) fn without_spans(answer: &mut Answer<'_>) {
    for choice in &mut answer.choices {
        for part in &mut choice.parts {
            if let crate::translate::request::Part::Text { citations, .. } = part {
                citations.iter_mut().for_each(|citation| {
                    citation.span = None;
                    citation.title.get_or_insert_default();
                });
            }
        }
    }
}

fn recorded(name: &str) -> String {
    let mut all = recordings().into_iter();
    all.find(|(known, _, _)| known == name).unwrap().1
}

#[test]
fn an_error_in_a_recorded_stream_ends_it() {
    let body = recorded("groq/chat-stream-error-in-stream-no-usage.json");
    let events = check::events(Form::Chat, body.as_bytes()).unwrap();
    let last = events.last();
    assert!(matches!(last, Some(Event::Failed { .. })), "{last:?}");
    let told = check::stream(Form::Chat, Form::Chat, body.as_bytes(), &[usize::MAX]).unwrap();
    let last = told.lines().rfind(|line| !line.is_empty()).unwrap();
    assert!(
        last.starts_with("data: {\"error\":{\"message\":\""),
        "{last}"
    );
}

#[test]
fn an_error_behind_a_complete_answer_takes_nothing_of_it() {
    let body = recorded("openrouter/chat-stream-comment-reasoning.json");
    let events = check::events(Form::Chat, body.as_bytes()).unwrap();
    assert_eq!(events.last(), Some(&Event::End));
}

#[test]
fn a_stream_that_ends_before_its_answer_does_is_cut_short() {
    for (name, body, _) in recordings() {
        if name != "openai/chat-stream-empty-choices-chunk-tools.json" {
            continue;
        }
        let cut = body.split_at(body.len() / 2).0;
        let cut = cut.rsplit_once("\n\n").unwrap().0;
        let told = check::stream(Form::Chat, Form::Chat, cut.as_bytes(), &[usize::MAX]);
        assert_eq!(told, Err(AnswerFault::CutShort));
    }
}
