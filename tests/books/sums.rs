//! The same sums wherever one looks: entries, usage, exports, metrics, and the provider's own books.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use quotah_bench::mock::Tokens;
use serde_json::Value;

use crate::harness::{
    Config, End, Entry, Quotah, Request, cost_of, picousd, provider, served, tokens_of,
};

#[test]
fn usage_and_exports_and_metrics_sum_to_the_entries_and_to_what_was_billed() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server("tags = [\"feature\"]")
        .key("k-red", "sk-virtual-red-000001", "team = \"red\"")
        .key("k-blue", "sk-virtual-blue-00001", "team = \"blue\"")
        .start();
    let sent = mixed_load(&quotah);
    let entries = quotah.ledger_of(sent);
    assert_eq!(entries.len(), sent);
    let mut billed = Tokens::default();
    served(&provider, sent)
        .iter()
        .for_each(|request| billed += request.billed);
    assert_eq!(tokens_of(&entries), billed);
    usage_is_the_entries(&quotah, &entries);
    commands_say_the_same(&quotah, &entries);
    let cost = quotah.metrics().picousd("quotah_cost_usd_total", &[]);
    assert_eq!(cost, cost_of(&entries));
    for team in ["red", "blue"] {
        let of_team = entries.iter().filter(|entry| entry.str("team") == team);
        let cost = quotah
            .metrics()
            .picousd("quotah_cost_usd_total", &[("team", team)]);
        assert_eq!(cost, cost_of(of_team), "{team}");
    }
}

#[test]
fn what_many_clients_do_at_once_is_booked_once_each() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let calls = [
        (
            "/v1/chat/completions",
            r#"{"model":"gpt-4o-mini","stream":true}"#,
        ),
        (
            "/v1/messages",
            r#"{"model":"claude-haiku-4-5","stream":true}"#,
        ),
        ("/v1beta/models/gemini-2.5-flash:generateContent", "{}"),
    ];
    let ids: Vec<String> = thread::scope(|scope| {
        let client = |_| {
            let send = || {
                let mut conn = quotah.connect();
                let answers = calls.iter().cycle().take(60).map(|(target, body)| {
                    let answer = conn.exchange(&Request::post(target, body));
                    assert_eq!(
                        (answer.status, answer.end),
                        (200, End::Whole),
                        "{}",
                        answer.text()
                    );
                    answer
                        .header("x-quotah-request-id")
                        .unwrap_or_default()
                        .to_owned()
                });
                answers.collect::<Vec<_>>()
            };
            scope.spawn(send)
        };
        let clients: Vec<_> = (0..8).map(client).collect();
        clients
            .into_iter()
            .flat_map(|client| client.join().expect("no panic"))
            .collect()
    });
    let entries = quotah.ledger_of(ids.len());
    let booked: BTreeSet<_> = entries
        .iter()
        .map(|entry| entry.str("id").to_owned())
        .collect();
    assert_eq!((entries.len(), booked), (480, ids.into_iter().collect()));
    let mut billed = Tokens::default();
    served(&provider, 480)
        .iter()
        .for_each(|request| billed += request.billed);
    assert_eq!(tokens_of(&entries), billed);
    assert_eq!(
        quotah.metrics().picousd("quotah_cost_usd_total", &[]),
        cost_of(&entries)
    );
    let in_flight = quotah.metric("quotah_inflight_requests", &[]);
    assert!(in_flight.abs() < 0.1, "{in_flight} left behind");
}

