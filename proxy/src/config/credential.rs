//! Where a provider's credential comes from, resolved: what `[[providers]]`, the environment and the usual files say.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use http::HeaderName;
use http::uri::PathAndQuery;
use quotah_adapters::CredentialPlace;

use super::resolved::{BaseUrl, Secret};

/// Whose credential goes along with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// This one, whatever the client sent.
    Configured(Secret),
    /// The client's own is passed on.
    Client,
    /// A bearer token that is fetched, and fetched again before it expires.
    Minted(Source),
    /// A signature by an access key of AWS.
    Aws(Signing),
}

/// Where a configured credential is put, when the configuration says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// One of the usual places.
    Usual(CredentialPlace),
    /// A header of another name, with nothing before the secret.
    Header(HeaderName),
    /// A query parameter of another name.
    Query(Arc<str>),
}

/// Who signs, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signing {
    /// The access key.
    pub keys: AwsKeys,
    /// `us-east-1`.
    pub region: Arc<str>,
    /// `bedrock`, `bedrock-mantle`.
    pub service: Arc<str>,
}

/// An access key of AWS: written down, or lent for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AwsKeys {
    /// Written down.
    Fixed(AccessKey),
    /// Fetched, and fetched again before it expires.
    Lent(Source),
}

/// An access key as AWS gives it out. Its `Debug` shows the public id alone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AccessKey {
    /// Public part.
    pub id: Arc<str>,
    /// Secret part.
    pub secret: Secret,
    /// Goes with temporary keys.
    pub session_token: Option<Secret>,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// What gives out tokens or keys that expire. Two providers with equal sources share what is fetched.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// Google: Vertex AI.
    Google(GoogleSource),
    /// Microsoft Entra ID: Azure.
    Entra(EntraSource),
    /// AWS: Bedrock.
    Aws(AwsSource),
}

impl Source {
    /// Its name in logs.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Google(GoogleSource::Metadata(_)) => "google metadata server",
            Self::Google(_) => "google credentials",
            Self::Entra(entra) => match entra.proof {
                EntraProof::Secret { .. } => "entra client credentials",
                EntraProof::Federated { .. } => "entra workload identity",
                EntraProof::Managed { .. } => "azure managed identity",
            },
            Self::Aws(AwsSource::Profile { .. }) => "aws profile",
            Self::Aws(AwsSource::WebIdentity { .. }) => "aws web identity",
            Self::Aws(AwsSource::Role { .. }) => "aws role",
            Self::Aws(AwsSource::Container { .. }) => "aws container credentials",
            Self::Aws(AwsSource::Instance(_)) => "aws instance metadata",
        }
    }
}

/// Where a token of Google's comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GoogleSource {
    /// A service account's key or a user's refresh token, as JSON in a file; read again for each token.
    File(PathBuf),
    /// The same, as text.
    Inline(Secret),
    /// The machine's own identity, from the metadata server there.
    Metadata(Endpoint),
}

/// Where a token of Entra's comes from, and what it is good for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EntraSource {
    /// `https://cognitiveservices.azure.com/.default`.
    pub scope: Arc<str>,
    /// How the application proves who it is.
    pub proof: EntraProof,
}

/// How an application proves to Entra who it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EntraProof {
    /// By a secret.
    Secret {
        /// The tenant's token address.
        endpoint: Endpoint,
        /// The application.
        client_id: Arc<str>,
        /// Its secret.
        secret: Secret,
    },
    /// By a token of another issuer, in a file that a cluster keeps fresh.
    Federated {
        /// The tenant's token address.
        endpoint: Endpoint,
        /// The application.
        client_id: Arc<str>,
        /// The file.
        token_file: PathBuf,
    },
    /// By where it runs.
    Managed {
        /// The machine's or the service's token address.
        endpoint: Endpoint,
        /// Services ask for this word (`IDENTITY_HEADER`); machines do not.
        word: Option<Secret>,
        /// One of several identities; the machine's own without.
        client_id: Option<Arc<str>>,
    },
}

