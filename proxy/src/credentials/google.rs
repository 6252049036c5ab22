//! Google's access tokens: a service account's signed claim, a user's refresh token, or the metadata server.
//!
//! Formats: Google's "Using OAuth 2.0 for server to server applications" and AIP-4110 to 4115, read 2026-11.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderName;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;

use super::TokenError;
use super::answer::oauth;
use super::http::{Ask, Http};
use super::tokens::Minted;
use crate::clock;
use crate::config::credential::{Endpoint, GoogleSource};

/// A fresh token.
///
/// # Errors
/// [`TokenError`] when the source cannot be used or the endpoint gives none.
pub(super) async fn fetch(source: &GoogleSource, http: &Http) -> Result<Minted, TokenError> {
    let (what, text) = match source {
        GoogleSource::File(path) => (shown(path), super::file::text(path).await?),
        GoogleSource::Inline(text) => (INLINE.to_owned(), text.expose().to_owned()),
        GoogleSource::Metadata(endpoint) => return metadata(endpoint, http).await,
    };
    let account = Account::read(&text).map_err(|reason| unusable(&what, reason))?;
    let endpoint = account.endpoint();
    let endpoint = endpoint.map_err(|reason| unusable(&what, reason))?;
    let answer = match &account {
        Account::Service(service) => {
            let claim = service.claim(clock::unix_seconds());
            let claim = claim.map_err(|reason| unusable(&what, reason))?;
            let fields = [("grant_type", JWT_BEARER), ("assertion", &claim)];
            http.ask(Ask::form(&endpoint, &fields)).await?
        }
        Account::User(user) => {
            let fields = [
                ("grant_type", "refresh_token"),
                ("client_id", &user.client_id),
                ("client_secret", &user.client_secret),
                ("refresh_token", &user.refresh_token),
            ];
            http.ask(Ask::form(&endpoint, &fields)).await?
        }
    };
    oauth(answer)
}

async fn metadata(endpoint: &Endpoint, http: &Http) -> Result<Minted, TokenError> {
    let endpoint = endpoint.at(METADATA_PATH).ok_or(TokenError::Nonsense)?;
    let flavor = HeaderName::from_static("metadata-flavor");
    oauth(
        http.ask(Ask::get(&endpoint).header(flavor, "Google"))
            .await?,
    )
}

/// What a credentials file holds.
#[derive(Deserialize)]
#[serde(tag = "type")]
enum Account {
    #[serde(rename = "service_account")]
    Service(Service),
    #[serde(rename = "authorized_user")]
    User(User),
}

#[derive(Deserialize)]
struct Service {
    client_email: String,
    private_key: String,
    #[serde(default)]
    private_key_id: String,
    #[serde(default = "token_uri")]
    token_uri: String,
}

#[derive(Deserialize)]
struct User {
    client_id: String,
    client_secret: String,
    refresh_token: String,
    #[serde(default = "token_uri")]
    token_uri: String,
}

fn token_uri() -> String {
    "https://oauth2.googleapis.com/token".to_owned()
}

impl Account {
    fn read(text: &str) -> Result<Self, &'static str> {
        let json: serde_json::Value = serde_json::from_str(text).map_err(|_| "not JSON")?;
        let kind = json.get("type").and_then(|kind| kind.as_str());
        let known = ["service_account", "authorized_user"];
        if !kind.is_some_and(|kind| known.contains(&kind)) {
            return Err("its \"type\" is neither \"service_account\" nor \"authorized_user\"");
        }
        serde_json::from_value(json).map_err(|_| "a field that its \"type\" needs is missing")
    }

    fn endpoint(&self) -> Result<Endpoint, &'static str> {
        let uri = match self {
            Self::Service(service) => &service.token_uri,
            Self::User(user) => &user.token_uri,
        };
        Endpoint::parse(uri).map_err(|_| "its \"token_uri\" is no https address")
    }
}

impl Service {
    /// The claim to be this account, signed: good for an hour, for its own endpoint alone.
    fn claim(&self, now_unix_seconds: i64) -> Result<String, &'static str> {
        let key = self.key()?;
        let header =
            serde_json::json!({ "alg": "RS256", "typ": "JWT", "kid": self.private_key_id });
        let claims = serde_json::json!({
            "iss": self.client_email,
            "scope": SCOPE,
            "aud": self.token_uri,
            "iat": now_unix_seconds,
            "exp": now_unix_seconds.saturating_add(CLAIM_SECONDS),
        });
        let part = |json: &serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            signed.as_bytes(),
            &mut signature,
        )
        .map_err(|_| BAD_KEY)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn key(&self) -> Result<RsaKeyPair, &'static str> {
        let der =
            PrivateKeyDer::from_pem_slice(self.private_key.as_bytes()).map_err(|_| BAD_KEY)?;
        let key = match &der {
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err(BAD_KEY),
        };
        key.map_err(|_| BAD_KEY)
    }
}

/// What is wrong with the source, without asking anybody.
pub(super) fn fault(source: &GoogleSource) -> Option<String> {
    let (what, text) = match source {
        GoogleSource::File(path) => match super::file::text_now(path) {
            Ok(text) => (shown(path), text),
            Err(error) => return Some(error.to_string()),
        },
        GoogleSource::Inline(text) => (INLINE.to_owned(), text.expose().to_owned()),
        GoogleSource::Metadata(_) => return None,
    };
    let checked = Account::read(&text).and_then(|account| {
        account.endpoint()?;
        match &account {
            Account::Service(service) => service.key().map(drop),
            Account::User(_) => Ok(()),
        }
    });
    Some(unusable(&what, checked.err()?).to_string())
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn unusable(what: &str, reason: &'static str) -> TokenError {
    TokenError::Unusable {
        what: what.to_owned(),
        reason,
    }
}

/// How errors call a source that is written down.
const INLINE: &str = "credentials_json";

const BAD_KEY: &str = "its \"private_key\" is no RSA key in PEM";

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What Vertex AI asks for.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// The longest that Google takes.
const CLAIM_SECONDS: i64 = 3_600;

const METADATA_PATH: &str = "/computeMetadata/v1/instance/service-accounts/default/token";
