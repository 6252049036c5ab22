//! The two tables together, with our own corrections over them: the files that ship with the crate.

use std::collections::{BTreeMap, BTreeSet};

use super::genai::Found;
use super::providers::{PROVIDERS, Provider};
use super::{FeedError, Model, Models, Tables, When, genai, litellm, tidy};
use crate::price::STANDARD;
use crate::table::{PriceRow, names, read_rows, write_lists};
use crate::{Class, Date, Price, Rates, ServiceTier};

/// One provider's price file.
#[derive(Debug)]
pub struct Compiled {
    /// The provider kind.
    pub provider: &'static str,
    /// The file, without what a comment at its beginning may say about its sources.
    pub text: String,
    /// How many models it has.
    pub models: usize,
    /// What was left out or differs between the sources.
    pub notes: Vec<String>,
}

/// Compiles both tables and our own rows: `LiteLLM`'s first, for it has more models, tiers and long contexts;
/// genai-prices' for what that leaves out: past and announced prices, names, batch and fast rates.
///
/// `corrections` is a price file; its rows are added to what the tables say, and win. The same input gives the
/// same text.
///
/// # Errors
/// [`FeedError`] where a table is not one; a fault in `corrections` is [`FeedError::NotJson`] with its line.
pub fn compile(
    litellm: &str,
    genai: &str,
    corrections: &str,
    as_of: Date,
) -> Result<Vec<Compiled>, FeedError> {
    let (Tables::Litellm(litellm), Tables::Genai(genai)) =
        (Tables::open(litellm)?, Tables::open(genai)?)
    else {
        return Err(FeedError::Unknown);
    };
    let corrections =
        read_rows(corrections).map_err(|error| FeedError::NotJson(error.to_string()))?;
    let one = |provider: &Provider| {
        let mut notes = Vec::new();
        let mut models = litellm::models(&litellm, provider, &mut notes);
        join(
            &mut models,
            genai::models(&genai, provider, as_of),
            as_of,
            &mut notes,
        );
        let mut every = Rates::default();
        for row in corrections
            .iter()
            .filter(|row| *row.provider == *provider.kind)
        {
            correct(&mut models, row, &mut every);
        }
        for price in models
            .values_mut()
            .flat_map(|model| model.lists.values_mut())
        {
            flex_follows_batch(price);
        }
        let models = without_doubles(&tidy(models));
        notes.sort();
        Compiled {
            provider: provider.kind,
            text: text(provider, &models, &every, as_of),
            models: models.len(),
            notes,
        }
    };
    Ok(PROVIDERS.iter().map(one).collect())
}

fn join(models: &mut Models, others: Vec<Found>, as_of: Date, notes: &mut Vec<String>) {
    for (name, model) in &mut *models {
        let by_name = others.iter().find(|other| other.id == *name);
        let other = by_name.or_else(|| others.iter().find(|other| other.clause.fits(name)));
        if let Some(other) = other {
            fill(name, model, other, as_of, notes);
        }
    }
    let mut taken: BTreeSet<String> = models.keys().cloned().collect();
    for other in others {
        let known = other.names.iter().find(|name| models.contains_key(*name));
        let known = known.or_else(|| newest_snapshot(models, &other.id));
        let is_new = known.is_none();
        let target = known.cloned().unwrap_or_else(|| other.id.clone());
        if is_new {
            if other.is_stepped {
                notes.push(format!(
                    "{target}: long contexts cost more there, but not in numbers"
                ));
            }
            let unpriced = |price: &Price| price.standard().is_empty();
            if other.model.lists.values().any(unpriced) {
                notes.push(format!(
                    "{target}: no price that an answer tells how to apply, left out"
                ));
                continue;
            }
            models.insert(target.clone(), other.model);
            taken.insert(target.clone());
        }
        let aliases: Vec<String> = other
            .names
            .into_iter()
            .filter(|name| taken.insert(name.clone()))
            .collect();
        if let Some(model) = models.get_mut(&target) {
            model.aliases.extend(aliases);
        }
    }
}

/// A family of which the first table has snapshots only costs what the newest one does.
fn newest_snapshot<'a>(models: &'a Models, family: &str) -> Option<&'a String> {
    let start = format!("{family}-");
    let dated = models.keys().filter(|name| name.starts_with(&start));
    dated
        .filter(|name| names::spellings(name).last() == Some(family))
        .max()
}

