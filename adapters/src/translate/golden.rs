//! Every recorded answer in the words of every caller.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::answer::{Answer, Reason};
use super::check::{self, caller, folded};
use super::form::{Form, Task};
use super::request::Part;
use super::{AnswerFault, StreamTranslator};
use crate::adapter::Asked;
use crate::meter::Meter;
use crate::path::classify_raw;
use crate::provider::ProviderKind;
use quotah_policy::Usage;

const CALLERS: [Form; 4] = [Form::Chat, Form::Responses, Form::Messages, Form::Generate];

/// A recorded exchange in a form that deployments are asked in.
struct Case {
    name: String,
    form: Form,
    kind: ProviderKind,
    content_type: String,
    body: Vec<u8>,
}

impl Case {
    fn is_stream(&self) -> bool {
        !self.content_type.starts_with("application/json")
    }

    fn meter(&self) -> Meter {
        let asked = Asked {
            kind: self.kind,
            model: "sent-model",
            ..Asked::native(self.form.dialect(), self.form.operation())
        };
        Meter::new(&asked, self.content_type.as_bytes())
    }

    /// What a caller gets, and what was used by what the deployment says.
    fn told(&self, to: Form, cuts: &[usize]) -> Result<(String, Option<Usage>), AnswerFault> {
        let mut meter = self.meter();
        if !self.is_stream() {
            meter.feed(&self.body);
            let usage = meter.finish(true).usage;
            let told = super::answer(&caller(to), self.form, &self.body, usage.as_ref())?;
            return Ok((told, usage));
        }
        let mut translator = StreamTranslator::new(&caller(to), self.form).unwrap();
        let (mut told, mut rest) = (String::new(), &*self.body);
        let mut cuts = cuts.iter().cycle();
        while !rest.is_empty() {
            let cut = cuts
                .next()
                .copied()
                .unwrap_or(usize::MAX)
                .clamp(1, rest.len());
            let (piece, behind) = rest.split_at(cut);
            meter.feed(piece);
            told.push_str(&translator.push(piece, meter.usage())?);
            rest = behind;
        }
        told.push_str(&translator.finish(meter.usage())?);
        Ok((told, meter.finish(true).usage))
    }
}

fn callers(case: &Case) -> impl Iterator<Item = Form> {
    CALLERS
        .into_iter()
        .filter(|to| *to != case.form && to.asks().is_some() && to.is_served())
}

