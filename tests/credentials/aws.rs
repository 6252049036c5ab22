//! AWS's access keys, by every way they are given out, and the signatures made with them.

use quotah_bench::mock::{Directives, Mock, Recorded, Script};

use super::cloud::{Asked, Cloud};
use super::signature::{Arrived, Receiver};
use super::{chat, checked, file, path, started, toward};
use crate::harness::{Config, Request, provider};

const REGION: &str = "region = \"eu-west-1\"";

fn last(provider: &Mock) -> Recorded {
    provider.requests().pop().expect("a request")
}

/// Checks the signature of a request that reached the provider; the session token that came with it.
fn signed(request: &Recorded, id: &str, service: &str) -> Option<String> {
    let receiver = Receiver {
        id,
        secret: "sec/ret+1",
        region: "eu-west-1",
        service,
    };
    let names = receiver.accepts(&Arrived {
        method: &request.method,
        target: &request.target,
        headers: &request.headers,
        body: &request.body,
    });
    let token = request.header("x-amz-security-token").map(str::to_owned);
    let is_signed = names.iter().any(|name| name == "x-amz-security-token");
    assert_eq!(token.is_some(), is_signed);
    token
}

fn sts_answer(_: &Asked) -> (u16, String) {
    let body = "<R><Result><Credentials><AccessKeyId>ASIA1</AccessKeyId>\
                <SecretAccessKey>sec/ret+1</SecretAccessKey><SessionToken>session==</SessionToken>\
                <Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></Result></R>";
    (200, body.to_owned())
}

const GIVEN: &str = r#"{"Code":"Success","AccessKeyId":"ASIA1","SecretAccessKey":"sec/ret+1",
    "Token":"session==","Expiration":"2999-01-01T00:00:00Z"}"#;

#[test]
fn a_translated_request_is_signed_as_it_goes_out() {
    let provider = provider();
    let model = "us.anthropic.claude-haiku-4-5-20251001-v1:0";
    let quotah = Config::empty()
        .table(&format!(
            "[[providers]]\nkind = \"bedrock\"\nbase_url = \"{}\"\n{REGION}\n\
             access_key_id = \"AKIA1\"\nsecret_access_key = \"sec/ret+1\"",
            provider.url()
        ))
        .table(&format!(
            "[[models]]\nname = \"fast\"\n\
             deployments = [{{ provider = \"bedrock\", model = \"{model}\", api = \"own\" }}]"
        ))
        .start();
    provider.set(Script::always(Directives {
        body: Some(
            r#"{"output":{"message":{"role":"assistant","content":[{"text":"Hello"}]}},
            "stopReason":"end_turn","usage":{"inputTokens":10,"outputTokens":2,"totalTokens":12}}"#
                .into(),
        ),
        ..Directives::default()
    }));
    let body = r#"{"model":"fast","messages":[{"role":"user","content":"hi"}]}"#;
    let answer = quotah.post("/v1/chat/completions", body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let told = answer.json();
    assert_eq!(told["choices"][0]["message"]["content"], "Hello");
    assert_eq!(told["usage"]["prompt_tokens"], 10);
    let seen = last(&provider);
    let target = "/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse";
    assert_eq!(seen.target, target);
    assert_eq!(signed(&seen, "AKIA1", "bedrock"), None);
    let entry = quotah.entry(&answer);
    assert_eq!(entry.str("translated_to"), "bedrock");
    assert_eq!(entry.u64("output_tokens"), 2);
}

