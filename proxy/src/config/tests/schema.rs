//! `quotah.schema.json` has every key that the configuration has, and no other.

use std::collections::BTreeSet;

use quotah_adapters::{Dialect, ProviderKind};
use serde_json::Value;

use super::inputs;
use crate::config::tree::{Problems, Source, grow};
use crate::config::{STARTER, resolve};

/// How errors call a table, and where the schema has it.
const TABLES: [(&str, &str); 36] = [
    ("", ""),
    ("[server]", "/properties/server"),
    ("`tls` in [server]", "/properties/server/properties/tls"),
    ("[admin]", "/properties/admin"),
    (
        "[[admin.tokens]]",
        "/properties/admin/properties/tokens/items",
    ),
    ("[[providers]]", "/properties/providers/items"),
    (
        "`credentials` in [[providers]]",
        "/properties/providers/items/properties/credentials/items",
    ),
    (
        "`health_check` in [[providers]]",
        "/properties/providers/items/properties/health_check",
    ),
    ("[providers.adapter]", ADAPTER),
    (
        "`request` in [providers.adapter]",
        "/properties/providers/items/properties/adapter/properties/request",
    ),
    (
        "`limits` in [providers.adapter]",
        "/properties/providers/items/properties/adapter/properties/limits",
    ),
    (
        "`limits.requests` in [providers.adapter]",
        "/$defs/limit_headers",
    ),
    ("[[models]]", "/properties/models/items"),
    (
        "`deployments` in [[models]]",
        "/properties/models/items/properties/deployments/items",
    ),
    (
        "`weights` in [[models]]",
        "/properties/models/items/properties/weights",
    ),
    (
        "`hedge` in [[models]]",
        "/properties/models/items/properties/hedge/anyOf/1",
    ),
    (
        "`mirror` in [[models]]",
        "/properties/models/items/properties/mirror",
    ),
    (
        "`cache` in [[models]]",
        "/properties/models/items/properties/cache/anyOf/1",
    ),
    ("[[keys]]", "/properties/keys/items"),
    (
        "`budget` in [[keys]]",
        "/properties/key_defaults/properties/budget",
    ),
    (
        "`limits` in [[keys]]",
        "/properties/key_defaults/properties/limits",
    ),
    (
        "`guards` in [[keys]]",
        "/properties/keys/items/properties/guards",
    ),
    ("[key_defaults]", "/properties/key_defaults"),
    (
        "`budget` in [key_defaults]",
        "/properties/key_defaults/properties/budget",
    ),
    (
        "`limits` in [key_defaults]",
        "/properties/key_defaults/properties/limits",
    ),
    ("[[budgets]]", "/properties/budgets/items"),
    ("[[limits]]", "/properties/limits/items"),
    ("[[guards]]", "/properties/guards/items"),
    ("[reservation]", "/properties/reservation"),
    ("[retry]", "/properties/retry"),
    ("[breaker]", "/properties/breaker"),
    ("[cache]", "/properties/cache"),
    ("[[prices]]", "/properties/prices/items"),
    ("[ledger]", "/properties/ledger"),
    ("[log]", "/properties/log"),
    ("[metrics]", "/properties/metrics"),
];

const ADAPTER: &str = "/properties/providers/items/properties/adapter";

/// Beside the starter: tables and kinds of providers that it does not show.
const MORE: &str = r#"
[[admin.tokens]]
[metrics]
[[keys]]
budget = {}
limits = {}
guards = {}
[[providers]]
kind = "groq"
credentials = [{}]
health_check = {}
[[models]]
weights = {}
hedge = {}
mirror = {}
cache = {}
[[providers]]
kind = "vertex"
[[providers]]
kind = "azure"
[[providers]]
kind = "bedrock"
[[providers]]
kind = "custom"
base_url = "https://acme.test"
api_key = "k"
adapter = { request = {}, limits = { requests = {} } }
"#;

fn schema() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../quotah.schema.json");
    let text = std::fs::read_to_string(path).expect("is there");
    serde_json::from_str(&text).expect("JSON")
}

/// Every key that the resolver asks for, by table.
fn known() -> BTreeSet<(String, &'static str)> {
    let uncommented = STARTER.lines().map(|line| {
        let code = line.strip_prefix("# ");
        let code = code.filter(|l| l.contains('=') || l.starts_with('['));
        format!("{}\n", code.unwrap_or(line))
    });
    let source = Source {
        path: "quotah.toml".into(),
        text: uncommented.collect::<String>() + MORE,
    };
    let (inputs, problems) = (inputs(&[]), Problems::default());
    let sources = [source];
    let tree = grow(&sources, &inputs.env, &problems);
    assert!(
        !problems.has_syntax(),
        "{:?}",
        problems.into_errors(&sources)
    );
    resolve::resolve(&tree, &sources, &inputs, &problems);
    problems.1.into_inner()
}

#[test]
fn the_schema_has_every_key_of_the_configuration_and_no_other() {
    let (schema, known) = (schema(), known());
    for (label, pointer) in TABLES {
        let table = schema.pointer(pointer).expect(pointer);
        assert_eq!(table["additionalProperties"], false, "{label}");
        let written = table["properties"].as_object().expect(label);
        let written: BTreeSet<&str> = written.keys().map(String::as_str).collect();
        let asked = known.iter().filter(|(of, _)| of == label);
        let asked: BTreeSet<&str> = asked.map(|(_, key)| *key).collect();
        assert_eq!(written, asked, "{label}");
    }
    let told: BTreeSet<&str> = TABLES.iter().map(|(label, _)| *label).collect();
    let untold: Vec<_> = known
        .iter()
        .filter(|(of, _)| !told.contains(&**of))
        .collect();
    assert!(
        untold.is_empty(),
        "tables that the schema does not have: {untold:?}"
    );
}

#[test]
fn the_schema_names_every_kind_and_dialect() {
    let schema = schema();
    let words = |pointer: &str| -> BTreeSet<String> {
        let words = schema
            .pointer(pointer)
            .and_then(Value::as_array)
            .expect(pointer);
        words
            .iter()
            .filter_map(|word| Some(word.as_str()?.to_owned()))
            .collect()
    };
    let kinds = ProviderKind::all().map(|kind| kind.as_str().to_owned());
    let written = words("/properties/providers/items/properties/kind/anyOf/0/enum");
    assert_eq!(written, kinds.collect());
    let dialects = Dialect::ALL.map(|dialect| dialect.as_str().to_owned());
    let written = words(&format!("{ADAPTER}/properties/refusals/anyOf/0/enum"));
    assert_eq!(written, dialects.into_iter().collect());
}
