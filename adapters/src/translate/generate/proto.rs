//! Objects of protobuf's JSON, whose members may be spelled in two ways (`inlineData`, `inline_data`).

use crate::translate::json::{Object, Spelled, Value};
use crate::translate::shape::spells;

/// Such an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Proto<'v, 'a>(pub(super) &'v Object<'a>);

impl<'v, 'a> Proto<'v, 'a> {
    /// The value, if it is such an object.
    pub(super) fn of(value: &'v Value<'a>) -> Option<Self> {
        value.as_object().map(Self)
    }

    /// The member of that name, unless it is not there or `null`.
    pub(super) fn get(self, name: &str) -> Option<&'v Value<'a>> {
        let mut members = self.0.members.iter().rev();
        let (_, value) = members.find(|(key, _)| spells(key, name))?;
        (!matches!(value, Value::Null)).then_some(value)
    }

    /// The member of that name, if it is a string.
    pub(super) fn text(self, name: &str) -> Option<&'v Spelled<'a>> {
        self.get(name)?.as_text()
    }

    /// The member of that name, if it is an object.
    pub(super) fn object(self, name: &str) -> Option<Self> {
        self.get(name)?.as_object().map(Self)
    }

    /// What is in the array of that name; nothing if it is not there.
    pub(super) fn items(self, name: &str) -> &'v [Value<'a>] {
        self.get(name).map(Value::items).unwrap_or_default()
    }

    /// The member of that name, if it is a whole number that fits.
    pub(super) fn u64(self, name: &str) -> Option<u64> {
        self.get(name)?.as_u64()
    }

    /// The member of that name, if it is `true` or `false`.
    pub(super) fn bool(self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::Bool(is) => Some(*is),
            _ => None,
        }
    }
}