#[test]
fn what_goes_out_is_what_is_signed() {
    let provider = provider();
    let lines = format!(
        "{REGION}\naccess_key_id = \"AKIA1\"\nsecret_access_key = \"sec/ret+1\"\nheaders = {{ \"x-amzn-bedrock-trace\" = \"ENABLED\" }}"
    );
    let quotah = toward(&provider, &lines)
        .model("fast", "cloud", "gpt-4o-mini")
        .start();
    // Renamed: the body changes on its way. The client's own signature is nobody's.
    let request = Request::post("/v1/chat/completions?b=2&a=1%3A", r#"{"model":"fast"}"#)
        .header("authorization", "AWS4-HMAC-SHA256 Credential=theirs")
        .header("x-amz-date", "19990101T000000Z")
        .header("x-amz-security-token", "theirs")
        .header("x-amz-content-sha256", "theirs");
    assert_eq!(quotah.send(&request).status, 200);
    let seen = last(&provider);
    assert_eq!(&seen.body[..], br#"{"model":"gpt-4o-mini"}"#);
    assert_eq!(signed(&seen, "AKIA1", "bedrock"), None);
    assert!(!format!("{:?}", seen.headers).contains("theirs"));
    let covered = seen.header("authorization").unwrap_or_default();
    assert!(covered.contains("SignedHeaders=content-type;host;x-amz-date;x-amzn-bedrock-trace,"));

    for target in [
        "/cloud/model/us.amazon.nova-micro-v1%3A0/converse",
        "/cloud/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-profile%2Fx/invoke",
    ] {
        quotah.send(&Request::post(target, "{}"));
        let seen = last(&provider);
        assert_eq!(seen.target, target.trim_start_matches("/cloud"));
        signed(&seen, "AKIA1", "bedrock");
    }
    let shown = quotah.admin_json("/admin/v1/config").to_string();
    assert!(
        shown.contains("AKIA1") && !shown.contains("sec/ret"),
        "{shown}"
    );
}

#[test]
fn keys_of_the_environment_sign_with_their_session_token() {
    let provider = provider();
    let config = toward(
        &provider,
        "credential = \"aws\"\nservice = \"bedrock-mantle\"",
    );
    let quotah = started(
        &config,
        &[
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "ASIA1"),
            ("AWS_SECRET_ACCESS_KEY", "sec/ret+1"),
            ("AWS_SESSION_TOKEN", "session=="),
        ],
    );
    assert_eq!(chat(&quotah).status, 200);
    let token = signed(&last(&provider), "ASIA1", "bedrock-mantle");
    assert_eq!(token.as_deref(), Some("session=="));
}

#[test]
fn a_bearer_key_of_bedrocks_needs_no_signature() {
    let provider = provider();
    let config = toward(&provider, &format!("credential = \"aws\"\n{REGION}"));
    let quotah = started(&config, &[("AWS_BEARER_TOKEN_BEDROCK", "ABSKkey")]);
    assert_eq!(chat(&quotah).status, 200);
    assert_eq!(super::authorization(&provider), "Bearer ABSKkey");
}

#[test]
fn a_profile_is_read_from_the_shared_file() {
    let provider = provider();
    let shared = file("[team]\naws_access_key_id = AKIA2\naws_secret_access_key = sec/ret+1\n");
    let shared = path(&shared);
    let variables = [("AWS_SHARED_CREDENTIALS_FILE", &*shared)];
    let config = toward(&provider, &format!("{REGION}\nprofile = \"team\""));
    let quotah = started(&config, &variables);
    assert_eq!(chat(&quotah).status, 200);
    assert_eq!(signed(&last(&provider), "AKIA2", "bedrock"), None);
    let other = toward(&provider, &format!("{REGION}\nprofile = \"none\""));
    let checked = checked(&other, &variables);
    assert_eq!(checked.code(), 78);
    assert!(
        checked.stderr.contains("the profile is not there"),
        "{}",
        checked.stderr
    );
}

#[test]
fn a_cluster_trades_its_token_for_a_role() {
    let (provider, cloud) = (provider(), Cloud::answering(sts_answer));
    let token = file("eyJ.web.token\n");
    let variables = [
        ("AWS_ENDPOINT_URL_STS", cloud.url()),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", &path(&token)),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/r"),
    ];
    let config = toward(&provider, &format!("credential = \"aws\"\n{REGION}"));
    let quotah = started(&config, &variables);
    assert_eq!(chat(&quotah).status, 200);
    let token = signed(&last(&provider), "ASIA1", "bedrock");
    assert_eq!(token.as_deref(), Some("session=="));
    let asked = &cloud.asked()[0];
    for (field, value) in [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", "arn:aws:iam::1:role/r"),
        ("RoleSessionName", "quotah"),
        ("WebIdentityToken", "eyJ.web.token"),
    ] {
        assert_eq!(asked.field(field).as_deref(), Some(value), "{field}");
    }
    assert_eq!(asked.header("authorization"), None);
}

