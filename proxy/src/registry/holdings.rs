//! What the registry holds: the fold of its lines.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quotah_policy::{KeyId, KeyRecord, Pattern};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::record::Line;
use super::{Elsewhere, Follower};

/// A key in the registry.
#[derive(Debug)]
pub struct HeldKey {
    /// What is known of it.
    pub record: KeyRecord,
    /// Number of the record that changed it last: its `ETag`.
    pub revision: u64,
    /// Milliseconds since 1970; 0 for never. It goes on when the key changes.
    pub last_used_unix_ms: Arc<AtomicU64>,
}

/// A budget, a limit or a guard in the registry.
#[derive(Debug)]
pub struct Rule {
    /// Its name.
    pub id: Box<str>,
    /// Its form as JSON, as it was written.
    pub form: Box<RawValue>,
    /// Number of the record that changed it last: its `ETag`.
    pub revision: u64,
    /// When that was.
    pub changed_at_unix_ms: u64,
}

/// Things other than keys that are made while the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleKind {
    /// `[[budgets]]`.
    Budget,
    /// `[[limits]]`.
    Limit,
    /// `[[guards]]`.
    Guard,
}

/// Keys and rules as they are after the last line.
#[derive(Debug, Default)]
pub(super) struct Holdings {
    pub(super) keys: BTreeMap<KeyId, Arc<HeldKey>>,
    /// Ids that had a key: they are not given again, since the books know them.
    pub(super) gone: HashSet<KeyId>,
    pub(super) rules: BTreeMap<(RuleKind, Box<str>), Arc<Rule>>,
    /// From the file, for keys that have not been read yet.
    last_used: HashMap<KeyId, u64>,
}

/// What a line changed.
#[derive(Debug)]
pub(super) enum Change<'a> {
    Key(KeyId),
    Rule(RuleKind, &'a str),
    Nothing,
}

/// Why a whole line cannot be applied.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    #[error("{0:?} is no key's id")]
    Id(String),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("it is about another key")]
    Other,
}

impl Holdings {
    pub(super) fn new(last_used: HashMap<KeyId, u64>) -> Self {
        Self {
            last_used,
            ..Self::default()
        }
    }

    /// Applies a line. Those about things that this version does not know change nothing.
    pub(super) fn apply<'a>(&mut self, line: &'a Line<'_>) -> Result<Change<'a>, Unread> {
        let Some((noun, id)) = line.target.split_once(':') else {
            return Ok(Change::Nothing);
        };
        // `budget.create` is about the budget itself, `budget.adjust` is only told.
        let verb = line.action.split_once('.').map_or("", |(_, verb)| verb);
        if verb == "delete" || STATES.contains(&verb) {
            if noun == "key" {
                return self.apply_key(id, line).map(Change::Key);
            }
            if let Some(kind) = RuleKind::parse(noun) {
                self.apply_rule((kind, id.into()), line);
                return Ok(Change::Rule(kind, id));
            }
        }
        Ok(Change::Nothing)
    }

    fn apply_key(&mut self, id: &str, line: &Line<'_>) -> Result<KeyId, Unread> {
        let id = KeyId::parse(id).ok_or_else(|| Unread::Id(id.to_owned()))?;
        let Some(after) = line.after else {
            self.keys.remove(&id);
            self.gone.insert(id);
            return Ok(id);
        };
        let record: KeyRecord = serde_json::from_str(after.get())?;
        if record.id != id {
            return Err(Unread::Other);
        }
        let last_used = match self.keys.get(&id) {
            Some(known) => Arc::clone(&known.last_used_unix_ms),
            None => Arc::new(self.last_used.remove(&id).unwrap_or(0).into()),
        };
        let held = HeldKey {
            record,
            revision: line.seq,
            last_used_unix_ms: last_used,
        };
        self.keys.insert(id, Arc::new(held));
        Ok(id)
    }

    fn apply_rule(&mut self, name: (RuleKind, Box<str>), line: &Line<'_>) {
        let Some(after) = line.after else {
            self.rules.remove(&name);
            return;
        };
        let rule = Rule {
            id: name.1.clone(),
            form: after.to_owned(),
            revision: line.seq,
            changed_at_unix_ms: line.at_unix_ms,
        };
        self.rules.insert(name, Arc::new(rule));
    }

    /// When keys were used last, of those that were.
    pub(super) fn last_used(&self) -> Vec<(KeyId, u64)> {
        let used = self.keys.iter();
        used.map(|(id, held)| (*id, held.last_used_unix_ms.load(Ordering::Relaxed)))
            .filter(|(_, at)| *at > 0)
            .collect()
    }
}

impl Change<'_> {
    /// Tells a follower.
    pub(super) fn tell(&self, holdings: &Holdings, follower: &dyn Follower, is_live: bool) {
        match self {
            Self::Key(id) => follower.key(*id, holdings.keys.get(id), is_live),
            Self::Rule(kind, id) => {
                let rule = holdings.rules.get(&(*kind, (*id).into()));
                follower.rule(*kind, id, rule, is_live);
            }
            Self::Nothing => {}
        }
    }

    /// The change as another process's.
    pub(super) fn elsewhere<'a>(
        &'a self,
        holdings: &Holdings,
        line: &'a Line<'_>,
    ) -> Option<Elsewhere<'a>> {
        let (kind, id, key) = match self {
            Self::Key(id) => (None, id.as_str(), holdings.keys.get(id).cloned()),
            Self::Rule(kind, id) => (Some(*kind), *id, None),
            Self::Nothing => return None,
        };
        let side = line.after.or(line.before);
        let whose = side.and_then(|side| serde_json::from_str(side.get()).ok());
        let Whose { team, selects } = whose.unwrap_or_default();
        let named = selects.and_then(|selects| selects.team);
        let named = named.filter(|team| Pattern::new(team).is_exact());
        Some(Elsewhere {
            action: &line.action,
            id,
            kind,
            key,
            team: if kind.is_some() { named } else { team },
        })
    }
}

/// The team in a key's or a rule's words.
#[derive(Debug, Default, Deserialize)]
struct Whose {
    team: Option<String>,
    #[serde(rename = "match")]
    selects: Option<Selects>,
}

#[derive(Debug, Deserialize)]
struct Selects {
    team: Option<String>,
}

impl RuleKind {
    /// Its noun in actions and targets.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Limit => "limit",
            Self::Guard => "guard",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let all = [Self::Budget, Self::Limit, Self::Guard];
        all.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for RuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Verbs whose `after` is the thing itself.
const STATES: [&str; 4] = ["create", "patch", "rotate", "revoke"];
