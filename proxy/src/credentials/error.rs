//! Why there is no token.

use crate::upstream::ExchangeError;

/// Why there is no token. Texts name files and what a server says by code, never a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    /// A file cannot be read.
    #[error("cannot read {path}: {reason}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// A file or text is not what it should be.
    #[error("{what} is not usable: {reason}")]
    Unusable {
        /// The file, or the configuration's key.
        what: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The token's server gave no answer.
    #[error("the token endpoint gave no answer: {0}")]
    Unreachable(#[from] ExchangeError),
    /// It gave none in time.
    #[error("the token endpoint gave no answer in time")]
    Late,
    /// It said no.
    #[error("the token endpoint answered {status} {code}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its own word for the reason, where it is a plain word.
        code: String,
    },
    /// It said something else.
    #[error("the token endpoint's answer has no usable token")]
    Nonsense,
    /// What it gave is over already.
    #[error("the token endpoint gave a token that has expired")]
    Expired,
}

impl TokenError {
    /// What clients are told: enough to know whom to ask, nothing of files or accounts.
    pub(crate) const fn told(&self) -> &'static str {
        match self {
            Self::File { .. } | Self::Unusable { .. } => "its configured source is not usable",
            Self::Unreachable(_) | Self::Late => "its token endpoint gave no answer",
            Self::Refused { .. } => "its token endpoint refused",
            Self::Nonsense | Self::Expired => "its token endpoint gave nothing usable",
        }
    }
}
