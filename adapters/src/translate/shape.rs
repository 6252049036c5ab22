//! What a request in a dialect may say: a table of its members, and what each asks for.
//!
//! The table is walked along a request to note what it asks for and where; a member that the table does not have is
//! unknown, and never passes silently. The documentation's table is written from the same rows.

use std::fmt::Write as _;

use super::feature::{Feature, Features};
use super::json::{Object, Spelled, Value};

/// What stands at a place in a request.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Anything: what is inside belongs to the caller (schemas, arguments, notes).
    Any,
    /// An object with these members. A value of another kind (a string in place of parts) asks for nothing here.
    Object(&'static [Field]),
    /// An array of such.
    List(&'static Self),
    /// A word, which asks for something or for nothing. Others are unknown.
    Words(&'static [(&'static str, Option<Feature>)]),
    /// Objects told apart by the member `tag`; one without it is of the first kind.
    Tagged {
        tag: &'static str,
        kinds: &'static [Kind],
    },
}

/// A kind of object.
#[derive(Debug)]
pub(crate) struct Kind {
    /// What its tag says.
    pub(crate) tags: &'static [&'static str],
    /// What its being there asks for.
    pub(crate) feature: Option<Feature>,
    pub(crate) fields: &'static [Field],
}

/// A member.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// What its being there asks for; `None` for what every dialect has in some form (model, texts, roles).
    pub(crate) feature: Option<Feature>,
    /// Values that ask for nothing, as JSON. `null` never does.
    pub(crate) idle: &'static [&'static str],
    /// What strings that begin so ask for in place of `feature`.
    pub(crate) starts: &'static [(&'static str, Feature)],
    pub(crate) shape: &'static Shape,
    /// A value that asks for it, as JSON, for tests and documentation; empty where the rows inside have theirs.
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tried by tests alone"))]
    pub(crate) sample: &'static str,
}

impl Field {
    /// A member that every dialect has in some form.
    pub(crate) const fn plain(name: &'static str) -> Self {
        Self {
            name,
            feature: None,
            idle: &[],
            starts: &[],
            shape: &Shape::Any,
            sample: "",
        }
    }

    /// A member that asks for something; `sample` is a value that does, as JSON.
    pub(crate) const fn asks(name: &'static str, feature: Feature, sample: &'static str) -> Self {
        Self {
            feature: Some(feature),
            sample,
            ..Self::plain(name)
        }
    }

    /// The same with these inside.
    pub(crate) const fn of(self, shape: &'static Shape) -> Self {
        Self { shape, ..self }
    }

    /// The same, asking for nothing with these values.
    pub(crate) const fn idle(self, idle: &'static [&'static str]) -> Self {
        Self { idle, ..self }
    }

    /// The same, asking for something else where its text begins so.
    pub(crate) const fn starts(self, starts: &'static [(&'static str, Feature)]) -> Self {
        Self { starts, ..self }
    }
}

impl Kind {
    /// A kind that every dialect has in some form.
    pub(crate) const fn plain(tags: &'static [&'static str], fields: &'static [Field]) -> Self {
        Self {
            tags,
            feature: None,
            fields,
        }
    }

    /// A kind that asks for something.
    pub(crate) const fn asks(
        tags: &'static [&'static str],
        feature: Feature,
        fields: &'static [Field],
    ) -> Self {
        Self {
            tags,
            feature: Some(feature),
            fields,
        }
    }
}

/// What a request asks for, and where it does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// All of it.
    pub features: Features,
    /// The places, in their order; of more than [`PLACES_MAX`] the first.
    pub places: Vec<(Feature, String)>,
}

/// Most places that are told.
pub const PLACES_MAX: usize = 64;

impl Seen {
    /// Where any of these is asked for, each place once.
    #[must_use]
    pub fn places_of(&self, features: Features) -> Vec<String> {
        let mut places: Vec<String> = Vec::new();
        for (feature, place) in &self.places {
            if features.has(*feature) && !places.contains(place) {
                places.push(place.clone());
            }
        }
        places
    }

    /// Notes that `feature` is asked for at `place` (`messages[2].content[0].image_url`).
    pub(crate) fn note(&mut self, feature: Feature, place: impl FnOnce() -> String) {
        self.features.add(feature);
        if self.places.len() < PLACES_MAX {
            self.places.push((feature, place()));
        }
    }
}

/// Walks a request along its table.
pub(crate) fn look(shape: &Shape, request: &Value<'_>, seen: &mut Seen) {
    Walk {
        seen,
        steps: Vec::with_capacity(8),
    }
    .value(shape, request);
}

struct Walk<'s, 'v> {
    seen: &'s mut Seen,
    steps: Vec<Step<'v>>,
}

enum Step<'v> {
    Member(&'v str),
    Item(usize),
}

