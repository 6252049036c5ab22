//! The meter's book: what the values found so far mean.
//!
//! The dialects' tables name [`Field`]s, a scan finds them, and here each is entered. Entries of later texts
//! overwrite earlier ones field by field and are never added: every provider reports cumulative figures.

mod place;

use std::sync::Arc;

use quotah_policy::{Unit, Units, Usage, UsageSource};

use super::cost::Cost;
use super::counts::{Count, Counts, Known};
use super::field::{Field, Side};
use super::items::Items;
use super::names::{
    count, cut, is, keep_first, keep_last, keep_last_text, millis, modality, name, traffic_type,
};
use super::reading::{ERROR_BYTES_MAX, EXTRA_CALLS_MAX};
use super::{ErrorSeen, ExtraCall, Reading};
use crate::Operation;
use crate::adapter::{Answers, Asked};
use crate::custom::{self, Custom};
use crate::provider::Provider;
use crate::scan::{Container, Handler, Key, Scalar, Tracker, Value};

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
    /// The elements of the list being read, and the images among them.
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

/// Where the levels that the dialect's table describes begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shell {
    /// At the text's own brackets.
    None,
    /// The next container at depth 1 is an envelope.
    EnvelopeNext,
    /// Inside an envelope: it repeats what was generated, so that is not counted again.
    Envelope,
    /// Inside an array of chunks.
    Chunks,
}

/// The list row being read; its cells come in any order.
#[derive(Debug, Default)]
struct Row {
    count: Option<Count>,
    tokens: Option<u64>,
    kind: Option<Box<str>>,
    model: Option<Box<str>>,
    counts: Counts,
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

    /// A frame that tells of an error by its headers alone; either name may be empty.
    pub(super) fn failed(&mut self, kind: &[u8], code: &[u8]) {
        let name = |name: &[u8]| (!name.is_empty()).then(|| cut(name, ERROR_BYTES_MAX));
        self.reading.error = Some(ErrorSeen {
            kind: name(kind),
            code: name(code),
        });
    }

    pub(super) const fn fault(&mut self) {
        self.reading.faults = self.reading.faults.saturating_add(1);
    }

    pub(super) const fn output_bytes(&self) -> u64 {
        self.reading.output_bytes
    }

    /// The usage reported so far and whether input and output are among it.
    pub(super) fn usage(&self) -> (Option<Usage>, bool, bool) {
        if !self.operation.is_metered() || self.is_billed() {
            return (None, false, false);
        }
        let totals = match &self.custom {
            Some(custom) => custom.totals(&self.counts),
            None => (self.answers.totals)(&self.counts, self.operation),
        };
        let mut usage = totals.usage;
        // What is listed and what is counted beside it are one and the same.
        usage.web_search_requests = usage.web_search_requests.max(self.items.searches);
        usage.units = either(&usage.units, &self.items.units);
        // Images that a tool made are billed by that tool's tokens, where these are told.
        if !self.calls.is_empty() {
            usage.units.set(Unit::OutputImages, 0);
        }
        let known = totals.input_reported || totals.output_reported;
        (
            known.then_some(usage),
            totals.input_reported,
            totals.output_reported,
        )
    }

    /// A response that is fetched has been billed when it was made, unless that was in the background.
    fn is_billed(&self) -> bool {
        self.operation == Operation::Retrieval && !self.reading.in_background
    }

    pub(super) fn reading(&self, complete: bool) -> Reading {
        let (usage, input_reported, output_known) = self.usage();
        let stopped = self.stop_text > 0 && self.usage_text >= self.stop_text;
        let ended = self.reading.finished || stopped || (complete && self.answers.may_end_unsaid);
        let source = match usage {
            None => UsageSource::None,
            Some(_) if ended && input_reported && output_known => UsageSource::Provider,
            Some(_) => UsageSource::Partial,
        };
        Reading {
            usage,
            source,
            input_reported,
            output_reported: output_known && ended,
            is_pending: self.reading.in_background && self.is_under_way,
            reported_cost: self.cost.total().filter(|_| !self.is_billed()),
            extra_calls: self.calls(),
            ..self.reading.clone()
        }
    }

