//! `when`: for which requests a row or a deployment is.

use quotah_policy::Condition;

use super::super::section::Section;

/// The condition of a row; `None` when it is for all, or wrong and said to be.
pub(super) fn when(row: &Section<'_>) -> Option<Condition> {
    row.know("when");
    row.not_yet(&["when"]);
    None
}
