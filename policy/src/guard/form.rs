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
    pub max_tokens: Option<BoundForm<u64>>,
    /// Most answers to one request, as in `n`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<BoundForm<u64>>,
    /// Most effort in reasoning: `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<BoundForm<String>>,
    /// Most tokens of reasoning; 0 for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<BoundForm<u64>>,
    /// Any of `tools`, `server_tools`, `images`, `audio`, `files`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<String>,
    /// Longest body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_bytes_max: Option<u64>,
}

/// `{ max = 4096, action = "clamp" }`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoundForm<T> {
    /// The figure that is not to be passed.
    pub max: T,
    /// `clamp` or `refuse`; clamp unless given.
    #[serde(default = "clamp")]
    pub action: String,
}

/// What is wrong with a guard's words, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuardFault {
    /// Its name, or whom it is for.
    #[error(transparent)]
    Rule(#[from] FormError),
    /// An action.
    #[error("`{field}`: `action` must be \"clamp\" or \"refuse\", not {action:?}")]
    Action {
        /// Where.
        field: &'static str,
        /// What was written.
        action: String,
    },
    /// A bound that leaves nothing.
    #[error("`{0}` must be at least 1")]
    Zero(&'static str),
    /// An effort.
    #[error(
        "`reasoning_effort`: `max` must be one of none, minimal, low, medium, high, xhigh, max, not {0:?}"
    )]
    Effort(String),
    /// Something that is never looked for.
    #[error("`deny`: {0:?} is none of tools, server_tools, images, audio, files")]
    Content(String),
    /// A guard against nothing.
    #[error(
        "a guard needs at least one of max_tokens, answers, reasoning_effort, reasoning_tokens, deny, \
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
            Self::Action { field, .. } | Self::Zero(field) => field,
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
        if self.body_bytes_max == Some(0) {
            return Err(GuardFault::Zero("body_bytes_max"));
        }
        Ok(Guard {
            id: Arc::from(&*self.id),
            selector,
            max_tokens: at_least_one("max_tokens", self.max_tokens.as_ref())?,
            answers: at_least_one("answers", self.answers.as_ref())?,
            effort: self.effort()?,
            reasoning_tokens: figure("reasoning_tokens", self.reasoning_tokens.as_ref())?,
            deny: self.denied()?,
            body_bytes_max: self.body_bytes_max,
        })
    }

    fn effort(&self) -> Result<Option<Bound<Effort>>, GuardFault> {
        let Some(bound) = &self.reasoning_effort else {
            return Ok(None);
        };
        let max = Effort::parse(&bound.max);
        Ok(Some(Bound {
            max: max.ok_or_else(|| GuardFault::Effort(bound.max.clone()))?,
            action: action("reasoning_effort", &bound.action)?,
        }))
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
            && self.answers.is_none()
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
            max_tokens: guard.max_tokens.map(Into::into),
            answers: guard.answers.map(Into::into),
            reasoning_effort: guard.effort.map(|bound| BoundForm {
                max: bound.max.to_string(),
                action: bound.action.as_str().to_owned(),
            }),
            reasoning_tokens: guard.reasoning_tokens.map(Into::into),
            deny: guard.deny.names().map(str::to_owned).collect(),
            body_bytes_max: guard.body_bytes_max,
        }
    }
}

impl From<Bound<u64>> for BoundForm<u64> {
    fn from(bound: Bound<u64>) -> Self {
        Self {
            max: bound.max,
            action: bound.action.as_str().to_owned(),
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
}

fn at_least_one(
    field: &'static str,
    bound: Option<&BoundForm<u64>>,
) -> Result<Option<Bound<u64>>, GuardFault> {
    if bound.is_some_and(|bound| bound.max == 0) {
        return Err(GuardFault::Zero(field));
    }
    figure(field, bound)
}

fn figure(
    field: &'static str,
    bound: Option<&BoundForm<u64>>,
) -> Result<Option<Bound<u64>>, GuardFault> {
    let Some(bound) = bound else {
        return Ok(None);
    };
    Ok(Some(Bound {
        max: bound.max,
        action: action(field, &bound.action)?,
    }))
}

fn action(field: &'static str, text: &str) -> Result<Action, GuardFault> {
    match text {
        "clamp" => Ok(Action::Clamp),
        "refuse" => Ok(Action::Refuse),
        _ => Err(GuardFault::Action {
            field,
            action: text.to_owned(),
        }),
    }
}

fn clamp() -> String {
    Action::Clamp.as_str().to_owned()
}
