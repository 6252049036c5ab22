//! Settings that are off, on, or on with settings of their own: `hedge = true`, `hedge = { after_ms = 800 }`.

use super::super::tree::Value;
use super::Section;

/// How such a setting stands.
pub(in crate::config) enum Switch<'a> {
    /// `false`, absent, or wrong and said to be.
    Off,
    /// `true`.
    On,
    /// A table.
    With(Section<'a>),
}

impl<'a> Section<'a> {
    /// `true`, `false` or a table, which errors call `label`.
    pub(in crate::config) fn switch(&self, key: &'static str, label: &str) -> Switch<'a> {
        let Some(node) = self.node(key) else {
            return Switch::Off;
        };
        match &node.value {
            Value::Boolean(true) => Switch::On,
            Value::Boolean(false) => Switch::Off,
            Value::Table(table) => {
                let place = node.place.clone();
                Switch::With(Section::new(label, table, place, self.problems))
            }
            _ => {
                self.invalid::<()>(key, &node.place, "true, false or a table");
                Switch::Off
            }
        }
    }
}
