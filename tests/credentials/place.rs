//! Where a key of ours is put, and what passes when clients bring their own.

use super::{BODY, checked, toward};
use crate::harness::{Request, provider};

#[test]
fn a_key_goes_into_the_query_or_a_header_of_any_name() {
    for (lines, target, header) in [
        (
            "credential_place = \"query\"",
            "/v1/chat/completions?a=1&key=se%2Fcret",
            ("x", None),
        ),
        (
            "credential_place = \"query\"\ncredential_name = \"api_key\"",
            "/v1/chat/completions?a=1&api_key=se%2Fcret",
            ("authorization", None),
        ),
        (
            "credential_place = \"header\"\ncredential_name = \"X-Token\"",
            "/v1/chat/completions?a=1",
            ("x-token", Some("se/cret")),
        ),
        (
            "credential_place = \"x-api-key\"",
            "/v1/chat/completions?a=1",
            ("x-api-key", Some("se/cret")),
        ),
    ] {
        let provider = provider();
        let quotah = toward(&provider, &format!("api_key = \"se/cret\"\n{lines}")).start();
        let request = Request::post("/v1/chat/completions?a=1&key=mine", BODY)
            .bearer("mine")
            .header("x-token", "mine");
        let answer = quotah.send(&request);
        assert_eq!(answer.status, 200, "{lines}");
        let requests = provider.requests();
        let seen = requests.last().expect("a request");
        assert_eq!(seen.target, target);
        assert_eq!(seen.header(header.0), header.1, "{lines}");
        if header.0 == "x-token" {
            assert!(!format!("{:?}", seen.headers).contains("mine"));
        }
        assert!(!quotah.stderr().contains("cret"), "{}", quotah.stderr());
    }
}

#[test]
fn a_clients_signature_that_cannot_hold_is_refused_and_a_bearer_key_passes() {
    let provider = provider();
    let quotah = toward(&provider, "credential = \"client\"").start();
    let request = Request::post("/v1/chat/completions", BODY);
    let signed = request.clone().header(
        "authorization",
        "AWS4-HMAC-SHA256 Credential=AKIA/…, Signature=0",
    );
    let refused = quotah.send(&signed);
    assert_eq!(refused.status, 401);
    assert!(
        refused.text().contains("bound to the host"),
        "{}",
        refused.text()
    );
    assert_eq!(quotah.entry(&refused).str("outcome"), "refused");
    let passed = request.bearer("ABSKtheirs").header("x-amz-target", "t");
    assert_eq!(quotah.send(&passed).status, 200);
    let requests = provider.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(
        requests[0].header("authorization"),
        Some("Bearer ABSKtheirs")
    );
    assert_eq!(requests[0].header("x-amz-target"), Some("t"));
}

#[test]
fn what_does_not_go_together_is_told() {
    let provider = provider();
    for (lines, said) in [
        (
            "api_key = \"a\"\ncredential = \"google\"",
            "`api_key` must be left out",
        ),
        ("credential = \"aws\"", "needs `region`"),
        ("credential = \"aws\"\nregion = \"EU\"", "`region` must be"),
        (
            "credential = \"aws\"\nregion = \"eu-west-1\"\naccess_key_id = \"a\"",
            "needs `secret_access_key`",
        ),
        (
            "region = \"eu-west-1\"\nrole_arn = \"arn:aws:iam::1:role/r\"",
            "needs `web_identity_token_file`",
        ),
        (
            "client_secret = \"hush\"\nclient_id = \"a\"",
            "needs `tenant_id`",
        ),
        (
            "credential = \"google\"\ntenant_id = \"a\"",
            "unknown key `tenant_id`",
        ),
        (
            "credential = \"google\"\ncredentials_json = \"{}\"",
            "credentials_json is not usable",
        ),
        (
            "api_key = \"a\"\ncredential_place = \"header\"",
            "needs `credential_name`",
        ),
        (
            "api_key = \"a\"\ncredential_name = \"x\"",
            "left out unless",
        ),
        (
            "credential = \"client\"\ncredential_place = \"query\"",
            "without an `api_key`",
        ),
        ("credential = \"gogle\"", "`credential` must be"),
    ] {
        let checked = checked(&toward(&provider, lines), &[]);
        assert_eq!(checked.code(), 78, "{lines}");
        assert!(checked.stderr.contains(said), "{lines}: {}", checked.stderr);
        assert!(!checked.stderr.contains("hush"), "{}", checked.stderr);
    }
}
