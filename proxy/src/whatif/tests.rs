//! Ledgers that never were, replayed.

use proptest::prelude::*;
use quotah_policy::Condition;
use uuid::Uuid;

use super::*;
use crate::config::{self, Flags, Inputs};
use crate::ledger::{CostSource, Outcome};

const BASE: &str = r#"
[[providers]]
kind = "openai"
api_key = "sk-1"
[[providers]]
kind = "groq"
api_key = "sk-2"
[[providers]]
kind = "anthropic"
api_key = "sk-3"
[[prices]]
provider = "openai"
model = "big"
input_usd_per_mtok = "10"
output_usd_per_mtok = "20"
[[prices]]
provider = "groq"
model = "small"
input_usd_per_mtok = "1"
output_usd_per_mtok = "2"
"#;

/// The configuration of a text, beside providers and prices that all have.
fn config(more: &str) -> Config {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("quotah.toml");
    std::fs::write(&file, format!("{BASE}{more}")).expect("written");
    let inputs = Inputs {
        flags: Flags {
            config: Some(file),
            data_dir: Some("/nowhere".into()),
            ..Flags::default()
        },
        ..Inputs::default()
    };
    let loaded = config::load(&inputs);
    loaded.unwrap_or_else(|e| panic!("{e:?}")).config
}

fn to_big() -> String {
    model("fast", "openai", "big")
}

fn to_small() -> String {
    model("fast", "groq", "small")
}

fn model(name: &str, provider: &str, model: &str) -> String {
    format!(
        "[[models]]\nname = \"{name}\"\ndeployments = [{{ provider = \"{provider}\", model = \"{model}\" }}]\n"
    )
}

/// A request for `fast` that openai's `big` answered: 1,000 tokens in, 100 out, 0.012 USD.
fn entry(number: u64) -> Entry {
    let mut entry = Entry {
        at_unix_ms: 1_763_683_200_000 + number * 1_000,
        duration_ms: 100,
        key: "k1".into(),
        dialect: "openai".into(),
        operation: "chat".into(),
        model_asked: "fast".into(),
        model_sent: "big".into(),
        provider: "openai".into(),
        provider_kind: "openai".into(),
        input_tokens: 1_000,
        output_tokens: 100,
        cost_picousd: Some(BIG),
        ..Entry::default()
    };
    entry.set_id(Uuid::from_u128(u128::from(number)));
    entry.set_cost_source(CostSource::Table);
    entry
}

/// What [`entry`] costs at openai's `big`, and at groq's `small`.
const BIG: i64 = 12_000_000_000;
const SMALL: i64 = 1_200_000_000;

fn replayed(current: &Config, new: &Config, entries: &[Entry]) -> Report {
    let mut replay = Replay::new(current, new);
    if replay.needs_survey() {
        entries.iter().for_each(|entry| replay.survey(entry));
    }
    entries.iter().for_each(|entry| replay.feed(entry));
    replay.finish()
}

#[test]
fn a_cheaper_route_moves_its_requests_and_nothing_else() {
    let mut entries: Vec<Entry> = (0..10).map(entry).collect();
    entries[9].model_asked = "other".into();
    let (current, new) = (config(&to_big()), config(&to_small()));
    let report = replayed(&current, &new, &entries);
    assert_eq!(report.cost_then_picousd, i128::from(BIG) * 10);
    assert_eq!(report.cost_new_picousd, i128::from(BIG + SMALL * 9));
    let [only] = &*report.moves else {
        panic!("{:?}", report.moves)
    };
    let told = (&*only.model, &*only.from, &*only.to, only.requests);
    assert_eq!(told, ("fast", "openai/big", "groq/small", 9));
    assert_eq!(only.saving_picousd(), i128::from(BIG - SMALL) * 9);
}

#[test]
fn what_the_request_itself_sent_to_a_provider_no_row_moves() {
    let mut entries = [entry(1), entry(2)];
    entries[0].route = "direct".into();
    let report = replayed(&config(&to_big()), &config(&to_small()), &entries);
    assert_eq!(report.moves[0].requests, 1);
    // Without a row then, the name was no more than a name.
    let report = replayed(&config(""), &config(&to_small()), &entries);
    assert_eq!(report.moves[0].requests, 2);
}

