//! Names as numbers, so that rows are found without a text being copied.

use std::collections::HashMap;

/// Most names: they come from clients. Further ones are [`OTHER`].
const NAMES_MAX: usize = 100_000;

/// The number of all names beyond so many.
pub(super) const OTHER: u32 = 0;

/// Names that were met.
#[derive(Debug)]
pub(super) struct Names {
    numbers: HashMap<Box<str>, u32>,
    names: Vec<Box<str>>,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            numbers: HashMap::new(),
            names: vec!["other".into()],
        }
    }
}

impl Names {
    /// The number of `name`.
    pub(super) fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let Ok(next) = u32::try_from(self.names.len()) else {
            return OTHER;
        };
        if self.names.len() >= NAMES_MAX {
            return OTHER;
        }
        self.names.push(name.into());
        self.numbers.insert(name.into(), next);
        next
    }

    /// The name of a number.
    pub(super) fn name(&self, number: u32) -> &str {
        let place = usize::try_from(number).unwrap_or(0);
        self.names.get(place).map_or("", |name| name)
    }
}
