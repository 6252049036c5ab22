//! The meter's book: what the values found so far mean.
//!
//! The dialects' tables name [`Field`]s, a scan finds them, and here each is entered. Entries of later texts
//! overwrite earlier ones field by field and are never added: every provider reports cumulative figures.
//!
//! Where a scan is in an answer is followed in [`shell`]; what a field changes stands in [`enter`], with lists' rows
//! in [`rows`] and errors in [`failure`]; what it all adds up to in [`sum`].

mod enter;
mod failure;
mod place;
mod rows;
mod shell;
mod sum;

use std::sync::Arc;

use super::cost::Cost;
use super::counts::Counts;
use super::field::Field;
use super::items::Items;
use super::names::{keep_first, keep_last_text};
use super::{ErrorSeen, ExtraCall, Reading};
use crate::Operation;
use crate::adapter::{Answers, Asked};
use crate::custom::{self, Custom};
use crate::provider::Provider;
use crate::scan::{Scalar, Tracker};
use rows::Row;
use shell::Shell;

pub(super) use place::Place;

/// Everything that an answer has said so far.
pub(super) struct Book {
    answers: &'static Answers,
    provider: &'static Provider,
    custom: Option<Arc<Custom>>,
    /// The counts before an event that may turn out not to count.
    counts_before: Option<Box<Counts>>,
    operation: Operation,
    tracker: Tracker<Field>,
    /// Levels around what the table describes: a list of chunks, an event's envelope.
    shell: Shell,
    /// The number of the text being read, from 1.
    text: u32,
    /// The texts in which usage was told to its end and a stop reason was told last, 0 for never.
    usage_text: u32,
    stop_text: u32,
    /// The text that is the answer's last once it is whole, 0 if it has not begun.
    last_text: u32,
    counts: Counts,
    row: Row,
    calls: Vec<ExtraCall>,
    call_model: Option<Box<str>>,
    items: Items,
    /// The elements of the list being read.
    pieces: u64,
    cost: Cost,
    is_under_way: bool,
    /// Where the generated value being read began.
    json_at: usize,
    /// Offset of the text's first token that changes more than a [`Place`] holds.
    news_at: usize,
    pending: ErrorSeen,
    reading: Reading,
}

impl Book {
    pub(super) fn new(asked: &Asked<'_>) -> Self {
        let answers = match asked.custom {
            Some(_) => &custom::ANSWERS,
            None => (asked.dialect.adapter().answers)(asked),
        };
        let tracker = asked.custom.map_or_else(
            || (answers.tracker)(),
            |custom| Tracker::new(custom.answer()),
        );
        Self {
            answers,
            provider: asked.kind.row(),
            custom: asked.custom.cloned(),
            counts_before: None,
            operation: asked.operation,
            tracker,
            shell: Shell::None,
            text: 0,
            usage_text: 0,
            stop_text: 0,
            last_text: 0,
            counts: Counts::default(),
            row: Row::default(),
            calls: Vec::new(),
            call_model: None,
            items: Items::default(),
            pieces: 0,
            cost: Cost::default(),
            is_under_way: false,
            json_at: 0,
            news_at: usize::MAX,
            pending: ErrorSeen::default(),
            reading: Reading::default(),
        }
    }

    /// A header line of the answer: entered as text 0, which whatever the body says replaces.
    pub(super) fn header(&mut self, name: &str, value: &[u8]) {
        if self.provider.tier_header == Some(name) {
            keep_last_text(&mut self.reading.service_tier, value.trim_ascii());
        }
        if self.provider.served_model_header == Some(name) {
            let value = value.trim_ascii();
            let model = Scalar::String {
                text: Some(value),
                decoded_bytes: value.len(),
                characters: value.len(),
            };
            keep_first(&mut self.reading.served_model, &model);
        }
        let mut headers = self.provider.usage_headers.iter();
        let known = headers.find(|known| known.name == name);
        if let Some(known) = known {
            let tokens = Scalar::Number(Some(value.trim_ascii())).as_u64();
            self.enter(known.count, tokens);
        }
    }

    /// A JSON text begins.
    pub(super) fn begin_text(&mut self) {
        self.text = self.text.saturating_add(1);
        self.reading.events = self.reading.events.saturating_add(1);
        self.shell = Shell::None;
        self.news_at = usize::MAX;
        if self.pending != ErrorSeen::default() {
            self.pending = ErrorSeen::default();
        }
    }

    /// Whether there has been no second text.
    pub(super) const fn is_first_text(&self) -> bool {
        self.text <= 1
    }

    /// An event begins whose name, which may come behind its data, can decide whether it counts.
    pub(super) fn begin_event(&mut self) {
        self.begin_text();
        if self.custom.as_ref().is_some_and(|c| c.has_usage_event()) {
            self.counts_before = Some(Box::new(self.counts));
        }
    }

    /// An event of this name ends.
    pub(super) fn end_event(&mut self, name: &[u8]) {
        let Some(custom) = &self.custom else { return };
        if let Some(before) = self.counts_before.take()
            && !custom.counts_in(name)
        {
            self.counts = *before;
        }
        if custom.ends_with(name) {
            self.finish();
        }
    }

    /// The answer's own end was seen.
    pub(super) const fn finish(&mut self) {
        self.reading.finished = true;
    }

    /// Whether the answer's own end was seen.
    pub(super) const fn is_finished(&self) -> bool {
        self.reading.finished
    }

    /// Whether a reason for the end was given.
    pub(super) const fn has_stopped(&self) -> bool {
        self.stop_text > 0
    }

    /// A frame of this type has ended.
    pub(super) fn event_ended(&mut self, kind: &[u8]) {
        if (self.answers.is_last_event)(kind) {
            self.finish();
        }
    }

    /// Something that cannot be believed.
    pub(super) const fn fault(&mut self) {
        self.reading.faults = self.reading.faults.saturating_add(1);
    }

    /// Bytes generated so far.
    pub(super) const fn output_bytes(&self) -> u64 {
        self.reading.output_bytes
    }
}

impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let reading = self.reading(false);
        f.debug_struct("Book")
            .field("operation", &self.operation)
            .field("reading", &reading)
            .finish_non_exhaustive()
    }
}
