//! Price files written: what [`super::file`] reads.

use std::fmt::Write as _;

use super::PriceRow;
use crate::{Date, Hours, Price, Rates, ServiceTier};

/// One model with all its lists, the earliest first, each followed by those for certain hours.
pub(crate) fn write_lists<'a>(
    text: &mut String,
    names: impl Iterator<Item = &'a str>,
    lists: impl Iterator<Item = (Option<Date>, Option<&'a Hours>, &'a Price)>,
) {
    text.push_str("model");
    for name in names {
        text.push(' ');
        text.push_str(name);
    }
    text.push('\n');
    let mut since = None;
    for (from, hours, price) in lists {
        if let Some(day) = from
            && since != from
        {
            line(text, format_args!("since {day}"));
        }
        since = from;
        if let Some(hours) = hours {
            line(text, format_args!("hours {hours}"));
        }
        write_price(text, price);
    }
}

/// A price file with these rows.
pub(crate) fn write_rows(rows: &[PriceRow]) -> String {
    let mut order: Vec<&PriceRow> = rows.iter().collect();
    order.sort_by_key(|row| {
        (
            &row.provider,
            row.model.as_str(),
            row.effective_from,
            &row.hours,
        )
    });
    let mut text = String::new();
    let mut provider = "";
    for rows in order.chunk_by(|a, b| (&a.provider, &a.model) == (&b.provider, &b.model)) {
        let Some(first) = rows.first() else { continue };
        if provider != &*first.provider {
            provider = &first.provider;
            line(&mut text, format_args!("\nprovider {provider}"));
        }
        text.push('\n');
        let lists = rows
            .iter()
            .map(|row| (row.effective_from, row.hours.as_ref(), &*row.price));
        write_lists(&mut text, std::iter::once(first.model.as_str()), lists);
    }
    text
}

fn write_price(text: &mut String, price: &Price) {
    let standard = (ServiceTier::Standard, 0, price.standard());
    let columns = price
        .columns()
        .iter()
        .map(|c| (c.tier, c.above_tokens, &c.rates));
    for (tier, above, rates) in std::iter::once(standard).chain(columns) {
        if rates.is_empty() {
            continue;
        }
        text.push_str("price");
        if tier != ServiceTier::Standard {
            text.push(' ');
            text.push_str(tier.as_str());
        }
        if above > 0 {
            // Writing to a string does not fail.
            write!(text, " >{above}").ok();
        }
        write_rates(text, rates);
        text.push('\n');
    }
}

pub(crate) fn write_rates(text: &mut String, rates: &Rates) {
    for (class, rate) in rates.listed() {
        let usd = rate.usd_for(class).to_string();
        let usd = usd.trim_end_matches('0').trim_end_matches('.');
        write!(text, " {}={usd}", class.as_str()).ok();
    }
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    text.write_fmt(content).ok();
    text.push('\n');
}