#[test]
fn another_price_counts_where_it_applies_and_not_where_the_provider_said_the_cost() {
    let mut entries = [entry(1), entry(2), entry(3)];
    entries[1].set_cost_source(CostSource::Provider);
    entries[2].model_sent = "unheard-of".into();
    let mut new = config(&to_big());
    let dearer = BASE
        .replace("\"10\"", "\"20\"")
        .replace("\"20\"\n[[prices]]", "\"40\"\n[[prices]]");
    new.price_table = with_prices(&dearer);
    let report = replayed(&config(&to_big()), &new, &entries);
    assert_eq!(report.cost_new_picousd, i128::from(BIG) * 4);
    assert_eq!(
        (&*report.moves[0].from, &*report.moves[0].to),
        ("openai/big", "openai/big")
    );
    assert_eq!(report.moves[0].requests, 1);
}

/// The price table of a whole configuration.
fn with_prices(text: &str) -> std::sync::Arc<quotah_policy::PriceTable> {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("quotah.toml");
    std::fs::write(&file, text).expect("written");
    config::price_table(&Inputs {
        flags: Flags {
            config: Some(file),
            data_dir: Some("/nowhere".into()),
            ..Flags::default()
        },
        ..Inputs::default()
    })
}

#[test]
fn conditions_see_what_the_ledger_knows() {
    let mut new = config(&format!("{}{}", to_small(), model("slow", "openai", "big")));
    let when = Condition::compile("team == 'red' && stream && !has_tools");
    new.models[0].when = Some(when.expect("a condition"));
    new.models[1].name = "fast".into();
    let mut entries = [entry(1), entry(2), entry(3)];
    entries[0].team = "red".into();
    entries[1].team = "red".into();
    entries[1].stream = true;
    let report = replayed(&config(&to_big()), &new, &entries);
    assert_eq!((report.moves.len(), report.moves[0].requests), (1, 1));
    assert_eq!(report.cost_new_picousd, i128::from(BIG * 2 + SMALL));
}

#[test]
fn a_fastest_route_goes_by_the_ledgers_own_times_and_a_weighted_one_by_lot() {
    let row = |strategy: &str, weight: u32| {
        config(&format!(
            "[[models]]\nname = \"fast\"\nroute = \"{strategy}\"\ndeployments = [{{ provider = \"openai\", model = \"big\" }}, \
             {{ provider = \"groq\", model = \"small\", weight = {weight} }}]\n"
        ))
    };
    let mut entries: Vec<Entry> = (0..1_000).map(entry).collect();
    for quick in &mut entries[..10] {
        quick.model_asked = "groq/small".into();
        quick.provider = "groq".into();
        quick.model_sent = "small".into();
        quick.duration_ms = 20;
    }
    let found = replayed(&config(&to_big()), &row("fastest", 1), &entries);
    assert_eq!(found.moves[0].requests, 990);
    entries[..10]
        .iter_mut()
        .for_each(|slow| slow.duration_ms = 500);
    assert_eq!(
        replayed(&config(&to_big()), &row("fastest", 1), &entries).moves,
        []
    );
    let found = replayed(&config(&to_big()), &row("weighted", 3), &entries);
    let moved = found.moves[0].requests;
    assert!((690..790).contains(&moved), "{moved} of 990");
}

#[test]
fn without_a_price_no_saving_is_claimed() {
    let new = config(&model("fast", "groq", "nobody-knows-it"));
    let report = replayed(&config(&to_big()), &new, &[entry(1)]);
    assert_eq!((report.unpriced.requests, report.saving_picousd()), (1, 0));
    assert_eq!(report.moves[0].to, "groq/nobody-knows-it");
}

#[test]
fn a_deployment_of_another_dialect_takes_what_can_be_translated_and_the_report_says_so() {
    let mut entries = [entry(1), entry(2)];
    // Nobody translates speech.
    entries[1].operation = "speech".into();
    let new = config(&model("fast", "anthropic", "claude-haiku-4-5"));
    let report = replayed(&config(&to_big()), &new, &entries);
    let [moved] = &*report.moves else {
        panic!("{:?}", report.moves)
    };
    assert_eq!(
        (&*moved.to, moved.requests),
        ("anthropic/claude-haiku-4-5", 1)
    );
    // A dollar a million in, five out.
    let there = 1_000 * 1_000_000 + 100 * 5_000_000;
    assert_eq!(moved.cost_new_picousd, i128::from(there));
    assert_eq!(report.translated, one(there));
    assert_eq!(report.unknown_models, [("fast".to_owned(), one(BIG))]);
}

