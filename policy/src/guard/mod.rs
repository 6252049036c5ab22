//! Guards: what a request may ask for, whatever it costs.
//!
//! A [`Guard`] bounds or forbids things in requests. What [`judge`] finds beyond a bound is refused, or lowered to
//! it: then the request goes out with other figures than it came with, and [`Clamps`] says with which.

mod effort;
mod form;

use std::sync::Arc;

use crate::{Rules, Selector, Subject};

pub use effort::Effort;
pub use form::{GuardFault, GuardForm};

/// What requests may ask for, and which requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// Its name.
    pub id: Arc<str>,
    /// The requests that it is for.
    pub selector: Selector,
    /// Most tokens of output. A request that says nothing gets this bound written into it, whatever the action: its
    /// provider's own may be anything.
    pub max_tokens: Option<Bound<u64>>,
    /// Most answers to one request, as in `n`; one that says nothing wants one.
    pub answers: Option<Bound<u64>>,
    /// Most effort in reasoning. A request that says nothing is left as it is: models that do not reason refuse the
    /// field.
    pub effort: Option<Bound<Effort>>,
    /// Most tokens of reasoning. A request that says nothing is left as it is, too.
    pub reasoning_tokens: Option<Bound<u64>>,
    /// What it must not hold.
    pub deny: Contents,
    /// Longest body.
    pub body_bytes_max: Option<u64>,
}

/// A figure that is not to be passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound<T> {
    /// The figure.
    pub max: T,
    /// What happens to who asks for more.
    pub action: Action,
}

/// What happens to a request beyond a bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Action {
    /// It goes on with the bound instead of what it asked for.
    Clamp,
    /// It is refused.
    #[default]
    Refuse,
}

/// What a request asks for, as far as guards look at it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// Most tokens of output, if it says so.
    pub max_tokens: Option<u64>,
    /// How many answers, if it says so.
    pub answers: Option<u64>,
    /// How hard to reason, if it says so.
    pub effort: Option<Effort>,
    /// Most tokens of reasoning, if it says so.
    pub reasoning_tokens: Option<u64>,
    /// What it holds.
    pub contents: Contents,
    /// Length of its body.
    pub body_bytes: u64,
}

/// Things that requests hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contents {
    /// Tools that the client runs.
    pub tools: bool,
    /// Tools that the provider runs: searches, code.
    pub server_tools: bool,
    /// Images.
    pub images: bool,
    /// Sound.
    pub audio: bool,
    /// Files.
    pub files: bool,
}

/// Figures to write into a request instead of its own; those that stay are `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clamps {
    /// Most tokens of output.
    pub max_tokens: Option<u64>,
    /// How many answers.
    pub answers: Option<u64>,
    /// How hard to reason.
    pub effort: Option<Effort>,
    /// Most tokens of reasoning.
    pub reasoning_tokens: Option<u64>,
}

/// Why a guard refuses a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Too much of something.
    #[error("guard {guard:?} allows at most {max} for {field}, not {asked}")]
    TooMuch {
        /// Whose bound.
        guard: Arc<str>,
        /// Of what, as in configurations.
        field: &'static str,
        /// What the request wants.
        asked: u64,
        /// What it may have.
        max: u64,
    },
    /// Too much effort.
    #[error("guard {guard:?} allows at most {max} for reasoning_effort, not {asked}")]
    TooHard {
        /// Whose bound.
        guard: Arc<str>,
        /// What the request wants.
        asked: Effort,
        /// What it may have.
        max: Effort,
    },
    /// It holds what it must not.
    #[error("guard {guard:?} does not allow {content}")]
    Denied {
        /// Whose.
        guard: Arc<str>,
        /// What, as in configurations.
        content: &'static str,
    },
}

/// Looks at a request with all guards that it matches. Where several bound the same, the strictest does.
///
/// # Errors
/// [`Refused`] by the first guard that refuses it.
pub fn judge(guards: &[&Guard], asked: &Asked) -> Result<Clamps, Refused> {
    let mut clamps = Clamps::default();
    for guard in guards {
        guard.judge(asked, &mut clamps)?;
    }
    Ok(clamps)
}

