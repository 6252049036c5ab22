//! AWS's access keys that expire: profile, web identity, assumed role, container agent, instance metadata.
//!
//! Formats: AWS SDKs and tools reference guide, STS API reference, EC2 user guide (`IMDSv2`), read 2026-11.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, Method, StatusCode};
use quotah_adapters::{AwsKeys, AwsRequest, AwsScope, PayloadHash, sign};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::TokenError;
use super::answer::{element, refused, until};
use super::file;
use super::http::{Ask, Http};
use super::tokens::{Minted, What};
use crate::clock;
use crate::config::credential::{AccessKey, AwsSource, ContainerWord, Endpoint, Role};
use crate::config::resolved::Secret;

/// A fresh key.
///
/// # Errors
/// [`TokenError`] when the source cannot be used or the endpoint gives none.
pub(super) async fn fetch(source: &AwsSource, http: &Http) -> Result<Minted, TokenError> {
    match source {
        AwsSource::Profile { file, name } => {
            let text = file::text(file).await?;
            let key = profile(&text, name).ok_or_else(|| no_profile(file))?;
            Ok(minted(key, PROFILE_LIFETIME))
        }
        AwsSource::WebIdentity { role, token_file } => {
            let token = file::text(token_file).await?;
            let fields = role_fields(role, "AssumeRoleWithWebIdentity");
            let fields = [fields.as_slice(), &[("WebIdentityToken", token.trim())]].concat();
            assumed(http.ask(Ask::form(&role.endpoint, &fields)).await?)
        }
        AwsSource::Role { role, by, region } => {
            let fields = role_fields(role, "AssumeRole");
            let ask = signed(Ask::form(&role.endpoint, &fields), by, region);
            assumed(http.ask(ask).await?)
        }
        AwsSource::Container { endpoint, word } => {
            let word = match word {
                ContainerWord::None => None,
                ContainerWord::Word(word) => Some(word.expose().to_owned()),
                ContainerWord::File(path) => Some(file::text(path).await?.trim().to_owned()),
            };
            let ask = Ask::get(endpoint);
            let ask = match &word {
                Some(word) => ask.header(AUTHORIZATION, word),
                None => ask,
            };
            given(&http.ask(ask).await?)
        }
        AwsSource::Instance(endpoint) => instance(endpoint, http).await,
    }
}

/// Three steps: a session of the metadata service's, the role's name, its key.
async fn instance(endpoint: &Endpoint, http: &Http) -> Result<Minted, TokenError> {
    let at = |path: &str| endpoint.at(path).ok_or(TokenError::Nonsense);
    let session = at("/latest/api/token")?;
    let ttl = HeaderName::from_static("x-aws-ec2-metadata-token-ttl-seconds");
    let ask = Ask {
        method: Method::PUT,
        ..Ask::get(&session)
    };
    let (status, token) = http.ask(ask.header(ttl, SESSION_SECONDS)).await?;
    let token = plain(status, &token)?;
    let header = HeaderName::from_static("x-aws-ec2-metadata-token");
    let list = at(ROLES)?;
    let (status, name) = http
        .ask(Ask::get(&list).header(header.clone(), &token))
        .await?;
    let name = plain(status, &name)?;
    let role = at(&format!(
        "{ROLES}{}",
        name.lines().next().unwrap_or_default()
    ))?;
    given(&http.ask(Ask::get(&role).header(header, &token)).await?)
}

fn plain(status: StatusCode, body: &[u8]) -> Result<String, TokenError> {
    if !status.is_success() {
        return Err(refused(status, body));
    }
    let text = std::str::from_utf8(body).map_err(|_| TokenError::Nonsense)?;
    Ok(text.trim().to_owned())
}

/// A key as containers' agents and instances give it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Given {
    access_key_id: String,
    secret_access_key: String,
    token: String,
    expiration: String,
}

fn given((status, body): &(StatusCode, bytes::Bytes)) -> Result<Minted, TokenError> {
    let given: Option<Given> = serde_json::from_slice(body).ok();
    // The instance's service says no with 200 and a `Code`.
    let Some(given) = given.filter(|_| status.is_success()) else {
        return Err(refused(*status, body));
    };
    let lifetime = until(&given.expiration).ok_or(TokenError::Nonsense)?;
    let key = AccessKey {
        id: given.access_key_id.into(),
        secret: Secret::new(given.secret_access_key),
        session_token: Some(Secret::new(given.token)),
    };
    Ok(minted(key, lifetime))
}

/// A key as STS gives it, in XML.
fn assumed((status, body): (StatusCode, bytes::Bytes)) -> Result<Minted, TokenError> {
    if !status.is_success() {
        return Err(refused(status, &body));
    }
    let text = std::str::from_utf8(&body).map_err(|_| TokenError::Nonsense)?;
    let credentials = element(text, "Credentials").ok_or(TokenError::Nonsense)?;
    let part = |name| element(credentials, name).ok_or(TokenError::Nonsense);
    let key = AccessKey {
        id: part("AccessKeyId")?.into(),
        secret: Secret::new(part("SecretAccessKey")?),
        session_token: Some(Secret::new(part("SessionToken")?)),
    };
    let lifetime = until(part("Expiration")?).ok_or(TokenError::Nonsense)?;
    Ok(minted(key, lifetime))
}

