//! Gemini's streams without `alt=sse`: one array, element by element, whoever serves it.

use quotah_bench::mock::{Cut, Directives};
use serde_json::Value;

use super::{Caller, DEPLOYMENTS, Deployment, gateway, said, says, text_at};
use crate::harness::{End, Request, Response, served};

/// A deployment that needs a translation for Gemini's clients.
fn others() -> impl Iterator<Item = &'static Deployment> {
    DEPLOYMENTS.iter().filter(|to| to.own != Caller::Generate)
}

fn ask(to: &Deployment) -> Request {
    let path = format!("/v1beta/models/{}:streamGenerateContent", to.route);
    Request::post(&path, Caller::Generate.body("", true, ""))
}

fn elements(answer: &Response) -> Vec<Value> {
    let json = answer.json();
    json.as_array().cloned().unwrap_or_else(|| panic!("{json}"))
}

fn text(elements: &[Value]) -> String {
    let place = "/candidates/0/content/parts/0/text";
    elements.iter().map(|one| text_at(one, place)).collect()
}

#[test]
fn a_stream_without_alt_sse_is_one_array_with_its_usage_in_the_last_element() {
    let (provider, quotah) = gateway("");
    for to in others() {
        provider.forget();
        says(&provider, Directives::default());
        let answer = quotah.send(&ask(to));
        let what = format!("{}: {}{}", to.route, answer.head, answer.text());
        assert_eq!((answer.status, answer.end), (200, End::Whole), "{what}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/json"),
            "{what}"
        );
        let elements = elements(&answer);
        assert!(elements.len() > 2, "{what}");
        assert_eq!(text(&elements), said(true), "{what}");
        let billed = served(&provider, 1)[0].billed;
        let last = &elements[elements.len() - 1];
        assert_eq!(last["candidates"][0]["finishReason"], "STOP", "{what}");
        assert_eq!(
            last["usageMetadata"]["promptTokenCount"], billed.input,
            "{what}"
        );
        let entry = quotah.entry(&answer);
        assert_eq!(entry.str("outcome"), "ok", "{what}");
        assert_eq!(entry.tokens(), billed, "{what}");
    }
}

#[test]
fn an_error_is_its_last_element_and_what_breaks_off_has_no_end() {
    let (provider, quotah) = gateway("");
    for to in others() {
        says(
            &provider,
            Directives {
                error_at: Some(2),
                ..Directives::default()
            },
        );
        let answer = quotah.send(&ask(to));
        let elements = elements(&answer);
        assert_eq!(text(&elements), super::SAID.repeat(2), "{}", answer.text());
        let last = elements.last().expect("an element");
        assert!(last["error"]["status"].is_string(), "{}", answer.text());
        says(
            &provider,
            Directives {
                cut_body_at: Some(1_200),
                cut: Cut::Close,
                ..Directives::default()
            },
        );
        let answer = quotah.send(&ask(to));
        assert_eq!(answer.end, End::Cut, "{}: {}", to.route, answer.text());
        let is_json = serde_json::from_str::<Value>(&answer.text()).is_ok();
        assert!(!is_json, "{}: {}", to.route, answer.text());
        let entry = quotah.entry(&answer);
        assert_eq!(entry.str("outcome"), "upstream_error", "{}", to.route);
    }
}
