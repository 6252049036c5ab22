//! `[[providers]]`: AWS's credentials, in the order in which its SDKs look for them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::Environment;
use super::super::credential::{
    AccessKey, AwsKeys, AwsSource, ContainerWord, Credential, Role, Signing, Source,
};
use super::super::problem::Problem;
use super::super::resolved::{BaseUrl, Secret};
use super::super::section::Section;
use super::credential::{endpoint, secret};

/// Keys of a provider's table that only AWS has a use for.
pub(super) const KEYS: [&str; 7] = [
    "access_key_id",
    "secret_access_key",
    "session_token",
    "profile",
    "role_arn",
    "role_session_name",
    "web_identity_token_file",
];

/// The table's keys, a bearer key for Bedrock, or what the environment lends.
pub(super) fn credential(
    row: &Section<'_>,
    base: Option<&BaseUrl>,
    env: &Environment,
) -> Option<Credential> {
    let service = row.required_if_present("service").map(|text| text.value);
    row.know("region");
    let own = own(row)?;
    // What is wrong with the address, or missing for it, is said already.
    let base = base?;
    // AWS's SDKs prefer it to an access key, too.
    if own.is_none()
        && let Some(key) = env.filled("AWS_BEARER_TOKEN_BEDROCK")
    {
        let is_visible = key.trim().bytes().all(|b| b.is_ascii_graphic());
        if !is_visible {
            row.problems().nowhere(Problem::BadOverride {
                name: "AWS_BEARER_TOKEN_BEDROCK",
                expected: "visible ASCII characters".to_owned(),
            });
        }
        return is_visible.then(|| Credential::Configured(Secret::new(key.trim())));
    }
    let Some(region) = region(row, Some(base), env) else {
        if !row.is_present("region") {
            row.missing("region", ": such as \"us-east-1\" (or set AWS_REGION)");
        }
        return None;
    };
    let keys = keys(row, own.unwrap_or_default(), &region, env)?;
    let is_mantle = base.host.starts_with("bedrock-mantle.");
    // Mantle is a service of its own in IAM; every other address of Bedrock signs by one name.
    let usual = if is_mantle {
        "bedrock-mantle"
    } else {
        "bedrock"
    };
    Some(Credential::Aws(Signing {
        keys,
        region,
        service: service.unwrap_or(usual).into(),
    }))
}

/// The table's region, the address's, or the environment's.
pub(super) fn region(
    row: &Section<'_>,
    base: Option<&BaseUrl>,
    env: &Environment,
) -> Option<Arc<str>> {
    if let Some(region) = row.required_if_present("region") {
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if region.value.bytes().all(is_plain) && region.value.len() <= 32 {
            return Some(region.value.into());
        }
        return row.invalid("region", &region.place, "a region such as \"us-east-1\"");
    }
    let of_host = |base: &BaseUrl| {
        let rest = base.host.strip_prefix("bedrock")?.split_once('.')?.1;
        let region = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"]
            .iter()
            .find_map(|end| rest.strip_suffix(end))?;
        (!region.contains('.')).then(|| region.into())
    };
    let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    let of_env = || variables.iter().find_map(|name| env.filled(name));
    base.and_then(of_host)
        .or_else(|| of_env().map(|region| region.trim().into()))
}

/// What the table itself says.
#[derive(Default)]
struct Own<'a> {
    key: Option<AccessKey>,
    profile: Option<&'a str>,
    role_arn: Option<&'a str>,
    session: Option<&'a str>,
    token_file: Option<&'a str>,
}

/// The table's own keys; `Some(None)` when it has none, `None` when they are wrong and said to be.
#[expect(clippy::option_option, reason = "absent and wrong are two things")]
fn own<'a>(row: &Section<'a>) -> Option<Option<Own<'a>>> {
    let text = |key| row.required_if_present(key).map(|text| text.value);
    let hidden = |key: &'static str| match row.required_if_present(key) {
        Some(text) => secret(row, key, &text).map(Some),
        None => (!row.is_present(key)).then_some(None),
    };
    let id = text("access_key_id");
    let secret = hidden("secret_access_key")?;
    let session_token = hidden("session_token")?;
    let key = match (id, secret) {
        (Some(id), Some(secret)) => Some(AccessKey {
            id: id.into(),
            secret,
            session_token,
        }),
        (None, None) if session_token.is_none() => None,
        (None, _) => {
            row.missing("access_key_id", ": it goes with `secret_access_key`");
            return None;
        }
        (Some(_), None) => {
            row.missing("secret_access_key", ": it goes with `access_key_id`");
            return None;
        }
    };
    let own = Own {
        key,
        profile: text("profile"),
        role_arn: text("role_arn"),
        session: text("role_session_name"),
        token_file: text("web_identity_token_file"),
    };
    Some(KEYS.iter().any(|key| row.is_present(key)).then_some(own))
}