fn role_fields<'a>(role: &'a Role, action: &'static str) -> [(&'static str, &'a str); 4] {
    [
        ("Action", action),
        ("Version", "2011-06-15"),
        ("RoleArn", &role.arn),
        ("RoleSessionName", &role.session),
    ]
}

/// A question to STS, signed.
fn signed<'a>(ask: Ask<'a>, by: &AccessKey, region: &str) -> Ask<'a> {
    let content_type = ask.headers.get(CONTENT_TYPE);
    let content_type = content_type.map(|value| ("content-type", value.as_bytes()));
    let headers: Vec<_> = content_type.into_iter().collect();
    let request = AwsRequest {
        method: ask.method.as_str(),
        host: &ask.endpoint.base.authority,
        path_and_query: ask.endpoint.path.as_str(),
        headers: &headers,
        payload: PayloadHash::Sha256(Sha256::digest(&ask.body).into()),
    };
    let scope = AwsScope {
        region,
        service: "sts",
        unix_seconds: clock::unix_seconds(),
    };
    let lines = sign(&request, &scope, &keys(by));
    lines.into_iter().fold(ask, |ask, (name, value)| {
        ask.header(HeaderName::from_static(name), &value)
    })
}

/// A key as signing takes it.
pub(crate) fn keys(key: &AccessKey) -> AwsKeys<'_> {
    AwsKeys {
        access_key_id: &key.id,
        secret_access_key: key.secret.expose(),
        session_token: key.session_token.as_ref().map(Secret::expose),
    }
}

/// A profile's key out of a shared credentials file.
fn profile(text: &str, name: &str) -> Option<AccessKey> {
    let mut within = false;
    let (mut id, mut secret, mut token) = (None, None, None);
    for line in text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            within = header.split(']').next().map(str::trim) == Some(name);
        } else if within
            && !line.starts_with(['#', ';'])
            && let Some((key, value)) = line.split_once('=')
        {
            let value = Some(value.trim()).filter(|value| !value.is_empty());
            match key.trim() {
                "aws_access_key_id" => id = value,
                "aws_secret_access_key" => secret = value,
                "aws_session_token" => token = value,
                _ => {}
            }
        }
    }
    Some(AccessKey {
        id: id?.into(),
        secret: Secret::new(secret?),
        session_token: token.map(Secret::new),
    })
}

/// What is wrong with the source, without asking anybody.
pub(super) fn fault(source: &AwsSource) -> Option<String> {
    let read = |path: &Path| file::text_now(path);
    let checked = match source {
        AwsSource::Profile { file, name } => read(file).and_then(|text| {
            let key = profile(&text, name).map(drop);
            key.ok_or_else(|| no_profile(file))
        }),
        AwsSource::WebIdentity { token_file, .. } => read(token_file).map(drop),
        AwsSource::Container {
            word: ContainerWord::File(path),
            ..
        } => read(path).map(drop),
        AwsSource::Container { .. } | AwsSource::Role { .. } | AwsSource::Instance(_) => Ok(()),
    };
    checked.err().map(|error| error.to_string())
}

fn no_profile(file: &Path) -> TokenError {
    TokenError::Unusable {
        what: file.display().to_string(),
        reason: "the profile is not there, or has no aws_access_key_id and aws_secret_access_key",
    }
}

fn minted(key: AccessKey, lifetime: Duration) -> Minted {
    Minted {
        what: What::AccessKey(Arc::new(key)),
        lifetime,
    }
}

/// Tools that log people in rewrite the file at times of their own: it is read again at half of this.
const PROFILE_LIFETIME: Duration = Duration::from_secs(300);

/// Six hours, the longest that the metadata service grants.
const SESSION_SECONDS: &str = "21600";

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_found_by_its_name() {
        let text = "[default]\naws_access_key_id = A\n# aws_secret_access_key = no\naws_secret_access_key=s=1\n\n\
                    [ other ]\naws_access_key_id=B\naws_secret_access_key=t\naws_session_token=u\nregion=x\n[half]\naws_access_key_id=C";
        let key = |name| profile(text, name);
        assert_eq!(
            key("default").map(|key| key.secret.expose().to_owned()),
            Some("s=1".into())
        );
        let other = key("other").unwrap();
        assert_eq!((&*other.id, other.session_token.is_some()), ("B", true));
        assert_eq!((key("half"), key("none")), (None, None));
    }

    #[test]
    fn a_key_of_sts_is_read_out_of_its_xml() {
        let xml = "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                   <AssumeRoleWithWebIdentityResult><Credentials><SessionToken>tok/en==</SessionToken>\
                   <SecretAccessKey>sec+ret</SecretAccessKey><Expiration>2999-01-01T00:00:00Z</Expiration>\
                   <AccessKeyId>ASIA1</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";
        let minted = assumed((StatusCode::OK, xml.into())).unwrap();
        let What::AccessKey(key) = minted.what else {
            panic!("a key");
        };
        assert_eq!((&*key.id, key.secret.expose()), ("ASIA1", "sec+ret"));
        assert!(minted.lifetime > Duration::from_secs(1 << 30));
    }
}