#[test]
fn every_recorded_answer_reaches_every_caller_whole_and_with_its_usage() {
    let mut wrong = Vec::new();
    let mut pairs = BTreeMap::<String, usize>::new();
    for case in cases() {
        for to in callers(&case) {
            *pairs
                .entry(format!("{:?} to {to:?}", case.form))
                .or_default() += 1;
            if let Err(why) = reaches(&case, to) {
                wrong.push(format!("{} to {to:?}: {why}", case.name));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of them:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn reaches(case: &Case, to: Form) -> Result<(), String> {
    let (told, usage) = case
        .told(to, &[usize::MAX])
        .map_err(|fault| format!("{fault:?}"))?;
    let type_told = if case.is_stream() {
        check::stream_type(to)
    } else {
        "application/json"
    };
    let read = check::usage(to, told.as_bytes(), type_told);
    let (told_usage, said) = (priced(read, to), priced(usage, to));
    if told_usage != said {
        return Err(format!("usage {told_usage:?} of {said:?}"));
    }
    let answer = if case.is_stream() {
        folded(to, told.as_bytes()).map_err(|fault| format!("not read back: {fault:?}"))?
    } else {
        if told.contains(r#""status":"failed""#) {
            // Responses tell a call that cannot be read as a failure, which is no answer.
            return Ok(());
        }
        let value = super::json::parse(&told).map_err(|error| error.to_string())?;
        let answer = (to.serves().unwrap().read_answer)(&value);
        owned(&answer.map_err(|fault| format!("not read back: {fault:?}"))?)
    };
    let native = native(case)?;
    if said_by(&answer) != said_by(&native) {
        return Err(format!(
            "{:?}\n  of {:?}",
            said_by(&answer),
            said_by(&native)
        ));
    }
    Ok(())
}

#[test]
fn a_recorded_stream_says_the_same_in_any_cut() {
    for case in cases().into_iter().filter(Case::is_stream) {
        for to in callers(&case) {
            let whole = case.told(to, &[usize::MAX]).map(|(told, _)| told);
            for cuts in [&[1][..], &[7, 1, 130, 3], &[64, 2_000, 5]] {
                // What is long is not cut into single bytes: a minute of one core for nothing new.
                if cuts.len() > 1 || case.body.len() < 20_000 {
                    let cut = case.told(to, cuts).map(|(told, _)| told);
                    assert_eq!(cut, whole, "{} to {to:?} cut {cuts:?}", case.name);
                }
            }
        }
    }
}

/// What the deployment itself says, in the neutral form.
fn native(case: &Case) -> Result<Answer<'static>, String> {
    if !case.is_stream() {
        let text = std::str::from_utf8(&case.body).unwrap();
        let value = super::json::parse(text).map_err(|error| error.to_string())?;
        let answer = (case.form.serves().unwrap().read_answer)(&value);
        return answer
            .map(|answer| owned(&answer))
            .map_err(|fault| format!("{fault:?}"));
    }
    if case.form == Form::Converse {
        // Frames are read by the driver alone: through a caller's form that keeps everything.
        let (told, _) = case
            .told(Form::Messages, &[usize::MAX])
            .map_err(|fault| format!("{fault:?}"))?;
        return folded(Form::Messages, told.as_bytes()).map_err(|fault| format!("{fault:?}"));
    }
    folded(case.form, &case.body).map_err(|fault| format!("{fault:?}"))
}

fn owned(answer: &Answer<'_>) -> Answer<'static> {
    let choices = answer.choices.iter().map(|choice| super::answer::Choice {
        parts: choice.parts.iter().map(owned_part).collect(),
        finish: choice.finish.clone().into_owned(),
        ..super::answer::Choice::default()
    });
    Answer {
        id: answer.id.clone().into_owned(),
        choices: choices.collect(),
        ..Answer::default()
    }
}

fn owned_part(part: &Part<'_>) -> Part<'static> {
    match part {
        Part::Text { text, .. } => Part::text(text.clone().into_owned()),
        Part::Refusal { text } => Part::Refusal {
            text: text.clone().into_owned(),
        },
        Part::ToolCall(call) => Part::ToolCall(super::request::ToolCall {
            id: call.id.clone().into_owned(),
            name: call.name.clone().into_owned(),
            input: call.input.clone().into_owned(),
            signature: None,
            cache: None,
            is_custom: call.is_custom,
        }),
        Part::Thinking { text, .. } => Part::Thinking {
            text: text.clone().into_owned(),
            signature: None,
        },
        _ => Part::text(super::json::Spelled::default()),
    }
}

/// Text, calls by name and arguments, how it ended.
type Said = (String, Vec<(String, Value)>, Reason);

/// What an answer says, as far as every dialect can say it: its text, its calls, how each answer ended.
fn said_by(answer: &Answer<'_>) -> Vec<Said> {
    let choices = answer.choices.iter().map(|choice| {
        let (mut text, mut calls) = (String::new(), Vec::new());
        for part in &choice.parts {
            match part {
                Part::Text { text: more, .. } | Part::Refusal { text: more } => {
                    text.push_str(&more.plain());
                }
                Part::ToolCall(call) => {
                    let input = call.input.plain();
                    let input = if input.is_empty() { "{}".into() } else { input };
                    calls.push((
                        call.name.plain().into_owned(),
                        serde_json::from_str(&input).unwrap_or(Value::Null),
                    ));
                }
                _ => {}
            }
        }
        (text, calls, coarse(choice.finish.reason))
    });
    choices.collect()
}

/// Reasons as far as every dialect tells them apart.
const fn coarse(reason: Reason) -> Reason {
    match reason {
        Reason::Done | Reason::Stop | Reason::Paused | Reason::Other => Reason::Done,
        Reason::Length | Reason::ContextFull => Reason::Length,
        Reason::ToolCalls => Reason::ToolCalls,
        Reason::Filtered | Reason::Refused | Reason::BadCall => Reason::Filtered,
    }
}

/// The classes that a caller's dialect has names for: Gemini's has none for what is written to a cache, and only
/// Anthropic's tells for how long that is kept.
fn priced(usage: Option<Usage>, to: Form) -> Usage {
    let usage = usage.unwrap_or_default();
    Usage {
        input_tokens: usage.input_tokens,
        cached_input_tokens: usage.cached_input_tokens,
        cache_write_tokens: if to == Form::Generate {
            0
        } else {
            usage.cache_write_tokens
        },
        cache_write_long_tokens: if to == Form::Messages {
            usage.cache_write_long_tokens
        } else {
            0
        },
        output_tokens: usage.output_tokens,
        reasoning_tokens: usage.reasoning_tokens,
        ..Usage::default()
    }
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let folders = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = folders
        .filter(|path| path.is_dir())
        .flat_map(|folder| {
            fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path())
        })
        .collect();
    files.sort();
    files.iter().filter_map(|file| case(file)).collect()
}

fn case(file: &Path) -> Option<Case> {
    let fixture: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let folder = file
        .parent()
        .unwrap()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let kind: ProviderKind = folder.parse().unwrap();
    let (request, response) = (&fixture["request"], &fixture["response"]);
    let path = request["path"].as_str().unwrap();
    let call = classify_raw(request["method"].as_str().unwrap(), path, kind.dialect());
    let form = Form::of(&call, path)?;
    // Errors are told by other means, and errors in streams end in the caller's error event.
    let mut faults = fixture["faults"].as_array().into_iter().flatten();
    let has_error = !fixture["expected_error"].is_null() || faults.any(|fault| fault == "error");
    let is_answer = response["status"] == 200 && !has_error;
    if !is_answer || form.task() != Task::Turn || !form.is_served() {
        return None;
    }
    let headers = response["headers"].as_array().unwrap();
    let content_type = headers.iter().find(|header| header[0] == "content-type");
    let body = match response["body"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => {
            use base64::Engine as _;
            let text = response["body_base64"].as_str().unwrap();
            base64::engine::general_purpose::STANDARD
                .decode(text)
                .unwrap()
        }
    };
    Some(Case {
        name: format!("{folder}/{}", file.file_stem().unwrap().to_str().unwrap()),
        form,
        kind,
        // One recorded stream has another type in its head.
        content_type: if body.starts_with(b"data:") {
            "text/event-stream".to_owned()
        } else {
            content_type
                .map_or("", |header| header[1].as_str().unwrap())
                .to_owned()
        },
        body,
    })
}