/// Where an access key that expires comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AwsSource {
    /// A profile of the shared credentials file; read again every few minutes, because tools rewrite it.
    Profile {
        /// The file.
        file: PathBuf,
        /// The profile.
        name: Arc<str>,
    },
    /// A role, for a token of another issuer.
    WebIdentity {
        /// Which role, and where it is asked for.
        role: Role,
        /// The token's file, which a cluster keeps fresh.
        token_file: PathBuf,
    },
    /// A role, for another access key.
    Role {
        /// Which role, and where it is asked for.
        role: Role,
        /// Who asks.
        by: AccessKey,
        /// The region that the asking is signed for.
        region: Arc<str>,
    },
    /// The container's agent (ECS, EKS).
    Container {
        /// Its address.
        endpoint: Endpoint,
        /// What it wants to hear.
        word: ContainerWord,
    },
    /// The instance's metadata service, version 2.
    Instance(Endpoint),
}

/// A role that is assumed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Role {
    /// `arn:aws:iam::123456789012:role/name`.
    pub arn: Arc<str>,
    /// The session's name in AWS's records.
    pub session: Arc<str>,
    /// STS.
    pub endpoint: Endpoint,
}

/// The `authorization` that a container's agent asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ContainerWord {
    /// None.
    None,
    /// This.
    Word(Secret),
    /// What the file holds, read each time.
    File(PathBuf),
}

/// An address that tokens come from. Its `Debug` leaves the path out, which may be all that protects it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Scheme, host and port.
    pub base: BaseUrl,
    /// Path and query.
    pub path: PathAndQuery,
}

/// Why a text is no address that tokens may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not an address.
    #[error("an http(s) address without a user name")]
    NotAnAddress,
    /// Secrets would travel in the clear over the open network.
    #[error("an https address, or one of this machine or its own network")]
    InTheClear,
}

impl Endpoint {
    /// Reads an address with its path.
    ///
    /// # Errors
    /// [`EndpointError`] when it is none, or plain http to somewhere far.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let after_scheme = text.find("://").map(|at| at + 3);
        let after_scheme = after_scheme.ok_or(EndpointError::NotAnAddress)?;
        let path_at = text
            .get(after_scheme..)
            .and_then(|rest| rest.find(['/', '?']));
        let path_at = path_at.map_or(text.len(), |at| after_scheme + at);
        let (authority, path) = text.split_at(path_at);
        let base = BaseUrl::parse(authority).map_err(|_| EndpointError::NotAnAddress)?;
        let path = match path {
            "" => "/",
            path => path,
        };
        let path = PathAndQuery::try_from(path).map_err(|_| EndpointError::NotAnAddress)?;
        if !base.https && !base.is_near() {
            return Err(EndpointError::InTheClear);
        }
        Ok(Self { base, path })
    }

    /// Another path at the same address.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<Self> {
        Some(Self {
            base: self.base.clone(),
            path: PathAndQuery::try_from(path).ok()?,
        })
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Endpoint")
            .field(&self.base.authority)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_over_tls_or_from_nearby() {
        for (text, expected) in [
            ("https://oauth2.googleapis.com/token", Ok("/token")),
            (
                "http://169.254.170.2/v2/credentials/x?a=b",
                Ok("/v2/credentials/x?a=b"),
            ),
            ("http://127.0.0.1:999", Ok("/")),
            ("http://metadata.google.internal/x", Ok("/x")),
            (
                "http://[fd00:ec2::23]/v1/credentials",
                Ok("/v1/credentials"),
            ),
            ("http://example.com/token", Err(EndpointError::InTheClear)),
            ("ftp://example.com/token", Err(EndpointError::NotAnAddress)),
            ("https://me@example.com/", Err(EndpointError::NotAnAddress)),
            ("token", Err(EndpointError::NotAnAddress)),
        ] {
            let found = Endpoint::parse(text).map(|endpoint| endpoint.path.to_string());
            assert_eq!(found.as_deref().map_err(|e| *e), expected, "{text}");
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let key = AccessKey {
            id: "AKIA1".into(),
            secret: Secret::new("hidden-1"),
            session_token: Some(Secret::new("hidden-2")),
        };
        let endpoint = Endpoint::parse("http://127.0.0.1/hidden-3").unwrap();
        let shown = format!("{key:?} {endpoint:?}");
        assert!(
            shown.contains("AKIA1") && !shown.contains("hidden"),
            "{shown}"
        );
    }
}