    fn calls(&self) -> Vec<ExtraCall> {
        if self.is_billed() {
            return Vec::new();
        }
        let mut calls = self.calls.clone();
        for call in calls.iter_mut().filter(|call| call.model.is_none()) {
            call.model.clone_from(&self.call_model);
        }
        calls
    }

    const fn depth(&self, depth: usize) -> usize {
        match self.shell {
            Shell::None | Shell::EnvelopeNext => depth,
            Shell::Envelope | Shell::Chunks => depth.saturating_sub(1),
        }
    }

    fn generated(&mut self, bytes: usize) {
        if self.shell != Shell::Envelope {
            let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
            self.reading.output_bytes = self.reading.output_bytes.saturating_add(bytes);
        }
    }

    fn enter(&mut self, count: Count, tokens: Option<u64>) {
        if self.counts.enter(count, tokens, self.text).is_err() {
            self.fault();
        }
    }

    /// A figure that counts until another says the same.
    fn enter_else(&mut self, count: Count, tokens: Option<u64>) {
        if self.counts.enter_else(count, tokens).is_err() {
            self.fault();
        }
    }

    fn add(&mut self, count: Count, said: Option<u64>) {
        if self.counts.add(count, said, self.text).is_err() {
            self.fault();
        }
    }

    fn says(&mut self, count: Count, tokens: u64) {
        if self.counts.known(count) == Known::Absent {
            self.enter_else(count, Some(tokens));
        }
    }

    fn open(&mut self, field: Field, at: usize) {
        match field {
            Field::Json => self.json_at = at,
            Field::Error => self.error_seen(),
            Field::Calls => self.calls.clear(),
            Field::Items => self.items = Items::default(),
            Field::Item => self.items.begin_item(),
            Field::Pieces(_) => self.pieces = 0,
            Field::Piece => self.pieces = self.pieces.saturating_add(1),
            Field::Call | Field::Modalities(_) | Field::NamedCall(_) => self.row = Row::default(),
            Field::Count(count) => self.enter(count, None),
            Field::Else(count) => self.enter_else(count, None),
            Field::Says(count, tokens) => self.says(count, tokens),
            Field::Add(count) => self.add(count, None),
            Field::Each(count) => self.add(count, Some(1)),
            Field::CallCount(_) => self.fault(),
            _ => {}
        }
    }

    fn close(&mut self, field: Field, end: usize) {
        match field {
            Field::Usage => self.usage_text = self.text,
            Field::Json => self.generated(end.saturating_sub(self.json_at)),
            Field::Call => self.end_call(),
            Field::NamedCall(kind) => {
                self.row.kind = Some(kind.into());
                self.end_call();
            }
            Field::Item => self.items.end_item(),
            Field::Pieces(count) => self.enter(count, Some(self.pieces)),
            Field::Modalities(side) => self.end_modality(side),
            _ => {}
        }
    }

