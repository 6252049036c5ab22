//! Small tables in both shapes, read alone and together.

use super::*;
use crate::{Class, ServiceTier};

const LITELLM: &str = r#"{
  "sample_spec": {"litellm_provider": "openai", "input_cost_per_token": 1},
  "gpt-x": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 4e-06,
    "output_cost_per_token": 2e-05, "input_cost_per_token_batches": 2e-06,
    "input_cost_per_token_above_272k_tokens": 8e-06, "output_cost_per_token_above_272k_tokens_batches": 1e-5,
    "cache_creation_input_token_cost": 5e-06, "cache_creation_input_token_cost_above_12hr": 1e-05,
    "search_context_cost_per_query": {"search_context_size_medium": 0.01}},
  "whisper-x": {"litellm_provider": "openai", "mode": "audio_transcription", "input_cost_per_second": 0.0001,
    "output_cost_per_second": 0.0001},
  "groq/org/model": {"litellm_provider": "groq", "mode": "chat", "input_cost_per_token": 0.0000001},
  "deepseek/deepseek-x": {"litellm_provider": "deepseek", "mode": "chat", "input_cost_per_token": 3e-07,
    "output_cost_per_token": 1.2e-06, "cache_read_input_token_cost": 6e-09, "off_peak_pricing": {
      "input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07,
      "windows": [{"hours_utc": ["10:00-01:00"], "weekdays": [1, 2]}, {"hours_utc": "00:00-00:00", "weekdays": [6, 7]}]}},
  "perplexity/sonar": {"litellm_provider": "perplexity", "mode": "chat", "input_cost_per_token": 1e-06,
    "search_context_cost_per_query": {"search_context_size_high": 0.012, "search_context_size_low": 0.005,
      "search_context_size_medium": 0.008}},
  "azure/eu/gpt-x": {"litellm_provider": "azure", "mode": "chat", "input_cost_per_token": 1e-05}
}"#;

const GENAI: &str = r#"[
  {"id": "openai", "models": [
    {"id": "gpt-x", "match": {"or": [{"equals": "gpt-x"}, {"starts_with": "gpt-x-chat"}, {"regex": "^gpt-x-\\d+$"}]},
     "prices": [
       {"prices": {"input_mtok": 5, "output_mtok": {"base": 30, "tiers": [{"start": 272000, "price": 45}]}}},
       {"constraint": {"start_date": "2026-08-21"}, "prices": {"input_mtok": 4, "output_mtok": 20}},
       {"constraint": {"start_date": "2027-01-01"}, "prices": {"input_mtok": 3, "output_mtok": 20}}],
     "price_variants": [{"when": {"service_tier": "priority"}, "prices": {"input_mtok": 8, "output_mtok": 40},
       "constraint": {"start_date": "2026-10-14"}}]}]},
  {"id": "openrouter", "models": [
    {"id": "v/m", "match": {"equals": "v/m"}, "prices": "$1.5/input MTok, $2/output MTok (+tiers), $12 / K requests"}]}
]"#;

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn usd(price: &Price, tier: ServiceTier, tokens: u64, class: Class) -> String {
    let rate = price.rate(class, tier, tokens);
    rate.map_or_else(|| "none".to_owned(), |rate| rate.usd_for(class).to_string())
}

fn compiled(provider: &str) -> PriceTable {
    let files = compile(
        LITELLM,
        GENAI,
        "provider xai\nmodel *\nprice sources=25\n",
        day("2026-11-20"),
    );
    let files = files.unwrap();
    let file = files.iter().find(|file| file.provider == provider).unwrap();
    PriceTable::builtin().with_update(&file.text).unwrap()
}

#[test]
fn one_table_gives_the_columns_and_the_other_the_past_and_the_future() {
    let table = compiled("openai");
    let at = |text: &str, tier, tokens, class| {
        let price = table
            .find("openai", "gpt-x", day(text).unix_seconds())
            .unwrap();
        usd(price, tier, tokens, class)
    };
    use ServiceTier::{Batch, Priority, Standard};
    for (when, tier, tokens, class, expected) in [
        ("2026-11-20", Standard, 1, Class::Input, "4.00"),
        ("2026-11-20", Standard, 272_001, Class::Input, "8.00"),
        ("2026-11-20", Batch, 1, Class::Input, "2.00"),
        ("2026-11-20", Standard, 1, Class::CacheWriteLong, "10.00"),
        ("2026-11-20", Standard, 1, Class::WebSearch, "10.00"),
        ("2026-11-20", Priority, 1, Class::Output, "40.00"),
        ("2026-08-20", Standard, 1, Class::Input, "5.00"),
        ("2026-08-20", Standard, 1, Class::Output, "30.00"),
        ("2026-08-20", Standard, 272_001, Class::Output, "45.00"),
        ("2026-08-20", Batch, 1, Class::Input, "2.50"),
        ("2026-08-20", Priority, 1, Class::Output, "60.00"),
        ("2027-01-01", Standard, 1, Class::Input, "3.00"),
    ] {
        assert_eq!(
            at(when, tier, tokens, class),
            expected,
            "{when} {tier:?} {tokens} {class:?}"
        );
    }
    let alias = table.find(
        "openai",
        "gpt-x-chat-2026-01-01",
        day("2026-11-20").unix_seconds(),
    );
    assert!(alias.is_some());
}

