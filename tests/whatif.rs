//! The ledger replayed against another configuration, and what it recommends.

use std::fs;

use quotah_bench::mock::Mock;
use serde_json::{Value, json};

use crate::harness::{Config, Finished, Quotah, Request, eventually, picousd, provider};

/// Two providers of one mock, a price for a model of each, and `fast`, which leads to one of them.
fn config(provider: &Mock, fast: (&str, &str)) -> Config {
    let price = |provider: &str, model: &str, input: &str| {
        format!(
            "[[prices]]\nprovider = \"{provider}\"\nmodel = \"{model}\"\ninput_usd_per_mtok = \"{input}\"\n\
             output_usd_per_mtok = \"{input}\""
        )
    };
    Config::toward(provider)
        .provider("groq", "groq", &provider.url(), "")
        .key("k-red", "sk-virtual-red-000001", "team = \"red\"")
        .key("k-blue", "sk-virtual-blue-00001", "team = \"blue\"")
        .table(&price("openai", "big", "10"))
        .table(&price("groq", "small", "1"))
        .model("fast", fast.0, fast.1)
}

const BIG: (&str, &str) = ("openai", "big");
const SMALL: (&str, &str) = ("groq", "small");

/// A gateway with some hundred requests in its books, of three dialects and two teams, priced and not, that went well
/// and did not; and how many of them were for `fast`, and answered.
fn busy(provider: &Mock) -> (Quotah, usize) {
    let quotah = config(provider, BIG).start();
    let calls = [
        ("/v1/chat/completions", r#"{"model":"fast"}"#),
        ("/v1/chat/completions", r#"{"model":"fast","stream":true}"#),
        ("/v1/chat/completions", r#"{"model":"unheard-of"}"#),
        ("/v1/messages", r#"{"model":"claude-haiku-4-5"}"#),
        ("/v1beta/models/gemini-2.5-flash:generateContent", "{}"),
        ("/v1/embeddings", r#"{"model":"text-embedding-3-small"}"#),
        ("/openai/v1/chat/completions", r#"{"model":"fast"}"#),
    ];
    let mut conn = quotah.connect();
    let mut sent = 0;
    for turn in 0..12 {
        let key = ["sk-virtual-red-000001", "sk-virtual-blue-00001"][turn % 2];
        for (target, body) in calls {
            let status = if turn == 11 { "400" } else { "200" };
            let request = Request::post(target, body)
                .bearer(key)
                .header("x-mock-status", status);
            conn.exchange(&request);
            sent += 1;
        }
    }
    assert_eq!(quotah.ledger_of(sent).len(), sent);
    (quotah, 22)
}

fn whatif(quotah: &Quotah, new: &Config, more: &[&str]) -> Finished {
    let file = quotah.dir().join("new.toml");
    fs::write(&file, new.toml()).expect("written");
    let file = file.to_str().expect("a path");
    quotah.cli(&[&["whatif", "--config", file], more].concat())
}

fn report(quotah: &Quotah, new: &Config) -> Value {
    let found = whatif(quotah, new, &["--output", "json"]);
    assert_eq!((found.code(), &*found.stderr), (0, ""));
    serde_json::from_str(&found.stdout).expect("JSON")
}

fn amount(value: &Value) -> u64 {
    picousd(value.as_str().expect("an amount"))
}

/// What `quotah usage` says that all cost, in USD.
fn spent(quotah: &Quotah) -> Value {
    let usage = quotah.cli(&["usage", "--output", "json"]);
    let usage: Value = serde_json::from_str(&usage.stdout).expect("JSON");
    usage["total"]["cost_usd"].clone()
}

#[test]
fn the_same_policy_costs_what_the_books_say_corrections_included() {
    let provider = provider();
    let (quotah, _) = busy(&provider);
    let same = config(&provider, BIG);
    let before = report(&quotah, &same);
    let spent_before = spent(&quotah);
    assert_eq!(before["cost_new_usd"], spent_before);
    // A price of the past turns out to be another one.
    let toml = same.toml().replace("\"10\"", "\"12.5\"");
    quotah.write_config(&toml);
    let rerated = quotah.cli(&["rerate"]);
    assert_eq!(rerated.code(), 0, "{}", rerated.stderr);
    assert_ne!(spent(&quotah), spent_before);
    let file = quotah.config_file();
    let file = file.to_str().expect("a path");
    let after = quotah.cli(&["whatif", "--config", file, "--output", "json"]);
    let after: Value = serde_json::from_str(&after.stdout).expect("JSON");
    assert_eq!(after["cost_new_usd"], spent(&quotah));
    assert_eq!(after["cost_then_usd"], after["cost_new_usd"]);
    assert_eq!(after["entries"], 84);
    for name in ["moves", "budgets", "unknown_models", "not_simulated"] {
        assert_eq!(after[name], json!([]), "{name}");
    }
}

#[test]
fn a_cheaper_route_takes_its_requests_along_and_what_named_a_provider_stays() {
    let provider = provider();
    let (quotah, fast) = busy(&provider);
    let found = report(&quotah, &config(&provider, SMALL));
    let moves = found["moves"].as_array().expect("a list");
    // Refused by the provider, they would have gone there all the same.
    assert_eq!(moves.len(), 1, "{found}");
    let moved = &moves[0];
    assert_eq!(
        (
            &moved["model"],
            &moved["from"],
            &moved["to"],
            &moved["requests"]
        ),
        (
            &json!("fast"),
            &json!("openai/big"),
            &json!("groq/small"),
            &json!(fast + 2)
        )
    );
    // A tenth of the price, for input and output alike.
    assert_eq!(
        amount(&moved["cost_then_usd"]),
        amount(&moved["cost_new_usd"]) * 10
    );
    assert_eq!(found["saving_usd"], moved["saving_usd"]);
    let then = amount(&found["cost_then_usd"]);
    assert_eq!(
        amount(&found["cost_new_usd"]),
        then - amount(&found["saving_usd"])
    );
    assert_eq!(
        found["saving_nanousd"],
        amount(&found["saving_usd"]).div_ceil(1_000)
    );

    let table = whatif(&quotah, &config(&provider, SMALL), &[]);
    let line = table.stdout.lines().nth(1).expect("a row");
    assert!(
        line.starts_with("moved  fast  openai/big  groq/small"),
        "{line}"
    );
    let csv = whatif(&quotah, &config(&provider, SMALL), &["--output", "csv"]);
    let last = csv.stdout.lines().last().expect("a row");
    assert!(last.starts_with("total,,,,84,"), "{last}");
}

#[test]
fn a_new_hard_budget_blocks_as_many_as_it_has_no_room_for() {
    let provider = provider();
    let (quotah, _) = busy(&provider);
    let entries = quotah.ledger();
    let costs: Vec<u64> = entries
        .iter()
        .filter(|entry| entry.str("team") == "red" && entry.str("model_sent") == "big")
        .filter_map(|entry| entry.0["cost_picousd"].as_u64())
        .filter(|cost| *cost > 0)
        .collect();
    // One connection sent them, so that they ended in this order. There is room for half of what they cost.
    assert_eq!(costs.len(), 12);
    let limit = costs.iter().sum::<u64>() / 2 + 1;
    let (mut spent, mut blocked) = (0, Vec::new());
    for cost in costs {
        if spent + cost <= limit {
            spent += cost;
        } else {
            blocked.push(cost);
        }
    }
    assert!(blocked.len() >= 5, "{blocked:?}");
    let budget = format!(
        "[[budgets]]\nid = \"red-big\"\nmatch = {{ team = \"red\", model = \"big\" }}\nlimit_usd = \"0.{limit:012}\"\n\
         window = \"total\""
    );
    let new = config(&provider, BIG).table(&budget);
    let found = report(&quotah, &new);
    let row = &found["budgets"][0];
    assert_eq!(
        (&row["budget"], &row["mode"]),
        (&json!("red-big"), &json!("hard"))
    );
    assert_eq!(row["blocked"]["requests"], blocked.len());
    let blocked: u64 = blocked.iter().sum();
    assert_eq!(amount(&row["blocked"]["cost_usd"]), blocked);
    assert_eq!(amount(&found["saving_usd"]), blocked);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let provider = provider();
    let quotah = config(&provider, BIG).start();
    let none = quotah.cli(&["whatif"]);
    assert_eq!(none.code(), 2, "{}", none.stderr);
    let wrong = whatif(&quotah, &Config::toward(&provider).table("[servr]"), &[]);
    assert_eq!(wrong.code(), 78);
    assert!(
        wrong.stderr.contains("new.toml") && wrong.stdout.is_empty(),
        "{}",
        wrong.stderr
    );
    let since = whatif(&quotah, &config(&provider, BIG), &["--since", "long ago"]);
    assert_eq!(since.code(), 2);
}

#[test]
fn recommendations_name_the_cheaper_deployment_of_a_route_and_why() {
    let provider = provider();
    let both = "[[models]]\nname = \"both\"\ndeployments = [{ provider = \"openai\", model = \"big\" }, \
                { provider = \"groq\", model = \"small\" }]";
    let quotah = config(&provider, BIG)
        .table(both)
        .table("[[admin.tokens]]\nname = \"blue\"\ntoken = \"blue-0123456789abcdef\"\nrole = \"viewer\"\nteam = \"blue\"")
        .start();
    for _ in 0..3 {
        let request = Request::post("/v1/chat/completions", r#"{"model":"both"}"#);
        quotah.send(&request.bearer("sk-virtual-red-000001"));
    }
    quotah.ledger_of(3);
    let found = eventually("the entries to be read", || {
        let found = quotah.admin_json("/admin/v1/recommendations");
        (found["entries"] == 3).then_some(found)
    });
    assert_eq!(
        (&found["complete"], &found["next"]),
        (&json!(true), &Value::Null)
    );
    let row = &found["items"][0];
    let named = (&row["model"], &row["from"], &row["to"], &row["requests"]);
    let (model, from, to) = (json!("both"), json!("openai/big"), json!("groq/small"));
    assert_eq!(named, (&model, &from, &to, &json!(3)), "{found}");
    assert_eq!(
        amount(&row["cost_usd"]),
        amount(&row["would_cost_usd"]) * 10
    );
    let saving = amount(&row["cost_usd"]) - amount(&row["would_cost_usd"]);
    assert_eq!(amount(&row["saving_usd"]), saving);
    let because = row["because"].as_str().expect("words");
    assert!(
        because.starts_with("groq/small costs 1.00 USD in"),
        "{because}"
    );
    // Another team's requests are nobody else's.
    let request = Request::get("/admin/v1/recommendations");
    let request = request.header("authorization", "Bearer blue-0123456789abcdef");
    let mut admin = crate::harness::Conn::open(quotah.admin_addr());
    let blue = admin.exchange(&request).json();
    assert_eq!((&blue["entries"], &blue["items"]), (&json!(0), &json!([])));
}