    fn scalar(&mut self, field: Field, scalar: &Scalar<'_>) {
        match field {
            Field::Count(at) if *scalar != Scalar::Null => self.enter(at, count(scalar)),
            Field::Else(at) if *scalar != Scalar::Null => self.enter_else(at, count(scalar)),
            Field::Says(at, tokens) if *scalar != Scalar::Null => self.says(at, tokens),
            Field::Add(at) if *scalar != Scalar::Null => self.add(at, count(scalar)),
            Field::Each(count) if says_something(scalar) => self.add(count, Some(1)),
            Field::Text | Field::Json => {
                if let Scalar::String { decoded_bytes, .. } = scalar {
                    self.generated(*decoded_bytes);
                }
            }
            Field::Cost | Field::CostTicks | Field::UpstreamCost | Field::IsByok => {
                self.cost(field, scalar);
            }
            Field::Seconds(count) if *scalar != Scalar::Null => self.enter(count, millis(scalar)),
            Field::SearchContext => self.search_context(scalar),
            Field::Model => keep_first(&mut self.reading.model, scalar),
            Field::Id => keep_first(&mut self.reading.response_id, scalar),
            Field::ServiceTier => keep_last(&mut self.reading.service_tier, scalar),
            Field::TrafficType => {
                if let Some(name) = traffic_type(scalar) {
                    keep_last_text(&mut self.reading.service_tier, name);
                }
            }
            Field::Done if *scalar == Scalar::Bool(true) => self.last_text = self.text,
            Field::Stop if *scalar != Scalar::Null => {
                self.stop_text = self.text;
                if self.answers.stop_is_last {
                    self.last_text = self.text;
                }
            }
            Field::Intervened if is(scalar, b"INTERVENED") => self.stop_text = self.text,
            Field::EventType => self.event_type(scalar),
            Field::Error if *scalar != Scalar::Null => self.error_seen(),
            Field::ErrorKind => self.error_name(scalar, |error| &mut error.kind),
            Field::ErrorCode => self.error_name(scalar, |error| &mut error.code),
            Field::Usage if *scalar != Scalar::Null => self.fault(),
            Field::Modality => self.row.count = modality(scalar),
            Field::ModalityTokens => self.row.tokens = scalar.as_u64(),
            Field::CallKind => self.row.kind = name(scalar),
            Field::CallModel => self.row.model = name(scalar),
            Field::CallCount(count) if *scalar != Scalar::Null => {
                let entered = self.row.counts.enter(count, scalar.as_u64(), self.text);
                if entered.is_err() {
                    self.fault();
                }
            }
            Field::NamedCallModel => keep_first(&mut self.call_model, scalar),
            Field::ItemKind | Field::ItemAction | Field::ItemContainer => {
                self.items.cell(field, scalar);
            }
            Field::Background => self.reading.in_background = *scalar == Scalar::Bool(true),
            Field::Status => {
                self.is_under_way = is(scalar, b"queued") || is(scalar, b"in_progress");
            }
            Field::Object if is(scalar, b"error") => self.error_seen(),
            _ => {}
        }
    }

    fn cost(&mut self, field: Field, scalar: &Scalar<'_>) {
        if *scalar != Scalar::Null && self.cost.enter(field, scalar).is_err() {
            self.fault();
        }
    }

    /// A search's fee goes by its context; `usage.search_context_size` tells that there was one.
    fn search_context(&mut self, scalar: &Scalar<'_>) {
        let unit = [
            (&b"low"[..], Unit::RequestsLow),
            (b"medium", Unit::Requests),
            (b"high", Unit::RequestsHigh),
        ]
        .into_iter()
        .find_map(|(name, unit)| is(scalar, name).then_some(unit));
        if let Some(unit) = unit {
            self.enter(Count::Unit(unit), Some(1));
        }
    }

    fn event_type(&mut self, scalar: &Scalar<'_>) {
        let Scalar::String {
            text: Some(kind), ..
        } = scalar
        else {
            return;
        };
        if (self.answers.is_last_event)(kind) {
            self.last_text = self.text;
        }
        if *kind == b"error" {
            self.error_seen();
        }
    }

    fn error_seen(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let error = self.reading.error.get_or_insert_default();
        error.kind = pending.kind.or_else(|| error.kind.take());
        error.code = pending.code.or_else(|| error.code.take());
    }

    /// A name may come before it is clear that there is an error at all.
    fn error_name(
        &mut self,
        scalar: &Scalar<'_>,
        place: impl Fn(&mut ErrorSeen) -> &mut Option<Box<str>>,
    ) {
        let error = self.reading.error.as_mut().unwrap_or(&mut self.pending);
        let text = match scalar {
            Scalar::String { text, .. } | Scalar::Number(text) => *text,
            Scalar::Null | Scalar::Bool(_) => None,
        };
        if let Some(text) = text {
            *place(error) = Some(cut(text, ERROR_BYTES_MAX));
        }
    }

    fn end_call(&mut self) {
        let row = std::mem::take(&mut self.row);
        let kind = row.kind.unwrap_or_default();
        // The request's own turns are what the top-level figures add up.
        if &*kind == "message" {
            return;
        }
        if self.calls.len() >= EXTRA_CALLS_MAX {
            self.fault();
            return;
        }
        let usage = (self.answers.totals)(&row.counts, self.operation).usage;
        if usage.is_none() {
            return;
        }
        self.calls.push(ExtraCall {
            kind,
            model: row.model,
            usage,
        });
    }