#[test]
fn seconds_requests_and_hours_are_read() {
    let now = day("2026-11-20").unix_seconds(); // a Friday
    let whisper = compiled("openai");
    let price = whisper.find("openai", "whisper-x", now).unwrap();
    let class = Class::Unit(crate::Unit::InputAudioMs);
    assert_eq!(usd(price, ServiceTier::Standard, 0, class), "0.0001");
    assert_eq!(price.each().count(), 1);

    let sonar = compiled("perplexity");
    let price = sonar.find("perplexity", "sonar", now).unwrap();
    for (unit, expected) in [
        (crate::Unit::RequestsLow, "5.00"),
        (crate::Unit::Requests, "8.00"),
        (crate::Unit::RequestsHigh, "12.00"),
    ] {
        assert_eq!(
            usd(price, ServiceTier::Standard, 0, Class::Unit(unit)),
            expected
        );
    }

    let deepseek = compiled("deepseek");
    let input = |at| {
        let price = deepseek.find("deepseek", "deepseek-x", at).unwrap();
        let cached = usd(price, ServiceTier::Standard, 0, Class::CachedInput);
        (usd(price, ServiceTier::Standard, 0, Class::Input), cached)
    };
    let cost = |input: &str, cached: &str| (input.to_owned(), cached.to_owned());
    assert_eq!(input(now), cost("0.30", "0.006"));
    assert_eq!(input(now + 86_400), cost("0.15", "0.003"));
    assert_eq!(input(now + 3 * 86_400 + 9 * 3_600), cost("0.30", "0.006"));
    assert_eq!(input(now + 3 * 86_400 + 10 * 3_600), cost("0.15", "0.003"));
}

#[test]
fn the_same_tables_give_the_same_files() {
    let text = || compile(LITELLM, GENAI, "", day("2026-11-20")).unwrap();
    let texts = |files: Vec<Compiled>| files.into_iter().map(|file| file.text).collect::<Vec<_>>();
    assert_eq!(texts(text()), texts(text()));
    assert!(
        compiled("azure")
            .rows_of("azure", "eu/gpt-x", day("2026-11-20"))
            .is_empty()
    );
}

#[test]
fn an_update_says_only_what_is_new_and_goes_over_what_is_built_in() {
    let today = day("2026-11-21");
    let table = PriceTable::builtin();
    let text = r#"{
      "gpt-4o-mini": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1.5e-07,
        "output_cost_per_token": 6e-07, "cache_read_input_token_cost": 7.5e-08},
      "gpt-4o": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 5e-06,
        "output_cost_per_token": 1e-05},
      "gpt-new": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06}
    }"#;
    let feed = Feed::read(text, today).unwrap();
    assert_eq!((feed.source, feed.models_len()), (Source::Litellm, 3));
    let rows = feed.changes(&table, today, Some(today));
    let names: Vec<_> = rows
        .iter()
        .map(|row| (row.model.as_str(), row.effective_from))
        .collect();
    assert_eq!(names, [("gpt-4o", Some(today)), ("gpt-new", None)]);

    let written = table.write_update(rows, today);
    let updated = table.clone().with_update(&written).unwrap();
    assert_ne!(updated.version(), table.version());
    let at = |table: &PriceTable, text: &str, tier| {
        let price = table
            .find("openai", "gpt-4o", day(text).unix_seconds())
            .unwrap();
        (
            usd(price, tier, 1, Class::Input),
            usd(price, tier, 1, Class::CachedInput),
        )
    };
    let cost = |input: &str, cached: &str| (input.to_owned(), cached.to_owned());
    use ServiceTier::{Batch, Standard};
    assert_eq!(at(&updated, "2026-11-20", Standard), cost("2.50", "1.25"));
    assert_eq!(at(&updated, "2026-11-21", Standard), cost("5.00", "2.50"));
    assert_eq!(at(&updated, "2026-11-21", Batch).0, "2.50");
    assert_eq!(feed.changes(&updated, today, Some(today)), []);
    assert_eq!(updated.write_update(Vec::new(), today), written);
}

#[test]
fn a_text_that_is_no_table_says_why() {
    let today = day("2026-11-21");
    let why = |text| Feed::read(text, today).unwrap_err().to_string();
    assert!(why("").starts_with("it is not JSON"));
    assert!(why("{\"a\":").starts_with("it is not JSON"));
    for text in ["{}", "[]", "3", "{\"a\":{}}", "[{\"id\":\"openai\"}]"] {
        assert_eq!(why(text), FeedError::Unknown.to_string(), "{text}");
    }
    for text in [
        r#"{"a":{"litellm_provider":"openai"}}"#,
        r#"{"a":{"litellm_provider":"nobody","input_cost_per_token":1e-6}}"#,
        r#"{"a":{"litellm_provider":"openai","input_cost_per_token":-1}}"#,
        r#"[{"id":"openai","models":[]}]"#,
    ] {
        assert_eq!(why(text), FeedError::Empty.to_string(), "{text}");
    }
}