/// Requests of three dialects, two teams, priced and unpriced, that go well and do not; how many.
fn mixed_load(quotah: &Quotah) -> usize {
    let calls = [
        (
            "/v1/chat/completions",
            r#"{"model":"gpt-4o-mini","stream":true}"#,
        ),
        ("/v1/chat/completions", r#"{"model":"unheard-of"}"#),
        ("/v1/messages", r#"{"model":"claude-haiku-4-5"}"#),
        ("/v1beta/models/gemini-2.5-flash:generateContent", "{}"),
        ("/v1/embeddings", r#"{"model":"text-embedding-3-small"}"#),
    ];
    let mut sent = 0;
    for key in ["sk-virtual-red-000001", "sk-virtual-blue-00001", "none"] {
        for (target, body) in calls {
            for status in ["200", "500"] {
                let request = Request::post(target, body)
                    .bearer(key)
                    .header("x-mock-status", status)
                    .header("x-quotah-tags", "feature=search");
                quotah.send(&request);
                sent += 1;
            }
        }
    }
    sent
}

/// Every grouping of `/admin/v1/usage` is the grouping of the entries.
fn usage_is_the_entries(quotah: &Quotah, entries: &[Entry]) {
    let groupings: [&[&str]; 5] = [
        &["provider", "model"],
        &["team"],
        &["key", "operation"],
        &["tag.feature"],
        &["outcome"],
    ];
    for by in groupings {
        let report = quotah.admin_json(&format!("/admin/v1/usage?by={}", by.join(",")));
        let mut expected: BTreeMap<Vec<String>, Vec<&Entry>> = BTreeMap::new();
        for entry in entries {
            let label = |name: &&str| match name.strip_prefix("tag.") {
                Some(tag) => entry.0["tags"][tag].as_str().unwrap_or_default().to_owned(),
                None if *name == "model" => entry.str("model_sent").to_owned(),
                None => entry.str(name).to_owned(),
            };
            expected
                .entry(by.iter().map(label).collect())
                .or_default()
                .push(entry);
        }
        let rows = report["items"].as_array().expect("a list");
        assert_eq!(rows.len(), expected.len(), "{by:?}: {report}");
        for row in rows {
            let value = |name: &&str| row["group"][name].as_str().unwrap_or_default().to_owned();
            let group: Vec<_> = by.iter().map(value).collect();
            let of_group = expected
                .get(&group)
                .unwrap_or_else(|| panic!("{group:?} in {report}"));
            assert_sums(row, of_group);
        }
        assert_sums(&report["total"], &entries.iter().collect::<Vec<_>>());
    }
}

fn assert_sums(row: &Value, entries: &[&Entry]) {
    let tokens = tokens_of(entries.iter().copied());
    let errors = entries
        .iter()
        .filter(|entry| entry.str("outcome") != "ok")
        .count();
    let expected = [
        ("requests", entries.len() as u64),
        ("errors", errors as u64),
        ("input_tokens", tokens.input),
        ("cached_input_tokens", tokens.cached),
        ("cache_write_tokens", tokens.cache_write),
        ("output_tokens", tokens.output),
        ("reasoning_tokens", tokens.reasoning),
    ];
    for (field, sum) in expected {
        assert_eq!(row[field], sum, "{field} in {row}");
    }
    let cost = row["cost_usd"].as_str().map(picousd);
    assert_eq!(cost, Some(cost_of(entries.iter().copied())), "{row}");
}

/// `quotah usage` and `quotah export` read the same books beside the running program.
fn commands_say_the_same(quotah: &Quotah, entries: &[Entry]) {
    let usage = quotah.cli(&["usage", "--by", "team,model", "--output", "json"]);
    assert_eq!(usage.code(), 0, "{}", usage.stderr);
    let printed: Value = serde_json::from_str(&usage.stdout).expect("JSON");
    let asked = quotah.admin_json("/admin/v1/usage?by=team,model");
    assert_eq!(
        (&printed["items"], &printed["total"]),
        (&asked["items"], &asked["total"])
    );

    let lines = quotah.cli(&["export", "--format", "jsonl"]);
    assert_eq!(lines.code(), 0, "{}", lines.stderr);
    let line = |line: &str| serde_json::from_str::<Value>(line).expect("a JSON line");
    let exported: Vec<_> = lines.stdout.lines().map(line).collect();
    let listed: Vec<_> = entries.iter().map(|entry| entry.0.clone()).collect();
    assert_eq!(exported, listed, "entry by entry, oldest first");

    let csv = quotah.cli(&["export", "--format", "csv"]);
    assert_eq!(
        csv.stdout.lines().count(),
        entries.len() + 1,
        "{}",
        csv.stdout
    );
    assert!(
        csv.stdout.starts_with("id,client_request_id,at,key,team,"),
        "{}",
        csv.stdout
    );

    let table = quotah.cli(&["usage"]);
    assert!(
        table
            .stdout
            .lines()
            .last()
            .is_some_and(|line| line.starts_with("total")),
        "{}",
        table.stdout
    );
}
