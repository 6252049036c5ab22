//! Bearer tokens of Google and Entra, by every way they are given out.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};

use super::cloud::{Asked, Cloud};
use super::{authorization, chat, checked, file, path, started, toward};
use crate::harness::{Config, Request, provider};

const RSA: &str = include_str!("rsa.pem");

fn service_account(cloud: &Cloud) -> String {
    let account = json!({
        "type": "service_account",
        "client_email": "quotah@project.iam.gserviceaccount.com",
        "private_key_id": "key-1",
        "private_key": RSA,
        "token_uri": format!("{}/token", cloud.url()),
        "project_id": "project",
    });
    account.to_string()
}

/// The claims of a form's assertion, once its signature is found to be right.
fn claims(asked: &Asked) -> Value {
    let assertion = asked.field("assertion").expect("an assertion");
    let (signed, signature) = assertion.rsplit_once('.').expect("three parts");
    let body: String = RSA
        .lines()
        .filter(|line| !line.starts_with("---"))
        .collect();
    let key = RsaKeyPair::from_pkcs8(&STANDARD.decode(body).expect("PEM")).expect("a key");
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref());
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64");
    public
        .verify(signed.as_bytes(), &signature)
        .expect("signed by the account's key");
    let (header, claims) = signed.split_once('.').expect("two parts");
    let part = |text| {
        let json = URL_SAFE_NO_PAD.decode(text).expect("base64");
        serde_json::from_slice::<Value>(&json).expect("JSON")
    };
    assert_eq!(
        part(header),
        json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"})
    );
    part(claims)
}

#[test]
fn a_service_account_of_googles_is_traded_for_a_token() {
    let (provider, cloud) = (provider(), Cloud::oauth("ya29.a", 3_600));
    let account = file(&service_account(&cloud));
    let lines = format!(
        "credential = \"google\"\ncredentials_file = \"{}\"",
        path(&account)
    );
    let quotah = toward(&provider, &lines).start();
    for _ in 0..3 {
        assert_eq!(chat(&quotah).status, 200);
        assert_eq!(authorization(&provider), "Bearer ya29.a-1");
    }
    let asked = cloud.asked();
    assert_eq!(asked.len(), 1, "one token for all");
    assert_eq!((&*asked[0].method, &*asked[0].target), ("POST", "/token"));
    assert_eq!(
        asked[0].field("grant_type").as_deref(),
        Some("urn:ietf:params:oauth:grant-type:jwt-bearer")
    );
    let claims = claims(&asked[0]);
    assert_eq!(claims["iss"], "quotah@project.iam.gserviceaccount.com");
    assert_eq!(
        claims["scope"],
        "https://www.googleapis.com/auth/cloud-platform"
    );
    assert_eq!(claims["aud"], format!("{}/token", cloud.url()));
    let (from, to) = (
        claims["iat"].as_i64().unwrap(),
        claims["exp"].as_i64().unwrap(),
    );
    assert_eq!(to - from, 3_600);
}

#[test]
fn a_users_refresh_token_is_found_by_googles_variable() {
    let (provider, cloud) = (provider(), Cloud::oauth("ya29.u", 3_600));
    let user = json!({
        "type": "authorized_user",
        "client_id": "id",
        "client_secret": "s&c",
        "refresh_token": "1//r",
        "token_uri": cloud.url(),
    });
    let user = file(&user.to_string());
    let config = toward(&provider, "credential = \"google\"");
    let quotah = started(&config, &[("GOOGLE_APPLICATION_CREDENTIALS", &path(&user))]);
    assert_eq!(chat(&quotah).status, 200);
    assert_eq!(authorization(&provider), "Bearer ya29.u-1");
    let asked = &cloud.asked()[0];
    for (field, value) in [
        ("grant_type", "refresh_token"),
        ("client_id", "id"),
        ("client_secret", "s&c"),
        ("refresh_token", "1//r"),
    ] {
        assert_eq!(asked.field(field).as_deref(), Some(value), "{field}");
    }
}