impl<'v> Walk<'_, 'v> {
    fn value(&mut self, shape: &Shape, value: &'v Value<'_>) {
        match (shape, value) {
            (Shape::Object(fields), Value::Object(object)) => self.members(fields, object),
            (Shape::Tagged { tag, kinds }, Value::Object(object)) => {
                self.tagged((tag, kinds), object);
            }
            (Shape::Words(words), Value::String(said)) => {
                match words.iter().find(|(word, _)| said.is(word)) {
                    Some((_, Some(feature))) => self.note(*feature),
                    Some((_, None)) => {}
                    None => self.note(Feature::Unknown),
                }
            }
            (Shape::List(inside), Value::Array(array)) => {
                for (at, item) in array.items.iter().enumerate() {
                    self.steps.push(Step::Item(at));
                    self.value(inside, item);
                    self.steps.pop();
                }
            }
            _ => {}
        }
    }

    fn tagged(&mut self, (tag, kinds): (&str, &[Kind]), object: &'v Object<'_>) {
        let kind = match object.text(tag) {
            Some(said) => kinds
                .iter()
                .find(|kind| kind.tags.iter().any(|tag| said.is(tag))),
            None => kinds.first(),
        };
        let Some(kind) = kind else {
            self.note(Feature::Unknown);
            return;
        };
        if let Some(feature) = kind.feature {
            self.note(feature);
        }
        self.members(kind.fields, object);
    }

    fn members(&mut self, fields: &[Field], object: &'v Object<'_>) {
        for (name, value) in &object.members {
            if matches!(value, Value::Null) {
                continue;
            }
            self.steps.push(Step::Member(name.raw()));
            match fields.iter().find(|field| spells(name, field.name)) {
                Some(field) => self.field(field, value),
                None => self.note(Feature::Unknown),
            }
            self.steps.pop();
        }
    }

    fn field(&mut self, field: &Field, value: &'v Value<'_>) {
        if !field.idle.is_empty() && field.idle.contains(&&*value.raw()) {
            return;
        }
        let by_start = value.as_text().and_then(|text| {
            let mut starts = field.starts.iter();
            starts.find(|(start, _)| text.raw().starts_with(start))
        });
        if let Some(feature) = by_start.map(|(_, feature)| *feature).or(field.feature) {
            self.note(feature);
        }
        self.value(field.shape, value);
    }

    fn note(&mut self, feature: Feature) {
        let steps = &self.steps;
        self.seen.note(feature, || place(steps));
    }
}

fn place(steps: &[Step<'_>]) -> String {
    let mut place = String::new();
    for step in steps {
        match step {
            Step::Member(name) => {
                if !place.is_empty() {
                    place.push('.');
                }
                // Names come from outside: what is told of them has a bound.
                place.extend(name.chars().take(NAME_CHARS_MAX));
            }
            Step::Item(at) => {
                // Writing to a string does not fail.
                let _written = write!(place, "[{at}]");
            }
        }
    }
    place
}

/// Whether a member's name is `name`, or, of `camelCase` names, the same in `snake_case`: protobuf's JSON may be spelled
/// in both ways. No other dialect's names have capitals.
pub(crate) fn spells(member: &Spelled<'_>, name: &str) -> bool {
    if member.is(name) {
        return true;
    }
    let mut said = member.raw().bytes();
    let is_snake = name.bytes().all(|byte| {
        let is_begun = byte.is_ascii_uppercase();
        let byte = byte.to_ascii_lowercase();
        (!is_begun || said.next() == Some(b'_')) && said.next() == Some(byte)
    });
    is_snake && said.next().is_none()
}

/// How much of a member's name is told.
const NAME_CHARS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::json::parse;

    static PARTS: Shape = Shape::Tagged {
        tag: "type",
        kinds: &[
            Kind::plain(&["text"], &[Field::plain("type"), Field::plain("text")]),
            Kind::asks(
                &["image"],
                Feature::ImageUrl,
                &[
                    Field::plain("type"),
                    Field::asks("url", Feature::ImageUrl, "\"https://a.example/b.png\"")
                        .starts(&[("data:", Feature::ImageData)]),
                ],
            ),
        ],
    };
    static ASKS: Shape = Shape::Object(&[
        Field::asks("n", Feature::ManyAnswers, "2").idle(&["1"]),
        Field::plain("content").of(&Shape::List(&PARTS)),
    ]);

    fn seen(text: &str) -> Vec<(Feature, String)> {
        let mut seen = Seen::default();
        look(&ASKS, &parse(text).unwrap(), &mut seen);
        seen.places
    }

    #[test]
    fn what_is_asked_for_is_noted_with_its_place() {
        let text = r#"{"n":2,"content":[{"type":"text","text":"x"},{"type":"image","url":"data:x"},{"type":"odd"}],"x":1}"#;
        let place = |feature, place: &str| (feature, place.to_owned());
        assert_eq!(
            seen(text),
            [
                place(Feature::ManyAnswers, "n"),
                place(Feature::ImageUrl, "content[1]"),
                place(Feature::ImageData, "content[1].url"),
                place(Feature::Unknown, "content[2]"),
                place(Feature::Unknown, "x"),
            ]
        );
    }

    #[test]
    fn names_with_capitals_may_be_spelled_in_two_ways() {
        let is = |member: &str, name| spells(&Spelled::of_owned(member), name);
        assert!(is("inlineData", "inlineData") && is("inline_data", "inlineData"));
        for odd in [
            "inlinedata",
            "inline__data",
            "inline_dat",
            "inline_data_",
            "InlineData",
        ] {
            assert!(!is(odd, "inlineData"), "{odd}");
        }
        assert!(is("max_tokens", "max_tokens") && !is("maxTokens", "max_tokens"));
    }

    #[test]
    fn what_asks_for_nothing_is_not_noted() {
        assert_eq!(seen(r#"{"n":1,"content":"text","x":null}"#), []);
    }
}
