//! A guard as people and programs write it: words and figures, checked into a [`Guard`].

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Action, Bound, Contents, Effort, Guard};
use crate::budget::{self, FormError};

/// A guard in words, as in `[[guards]]` and at `/admin/v1/guards`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardForm {
    /// Its name: 1 to 64 of letters, digits, `-`, `_`, `.`, `:`.
    #[serde(default)]
    pub id: String,
    /// Dimension → exact value or pattern; empty matches everything.
    #[serde(rename = "match", default)]
    pub selects: BTreeMap<String, String>,
    /// Most tokens of output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// What happens beyond it: `clamp` or `refuse`; refused unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens_action: Option<String>,
    /// Most answers to one request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// What happens beyond it: `clamp` or `refuse`; refused unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_action: Option<String>,
    /// Most effort in reasoning: `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<String>,
    /// What happens beyond it: `clamp` or `refuse`; refused unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_effort_action: Option<String>,
    /// Most tokens of reasoning; 0 for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<u64>,
    /// What happens beyond it: `clamp` or `refuse`; refused unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens_action: Option<String>,
    /// Any of `tools`, `server_tools`, `images`, `audio`, `files`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<String>,
    /// Longest body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_bytes_max: Option<u64>,
}

/// What is wrong with a guard's words, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuardFault {
    /// Its name, or whom it is for.
    #[error(transparent)]
    Rule(#[from] FormError),
    /// An action.
    #[error("`{field}` must be \"clamp\" or \"refuse\", not {action:?}")]
    Action {
        /// Where.
        field: &'static str,
        /// What was written.
        action: String,
    },
    /// An action without the bound that it is for.
    #[error("`{0}` is for nothing: its bound is not given")]
    NoBound(&'static str),
    /// A bound that leaves nothing.
    #[error("`{0}` must be at least 1")]
    Zero(&'static str),
    /// An effort.
    #[error(
        "`reasoning_effort` must be one of none, minimal, low, medium, high, xhigh, max, not {0:?}"
    )]
    Effort(String),
    /// Something that is never looked for.
    #[error("`deny`: {0:?} is none of tools, server_tools, images, audio, files")]
    Content(String),
    /// A guard against nothing.
    #[error(
        "a guard needs at least one of max_tokens, n, reasoning_effort, reasoning_tokens, deny, \
         body_bytes_max"
    )]
    Nothing,
}

impl GuardFault {
    /// The field that is wrong.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Rule(fault) => fault.field(),
            Self::Action { field, .. } | Self::NoBound(field) | Self::Zero(field) => field,
            Self::Effort(_) => "reasoning_effort",
            Self::Content(_) => "deny",
            Self::Nothing => "max_tokens",
        }
    }
}

impl GuardForm {
    /// The guard that these words mean.
    ///
    /// # Errors
    /// [`GuardFault`] for the first word that means nothing, and for a guard against nothing.
    pub fn read(&self) -> Result<Guard, GuardFault> {
        let (selector, _) = budget::whom(&self.id, &self.selects, None)?;
        if self.is_empty() {
            return Err(GuardFault::Nothing);
        }
        for (field, figure) in [
            ("max_tokens", self.max_tokens),
            ("n", self.n),
            ("body_bytes_max", self.body_bytes_max),
        ] {
            if figure == Some(0) {
                return Err(GuardFault::Zero(field));
            }
        }
        let effort = self.reasoning_effort.as_deref().map(|word| {
            let effort = Effort::parse(word);
            effort.ok_or_else(|| GuardFault::Effort(word.to_owned()))
        });
        let effort = effort.transpose()?;
        let reasoning = &self.reasoning_tokens_action;
        Ok(Guard {
            id: Arc::from(&*self.id),
            selector,
            max_tokens: bound(
                "max_tokens_action",
                self.max_tokens,
                &self.max_tokens_action,
            )?,
            answers: bound("n_action", self.n, &self.n_action)?,
            effort: bound(
                "reasoning_effort_action",
                effort,
                &self.reasoning_effort_action,
            )?,
            reasoning_tokens: bound("reasoning_tokens_action", self.reasoning_tokens, reasoning)?,
            deny: self.denied()?,
            body_bytes_max: self.body_bytes_max,
        })
    }

    fn denied(&self) -> Result<Contents, GuardFault> {
        let mut deny = Contents::default();
        for name in &self.deny {
            let place = deny.named(name);
            *place.ok_or_else(|| GuardFault::Content(name.clone()))? = true;
        }
        Ok(deny)
    }

    const fn is_empty(&self) -> bool {
        self.max_tokens.is_none()
            && self.n.is_none()
            && self.reasoning_effort.is_none()
            && self.reasoning_tokens.is_none()
            && self.deny.is_empty()
            && self.body_bytes_max.is_none()
    }
}

impl GuardForm {
    /// A key's own guard from its words in JSON: it hangs on the key, so it has no name of its own and selects nothing.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn own(key: &str, words: &serde_json::Value) -> Result<Guard, String> {
        let form = Self::deserialize(words).map_err(|fault| fault.to_string())?;
        if !form.id.is_empty() || !form.selects.is_empty() {
            return Err("a key's own guards have neither `id` nor `match`".to_owned());
        }
        let form = Self {
            id: format!("key:{key}"),
            ..form
        };
        form.read().map_err(|fault| fault.to_string())
    }
}

impl From<&Guard> for GuardForm {
    fn from(guard: &Guard) -> Self {
        Self {
            id: guard.id.to_string(),
            selects: budget::words(&guard.selector),
            max_tokens: guard.max_tokens.map(|bound| bound.max),
            max_tokens_action: guard.max_tokens.map(|bound| bound.action.word()),
            n: guard.answers.map(|bound| bound.max),
            n_action: guard.answers.map(|bound| bound.action.word()),
            reasoning_effort: guard.effort.map(|bound| bound.max.to_string()),
            reasoning_effort_action: guard.effort.map(|bound| bound.action.word()),
            reasoning_tokens: guard.reasoning_tokens.map(|bound| bound.max),
            reasoning_tokens_action: guard.reasoning_tokens.map(|bound| bound.action.word()),
            deny: guard.deny.names().map(str::to_owned).collect(),
            body_bytes_max: guard.body_bytes_max,
        }
    }
}

impl Action {
    /// Its name in configurations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clamp => "clamp",
            Self::Refuse => "refuse",
        }
    }

    fn word(self) -> String {
        self.as_str().to_owned()
    }
}

fn bound<T>(
    field: &'static str,
    max: Option<T>,
    action: &Option<String>,
) -> Result<Option<Bound<T>>, GuardFault> {
    let Some(max) = max else {
        let is_alone = action.is_some();
        return if is_alone {
            Err(GuardFault::NoBound(field))
        } else {
            Ok(None)
        };
    };
    let action = match action.as_deref() {
        None => Action::default(),
        Some("clamp") => Action::Clamp,
        Some("refuse") => Action::Refuse,
        Some(other) => {
            let action = other.to_owned();
            return Err(GuardFault::Action { field, action });
        }
    };
    Ok(Some(Bound { max, action }))
}
