//! What a scan of a request's body finds: which field a token belongs to, and whether it says one thing only.

use super::cap::ObjectAt;
use super::error::{Ambiguity, FactsError};
use super::fields::{self, Field};
use super::said::{Brace, Facts, StreamOptions};
use crate::scan::{Container, Handler, Key, Scalar, Tracker, Value};

/// What a scan has found so far.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) facts: Facts,
    pub(super) tracker: Tracker<Field>,
    /// Keys down to here must say one thing only, and those in objects of ours.
    judged_depth: usize,
    /// Wrong types are errors.
    is_strict: bool,
    /// The last key was one that media stands under.
    is_media: bool,
    /// The last key named a tool that the provider runs; this is its depth, and 0 if it did not.
    server_tool_depth: usize,
    /// Bit of each [`Field`] whose key has come.
    seen: u64,
    /// The first thing wrong.
    pub(super) error: Option<FactsError>,
}

impl Handler for Found {
    #[inline]
    fn begin(&mut self, container: Container, at: usize, depth: usize) {
        if depth == 0 && container == Container::Object {
            self.facts.root = Some(Brace { at, is_empty: true });
        }
        if self.server_tool_depth != 0 {
            self.server_tool(depth);
        }
        if let Some(field) = self.tracker.field(depth)
            && !self.open(field, container, at)
        {
            self.wrong_type(field);
        }
        self.tracker.begin(container, depth);
    }

    #[inline]
    fn key(&mut self, key: Key<'_>) {
        self.is_media = key.name.is_some_and(fields::is_media);
        self.tracker.key(&key);
        let around = key.depth.saturating_sub(1);
        let inside = self.tracker.field(around);
        if key.depth <= self.judged_depth || inside.is_some_and(Field::is_judged_inside) {
            self.judge(&key, inside);
        }
    }

    #[inline]
    fn value(&mut self, value: Value<'_>) {
        if let Scalar::String { decoded_bytes, .. } = value.scalar {
            let sum = if self.is_media {
                &mut self.facts.media_bytes
            } else {
                &mut self.facts.prompt_bytes
            };
            *sum = sum.saturating_add(decoded_bytes);
        }
        if self.server_tool_depth != 0 {
            let is_null = matches!(value.scalar, Scalar::Null);
            self.server_tool(if is_null { 0 } else { value.depth });
        }
        if let Some(field) = self.tracker.field(value.depth)
            && !self.take(field, &value)
        {
            self.wrong_type(field);
        }
    }
}

impl Found {
    /// Nothing yet, but what `facts` says.
    pub(super) const fn new(
        facts: Facts,
        tracker: Tracker<Field>,
        judged_depth: usize,
        is_strict: bool,
    ) -> Self {
        Self {
            facts,
            tracker,
            judged_depth,
            is_strict,
            is_media: false,
            server_tool_depth: 0,
            seen: 0,
            error: None,
        }
    }

    /// Whether a key could be one of ours, and only that; `inside` is the object around it.
    fn judge(&mut self, key: &Key<'_>, inside: Option<Field>) {
        match inside {
            Some(Field::StreamOptions) => {
                if let StreamOptions::Object(brace) = &mut self.facts.stream_options {
                    brace.is_empty = false;
                }
            }
            Some(holder) if holder.holds_cap() => {
                if let Some(place) = &mut self.facts.cap_place
                    && let ObjectAt::Here(brace) = &mut place.object
                {
                    brace.is_empty = false;
                }
            }
            Some(Field::ToolSet) if self.tracker.field(key.depth).is_none() => {
                self.server_tool_depth = key.depth;
            }
            _ => {}
        }
        if key.depth == 1
            && let Some(root) = &mut self.facts.root
        {
            root.is_empty = false;
        }
        let why = match self.tracker.field(key.depth) {
            None => {
                let alike = self.tracker.field_but_for_case(key);
                alike.map(|field| (field, Ambiguity::Case))
            }
            Some(field) => {
                let is_doubled = self.seen & field.bit() != 0;
                self.seen |= field.bit();
                match (key.escaped, is_doubled) {
                    (true, _) => Some((field, Ambiguity::Escaped)),
                    (_, true) => Some((field, Ambiguity::Doubled)),
                    _ => None,
                }
            }
        };
        if let Some((field, why)) = why.filter(|(field, _)| !field.may_repeat()) {
            self.fail(FactsError::Ambiguous {
                field: field.name(),
                why,
            });
        }
    }

    /// Takes note of a field's object or array; `false` if it cannot be one.
    fn open(&mut self, field: Field, container: Container, at: usize) -> bool {
        let is_object = container == Container::Object;
        let brace = Brace { at, is_empty: true };
        let facts = &mut self.facts;
        match field {
            Field::StreamOptions if is_object => {
                facts.stream_options = StreamOptions::Object(brace);
            }
            Field::StoredPrompt | Field::Conversation if is_object => facts.refer(),
            holder if holder.holds_cap() && is_object => facts.cap_object(ObjectAt::Here(brace)),
            object if object.is_object() => return is_object,
            Field::Tools => return !is_object,
            Field::Tool => {
                facts.tools.function();
                self.seen &= !Field::ToolKind.bit();
            }
            Field::ClientTool => facts.tools.function(),
            Field::ServerTool => facts.tools.server_tool(),
            Field::ToolSet | Field::ClientTools | Field::NoTool | Field::PartKind => {}
            Field::Image | Field::Video | Field::Audio | Field::File | Field::Media => {
                facts.media.add(field);
            }
            Field::StoredFile => facts.refer(),
            Field::Document => facts.count(Field::Document, Scalar::Null),
            Field::Temperature => facts.temperature_zero.say(false),
            Field::Store => facts.store_declined.say(false),
            _ => return false,
        }
        true
    }

    /// Counts the tool that the last key named, if its value is at `depth`.
    const fn server_tool(&mut self, depth: usize) {
        if depth == self.server_tool_depth {
            self.facts.tools.server_tool();
        }
        self.server_tool_depth = 0;
    }

    fn wrong_type(&mut self, field: Field) {
        if self.is_strict && !field.may_repeat() {
            self.fail(FactsError::WrongType {
                field: field.name(),
                expected: field.expected(),
            });
        }
    }

    pub(super) fn fail(&mut self, error: FactsError) {
        self.error.get_or_insert(error);
    }
}
