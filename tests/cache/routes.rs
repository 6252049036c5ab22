//! Routes that keep answers without being asked to.

use super::{asked, assert_hit, said};
use crate::harness::{Config, Quotah, Request, Response, eventually, provider};
use quotah_bench::mock::Mock;

const CHAT: &str = "/v1/chat/completions";

fn keeping(provider: &Mock, cache: &str, more: &str) -> Config {
    Config::toward(provider).table(&format!(
        "[[models]]\nname = \"fast\"\ncache = {cache}\n\
         deployments = [{{ provider = \"openai\", model = \"gpt-4o-mini\" }}]\n\n{more}"
    ))
}

fn ask(quotah: &Quotah, temperature: &str) -> Response {
    let body = format!(r#"{{"model":"fast"{temperature},"messages":[]}}"#);
    quotah.send(&Request::post(CHAT, body))
}

#[test]
fn a_route_that_keeps_answers_keeps_those_that_leave_nothing_to_chance() {
    let provider = provider();
    let quotah = keeping(&provider, "true", "").start();
    for temperature in [",\"temperature\":0.7", "", ",\"temperature\":null"] {
        let before = asked(&provider);
        for _ in 0..2 {
            assert_eq!(said(&ask(&quotah, temperature)), "", "{temperature}");
        }
        assert_eq!(asked(&provider), before + 2, "{temperature}");
    }
    for temperature in [",\"temperature\":0", ",\"temperature\":0.0"] {
        assert_eq!(said(&ask(&quotah, temperature)), "miss", "{temperature}");
        assert_hit(&ask(&quotah, temperature), temperature);
    }
    let entry = quotah.entry(&ask(&quotah, ",\"temperature\":0"));
    assert_eq!(entry.str("cache"), "hit");
    // A provider asked by its own name is on no route that keeps.
    let direct = r#"{"model":"gpt-4o-mini","temperature":0,"messages":[]}"#;
    assert_eq!(said(&quotah.post(CHAT, direct)), "");
}

#[test]
fn a_route_may_keep_answers_of_any_temperature() {
    let provider = provider();
    let quotah = keeping(&provider, "{ any_temperature = true }", "").start();
    assert_eq!(said(&ask(&quotah, ",\"temperature\":0.7")), "miss");
    assert_hit(&ask(&quotah, ",\"temperature\":0.7"), "whatever it is");
    let declined = r#"{"model":"fast","temperature":0.7,"messages":[]}"#;
    let declined = Request::post(CHAT, declined).header("x-quotah-cache", "no-store");
    assert_eq!(said(&quotah.send(&declined)), "");
}

#[test]
fn an_answer_is_given_until_its_time_is_over() {
    let provider = provider();
    let quotah = keeping(&provider, "{ ttl = \"3s\" }", "").start();
    assert_eq!(said(&ask(&quotah, ",\"temperature\":0")), "miss");
    assert_hit(&ask(&quotah, ",\"temperature\":0"), "at once");
    eventually("it has expired", || {
        (said(&ask(&quotah, ",\"temperature\":0")) == "miss").then_some(())
    });
    assert_hit(&ask(&quotah, ",\"temperature\":0"), "the new one");
    assert_eq!(asked(&provider), 2);
}

#[test]
fn a_route_that_leads_elsewhere_does_not_give_the_old_models_answers() {
    let provider = provider();
    let config = |model: &str| {
        let config = keeping(&provider, "true", "").toml();
        config.replace("gpt-4o-mini", model)
    };
    let quotah = keeping(&provider, "true", "").start();
    assert_eq!(said(&ask(&quotah, ",\"temperature\":0")), "miss");
    quotah.write_config(&config("gpt-4.1"));
    eventually("the other model", || {
        (said(&ask(&quotah, ",\"temperature\":0")) == "miss").then_some(())
    });
    // Back again, the answer of then is still true.
    quotah.write_config(&config("gpt-4o-mini"));
    eventually("its answer", || {
        let entry = quotah.entry(&ask(&quotah, ",\"temperature\":0"));
        entry.str("model_answered").contains("mini").then_some(())
    });
    assert_eq!(asked(&provider), 2);
}

#[test]
fn answers_that_are_too_long_are_passed_on_and_not_kept() {
    let provider = provider();
    let bounds = "[cache]\nbytes_max = \"64KiB\"\nanswer_bytes_max = \"4KiB\"";
    let quotah = keeping(&provider, "true", bounds).start();
    let long = |bytes: &str, body: &str| {
        quotah.send(&Request::post(CHAT, body).header("x-mock-text-bytes", bytes))
    };
    for body in [
        r#"{"model":"fast","temperature":0,"messages":[]}"#,
        r#"{"model":"fast","temperature":0,"stream":true,"messages":[]}"#,
    ] {
        for _ in 0..2 {
            assert_eq!(said(&long("8000", body)), "miss", "{body}");
        }
        assert_eq!(said(&long("40", body)), "miss", "{body}");
        assert_hit(&long("40", body), body);
    }
    for user in 0..100 {
        let body = format!(r#"{{"model":"fast","temperature":0,"user":"{user}","messages":[]}}"#);
        assert_eq!(said(&long("40", &body)), "miss");
        let bytes = quotah.metric("quotah_cache_bytes", &[]);
        assert!(bytes <= 65_536.0, "{bytes}");
    }
}
