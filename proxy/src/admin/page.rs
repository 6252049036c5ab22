//! Query strings and pages: what lists have in common.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use serde::Serialize;

use super::Problem;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Page<T> {
    /// Its rows.
    pub(super) items: Vec<T>,
    /// Give this as `cursor` to get the part behind; `null` at the end.
    pub(super) next: Option<String>,
}

impl<T> Page<T> {
    /// The part of `all`, sorted by `id`, that comes behind the id `cursor`.
    pub(super) fn cut(
        all: impl Iterator<Item = T>,
        cursor: Option<&str>,
        limit: usize,
        id: impl Fn(&T) -> &str,
    ) -> Self {
        let behind = all.filter(|row| cursor.is_none_or(|cursor| id(row) > cursor));
        let mut items: Vec<T> = behind.take(limit.saturating_add(1)).collect();
        let has_more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| has_more);
        let next = last.map(|row| id(row).to_owned());
        Self { items, next }
    }
}

/// The query string, or what is wrong with it.
pub(super) fn query<T>(query: Result<Query<T>, QueryRejection>) -> Result<Query<T>, Problem> {
    query.map_err(|e| Problem::new(StatusCode::BAD_REQUEST, e.body_text()))
}

/// The length of a page.
pub(super) fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    let limit = asked.unwrap_or(LIMIT);
    if (1..=LIMIT_MAX).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::parameter("limit", "a number from 1 to 1000"))
}

/// Rows of a page unless told otherwise.
const LIMIT: usize = 50;

/// Most rows of a page.
const LIMIT_MAX: usize = 1_000;
