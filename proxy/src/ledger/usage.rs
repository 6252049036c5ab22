//! Usage reports: sums over a time, by interval and label.
//!
//! Reports are made of hourly rows: `from` is moved back and `to` forward to a full hour (UTC), and
//! the report says which hours it covers.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use parking_lot::Mutex;
use smallvec::SmallVec;

use super::books::Books;
use super::rollup::{HOUR_MS, Labels, OTHER, Row, Sums, Symbol, Symbols, place, tag_value};

/// Most rows of one report; further groups are summed as `other`.
pub const REPORT_ROWS_MAX: usize = 10_000;

/// What to sum.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// First hour, by any millisecond of it.
    pub from_ms: u64,
    /// End, exclusive, rounded up to a full hour.
    pub to_ms: u64,
    /// One row for each; `None` makes one row of the whole time.
    pub interval: Option<Interval>,
    /// One row for each distinct value.
    pub by: Vec<Dimension>,
    /// What must hold of a request; all of them.
    pub filters: Vec<Filter>,
}

/// Calendar steps of a report, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// Hours.
    Hour,
    /// Days.
    Day,
    /// Months.
    Month,
}

/// Labels that reports group and filter by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dimension {
    /// Who answered.
    Provider,
    /// The provider's name of the model.
    Model,
    /// Public id of the key.
    Key,
    /// Whose it was.
    Team,
    /// Whose it was.
    User,
    /// What it was for.
    Project,
    /// The operation.
    Operation,
    /// How it ended.
    Outcome,
    /// The value of one tag.
    Tag(String),
}

impl Dimension {
    /// Reads a name as in `by=provider,tag.feature`; `None` when there is no such dimension.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "provider" => Self::Provider,
            "model" => Self::Model,
            "key" => Self::Key,
            "team" => Self::Team,
            "user" => Self::User,
            "project" => Self::Project,
            "operation" => Self::Operation,
            "outcome" => Self::Outcome,
            tag => Self::Tag(
                tag.strip_prefix("tag.")
                    .filter(|tag| !tag.is_empty())?
                    .to_owned(),
            ),
        })
    }

    /// The opposite of [`Dimension::parse`].
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Provider => "provider".to_owned(),
            Self::Model => "model".to_owned(),
            Self::Key => "key".to_owned(),
            Self::Team => "team".to_owned(),
            Self::User => "user".to_owned(),
            Self::Project => "project".to_owned(),
            Self::Operation => "operation".to_owned(),
            Self::Outcome => "outcome".to_owned(),
            Self::Tag(name) => format!("tag.{name}"),
        }
    }

    const fn place(&self) -> usize {
        match self {
            Self::Provider => place::PROVIDER,
            Self::Model => place::MODEL,
            Self::Key => place::KEY,
            Self::Team => place::TEAM,
            Self::User => place::USER,
            Self::Project => place::PROJECT,
            Self::Operation => place::OPERATION,
            Self::Outcome => place::OUTCOME,
            Self::Tag(_) => place::TAGS,
        }
    }
}

/// A condition: the label is one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Which label.
    pub dimension: Dimension,
    /// Any of these; an empty string stands for "has none".
    pub values: Vec<String>,
}

/// What a [`Query`] came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageReport {
    /// Beginning of the first hour that was summed.
    pub from_ms: u64,
    /// End of the last.
    pub to_ms: u64,
    /// By start, then group. Groups without a request are left out.
    pub rows: Vec<UsageRow>,
    /// All of them.
    pub total: Sums,
}

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// Beginning of its interval.
    pub start_ms: u64,
    /// End of its interval, exclusive.
    pub end_ms: u64,
    /// Dimension and value, in the order asked for; a label that is not there is empty.
    pub group: Vec<(String, String)>,
    /// What it sums to.
    pub sums: Sums,
}

/// Answers `query`. The books are locked for one hour's rows at a time, so that writers never wait
/// for a report.
pub(super) fn report(books: &Mutex<Books>, query: &Query) -> UsageReport {
    let from_hour = query.from_ms / HOUR_MS;
    let to_hour = query.to_ms.div_ceil(HOUR_MS);
    let mut fold = Fold::new(query);
    let mut next = from_hour;
    while next < to_hour {
        let books = books.lock();
        let Some((hour, rows)) = books.rollup.hours.range(next..to_hour).next() else {
            break;
        };
        fold.hour(*hour, rows, &books.rollup.symbols);
        next = *hour + 1;
    }
    let (from_ms, to_ms) = (from_hour * HOUR_MS, to_hour.saturating_mul(HOUR_MS));
    fold.finish(from_ms..to_ms, &books.lock().rollup.symbols)
}