#[test]
fn what_the_gateway_found_unsayable_then_stays_unsayable_where_nothing_may_be_left_out() {
    let mut entries = [entry(1), entry(2)];
    let told = crate::ledger::Weighed {
        deployment: "anthropic/claude-haiku-4-5".into(),
        translated_to: "anthropic".into(),
        lost: vec!["logprobs".into()],
        ..Default::default()
    };
    entries[0].decision = Some(crate::ledger::Decision {
        candidates: vec![told],
        ..Default::default()
    });
    let both = |lossy: bool| {
        config(&format!(
            "[[models]]\nname = \"fast\"\nlossy = {lossy}\ndeployments = [{}, {}]\n",
            "{ provider = \"anthropic\", model = \"claude-haiku-4-5\" }",
            "{ provider = \"openai\", model = \"big\" }",
        ))
    };
    let requests = |lossy| {
        let report = replayed(&config(&to_big()), &both(lossy), &entries);
        report.translated.requests
    };
    assert_eq!((requests(false), requests(true)), (1, 2));
}

fn one(cost: i64) -> Count {
    let mut count = Count::default();
    count.add(cost);
    count
}

const HARD: &str = "[[budgets]]\nid = \"tight\"\nlimit_usd = \"0.05\"\nwindow = \"total\"\n";

#[test]
fn a_new_hard_budget_blocks_what_would_pass_it_in_the_order_of_ends() {
    // Read in the wrong order: the dearest one ended last.
    let mut entries: Vec<Entry> = (0..6).rev().map(entry).collect();
    entries[0].cost_picousd = Some(BIG * 2);
    let new = config(&format!("{}{HARD}", to_big()));
    let report = replayed(&config(&to_big()), &new, &entries);
    // 0.05 USD are four of 0.012; one more of them is blocked, and the one of 0.024.
    let [budget] = &*report.budgets else {
        panic!("{:?}", report.budgets)
    };
    assert_eq!((&*budget.budget, budget.blocked.requests), ("tight", 2));
    assert_eq!(budget.blocked.cost_picousd, i128::from(BIG) * 3);
    assert_eq!(report.cost_new_picousd, i128::from(BIG) * 4);
    assert_eq!(report.saving_picousd(), i128::from(BIG) * 3);
    // It was there before: it blocks nothing anew.
    assert!(replayed(&new, &new, &entries).budgets.is_empty());
}

#[test]
fn a_budget_sees_where_requests_go_and_what_they_cost_there() {
    let entries: Vec<Entry> = (0..60).map(entry).collect();
    let budget = HARD.replace(
        "window",
        "match = { provider = \"groq\" }\nper = \"key\"\nwindow",
    );
    let new = config(&format!("{}{budget}", to_small()));
    let report = replayed(&config(&to_big()), &new, &entries);
    // 0.05 USD are 41 of 0.0012.
    assert_eq!(report.budgets[0].blocked.requests, 19);
    assert_eq!(report.moves[0].requests, 41);
    assert_eq!(report.cost_new_picousd, i128::from(SMALL) * 41);
}

#[test]
fn a_soft_budget_tells_and_blocks_nothing() {
    let entries: Vec<Entry> = (0..6).map(entry).collect();
    let soft = HARD.replace("window", "mode = \"soft\"\nalert_at = [0.5, 1.0]\nwindow");
    let new = config(&format!("{}{soft}", to_big()));
    let report = replayed(&config(&to_big()), &new, &entries);
    let budget = &report.budgets[0];
    assert_eq!((budget.blocked.requests, budget.over.requests), (0, 2));
    assert_eq!((budget.alerts, report.saving_picousd()), (2, 0));
}

