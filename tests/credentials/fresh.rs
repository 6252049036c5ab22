//! Tokens are fetched ahead of their end, once for everybody, and what fails is said clearly.

use std::time::Duration;

use super::cloud::{Cloud, oauth_body};
use super::{authorization, chat, started, toward};
use crate::harness::{Quotah, Request, eventually, now, provider};
use quotah_bench::mock::{Directives, Mock, Script};

fn with_metadata(provider: &Mock, cloud: &Cloud) -> Quotah {
    let host = cloud.url().trim_start_matches("http://").to_owned();
    let config = toward(provider, "credential = \"google\"");
    started(&config, &[("GCE_METADATA_HOST", &host)])
}

#[test]
fn fifty_first_requests_fetch_one_token() {
    let provider = provider();
    let cloud = Cloud::answering(|_| {
        std::thread::sleep(Duration::from_millis(700));
        (200, oauth_body("slow", 3_600))
    });
    let quotah = with_metadata(&provider, &cloud);
    std::thread::scope(|scope| {
        let asks: Vec<_> = (0..50)
            .map(|_| scope.spawn(|| chat(&quotah).status))
            .collect();
        for ask in asks {
            assert_eq!(ask.join().expect("answered"), 200);
        }
    });
    assert_eq!(cloud.asked().len(), 1);
    assert_eq!(provider.requests().len(), 50);
}

#[test]
fn a_token_is_replaced_before_it_ends_and_no_request_fails() {
    let provider = provider();
    let cloud = Cloud::oauth("short", 3);
    let quotah = with_metadata(&provider, &cloud);
    let begun = now();
    let mut seen = std::collections::BTreeSet::new();
    while now().saturating_duration_since(begun) < Duration::from_secs(7) {
        assert_eq!(chat(&quotah).status, 200);
        seen.insert(authorization(&provider));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!((3..=8).contains(&seen.len()), "{seen:?}");
    assert!(cloud.asked().len() <= 9, "{}", cloud.asked().len());
}

#[test]
fn the_last_token_serves_while_the_endpoint_is_down_and_then_the_refusal_is_clear() {
    let provider = provider();
    let cloud = Cloud::oauth("last", 6);
    let quotah = with_metadata(&provider, &cloud);
    assert_eq!(chat(&quotah).status, 200);
    cloud.set(|_| {
        (
            400,
            r#"{"error":"invalid_grant","error_description":"hush"}"#.to_owned(),
        )
    });
    let since = now();
    let asked = cloud.asked().len();
    eventually("a refresh that fails", || {
        (cloud.asked().len() > asked).then_some(())
    });
    assert_eq!(chat(&quotah).status, 200, "the token is still good");
    let refused = eventually("the token's end", || {
        let answer = chat(&quotah);
        (answer.status != 200).then_some(answer)
    });
    assert!(now().saturating_duration_since(since) > Duration::from_millis(1_500));
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert_eq!(refused.json()["error"]["code"], "credential_unavailable");
    assert_eq!(
        refused.json()["error"]["message"],
        "no credential for the provider \"cloud\" can be had: its token endpoint refused"
    );
    assert!(refused.header("retry-after").is_some());
    let entry = quotah.entry(&refused);
    assert_eq!(
        (entry.str("outcome"), entry.u64("status")),
        ("upstream_error", 503)
    );
    assert_eq!(entry.0["attempts"][0]["error_class"], "bad_credential");
    assert_eq!(entry.0["attempts"][0]["status"], 0);
    let stderr = quotah.stderr();
    assert!(
        stderr.contains("invalid_grant") && !stderr.contains("hush"),
        "{stderr}"
    );

    cloud.set(|_| (200, oauth_body("again", 3_600)));
    eventually("a token again", || {
        (chat(&quotah).status == 200).then_some(())
    });
    assert_eq!(authorization(&provider), "Bearer again");
}

#[test]
fn an_endpoint_that_nobody_serves_is_not_asked_by_every_request() {
    let provider = provider();
    let cloud = Cloud::answering(|_| (500, String::new()));
    let quotah = with_metadata(&provider, &cloud);
    let begun = now();
    let mut refused = 0_u32;
    while now().saturating_duration_since(begun) < Duration::from_secs(3) {
        let answer = quotah.send(&Request::post("/v1/chat/completions", super::BODY));
        assert_eq!(answer.status, 503);
        refused += 1;
    }
    let asked = cloud.asked().len();
    assert!(
        refused > 5 && asked <= 6,
        "{refused} refused, {asked} asked"
    );
    assert_eq!(provider.requests().len(), 0);
}

#[test]
fn a_request_waits_no_longer_than_its_own_bound() {
    let provider = provider();
    let cloud = Cloud::answering(|_| {
        std::thread::sleep(Duration::from_secs(6));
        (200, oauth_body("late", 3_600))
    });
    let quotah = with_metadata(&provider, &cloud);
    let begun = now();
    let request = Request::post("/v1/chat/completions", super::BODY);
    let request = request.header("x-quotah-timeout-ms", "300");
    assert_eq!(quotah.send(&request).status, 503);
    assert!(now().saturating_duration_since(begun) < Duration::from_secs(3));
}

#[test]
fn a_token_that_the_provider_refuses_is_replaced_before_its_time_but_not_by_every_request() {
    let provider = provider();
    let refuse = Directives {
        status: Some(401),
        ..Directives::default()
    };
    provider.set(Script::always(refuse));
    let cloud = Cloud::oauth("t", 3_600);
    let quotah = with_metadata(&provider, &cloud);
    for _ in 0..5 {
        assert_eq!(chat(&quotah).status, 401);
    }
    assert_eq!(cloud.asked().len(), 1, "a new token is not replaced");
    eventually("another token", || {
        std::thread::sleep(Duration::from_millis(50));
        chat(&quotah);
        (authorization(&provider) == "Bearer t-2").then_some(())
    });
    assert!(cloud.asked().len() <= 3, "{}", cloud.asked().len());
}

#[test]
fn a_reload_keeps_the_token_of_a_source_that_stays() {
    let provider = provider();
    let cloud = Cloud::oauth("kept", 3_600);
    let host = cloud.url().trim_start_matches("http://").to_owned();
    let config = toward(&provider, "credential = \"google\"");
    let quotah = started(&config, &[("GCE_METADATA_HOST", &host)]);
    assert_eq!(chat(&quotah).status, 200);
    quotah.write_config(&config.clone().server("tags = [\"a\"]").toml());
    let report = quotah.admin(Request::post("/admin/v1/reload", ""));
    assert_eq!(report.status, 200, "{}", report.text());
    assert_eq!(chat(&quotah).status, 200);
    assert_eq!(authorization(&provider), "Bearer kept-1");
    assert_eq!(cloud.asked().len(), 1);
}
