//! Behaviour of the metrics as a scrape sees them.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use quotah_policy::{Money, Usage};

use super::*;

fn settled<'a>(usage: &'a Usage, cost: Option<Money>, team: Option<&'a str>) -> Settled<'a> {
    Settled {
        role: "",
        status: 200,
        outcome: "ok",
        duration: Duration::from_millis(700),
        time_to_first_token: Some(Duration::from_millis(90)),
        overhead: Duration::from_micros(120),
        usage,
        cost,
        team,
    }
}

fn busy() -> Metrics {
    let metrics = Metrics::new("0.1.0", "abcdef0");
    let deployment = metrics.deployment("openai", "gpt-4o-mini", "fast");
    let usage = Usage {
        input_tokens: 100,
        cached_input_tokens: 60,
        output_tokens: 7,
        reasoning_tokens: 3,
        ..Usage::default()
    };
    deployment.record(&settled(
        &usage,
        Some(Money::from_picos(19_200_001)),
        Some("re\"search"),
    ));
    deployment.record(&settled(
        &usage,
        Some(Money::from_picos(1)),
        Some("re\"search"),
    ));
    deployment.record(&settled(&usage, None, None));
    deployment.attempt("ok");
    deployment.attempt("timeout");
    metrics.refused("invalid_api_key");
    metrics.ledger_appended(Duration::from_micros(3));
    metrics.ledger_bytes(4_096);
    metrics.config_loaded(1_795_000_000, 1_795_000_000 - 86_400);
    metrics
}

fn has(text: &str, line: &str) {
    assert!(
        text.lines().any(|l| l == line),
        "no line {line:?} in\n{text}"
    );
}

#[test]
fn what_was_recorded_is_shown_once_in_every_family_it_belongs_to() {
    let text = busy().render(1_795_000_000, &Shown::default());
    for line in [
        r#"quotah_requests_total{model="gpt-4o-mini",outcome="ok",provider="openai",route="fast",status="200"} 3"#,
        r#"quotah_tokens_total{model="gpt-4o-mini",provider="openai",type="input"} 300"#,
        r#"quotah_tokens_total{model="gpt-4o-mini",provider="openai",type="cached_input"} 180"#,
        r#"quotah_tokens_total{model="gpt-4o-mini",provider="openai",type="reasoning"} 9"#,
        r#"quotah_attempts_total{provider="openai",result="timeout"} 1"#,
        r#"quotah_refused_total{reason="invalid_api_key"} 1"#,
        r#"quotah_request_duration_seconds_count{model="gpt-4o-mini",provider="openai"} 3"#,
        r#"quotah_build_info{commit="abcdef0",version="0.1.0"} 1"#,
        "quotah_unpriced_requests_total 1",
        "quotah_overhead_seconds_count 3",
        "quotah_ledger_bytes 4096",
        "quotah_price_table_age_seconds 86400",
        "quotah_config_last_reload_timestamp_seconds 1795000000",
    ] {
        has(&text, line);
    }
}

#[test]
fn cost_is_exact_to_the_picodollar() {
    let line = r#"quotah_cost_usd_total{provider="openai",model="gpt-4o-mini",team="re\"search"} 0.000019200002"#;
    has(&busy().render(0, &Shown::default()), line);
}

#[test]
fn a_failure_that_used_nothing_is_not_unpriced() {
    let metrics = Metrics::new("", "");
    metrics
        .deployment("p", "m", "r")
        .record(&settled(&Usage::default(), None, None));
    has(
        &metrics.render(0, &Shown::default()),
        "quotah_unpriced_requests_total 0",
    );
}

#[test]
fn what_was_made_for_another_request_costs_and_is_no_request() {
    let metrics = Metrics::new("", "");
    let usage = Usage {
        output_tokens: 7,
        ..Usage::default()
    };
    metrics.deployment("p", "m", "r").record(&Settled {
        role: "hedge",
        ..settled(&usage, Some(Money::from_picos(5)), None)
    });
    let text = metrics.render(0, &Shown::default());
    let (tokens, cost) = (
        r#"quotah_tokens_total{model="m",provider="p",type="output"} 7"#,
        r#"quotah_cost_usd_total{provider="p",model="m",team=""} 0.000000000005"#,
    );
    has(&text, tokens);
    has(&text, cost);
    assert!(!text.contains("quotah_requests_total{"), "{text}");
    has(&text, "quotah_overhead_seconds_count 0");
}

#[test]
fn inflight_falls_when_the_guard_is_dropped() {
    let metrics = Metrics::new("", "");
    let guards = [metrics.inflight_request(), metrics.inflight_request()];
    assert_eq!(metrics.inflight_requests(), 2);
    drop(guards);
    assert_eq!(metrics.inflight_requests(), 0);
}

#[test]
fn a_refused_configuration_shows_until_one_is_loaded() {
    let metrics = Metrics::new("", "");
    metrics.config_refused();
    has(
        &metrics.render(0, &Shown::default()),
        "quotah_config_last_reload_successful 0",
    );
    metrics.config_loaded(5, 0);
    has(
        &metrics.render(0, &Shown::default()),
        "quotah_config_last_reload_successful 1",
    );
}

#[test]
fn ten_thousand_models_stay_within_the_bound_and_lose_no_count() {
    let metrics = Metrics::new("", "");
    let usage = Usage {
        input_tokens: 1,
        ..Usage::default()
    };
    for n in 0..10_000 {
        let deployment = metrics.deployment("p", &format!("model-{n}"), "r");
        deployment.record(&settled(
            &usage,
            Some(Money::from_picos(1)),
            Some(&format!("t{n}")),
        ));
    }
    let text = metrics.render(0, &Shown::default());
    for family in [
        "requests_total",
        "tokens_total",
        "cost_usd_total",
        "request_duration_seconds",
    ] {
        let prefix = format!("quotah_{family}");
        let series = text.lines().filter(|l| l.starts_with(&prefix)).count();
        assert!((100..=SERIES_MAX).contains(&series), "{series} of {family}");
    }
    let sum = |family: &str| -> f64 {
        let lines = text.lines().filter(|l| l.starts_with(family));
        lines
            .filter_map(|l| l.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    };
    assert!((sum("quotah_requests_total") - 10_000.0).abs() < f64::EPSILON);
    assert!(text.contains("quotah_series_dropped_total{metric=\"requests_total\"}"));
}

#[test]
fn an_odd_status_or_outcome_makes_no_new_label_value() {
    let metrics = Metrics::new("", "");
    let deployment = metrics.deployment("p", "m", "r");
    let usage = Usage::default();
    for status in 600..700 {
        let settled = Settled {
            status,
            outcome: "odd",
            ..settled(&usage, None, None)
        };
        deployment.record(&settled);
    }
    has(
        &metrics.render(0, &Shown::default()),
        r#"quotah_requests_total{model="m",outcome="other",provider="p",route="r",status="other"} 100"#,
    );
}

/// Runs only where `promtool` is installed (`apt-get install prometheus`).
#[test]
fn promtool_has_nothing_to_say() {
    let Ok(mut child) = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
    else {
        return;
    };
    let text = busy().render(1_795_000_000, &Shown::default());
    child
        .stdin
        .take()
        .expect("piped")
        .write_all(text.as_bytes())
        .expect("read");
    let output = child.wait_with_output().expect("ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}");
}