fn keys(row: &Section<'_>, own: Own<'_>, region: &Arc<str>, env: &Environment) -> Option<AwsKeys> {
    let lent = |source| Some(AwsKeys::Lent(Source::Aws(source)));
    let token_file = own.token_file.or_else(|| {
        let is_asked = own.key.is_none() && own.profile.is_none() && env_key(env).is_none();
        env.filled("AWS_WEB_IDENTITY_TOKEN_FILE")
            .filter(|_| is_asked)
    });
    let role_arn = own.role_arn;
    let role_arn = role_arn.or_else(|| env.filled("AWS_ROLE_ARN").filter(|_| token_file.is_some()));
    let key = own
        .key
        .or_else(|| env_key(env).filter(|_| own.profile.is_none() && own.token_file.is_none()));
    if let Some(arn) = role_arn {
        let session = own.session.or_else(|| env.filled("AWS_ROLE_SESSION_NAME"));
        let role = Role {
            arn: arn.into(),
            session: session.unwrap_or("quotah").into(),
            endpoint: sts(row, region, env)?,
        };
        if let Some(file) = token_file {
            let token_file = file.into();
            return lent(AwsSource::WebIdentity { role, token_file });
        }
        if let Some(by) = key {
            let region = Arc::clone(region);
            return lent(AwsSource::Role { role, by, region });
        }
        row.missing(
            "web_identity_token_file",
            ": a role is assumed with its token, or with `access_key_id` and `secret_access_key`",
        );
        return None;
    }
    if own.token_file.is_some() {
        row.missing("role_arn", ": the role that the token is for");
        return None;
    }
    if let Some(key) = key {
        return Some(AwsKeys::Fixed(key));
    }
    if let Some(source) = profile(own.profile, env) {
        return lent(source);
    }
    if let Some(source) = container(row, env)? {
        return lent(source);
    }
    if env
        .filled("AWS_EC2_METADATA_DISABLED")
        .is_some_and(|word| word.trim().eq_ignore_ascii_case("true"))
    {
        row.missing(
            "access_key_id",
            ": AWS's variables and files name no credential",
        );
        return None;
    }
    let address = env.filled("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    let address = address.unwrap_or(INSTANCE_METADATA).trim();
    let metadata = endpoint(row, "AWS_EC2_METADATA_SERVICE_ENDPOINT", address)?;
    lent(AwsSource::Instance(metadata))
}

fn env_key(env: &Environment) -> Option<AccessKey> {
    let filled = |name| env.filled(name).map(str::trim);
    Some(AccessKey {
        id: filled("AWS_ACCESS_KEY_ID")?.into(),
        secret: Secret::new(filled("AWS_SECRET_ACCESS_KEY")?),
        session_token: filled("AWS_SESSION_TOKEN").map(Secret::new),
    })
}

/// The profile that is named, or the default one where its file has it.
fn profile(named: Option<&str>, env: &Environment) -> Option<AwsSource> {
    let file = match env.filled("AWS_SHARED_CREDENTIALS_FILE") {
        Some(file) => PathBuf::from(file.trim()),
        None => Path::new(env.filled("HOME")?).join(".aws/credentials"),
    };
    let named = named.or_else(|| env.filled("AWS_PROFILE").map(str::trim));
    if named.is_none() && !file.is_file() {
        return None;
    }
    Some(AwsSource::Profile {
        file,
        name: named.unwrap_or("default").into(),
    })
}

/// The container's agent: `Some(None)` where there is none, `None` when its address is wrong.
#[expect(clippy::option_option, reason = "absent and wrong are two things")]
fn container(row: &Section<'_>, env: &Environment) -> Option<Option<AwsSource>> {
    let relative = env.filled("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    let (variable, address) = match relative {
        Some(path) => (
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            format!("{CONTAINER_AGENT}{}", path.trim()),
        ),
        None => match env.filled("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            Some(address) => (
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                address.trim().to_owned(),
            ),
            None => return Some(None),
        },
    };
    let file = env.filled("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    let word = env.filled("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    let word = match (file, word) {
        (Some(file), _) => ContainerWord::File(file.trim().into()),
        (None, Some(word)) => ContainerWord::Word(Secret::new(word.trim())),
        (None, None) => ContainerWord::None,
    };
    let endpoint = endpoint(row, variable, &address)?;
    Some(Some(AwsSource::Container { endpoint, word }))
}

/// The region's STS, or another that the SDKs' variable names.
fn sts(
    row: &Section<'_>,
    region: &str,
    env: &Environment,
) -> Option<super::super::credential::Endpoint> {
    let end = if region.starts_with("cn-") { ".cn" } else { "" };
    let regional = || format!("https://sts.{region}.amazonaws.com{end}");
    let address = env
        .filled("AWS_ENDPOINT_URL_STS")
        .map(|a| a.trim().to_owned());
    endpoint(
        row,
        "AWS_ENDPOINT_URL_STS",
        &address.unwrap_or_else(regional),
    )
}

/// The agent of ECS (AWS SDKs reference guide, "Container credential provider", read 2026-11).
const CONTAINER_AGENT: &str = "http://169.254.170.2";

/// An EC2 instance's metadata service.
const INSTANCE_METADATA: &str = "http://169.254.169.254";