/// A report in the making.
struct Fold<'a> {
    query: &'a Query,
    groups: HashMap<(Option<u64>, Group), Sums>,
    total: Sums,
    /// Tag values get numbers of their own, which last as long as the report.
    tag_values: Symbols,
    /// Tag sets already taken apart, by place in `by` or (shifted) in `filters`.
    known_tags: HashMap<(usize, Symbol), Symbol>,
}

type Group = SmallVec<[Symbol; 4]>;

impl<'a> Fold<'a> {
    fn new(query: &'a Query) -> Self {
        Self {
            query,
            groups: HashMap::new(),
            total: Sums::default(),
            tag_values: Symbols::default(),
            known_tags: HashMap::new(),
        }
    }

    fn hour(&mut self, hour: u64, rows: &HashMap<Labels, Row>, symbols: &Symbols) {
        let start = self
            .query
            .interval
            .map(|interval| interval.start_ms(hour * HOUR_MS));
        let filters = self.query.filters.iter();
        let wanted: Vec<_> = filters.map(|filter| self.wanted(filter, symbols)).collect();
        for (labels, row) in rows {
            let filters = self.query.filters.iter().zip(&wanted).enumerate();
            let mut keep = true;
            for (place, (filter, wanted)) in filters {
                let place = self.query.by.len() + place;
                let has = self.symbol(place, &filter.dimension, labels, symbols);
                keep &= wanted.contains(&Some(has));
            }
            if !keep {
                continue;
            }
            let mut group = Group::new();
            for (place, dimension) in self.query.by.iter().enumerate() {
                group.push(self.symbol(place, dimension, labels, symbols));
            }
            let sums = row.sums();
            self.total.add(&sums);
            if self.groups.len() >= REPORT_ROWS_MAX
                && !self.groups.contains_key(&(start, group.clone()))
            {
                group.fill(OTHER);
            }
            match self.groups.entry((start, group)) {
                Slot::Occupied(mut row) => row.get_mut().add(&sums),
                Slot::Vacant(row) => {
                    row.insert(sums);
                }
            }
        }
    }

    /// The numbers of the values that a filter lets pass; a label never seen has none.
    fn wanted(&mut self, filter: &Filter, symbols: &Symbols) -> Vec<Option<Symbol>> {
        let values = filter.values.iter();
        match filter.dimension {
            Dimension::Tag(_) => values
                .map(|value| Some(self.tag_values.intern(value)))
                .collect(),
            _ => values.map(|value| symbols.find(value)).collect(),
        }
    }

    /// The number that stands for a row's value of `dimension`.
    fn symbol(
        &mut self,
        place: usize,
        dimension: &Dimension,
        labels: &Labels,
        symbols: &Symbols,
    ) -> Symbol {
        let symbol = labels.0[dimension.place()];
        let Dimension::Tag(name) = dimension else {
            return symbol;
        };
        if symbol == OTHER {
            return OTHER;
        }
        let values = &mut self.tag_values;
        *self.known_tags.entry((place, symbol)).or_insert_with(|| {
            values.intern(tag_value(symbols.name(symbol), name).unwrap_or_default())
        })
    }

    fn finish(self, span_ms: std::ops::Range<u64>, symbols: &Symbols) -> UsageReport {
        let name = |dimension: &Dimension, symbol: Symbol| match dimension {
            Dimension::Tag(_) => self.tag_values.name(symbol).to_owned(),
            _ => symbols.name(symbol).to_owned(),
        };
        let mut rows: Vec<UsageRow> = self
            .groups
            .iter()
            .map(|((start, group), sums)| {
                let names = self.query.by.iter().zip(group);
                UsageRow {
                    start_ms: start.unwrap_or(span_ms.start),
                    end_ms: match self.query.interval {
                        Some(interval) => interval.end_ms(start.unwrap_or(span_ms.start)),
                        None => span_ms.end,
                    },
                    group: names
                        .map(|(by, symbol)| (by.name(), name(by, *symbol)))
                        .collect(),
                    sums: *sums,
                }
            })
            .collect();
        rows.sort_by(|a, b| (a.start_ms, &a.group).cmp(&(b.start_ms, &b.group)));
        UsageReport {
            from_ms: span_ms.start,
            to_ms: span_ms.end,
            rows,
            total: self.total,
        }
    }
}

impl Interval {
    /// Beginning of the interval that holds `unix_ms`.
    fn start_ms(self, unix_ms: u64) -> u64 {
        match self {
            Self::Hour => unix_ms - unix_ms % HOUR_MS,
            Self::Day => unix_ms - unix_ms % DAY_MS,
            Self::Month => month(unix_ms).map_or(unix_ms, |(start, _)| start),
        }
    }

