//! The results of a batch: JSON lines, each with an answer or an error, added up by model.
//!
//! A file that is fetched need not be a batch's: lines that are no such results say nothing and are no faults.

use quotah_policy::{Usage, UsageSource};

use super::book::Book;
use super::reading::EXTRA_CALLS_MAX;
use super::{ExtraCall, Reading};
use crate::adapter::Asked;
use crate::scan::Scanner;

/// What the lines so far add up to.
#[derive(Debug)]
pub(super) struct Batch {
    asked: Asked<'static>,
    scanner: Scanner,
    state: Line,
    /// Of the line being read.
    book: Book,
    /// One for each kind of call and model, in the order in which they came.
    sums: Vec<ExtraCall>,
    /// Lines with usage.
    answers: u64,
    /// Lines of models beyond those that there is room for.
    faults: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Nothing of it has come.
    Start,
    /// In its JSON text.
    Json,
    /// It is no JSON text.
    Broken,
}

/// What the line's own answer was for, in distinction from sub-calls that it may list.
const ANSWER: &str = "batch";

impl Batch {
    pub(super) fn new(asked: &Asked<'_>) -> Self {
        let asked = Asked {
            kind: asked.kind,
            dialect: asked.dialect,
            operation: asked.operation,
            model: "",
            custom: None,
        };
        Self {
            asked,
            scanner: Scanner::new(),
            state: Line::Start,
            book: Book::new(&asked),
            sums: Vec::new(),
            answers: 0,
            faults: 0,
        }
    }

    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let end = memchr::memchr(b'\n', bytes);
            let at = end.unwrap_or(bytes.len());
            let (piece, rest) = bytes.split_at_checked(at).unwrap_or((bytes, b""));
            self.piece(piece);
            if end.is_some() {
                self.end_line();
            }
            bytes = rest.get(1..).unwrap_or_default();
        }
    }

    fn piece(&mut self, piece: &[u8]) {
        if self.state == Line::Start {
            if piece.trim_ascii().is_empty() {
                return;
            }
            self.state = Line::Json;
            self.book.begin_text();
        }
        if self.state == Line::Json && self.scanner.feed(piece, &mut self.book).is_err() {
            self.state = Line::Broken;
        }
    }

    fn end_line(&mut self) {
        if self.state == Line::Start {
            return;
        }
        if self.state == Line::Json && self.scanner.is_done() {
            self.answer();
        }
        self.book = Book::new(&self.asked);
        self.scanner.reset();
        self.state = Line::Start;
    }

    fn answer(&mut self) {
        let line = self.book.reading(true);
        let Some(usage) = line.usage else { return };
        self.answers = self.answers.saturating_add(1);
        for call in line.extra_calls {
            let model = call.model.or_else(|| line.model.clone());
            self.add(&call.kind, model, &call.usage);
        }
        self.add(ANSWER, line.model, &usage);
    }

    fn add(&mut self, kind: &str, model: Option<Box<str>>, usage: &Usage) {
        let known = self
            .sums
            .iter_mut()
            .find(|sum| *sum.kind == *kind && sum.model == model);
        if let Some(sum) = known {
            sum.usage = sum.usage.saturating_add(usage);
        } else if self.sums.len() < EXTRA_CALLS_MAX {
            self.sums.push(ExtraCall {
                kind: kind.into(),
                model,
                usage: *usage,
            });
        } else {
            self.faults = self.faults.saturating_add(1);
        }
    }

    /// Ends the file; `complete` says that all of it came.
    pub(super) fn finish(&mut self, complete: bool) {
        if complete {
            self.end_line();
        }
    }

    /// The first model's sum as the answer's own, the others beside it. A file of which a part came says nothing: it
    /// will be fetched again, and is to be billed once.
    pub(super) fn reading(&self, complete: bool) -> Reading {
        let mut calls = if complete {
            self.sums.clone()
        } else {
            Vec::new()
        };
        let own = calls.iter().position(|sum| &*sum.kind == ANSWER);
        let own = own.map(|at| calls.remove(at));
        let source = match &own {
            Some(_) => UsageSource::Provider,
            None => UsageSource::None,
        };
        Reading {
            source,
            input_reported: own.is_some(),
            output_reported: own.is_some(),
            service_tier: own.is_some().then(|| ANSWER.into()),
            usage: own.as_ref().map(|sum| sum.usage),
            model: own.and_then(|sum| sum.model),
            extra_calls: calls,
            finished: complete,
            events: self.answers,
            faults: self.faults,
            ..Reading::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Dialect, Operation};
    use crate::meter::Meter;

    fn read(dialect: Dialect, file: &str, pieces: usize, complete: bool) -> Reading {
        let asked = Asked::native(dialect, Operation::BatchResults);
        let mut meter = Meter::new(&asked, b"application/octet-stream");
        for piece in file.as_bytes().chunks(pieces) {
            meter.feed(piece);
        }
        meter.finish(complete)
    }

    const OPENAI: &str = concat!(
        r#"{"id":"b1","custom_id":"1","response":{"status_code":200,"body":{"id":"c","model":"gpt-5-mini","choices":[],"#,
        r#""usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4}}}},"error":null}"#,
        "\n",
        r#"{"id":"b2","custom_id":"2","response":{"status_code":400,"body":{"error":{"message":"m","code":"c"}}},"error":null}"#,
        "\r\n\n",
        r#"{"id":"b3","custom_id":"3","response":{"status_code":200,"body":{"model":"gpt-5-mini","usage":"#,
        r#"{"input_tokens":7,"output_tokens":1,"total_tokens":8,"output_tokens_details":{"reasoning_tokens":1}}}},"error":null}"#,
        "\n",
        r#"{"custom_id":"4","response":{"status_code":200,"body":{"model":"text-embedding-3-small","data":[],"#,
        r#""usage":{"prompt_tokens":3,"total_tokens":3}}}}"#,
    );

    #[test]
    fn the_lines_of_a_batch_add_up_by_model() {
        for pieces in [1, 7, OPENAI.len()] {
            let reading = read(Dialect::OpenAi, OPENAI, pieces, true);
            let usage = Usage {
                input_tokens: 17,
                cached_input_tokens: 4,
                output_tokens: 6,
                reasoning_tokens: 1,
                ..Usage::default()
            };
            assert_eq!(reading.usage, Some(usage));
            assert_eq!(reading.model.as_deref(), Some("gpt-5-mini"));
            assert_eq!(reading.service_tier.as_deref(), Some("batch"));
            assert_eq!(
                (reading.source, reading.events, reading.faults),
                (UsageSource::Provider, 3, 0)
            );
            let [other] = &reading.extra_calls[..] else {
                panic!("{:?}", reading.extra_calls)
            };
            assert_eq!(other.model.as_deref(), Some("text-embedding-3-small"));
            assert_eq!(other.usage.input_tokens, 3);
        }
    }

    #[test]
    fn anthropics_lines_are_read_as_its_messages() {
        let file = concat!(
            r#"{"custom_id":"1","result":{"type":"succeeded","message":{"id":"m","model":"claude-haiku-4-5","#,
            r#""usage":{"input_tokens":3,"cache_read_input_tokens":7,"output_tokens":2,"service_tier":"batch"}}}}"#,
            "\n",
            r#"{"custom_id":"2","result":{"type":"errored","error":{"type":"error","error":{"type":"x"}}}}"#,
            "\n",
            r#"{"custom_id":"3","result":{"type":"expired"}}"#,
            "\n",
        );
        let reading = read(Dialect::Anthropic, file, 5, true);
        let usage = reading.usage.unwrap();
        assert_eq!((usage.input_tokens, usage.output_tokens), (10, 2));
        assert!(reading.finished && reading.error.is_none());
    }

    #[test]
    fn a_part_of_a_file_and_another_file_say_nothing() {
        let other = "%PDF-1.7 \n {\"a\": \n{\"messages\":[]}\n{\"b\":1} trailing\n";
        for (file, complete) in [(OPENAI, false), (other, true), ("", true)] {
            let reading = read(Dialect::OpenAi, file, 11, complete);
            assert_eq!((reading.usage, reading.faults), (None, 0), "{file}");
            assert!(reading.extra_calls.is_empty() && reading.service_tier.is_none());
        }
    }

    #[test]
    fn models_beyond_the_bound_are_faults() {
        let line = |model: usize| {
            format!(
                "{{\"response\":{{\"body\":{{\"model\":\"m{model}\",\"usage\":{{\"prompt_tokens\":1,\"completion_tokens\":1}}}}}}}}\n"
            )
        };
        let file: String = (0..EXTRA_CALLS_MAX + 3).map(line).collect();
        let reading = read(Dialect::OpenAi, &file, 64, true);
        assert_eq!(reading.extra_calls.len(), EXTRA_CALLS_MAX - 1);
        assert_eq!(reading.faults, 3);
    }
}
