//! A JSON text as a tree that remembers how everything was spelled.
//!
//! What is translated is carried over, not re-made: texts keep their escapes, numbers their digits, objects that are
//! nobody's business here (schemas, arguments) all of their bytes and the order of their members. So the tree borrows
//! from the text, and every value knows the piece of it that it is.

mod parse;
mod spelled;
mod write;

pub(crate) use parse::{ParseError, parse};
pub(crate) use spelled::Spelled;
pub(crate) use write::{Items, Json, Members};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// Its digits as they stand.
    Number(&'a str),
    /// What stands between the quotes.
    String(Spelled<'a>),
    /// `[…]`
    Array(Array<'a>),
    /// `{…}`
    Object(Object<'a>),
}

/// An array.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Array<'a> {
    /// The text that it is, brackets included.
    pub(crate) raw: &'a str,
    pub(crate) items: Vec<Value<'a>>,
}

/// An object. Its members are in their order; of two of one name the last counts, as almost everybody reads it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Object<'a> {
    /// The text that it is, braces included.
    pub(crate) raw: &'a str,
    pub(crate) members: Vec<(Spelled<'a>, Value<'a>)>,
}

impl<'a> Object<'a> {
    /// The member of that name, unless it is not there or `null`.
    pub(crate) fn get(&self, name: &str) -> Option<&Value<'a>> {
        let mut members = self.members.iter().rev();
        let (_, value) = members.find(|(key, _)| key.is(name))?;
        (!matches!(value, Value::Null)).then_some(value)
    }

    /// The member of that name, if it is a string.
    pub(crate) fn text(&self, name: &str) -> Option<&Spelled<'a>> {
        self.get(name)?.as_text()
    }

    /// The member of that name, if it is an object.
    pub(crate) fn object(&self, name: &str) -> Option<&Self> {
        self.get(name)?.as_object()
    }

    /// What is in the array of that name; nothing if it is not there.
    pub(crate) fn items(&self, name: &str) -> &[Value<'a>] {
        self.get(name).map(Value::items).unwrap_or_default()
    }

    /// The member of that name, if it is a whole number that fits.
    pub(crate) fn u64(&self, name: &str) -> Option<u64> {
        self.get(name)?.as_u64()
    }

    /// The member of that name, if it is a number, as it stands.
    pub(crate) fn number(&self, name: &str) -> Option<&'a str> {
        match self.get(name)? {
            Value::Number(digits) => Some(digits),
            _ => None,
        }
    }

    /// The member of that name, if it is `true` or `false`.
    pub(crate) fn bool(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::Bool(is) => Some(*is),
            _ => None,
        }
    }
}

impl<'a> Value<'a> {
    /// The text that it is; strings come with their quotes only from the object or array around them.
    pub(crate) fn raw(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Null => "null".into(),
            Self::Bool(true) => "true".into(),
            Self::Bool(false) => "false".into(),
            Self::Number(digits) => (*digits).into(),
            Self::String(text) => format!("\"{}\"", text.raw()).into(),
            Self::Array(array) => array.raw.into(),
            Self::Object(object) => object.raw.into(),
        }
    }

    pub(crate) const fn as_text(&self) -> Option<&Spelled<'a>> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) const fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// What is in it, if it is an array; else nothing.
    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::Array(array) => &array.items,
            _ => &[],
        }
    }

    /// A whole number that fits, written as such or, as protobuf's JSON may, in quotes.
    pub(crate) fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(digits) => digits.parse().ok(),
            Self::String(digits) => digits.raw().parse().ok(),
            _ => None,
        }
    }
}