impl Rules<Guard> {
    /// Looks at a request with all guards that it matches: [`judge`].
    ///
    /// # Errors
    /// [`Refused`] by the first guard that refuses it.
    pub fn judge(&self, subject: &Subject<'_>, asked: &Asked) -> Result<Clamps, Refused> {
        let mut clamps = Clamps::default();
        let mut refused = None;
        self.matching(subject, |guard| {
            if refused.is_none() {
                refused = guard.judge(asked, &mut clamps).err();
            }
        });
        refused.map_or(Ok(clamps), Err)
    }

    /// The longest body that all guards allow that `subject` matches, so far as that is known before it is read.
    #[must_use]
    pub fn body_bytes_max(&self, subject: &Subject<'_>) -> Option<u64> {
        let mut most: Option<u64> = None;
        self.matching(subject, |guard| {
            most = most.into_iter().chain(guard.body_bytes_max).min();
        });
        most
    }
}

impl Guard {
    fn judge(&self, asked: &Asked, clamps: &mut Clamps) -> Result<(), Refused> {
        if let Some(max) = self.body_bytes_max.filter(|max| asked.body_bytes > *max) {
            return Err(self.too_much("body_bytes_max", asked.body_bytes, max));
        }
        if let Some(content) = self.deny.first_in(asked.contents) {
            let guard = Arc::clone(&self.id);
            return Err(Refused::Denied { guard, content });
        }
        hold(self.max_tokens, asked.max_tokens, &mut clamps.max_tokens)
            .map_err(|(asked, max)| self.too_much("max_tokens", asked, max))?;
        if let (Some(bound), None) = (self.max_tokens, asked.max_tokens) {
            lower(&mut clamps.max_tokens, bound.max);
        }
        hold(self.answers, asked.answers, &mut clamps.answers)
            .map_err(|(asked, max)| self.too_much("n", asked, max))?;
        let tokens = &mut clamps.reasoning_tokens;
        hold(self.reasoning_tokens, asked.reasoning_tokens, tokens)
            .map_err(|(asked, max)| self.too_much("reasoning_tokens", asked, max))?;
        hold(self.effort, asked.effort, &mut clamps.effort).map_err(|(asked, max)| {
            let guard = Arc::clone(&self.id);
            Refused::TooHard { guard, asked, max }
        })
    }

    fn too_much(&self, field: &'static str, asked: u64, max: u64) -> Refused {
        Refused::TooMuch {
            guard: Arc::clone(&self.id),
            field,
            asked,
            max,
        }
    }
}

/// Holds what is asked for to a bound; both figures where that refuses it.
fn hold<T: Copy + Ord>(
    bound: Option<Bound<T>>,
    asked: Option<T>,
    clamp: &mut Option<T>,
) -> Result<(), (T, T)> {
    let (Some(bound), Some(asked)) = (bound, asked) else {
        return Ok(());
    };
    if asked > bound.max {
        if bound.action == Action::Refuse {
            return Err((asked, bound.max));
        }
        lower(clamp, bound.max);
    }
    Ok(())
}

fn lower<T: Copy + Ord>(clamp: &mut Option<T>, max: T) {
    *clamp = Some(clamp.map_or(max, |known| known.min(max)));
}

impl Contents {
    /// Everything, by its name in configurations.
    pub const NAMES: [&'static str; 5] = ["tools", "server_tools", "images", "audio", "files"];

    /// The place of the thing of that name.
    pub fn named(&mut self, name: &str) -> Option<&mut bool> {
        Some(match name {
            "tools" => &mut self.tools,
            "server_tools" => &mut self.server_tools,
            "images" => &mut self.images,
            "audio" => &mut self.audio,
            "files" => &mut self.files,
            _ => return None,
        })
    }

    /// The names of what is there.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let there = [
            self.tools,
            self.server_tools,
            self.images,
            self.audio,
            self.files,
        ];
        let named = Self::NAMES.into_iter().zip(there);
        named.filter_map(|(name, is_there)| is_there.then_some(name))
    }

    fn first_in(self, other: Self) -> Option<&'static str> {
        self.names()
            .find(|name| other.names().any(|known| known == *name))
    }
}

#[cfg(test)]
mod tests;
