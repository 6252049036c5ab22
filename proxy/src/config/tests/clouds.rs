//! Clouds: their addresses, and where their credentials are looked for.

use super::{inputs, load};
use crate::config::Warning;
use crate::config::credential::{AwsKeys, Credential};
use crate::config::resolved::Provider;

/// A credential as a word: what kind, and from where.
fn word(credential: &Credential) -> String {
    match credential {
        Credential::Configured(_) => "key".to_owned(),
        Credential::Client => "client".to_owned(),
        Credential::Minted(source) => source.as_str().to_owned(),
        Credential::Aws(signing) => {
            let keys = match &signing.keys {
                AwsKeys::Fixed(key) => &*key.id,
                AwsKeys::Lent(source) => source.as_str(),
            };
            format!("{keys} for {} in {}", signing.service, signing.region)
        }
    }
}

fn address(provider: &Provider) -> String {
    let base = &provider.base;
    let version = base.version.as_deref().unwrap_or_default();
    format!("{}{}{version}", base.authority, base.prefix)
}

fn only(text: &str, variables: &[(&str, &str)]) -> (String, String) {
    let loaded = load(text, &inputs(variables)).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    let [provider] = loaded.config.providers.as_slice() else {
        panic!("{text}: {:?}", loaded.config.providers);
    };
    (address(provider), word(&provider.credential))
}

fn row(kind: &str, lines: &str) -> String {
    format!("[[providers]]\nkind = \"{kind}\"\n{lines}")
}

#[test]
fn a_clouds_address_is_made_of_its_place() {
    for (kind, lines, expected) in [
        (
            "bedrock",
            "region = \"eu-west-1\"",
            "bedrock-runtime.eu-west-1.amazonaws.com",
        ),
        (
            "bedrock",
            "region = \"cn-north-1\"",
            "bedrock-runtime.cn-north-1.amazonaws.com.cn",
        ),
        ("azure", "resource = \"mine\"", "mine.openai.azure.com"),
        (
            "vertex",
            "project = \"p-1\"\nlocation = \"us-central1\"",
            "us-central1-aiplatform.googleapis.com/v1/projects/p-1/locations/us-central1",
        ),
        (
            "vertex",
            "project = \"p-1\"",
            "aiplatform.googleapis.com/v1/projects/p-1/locations/global",
        ),
        (
            "vertex",
            "project = \"p-1\"\nlocation = \"eu\"",
            "aiplatform.eu.rep.googleapis.com/v1/projects/p-1/locations/eu",
        ),
        ("vertex", "api_key = \"AQ.x\"", "aiplatform.googleapis.com"),
    ] {
        assert_eq!(only(&row(kind, lines), &[]).0, expected, "{lines}");
    }
    let variables = [
        ("GOOGLE_CLOUD_PROJECT", "p"),
        ("CLOUD_ML_REGION", "us-east5"),
    ];
    assert_eq!(
        only(&row("vertex", ""), &variables).0,
        "us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5"
    );
}

#[test]
fn awss_credentials_are_looked_for_in_the_order_of_its_sdks() {
    let all = [
        ("AWS_BEARER_TOKEN_BEDROCK", "b"),
        ("AWS_ACCESS_KEY_ID", "AKIA1"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/t"),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/r"),
        ("AWS_PROFILE", "team"),
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x"),
    ];
    for (from, expected) in [
        (0, "key"),
        (1, "AKIA1 for bedrock in eu-west-1"),
        (3, "aws web identity for bedrock in eu-west-1"),
        (5, "aws profile for bedrock in eu-west-1"),
        (6, "aws container credentials for bedrock in eu-west-1"),
        (7, "aws instance metadata for bedrock in eu-west-1"),
    ] {
        let found = only(&row("bedrock", "region = \"eu-west-1\""), &all[from..]);
        assert_eq!(found.1, expected);
    }
    let own = "region = \"eu-west-1\"\naccess_key_id = \"AKIA2\"\nsecret_access_key = \"s\"";
    let found = only(&row("bedrock", own), &all);
    assert_eq!(
        found.1, "AKIA2 for bedrock in eu-west-1",
        "the table comes first"
    );
    let mantle = "base_url = \"https://bedrock-mantle.us-east-2.api.aws/openai/v1\"";
    let found = only(&row("bedrock", mantle), &all[1..]);
    assert_eq!(found.1, "AKIA1 for bedrock-mantle in us-east-2");
    let mine = format!("{own}\nservice = \"other\"");
    assert_eq!(
        only(&row("bedrock", &mine), &[]).1,
        "AKIA2 for other in eu-west-1"
    );
}

#[test]
fn a_cloud_is_found_by_its_variables_alone() {
    let bedrock = [
        ("AWS_REGION", "us-west-2"),
        ("AWS_ACCESS_KEY_ID", "AKIA1"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
    ];
    let bearer = [
        ("AWS_DEFAULT_REGION", "us-west-2"),
        ("AWS_BEARER_TOKEN_BEDROCK", "b"),
    ];
    let vertex = [
        ("GOOGLE_CLOUD_PROJECT", "p"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/sa.json"),
    ];
    let azure = [
        ("AZURE_OPENAI_ENDPOINT", "https://mine.openai.azure.com/"),
        ("AZURE_TENANT_ID", "t"),
        ("AZURE_CLIENT_ID", "c"),
        ("AZURE_CLIENT_SECRET", "s"),
    ];
    let keyed = [azure[0], ("AZURE_OPENAI_API_KEY", "k")];
    let host = "bedrock-runtime.us-west-2.amazonaws.com";
    for (variables, expected) in [
        (bedrock.as_slice(), (host, "AKIA1 for bedrock in us-west-2")),
        (&bearer, (host, "key")),
        (
            &vertex,
            (
                "aiplatform.googleapis.com/v1/projects/p/locations/global",
                "google credentials",
            ),
        ),
        (
            &azure,
            ("mine.openai.azure.com", "entra client credentials"),
        ),
        (&keyed, ("mine.openai.azure.com", "key")),
    ] {
        let (address, word) = only("", variables);
        assert_eq!((&*address, &*word), expected);
    }
}

#[test]
fn bedrock_passes_no_clients_signature_on_and_says_so() {
    let text = row("bedrock", "region = \"eu-west-1\"\ncredential = \"client\"");
    let loaded = load(&text, &inputs(&[])).unwrap_or_else(|e| panic!("{e:?}"));
    let provider = "bedrock".to_owned();
    assert_eq!(loaded.warnings, [Warning::BearerOnly { provider }]);
}

#[test]
fn what_a_cloud_needs_is_told_once() {
    for (text, said) in [
        (row("bedrock", ""), "needs `region`"),
        (row("bedrock", "region = \"EU\""), "`region` must be"),
        (
            row("azure", "client_secret = \"s\""),
            "needs `base_url`: or `resource`",
        ),
        (row("vertex", "project = \"a/b\""), "`project` must be"),
    ] {
        let errors = load(
            &text,
            &inputs(&[("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c")]),
        );
        let errors = errors.err().unwrap_or_default();
        assert_eq!(errors.len(), 1, "{text}: {errors:?}");
        assert!(errors[0].problem.to_string().contains(said), "{errors:?}");
    }
}
