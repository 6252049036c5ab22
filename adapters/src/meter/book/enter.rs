//! What each [`Field`] that is found changes in the book.

use quotah_policy::Unit;

use super::Book;
use super::rows::Row;
use super::shell::Shell;
use crate::meter::field::Field;
use crate::meter::items::Items;
use crate::meter::names::{
    count, is, keep_first, keep_last, keep_last_text, millis, modality, name, traffic_type,
};
use crate::meter::{Count, Known};
use crate::scan::Scalar;

impl Book {
    fn generated(&mut self, bytes: usize) {
        if self.shell != Shell::Envelope {
            let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
            self.reading.output_bytes = self.reading.output_bytes.saturating_add(bytes);
        }
    }

    pub(super) fn enter(&mut self, count: Count, tokens: Option<u64>) {
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

    pub(super) fn add(&mut self, count: Count, said: Option<u64>) {
        if self.counts.add(count, said, self.text).is_err() {
            self.fault();
        }
    }

    fn says(&mut self, count: Count, tokens: u64) {
        if self.counts.known(count) == Known::Absent {
            self.enter_else(count, Some(tokens));
        }
    }

    #[inline]
    pub(super) fn open(&mut self, field: Field, at: usize) {
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

    #[inline]
    pub(super) fn close(&mut self, field: Field, end: usize) {
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

    #[inline]
    pub(super) fn scalar(&mut self, field: Field, scalar: &Scalar<'_>) {
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
                let entered = self.row.counts.get_or_insert_default().enter(
                    count,
                    scalar.as_u64(),
                    self.text,
                );
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
}

/// A scalar that is not nothing. (A string too long to be kept has no text.)
const fn says_something(scalar: &Scalar<'_>) -> bool {
    match scalar {
        Scalar::Null => false,
        Scalar::String { decoded_bytes, .. } => *decoded_bytes > 0,
        Scalar::Bool(_) | Scalar::Number(_) => true,
    }
}
