//! `when`: for which requests a row or a deployment is.

use quotah_policy::{Condition, ConditionError, VARIABLES};

use super::super::problem::{Problem, nearest};
use super::super::section::Section;

/// The condition of a row; `None` when it is for all, or wrong and said to be.
pub(super) fn when(row: &Section<'_>) -> Option<Condition> {
    let at = row.required_if_present("when")?;
    let condition = Condition::compile(at.value).map_err(|fault| {
        let meant = match &fault {
            ConditionError::UnknownVariable(name) => nearest(name, VARIABLES),
            _ => None,
        };
        row.problems()
            .at(&at.place, Problem::Condition { fault, meant });
    });
    condition.ok()
}