#[test]
fn attempts_beside_another_and_answers_that_were_kept_stay() {
    let mut entries = [entry(1), entry(2), entry(3)];
    entries[0].role = "hedge".into();
    entries[1].cache = "hit".into();
    entries[1].cost_picousd = Some(0);
    entries[2].set_outcome(Outcome::Refused);
    entries[2].reason = "insufficient_quota".into();
    entries[2].cost_picousd = None;
    let report = replayed(&config(&to_big()), &config(&to_small()), &entries);
    assert_eq!(report.moves, []);
    assert_eq!(report.cost_new_picousd, i128::from(BIG));
    assert_eq!(report.refused_then, 1);
}

/// A configuration of one provider more, which has the same model by another name.
fn with_hub() -> Config {
    let hub = "[[providers]]\nname = \"hub\"\nkind = \"openai-compatible\"\nbase_url = \"http://127.0.0.1:9\"\n\
               api_key = \"sk-4\"\n[[prices]]\nprovider = \"hub\"\nmodel = \"makers/big\"\n\
               input_usd_per_mtok = \"5\"\noutput_usd_per_mtok = \"10\"\n";
    let both =
        "{ provider = \"groq\", model = \"small\" }, { provider = \"openai\", model = \"big\" }";
    config(&format!(
        "{hub}[[models]]\nname = \"fast\"\ndeployments = [{both}]\n"
    ))
}

#[test]
fn advice_is_given_for_other_deployments_of_the_route_and_the_same_model_elsewhere() {
    let config = with_hub();
    let mut advisor = Advisor::new(&config);
    for number in 0..8 {
        let mut entry = entry(number);
        entry.cached_input_tokens = 400;
        if number == 7 {
            entry.set_outcome(Outcome::UpstreamError);
        }
        advisor.feed(&entry);
    }
    let found = advisor.finish();
    let told: Vec<_> = found
        .iter()
        .map(|a| (&*a.model, &*a.from, &*a.to, a.requests, a.saving_picousd()))
        .collect();
    let saved = |each: i64| i128::from(BIG - each) * 7;
    assert_eq!(
        told,
        [
            ("fast", "openai/big", "groq/small", 7, saved(SMALL)),
            ("fast", "openai/big", "hub/makers/big", 7, saved(BIG / 2)),
        ]
    );
    assert_eq!(
        found[0].because,
        "groq/small costs 1.00 USD in and 2.00 USD out per million tokens; \
         openai/big costs 10.00 USD in and 20.00 USD out per million tokens; \
         40 % of the input came from a cache, and is counted so at both; groq/small was not used; \
         87.50 % of 8 went well at openai/big"
    );
}

#[test]
fn nothing_is_advised_where_something_has_no_price_or_nothing_is_saved() {
    let config = with_hub();
    let mut advisor = Advisor::new(&config);
    let mut cheap = entry(1);
    cheap.cost_picousd = Some(1);
    let mut unknown = entry(2);
    unknown.model_asked = "unheard-of".into();
    unknown.model_sent = "unheard-of".into();
    advisor.feed(&cheap);
    advisor.feed(&unknown);
    assert_eq!(advisor.finish(), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_same_policy_costs_what_the_ledger_says(
        costs in prop::collection::vec(
            (prop::option::of(-5_i64..1_000_000_000_000), 0_u8..6, 0_u8..4, any::<bool>()),
            0..200,
        ),
    ) {
        let policy = config(&format!("{}{HARD}", to_big()));
        let entries: Vec<Entry> = (0..).zip(&costs).map(|(number, (cost, outcome, place, said))| {
            let mut entry = entry(number);
            entry.cost_picousd = *cost;
            entry.outcome = i32::from(*outcome);
            entry.provider = ["openai", "groq", "gone", ""][usize::from(*place)].into();
            entry.model_asked = ["fast", "openai/x", "", "unheard-of"][usize::from(*place)].into();
            entry.set_cost_source(if *said { CostSource::Provider } else { CostSource::Table });
            entry
        }).collect();
        let report = replayed(&policy, &policy.clone(), &entries);
        let sum: i128 = costs.iter().filter_map(|(cost, ..)| *cost).map(i128::from).sum();
        prop_assert_eq!((report.cost_then_picousd, report.cost_new_picousd), (sum, sum));
        prop_assert_eq!(&report.moves, &[]);
        prop_assert_eq!(report.entries, costs.len() as u64);
    }
}