#[test]
fn a_machine_of_googles_asks_its_metadata_server() {
    let (provider, cloud) = (provider(), Cloud::oauth("ya29.m", 3_600));
    let host = cloud.url().trim_start_matches("http://").to_owned();
    let config = toward(&provider, "credential = \"google\"");
    let quotah = started(&config, &[("GCE_METADATA_HOST", &host)]);
    assert_eq!(chat(&quotah).status, 200);
    assert_eq!(authorization(&provider), "Bearer ya29.m-1");
    let asked = &cloud.asked()[0];
    assert_eq!(
        asked.target,
        "/computeMetadata/v1/instance/service-accounts/default/token"
    );
    assert_eq!(asked.header("metadata-flavor"), Some("Google"));
}

#[test]
fn vertex_takes_a_token_where_its_clients_have_a_key() {
    let (provider, cloud) = (provider(), Cloud::oauth("ya29.v", 3_600));
    let account = file(&service_account(&cloud));
    let config = Config::empty().table(&format!(
        "[[providers]]\nkind = \"vertex\"\nbase_url = \"{}/v1/projects/p/locations/l\"\n\
         credentials_file = \"{}\"",
        provider.url(),
        path(&account)
    ));
    let quotah = config.start();
    let request = Request::post(
        "/v1beta/models/gemini-2.5-flash:generateContent?key=mine",
        r#"{"contents":[]}"#,
    );
    quotah.send(&request.header("x-goog-api-key", "mine"));
    let requests = provider.requests();
    let seen = requests.last().expect("a request");
    assert_eq!(
        seen.target,
        "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash:generateContent"
    );
    assert_eq!(seen.header("authorization"), Some("Bearer ya29.v-1"));
    assert_eq!(seen.header("x-goog-api-key"), None);
}

#[test]
fn an_application_of_entras_shows_its_secret() {
    let (provider, cloud) = (provider(), Cloud::oauth("entra", 3_599));
    let lines = "tenant_id = \"contoso.example\"\nclient_id = \"app\"\nclient_secret = \"hush~1\"";
    let quotah = started(
        &toward(&provider, lines),
        &[("AZURE_AUTHORITY_HOST", cloud.url())],
    );
    assert_eq!(chat(&quotah).status, 200);
    assert_eq!(authorization(&provider), "Bearer entra-1");
    let asked = &cloud.asked()[0];
    assert_eq!(asked.target, "/contoso.example/oauth2/v2.0/token");
    for (field, value) in [
        ("grant_type", "client_credentials"),
        ("client_id", "app"),
        ("client_secret", "hush~1"),
        ("scope", "https://cognitiveservices.azure.com/.default"),
    ] {
        assert_eq!(asked.field(field).as_deref(), Some(value), "{field}");
    }
    let shown = quotah.admin_json("/admin/v1/config").to_string();
    assert!(
        shown.contains("contoso.example") && !shown.contains("hush"),
        "{shown}"
    );
    assert!(!quotah.stderr().contains("hush") && !quotah.stderr().contains("entra-1"));
}

#[test]
fn azure_takes_an_applications_token_where_no_key_is_written() {
    let (provider, cloud) = (provider(), Cloud::oauth("entra", 3_599));
    let url = provider.url();
    let config = Config::empty().table(&format!(
        "[[providers]]\nkind = \"azure\"\nbase_url = \"{url}\"\ntenant_id = \"t\"\n\
         client_id = \"app\"\nclient_secret = \"hush\"\nscope = \"https://ai.azure.com/.default\""
    ));
    let quotah = started(&config, &[("AZURE_AUTHORITY_HOST", cloud.url())]);
    let target = "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21";
    let request = Request::post(target, super::BODY).header("api-key", "mine");
    assert_eq!(quotah.send(&request).status, 200);
    let requests = provider.requests();
    let seen = requests.last().expect("a request");
    assert_eq!(seen.target, target);
    assert_eq!(seen.header("authorization"), Some("Bearer entra-1"));
    assert_eq!(seen.header("api-key"), None);
    let scope = cloud.asked()[0].field("scope");
    assert_eq!(scope.as_deref(), Some("https://ai.azure.com/.default"));
}