/// Adds what the first table leaves out, if the two mean the same price list.
fn fill(name: &str, model: &mut Model, other: &Found, as_of: Date, notes: &mut Vec<String>) {
    let dates = other.model.lists.keys().map(|(since, _)| *since);
    let now = dates.filter(|since| *since <= Some(as_of)).max().flatten();
    let Some(theirs) = other.model.lists.get(&(now, None)) else {
        return;
    };
    let Some(mut ours) = model.lists.remove(&(None, None)) else {
        return;
    };
    let differs = [Class::Input, Class::Output].into_iter().any(|class| {
        let (ours, theirs) = (
            ours.published(STANDARD, class),
            theirs.published(STANDARD, class),
        );
        ours.is_some() && theirs.is_some() && ours != theirs
    });
    if differs {
        notes.push(format!(
            "{name}: base prices differ from {}'s, nothing filled",
            other.id
        ));
        model.lists.insert((None, None), ours);
        return;
    }
    for (place, class, rate) in theirs.each() {
        match ours.published(place, class) {
            Some(known) if known != rate => notes.push(format!(
                "{name}: {} {} {} here, {} there",
                place.0.as_str(),
                class.as_str(),
                known.usd_for(class),
                rate.usd_for(class)
            )),
            Some(_) => {}
            None if (place, class) == (STANDARD, Class::Output) => {}
            None => ours.set(place.0, place.1, class, rate),
        }
    }
    for ((since, hours), price) in &other.model.lists {
        if *since != now && hours.is_none() {
            model.lists.insert((*since, None), price.carrying(&ours));
        }
    }
    let hours: Vec<_> = model
        .lists
        .keys()
        .filter(|(_, hours)| hours.is_some())
        .cloned()
        .collect();
    for (since, hours) in hours {
        if let Some(price) = model.lists.remove(&(since, hours.clone())) {
            model.lists.insert((now, hours), price);
        }
    }
    model.lists.insert((now, None), ours);
}

/// Our own row: `*` means every model of the provider that does not say otherwise.
fn correct(models: &mut Models, row: &PriceRow, every: &mut Rates) {
    let name = row.model.as_str();
    if name == "*" {
        for (class, rate) in row.price.standard().listed() {
            every.set(class, rate);
        }
        return;
    }
    let owner = models
        .iter()
        .find(|(_, model)| model.aliases.contains(name));
    let owner = owner.map_or_else(|| name.to_owned(), |(owner, _)| owner.clone());
    correct_lists(models.entry(owner).or_default(), row);
}

/// Sets the figures of a row in a model's lists: in all of them, unless it is dated.
pub(super) fn correct_lists(model: &mut Model, row: &PriceRow) {
    let when = (row.effective_from, row.hours.clone());
    let whens: Vec<When> = match (&when, model.lists.is_empty()) {
        ((None, None), false) => model.lists.keys().cloned().collect(),
        _ => vec![when],
    };
    for when in whens {
        let price = model.lists.entry(when).or_default();
        for ((tier, above), class, rate) in row.price.each() {
            price.set(tier, above, class, rate);
        }
    }
}

/// Flex is sold at batch rates; where its short column is batch's, its missing long ones are too.
fn flex_follows_batch(price: &mut Price) {
    let column = |tier, above| {
        price
            .columns()
            .iter()
            .find(|c| (c.tier, c.above_tokens) == (tier, above))
    };
    let (Some(flex), Some(batch)) = (column(ServiceTier::Flex, 0), column(ServiceTier::Batch, 0))
    else {
        return;
    };
    if flex.rates != batch.rates {
        return;
    }
    let missing: Vec<_> = price
        .columns()
        .iter()
        .filter(|c| c.tier == ServiceTier::Batch && c.above_tokens > 0)
        .filter(|c| column(ServiceTier::Flex, c.above_tokens).is_none())
        .map(|c| (c.above_tokens, c.rates.clone()))
        .collect();
    for (above, rates) in missing {
        for (class, rate) in rates.listed() {
            price.set(ServiceTier::Flex, above, class, rate);
        }
    }
}

/// Leaves out names under which a look-up finds the same price lists anyhow: snapshots of a family, a model in
/// a region that costs what it costs everywhere.
fn without_doubles(models: &Models) -> Models {
    let mut owners = BTreeMap::<String, String>::new();
    for (name, model) in models {
        for spelled in std::iter::once(name).chain(&model.aliases) {
            let spelled = spelled.to_ascii_lowercase();
            owners.entry(spelled).or_insert_with(|| name.clone());
        }
    }
    let lists = |name: &str| models.get(name).map(|model| &model.lists);
    let is_double = |spelled: &str, owner: &str| {
        let mut shorter = names::spellings(spelled).skip(1);
        let found = shorter.find_map(|name| owners.get(&name.to_ascii_lowercase()));
        found.is_some_and(|found| lists(found) == lists(owner))
    };
    let mut left = Models::new();
    let mut taken = BTreeSet::new();
    for (name, model) in models {
        let mut spelled: Vec<String> = std::iter::once(name)
            .chain(&model.aliases)
            .filter(|spelled| !is_double(spelled, name))
            .filter(|spelled| taken.insert(spelled.to_ascii_lowercase()))
            .cloned()
            .collect();
        if spelled.is_empty() {
            continue;
        }
        let first = spelled.remove(0);
        let model = Model {
            aliases: spelled.into_iter().collect(),
            lists: model.lists.clone(),
        };
        left.insert(first, model);
    }
    left
}

fn text(provider: &Provider, models: &Models, every: &Rates, as_of: Date) -> String {
    let mut text = format!("as_of {as_of}\nprovider {}\n", provider.kind);
    if !every.is_empty() {
        let price = Price::of(every.clone());
        text.push_str("every");
        crate::table::write_rates(&mut text, price.standard());
        text.push('\n');
    }
    for (name, model) in models {
        let names = std::iter::once(name)
            .chain(&model.aliases)
            .map(String::as_str);
        let lists = model
            .lists
            .iter()
            .map(|((since, hours), price)| (*since, hours.as_ref(), price));
        text.push('\n');
        write_lists(&mut text, names, lists);
    }
    text
}
