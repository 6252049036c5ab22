//! Caps on output tokens: those that a body has, and where one may be put.

use std::ops::Range;

use super::said::Brace;
use crate::provider::ProviderKind;

/// A cap on output tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputCap {
    /// The member's own name, without the objects around it.
    pub member: &'static str,
    /// Its value.
    pub said: CapSaid,
    /// The JSON number, string or `null`, for replacing it.
    pub span: Range<usize>,
}

/// What a cap says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapSaid {
    /// No more than this.
    Tokens(u64),
    /// As many as there are: Ollama, llama.cpp and LM Studio take a negative number for that, Ollama 0 too.
    Unlimited,
    /// `null`: as if it were not there.
    Null,
}

/// Where a body that has no cap takes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapPlace {
    /// The member.
    pub member: CapMember,
    /// The object that it stands in, if that is not the outermost.
    pub object: ObjectAt,
}

/// The member that caps output: a dialect's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapMember {
    /// The member of the outermost object that holds it, if it is not there itself.
    pub object: Option<&'static str>,
    /// Its name.
    pub name: &'static str,
    /// Providers that speak the dialect differ in its name: [`Self::name_at`].
    pub is_providers: bool,
    /// The least that providers take.
    pub least: u64,
}

/// An object that may be there or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ObjectAt {
    /// It is not there.
    #[default]
    Absent,
    /// `null`, here.
    Null(Range<usize>),
    /// It is there.
    Here(Brace),
}

impl CapMember {
    /// A member of the outermost object.
    pub(super) const fn at_top(name: &'static str) -> Self {
        Self {
            object: None,
            name,
            is_providers: false,
            least: 1,
        }
    }

    /// A member of an object in the outermost.
    pub(super) const fn inside(object: &'static str, name: &'static str) -> Self {
        Self {
            object: Some(object),
            ..Self::at_top(name)
        }
    }

    /// Its name at a provider.
    #[must_use]
    pub const fn name_at(&self, kind: ProviderKind) -> &'static str {
        if self.is_providers {
            kind.row().chat_cap
        } else {
            self.name
        }
    }
}

impl OutputCap {
    /// Whether it allows more than `tokens`.
    #[must_use]
    pub const fn is_above(&self, tokens: u64) -> bool {
        match self.said {
            CapSaid::Tokens(given) => given > tokens,
            CapSaid::Unlimited => true,
            CapSaid::Null => false,
        }
    }
}