#[test]
fn a_role_is_assumed_by_another_key() {
    let (provider, cloud) = (provider(), Cloud::answering(sts_answer));
    let lines = format!(
        "{REGION}\naccess_key_id = \"AKIA1\"\nsecret_access_key = \"sec/ret+1\"\nrole_arn = \"arn:aws:iam::1:role/r\""
    );
    let quotah = started(
        &toward(&provider, &lines),
        &[("AWS_ENDPOINT_URL_STS", cloud.url())],
    );
    assert_eq!(chat(&quotah).status, 200);
    signed(&last(&provider), "ASIA1", "bedrock");
    let asked = &cloud.asked()[0];
    assert_eq!(asked.field("Action").as_deref(), Some("AssumeRole"));
    let receiver = Receiver {
        id: "AKIA1",
        secret: "sec/ret+1",
        region: "eu-west-1",
        service: "sts",
    };
    receiver.accepts(&Arrived {
        method: &asked.method,
        target: &asked.target,
        headers: &asked.headers,
        body: asked.body.as_bytes(),
    });
}

#[test]
fn a_container_asks_its_agent() {
    let (provider, cloud) = (provider(), Cloud::answering(|_| (200, GIVEN.to_owned())));
    let word = file("word\n");
    let address = format!("{}/v1/credentials", cloud.url());
    let variables = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &*address),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &path(&word)),
    ];
    let config = toward(&provider, &format!("credential = \"aws\"\n{REGION}"));
    let quotah = started(&config, &variables);
    assert_eq!(chat(&quotah).status, 200);
    let token = signed(&last(&provider), "ASIA1", "bedrock");
    assert_eq!(token.as_deref(), Some("session=="));
    let asked = &cloud.asked()[0];
    assert_eq!((&*asked.method, &*asked.target), ("GET", "/v1/credentials"));
    assert_eq!(asked.header("authorization"), Some("word"));
}

#[test]
fn an_instance_asks_its_metadata_service_in_three_steps() {
    let cloud = Cloud::answering(|asked| match (&*asked.method, &*asked.target) {
        ("PUT", "/latest/api/token") => (200, "imds-session".to_owned()),
        ("GET", "/latest/meta-data/iam/security-credentials/") => (200, "role\n".to_owned()),
        ("GET", "/latest/meta-data/iam/security-credentials/role") => (200, GIVEN.to_owned()),
        _ => (404, String::new()),
    });
    let provider = provider();
    let config = toward(&provider, &format!("credential = \"aws\"\n{REGION}"));
    let quotah = started(
        &config,
        &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", cloud.url())],
    );
    assert_eq!(chat(&quotah).status, 200);
    signed(&last(&provider), "ASIA1", "bedrock");
    let asked = cloud.asked();
    assert_eq!(asked.len(), 3);
    assert_eq!(
        asked[0].header("x-aws-ec2-metadata-token-ttl-seconds"),
        Some("21600")
    );
    for step in &asked[1..] {
        assert_eq!(
            step.header("x-aws-ec2-metadata-token"),
            Some("imds-session")
        );
    }
}

#[test]
fn bedrocks_paths_are_signed_as_they_go_out() {
    let provider = provider();
    let url = provider.url();
    let arn = "arn:aws:bedrock:eu-west-1:1:inference-profile/x";
    let quotah = Config::empty()
        .table(&format!(
            "[[providers]]\nkind = \"bedrock\"\nbase_url = \"{url}\"\n{REGION}\n\
             access_key_id = \"AKIA1\"\nsecret_access_key = \"sec/ret+1\""
        ))
        .model("nova", "bedrock", arn)
        .start();
    for (target, sent) in [
        (
            "/model/us.amazon.nova-micro-v1%3A0/converse",
            "/model/us.amazon.nova-micro-v1%3A0/converse",
        ),
        (
            "/model/nova/converse-stream",
            "/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-profile%2Fx/converse-stream",
        ),
    ] {
        quotah.send(&Request::post(target, r#"{"messages":[]}"#));
        let seen = last(&provider);
        assert_eq!(seen.target, sent);
        signed(&seen, "AKIA1", "bedrock");
    }
}