    /// End of the interval that begins at `start_ms`.
    fn end_ms(self, start_ms: u64) -> u64 {
        match self {
            Self::Hour => start_ms.saturating_add(HOUR_MS),
            Self::Day => start_ms.saturating_add(DAY_MS),
            Self::Month => month(start_ms).map_or(start_ms, |(_, end)| end),
        }
    }
}

/// Milliseconds in a day of UTC.
const DAY_MS: u64 = 24 * HOUR_MS;

/// First millisecond of the month that holds `unix_ms`, and of the next; `None` past the calendar.
fn month(unix_ms: u64) -> Option<(u64, u64)> {
    let time = jiff::Timestamp::from_millisecond(i64::try_from(unix_ms).ok()?).ok()?;
    let date = time.to_zoned(jiff::tz::TimeZone::UTC).date();
    let next = date.last_of_month().tomorrow().ok()?;
    let unix_ms = |date: jiff::civil::Date| {
        let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        u64::try_from(zoned.timestamp().as_millisecond()).ok()
    };
    Some((unix_ms(date.first_of_month())?, unix_ms(next)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::entry::{Entry, Tag};
    use crate::ledger::segment::kind;
    use crate::ledger::terms::Outcome;

    const DAY: u64 = 1_763_683_200_000; // 2025-11-21T00:00Z

    fn books() -> Mutex<Books> {
        let mut books = Books::default();
        for number in 0..48 {
            let mut entry = Entry {
                id_lo: number,
                at_unix_ms: DAY + number * HOUR_MS,
                provider: if number % 2 == 0 { "openai" } else { "groq" }.to_owned(),
                tags: vec![Tag {
                    name: "feature".into(),
                    value: format!("f{}", number % 3),
                }],
                output_tokens: 10,
                cost_picousd: (number % 4 != 3).then_some(1_000),
                ..Entry::default()
            };
            if number == 0 {
                entry.set_outcome(Outcome::UpstreamError);
            }
            books.entry(&entry, kind::ENTRY);
        }
        Mutex::new(books)
    }

    #[test]
    fn a_report_by_day_and_provider_has_each_request_once() {
        let query = Query {
            from_ms: DAY,
            to_ms: DAY + 2 * DAY_MS,
            interval: Some(Interval::Day),
            by: vec![Dimension::Provider],
            filters: vec![],
        };
        let report = report(&books(), &query);
        assert_eq!(report.rows.len(), 4);
        assert_eq!(
            report.rows[1].group,
            [("provider".to_owned(), "openai".to_owned())]
        );
        assert_eq!(report.rows[1].sums.requests, 12);
        assert_eq!(report.rows[1].sums.errors, 1);
        assert_eq!(report.total.requests, 48);
        assert_eq!(report.total.unpriced, 12);
        assert_eq!(report.total.cost_picousd, 36_000);
        assert_eq!(report.total.usage.output_tokens, 480);
    }

    #[test]
    fn filters_and_groups_know_tags() {
        let query = Query {
            from_ms: DAY,
            to_ms: DAY + 2 * DAY_MS,
            by: vec![Dimension::Tag("feature".into())],
            filters: vec![Filter {
                dimension: Dimension::Tag("feature".into()),
                values: vec!["f1".into(), "f2".into()],
            }],
            ..Query::default()
        };
        let report = report(&books(), &query);
        let groups: Vec<_> = report
            .rows
            .iter()
            .map(|row| row.group[0].1.as_str())
            .collect();
        assert_eq!(groups, ["f1", "f2"]);
        assert_eq!(report.total.requests, 32);
    }

    #[test]
    fn a_filter_for_a_value_never_seen_finds_nothing() {
        for dimension in [Dimension::Team, Dimension::Tag("feature".into())] {
            let filters = vec![Filter {
                dimension,
                values: vec!["nobody".into()],
            }];
            let query = Query {
                to_ms: u64::MAX,
                filters,
                ..Query::default()
            };
            assert_eq!(report(&books(), &query).total, Sums::default());
        }
    }

    #[test]
    fn edges_are_moved_to_full_hours_and_months_have_their_length() {
        let query = Query {
            from_ms: DAY + 1,
            to_ms: DAY + HOUR_MS + 1,
            ..Query::default()
        };
        let report = report(&books(), &query);
        assert_eq!((report.from_ms, report.to_ms), (DAY, DAY + 2 * HOUR_MS));
        assert_eq!(report.total.requests, 2);
        let november = Interval::Month.start_ms(DAY);
        assert_eq!(Interval::Month.end_ms(november) - november, 30 * DAY_MS);
    }
}