#[test]
fn a_cluster_shows_entra_the_token_of_its_own() {
    let (provider, cloud) = (provider(), Cloud::oauth("entra", 3_599));
    let token = file("eyJ.cluster.token\n");
    let variables = [
        ("AZURE_AUTHORITY_HOST", cloud.url()),
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_ID", "app"),
        ("AZURE_FEDERATED_TOKEN_FILE", &path(&token)),
    ];
    let quotah = started(&toward(&provider, "credential = \"entra\""), &variables);
    assert_eq!(chat(&quotah).status, 200);
    let asked = &cloud.asked()[0];
    assert_eq!(
        asked.field("client_assertion").as_deref(),
        Some("eyJ.cluster.token")
    );
    assert_eq!(
        asked.field("client_assertion_type").as_deref(),
        Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
    );
    assert_eq!(asked.field("client_secret"), None);
}

#[test]
fn machines_and_services_of_azure_ask_their_own_endpoint() {
    let cloud = Cloud::answering(|_| {
        let body = r#"{"access_token":"managed","expires_in":"86399","resource":"x"}"#;
        (200, body.to_owned())
    });
    let service = format!("{}/msi/token", cloud.url());
    let machine = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", cloud.url())];
    let service = [
        ("IDENTITY_ENDPOINT", &*service),
        ("IDENTITY_HEADER", "word"),
    ];
    for (variables, target, header) in [
        (
            machine.as_slice(),
            "/metadata/identity/oauth2/token?api-version=2018-02-01",
            ("metadata", "true"),
        ),
        (
            service.as_slice(),
            "/msi/token?api-version=2019-08-01",
            ("x-identity-header", "word"),
        ),
    ] {
        let provider = provider();
        let lines = "credential = \"entra\"\nclient_id = \"mine\"";
        let quotah = started(&toward(&provider, lines), variables);
        assert_eq!(chat(&quotah).status, 200);
        assert_eq!(authorization(&provider), "Bearer managed");
        let asked = cloud.asked();
        let asked = asked.last().expect("a question");
        assert_eq!(
            asked.target,
            format!("{target}&resource=https%3A%2F%2Fcognitiveservices.azure.com&client_id=mine")
        );
        assert_eq!(asked.header(header.0), Some(header.1));
    }
}

#[test]
fn a_key_that_cannot_be_used_is_found_before_anything_starts() {
    let (provider, cloud) = (provider(), Cloud::oauth("x", 1));
    let good = service_account(&cloud);
    for (text, said) in [
        ("{", "not JSON"),
        (
            r#"{"type":"external_account"}"#,
            "neither \"service_account\" nor",
        ),
        (r#"{"type":"service_account"}"#, "a field"),
        (
            &good.replace("MII", "XII"),
            "\"private_key\" is no RSA key in PEM",
        ),
        (
            &good.replace("http://127.0.0.1", "http://example.com"),
            "\"token_uri\"",
        ),
    ] {
        let account = file(text);
        let lines = format!(
            "credential = \"google\"\ncredentials_file = \"{}\"",
            path(&account)
        );
        let checked = checked(&toward(&provider, &lines), &[]);
        assert_eq!(checked.code(), 78, "{said}");
        assert!(
            checked.stderr.contains(&path(&account)) && checked.stderr.contains(said),
            "{}",
            checked.stderr
        );
        assert!(
            !checked.stderr.contains("PRIVATE KEY"),
            "{}",
            checked.stderr
        );
    }
    let account = file(&good);
    let lines = format!(
        "credential = \"google\"\ncredentials_file = \"{}\"",
        path(&account)
    );
    assert_eq!(checked(&toward(&provider, &lines), &[]).code(), 0);
    assert_eq!(cloud.asked().len(), 0, "a check asks nobody");
}

#[test]
fn a_clients_key_does_not_go_along_with_a_token_of_ours() {
    let (provider, cloud) = (provider(), Cloud::oauth("t", 3_600));
    let host = cloud.url().trim_start_matches("http://").to_owned();
    let config = toward(&provider, "credential = \"google\"");
    let quotah = started(&config, &[("GCE_METADATA_HOST", &host)]);
    let request = Request::post("/v1/chat/completions?key=mine", super::BODY)
        .header("x-api-key", "mine")
        .header("x-amz-security-token", "mine");
    assert_eq!(quotah.send(&request).status, 200);
    let requests = provider.requests();
    let seen = requests.last().expect("a request");
    let head = format!("{} {:?}", seen.target, seen.headers);
    assert!(
        !head.contains("mine") && head.contains("Bearer t-1"),
        "{head}"
    );
}