    fn end_modality(&mut self, side: Side) {
        let count = match (side, self.row.count) {
            (Side::Written, Some(count @ (Count::CacheWriteShort | Count::CacheWriteLong))) => {
                count
            }
            (Side::Input, Some(count)) => count,
            (Side::Tools, Some(count)) => return self.add(count, self.row.tokens),
            (Side::Cached, Some(Count::InputAudio)) => Count::CachedAudio,
            (Side::Cached, Some(Count::InputImage)) => Count::CachedImage,
            (Side::Output, Some(Count::InputAudio)) => Count::OutputAudio,
            (Side::Output, Some(Count::InputImage)) => Count::OutputImage,
            (Side::Output, Some(Count::InputVideo)) => Count::OutputVideo,
            _ => return,
        };
        self.enter(count, self.row.tokens);
    }
}

/// A scalar that is not nothing. (A string too long to be kept has no text.)
const fn says_something(scalar: &Scalar<'_>) -> bool {
    match scalar {
        Scalar::Null => false,
        Scalar::String { decoded_bytes, .. } => *decoded_bytes > 0,
        Scalar::Bool(_) | Scalar::Number(_) => true,
    }
}

/// The larger of both, unit by unit.
fn either(one: &Units, other: &Units) -> Units {
    let mut units = *one;
    for (unit, count) in other.listed() {
        units.set(unit, count.max(units.get(unit)));
    }
    units
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

impl Handler for Book {
    /// Answers are the provider's: what it spells wrongly is the client's to notice.
    const STRICT: bool = false;

    #[inline]
    fn begin(&mut self, container: Container, at: usize, depth: usize) {
        match (self.shell, container) {
            (Shell::None, Container::Array) if depth == 0 => {
                self.shell = Shell::Chunks;
                self.news(at);
                // Its chunks are what is counted.
                self.reading.events = self.reading.events.saturating_sub(1);
                return;
            }
            (Shell::Chunks, _) if depth == 1 => {
                self.text = self.text.saturating_add(1);
                self.reading.events = self.reading.events.saturating_add(1);
            }
            (Shell::EnvelopeNext, _) => {
                self.shell = if container == Container::Object {
                    Shell::Envelope
                } else {
                    Shell::None
                };
            }
            _ => {}
        }
        let depth = self.depth(depth);
        if let Some(field) = self.tracker.field(depth) {
            self.news(at);
            self.open(field, at);
        }
        self.tracker.begin(container, depth);
    }

    #[inline]
    fn end(&mut self, _container: Container, end: usize, depth: usize) {
        if let Some(field) = self.tracker.field(self.depth(depth)) {
            self.close(field, end);
        }
        let is_text_end = match self.shell {
            Shell::Chunks => depth == 1,
            Shell::None | Shell::EnvelopeNext | Shell::Envelope => depth == 0,
        };
        if is_text_end && self.last_text == self.text {
            self.finish();
        }
        match self.shell {
            Shell::Envelope if depth == 1 => self.shell = Shell::None,
            Shell::Chunks if depth == 0 => self.shell = Shell::None,
            _ => {}
        }
    }

    #[inline(always)]
    fn key(&mut self, mut key: Key<'_>) {
        match self.shell {
            Shell::None | Shell::EnvelopeNext if key.depth == 1 => {
                let is_envelope = key.name.is_some() && key.name == self.answers.envelope;
                self.shell = if is_envelope {
                    Shell::EnvelopeNext
                } else {
                    Shell::None
                };
            }
            _ => {}
        }
        key.depth = self.depth(key.depth);
        self.tracker.key(&key);
    }

    #[inline(always)]
    fn skips_value(&self, depth: usize) -> bool {
        self.shell != Shell::EnvelopeNext && self.tracker.is_nowhere(self.depth(depth))
    }

    #[inline(always)]
    fn skips_inside(&self, container: Container, depth: usize) -> bool {
        let is_shell = match self.shell {
            Shell::Chunks | Shell::Envelope => depth == 0,
            Shell::None | Shell::EnvelopeNext => false,
        };
        !is_shell && self.tracker.is_leaf(container, self.depth(depth))
    }

    #[inline(always)]
    fn value(&mut self, value: Value<'_>) {
        if let Some(field) = self.tracker.field(self.depth(value.depth)) {
            if self.is_news(field, &value.scalar) {
                self.news(value.span.start);
            }
            self.scalar(field, &value.scalar);
        }
    }
}
