//! What can be wrong with a configuration, and how it is shown: with the file, the place and the line.

use std::fmt;
use std::path::PathBuf;

use quotah_policy::budget::FormError;
use quotah_policy::{ConditionError, NoDimension};

/// A fault, without its place. Texts never hold a secret's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A file that must be there cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// Which.
        path: String,
        /// The system's reason.
        reason: String,
    },
    /// Not TOML.
    #[error("not valid TOML: {0}")]
    Syntax(String),
    /// A key that Quotah does not know.
    #[error("unknown key `{key}` in {table}{}", Meant(.meant.as_deref()))]
    UnknownKey {
        /// As written.
        key: String,
        /// The table it stands in.
        table: String,
        /// The nearest known one.
        meant: Option<String>,
    },
    /// A setting of the documented interface that this version does not act on: to accept it would be a lie.
    #[error("{0} is not in this version of Quotah")]
    NotYet(String),
    /// A value of another type or out of range.
    #[error("`{key}` must be {expected}")]
    Invalid {
        /// The key.
        key: String,
        /// What would be right.
        expected: String,
    },
    /// A key that must be there.
    #[error("{table} needs `{key}`{why}")]
    Missing {
        /// The key.
        key: &'static str,
        /// The table it belongs in.
        table: String,
        /// What to do, or nothing; begins with `: `.
        why: &'static str,
    },
    /// A provider's description that cannot be read by.
    #[error("[providers.adapter]: {error}{}", Meant(.meant.as_deref()))]
    Adapter {
        /// What is wrong with it.
        error: quotah_adapters::CustomError,
        /// The nearest known field.
        meant: Option<String>,
    },
    /// Two things of one name.
    #[error("{what} `{name}` is defined twice")]
    Twice {
        /// What kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A row that no request comes to.
    #[error(
        "model `{name}` is defined twice: a row above has no `when`, so no request comes to this one"
    )]
    Unreached {
        /// The name that both have.
        name: String,
    },
    /// A condition that cannot be read.
    #[error("`when`: {fault}{}", Meant(.meant.as_deref()))]
    Condition {
        /// What is wrong with it.
        fault: ConditionError,
        /// The nearest variable.
        meant: Option<String>,
    },
    /// More than a route can choose among.
    #[error(
        "`deployments` must be at most {most}, each with every credential of its provider: {found} are written"
    )]
    TooManyDeployments {
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// Two static keys of the same value.
    #[error("two keys have the same `key`")]
    SameKey,
    /// A reference to a provider that is not there.
    #[error("no provider is named `{name}`{}", Meant(.meant.as_deref()))]
    UnknownProvider {
        /// As written.
        name: String,
        /// The nearest one.
        meant: Option<String>,
    },
    /// What requests do not differ in.
    #[error("{fault}{}", Meant(.meant.as_deref()))]
    UnknownDimension {
        /// As written.
        fault: NoDimension,
        /// The nearest one.
        meant: Option<String>,
    },
    /// A rule for requests that there are not.
    #[error(
        "no request carries the tag `{tag}`{}: name it in server.tags", Meant(.meant.as_deref())
    )]
    UnknownTag {
        /// As written.
        tag: String,
        /// The nearest one.
        meant: Option<String>,
    },
    /// A word of a budget that means nothing.
    #[error(transparent)]
    Budget(#[from] FormError),
    /// A budget that would begin anew at a restart.
    #[error(
        "a budget by the {window} counts what the ledger keeps, which is {kept} days: {}", Needed(*.needed)
    )]
    Forgotten {
        /// Its window.
        window: &'static str,
        /// Days that it needs; `None` is for ever.
        needed: Option<u64>,
        /// Days that are kept.
        kept: u64,
    },
    /// `${…}` that cannot be filled in.
    #[error(transparent)]
    Interpolation(#[from] super::interpolate::InterpolateError),
    /// An address that anyone may reach, without keys.
    #[error(
        "{address} can be reached from other machines and no key is required: set server.require_key = true, \
         or server.allow_unauthenticated = true if that is meant"
    )]
    OpenToAll {
        /// The address.
        address: String,
    },
    /// Nowhere to send requests.
    #[error(
        "no provider: set OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY, or write a [[providers]] table"
    )]
    NoProvider,
    /// A flag or an environment variable has a bad value.
    #[error("{name}: must be {expected}")]
    BadOverride {
        /// `--listen` or `QUOTAH_LISTEN`.
        name: &'static str,
        /// What would be right.
        expected: String,
    },
}

/// A fault in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// What is wrong.
    pub problem: Problem,
    /// Where; `None` for flags, the environment and files that are not there.
    pub at: Option<Location>,
}

/// A place in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub path: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The line as written, with secrets masked.
    pub text: String,
    /// Characters to underline, at least 1.
    pub width: usize,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.problem)?;
        self.at.as_ref().map_or(Ok(()), |at| write!(f, "\n{at}"))
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            line,
            column,
            text,
            width,
        } = self;
        let margin = " ".repeat(line.to_string().len());
        writeln!(f, "{margin}--> {}:{line}:{column}", path.display())?;
        writeln!(f, "{margin} |")?;
        writeln!(f, "{line} | {text}")?;
        // Masking may have shortened the line.
        let indent = (column - 1).min(text.chars().count());
        let room = text.chars().count().saturating_sub(indent).max(1);
        write!(
            f,
            "{margin} | {}{}",
            " ".repeat(indent),
            "^".repeat((*width).clamp(1, room))
        )
    }
}

impl Location {
    /// The place of a byte range in `source`.
    pub(super) fn new(path: PathBuf, source: &str, span: std::ops::Range<usize>) -> Self {
        let start = floor(source, span.start);
        let line_start = source[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = source[start..]
            .find('\n')
            .map_or(source.len(), |at| start + at);
        let end = floor(source, span.end.min(line_end)).max(start);
        let text = source[line_start..line_end].trim_end_matches('\r');
        Self {
            path,
            line: source[..line_start].matches('\n').count() + 1,
            column: source[line_start..start].chars().count() + 1,
            text: mask(text).replace('\t', " "),
            width: source[start..end].chars().count().max(1),
        }
    }
}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|i| text.is_char_boundary(*i))
        .unwrap_or(0)
}

/// Hides what may be a secret: everything after the `=` of a key that holds one, and anything that looks
/// like a provider's key. References (`${VAR}`) are no secrets and stay when they are the whole value.
fn mask(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let named = SECRET_KEYS.iter().filter_map(|word| {
        let after = lower.find(word)? + word.len();
        let gap = lower[after..].find('=')?;
        // Only a key's name stands directly before its `=`.
        lower[after..after + gap]
            .chars()
            .all(|c| matches!(c, ' ' | '\t' | '"' | '\''))
            .then_some(after + gap + 1)
    });
    let shaped = SECRET_SHAPES.iter().filter_map(|shape| line.find(shape));
    let Some(from) = named.chain(shaped).min() else {
        return line.to_owned();
    };
    if is_reference(line[from..].trim()) {
        return line.to_owned();
    }
    format!("{} ***", line[..from].trim_end())
}

/// Whether a TOML value is exactly `"${NAME}"` or `"${file:PATH}"`.
fn is_reference(value: &str) -> bool {
    value
        .strip_prefix("\"${")
        .and_then(|rest| rest.strip_suffix("}\""))
        .is_some_and(|name| !name.contains([':', '$', '"', '}']) || name.starts_with("file:/"))
}

/// Keys whose values are secrets.
const SECRET_KEYS: [&str; 10] = [
    "api_key",
    "token",
    "key",
    "secret",
    "password",
    "headers",
    "authorization",
    "credential",
    "credentials",
    "credentials_json",
];

/// How keys of providers and of ours begin.
const SECRET_SHAPES: [&str; 5] = ["sk-", "AIza", "Bearer ", "gsk_", "xai-"];

/// The end of a sentence that may name what was meant.
struct Meant<'a>(Option<&'a str>);

impl fmt::Display for Meant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .map_or(Ok(()), |meant| write!(f, ", did you mean `{meant}`?"))
    }
}

/// What `ledger.retain_days` must be.
struct Needed(Option<u64>);

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(days) => write!(f, "ledger.retain_days must be at least {days}"),
            None => f.write_str("ledger.retain_days must be left out"),
        }
    }
}

/// The known word nearest to what was written, when it is near enough to be a slip.
pub(super) fn nearest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    known
        .into_iter()
        .map(|word| (strsim::jaro_winkler(written, word), word))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_a_secret_is_shown_without_it() {
        for (line, shown) in [
            (r#"api_key = "sk-live-1""#, "api_key = ***"),
            (
                r#"api_key = "${OPENAI_API_KEY}""#,
                r#"api_key = "${OPENAI_API_KEY}""#,
            ),
            (r#"api_key = "${OPENAI_API_KEY:-sk-1}""#, "api_key = ***"),
            (
                r#"{ name = "x", token = "hunter2""#,
                r#"{ name = "x", token = ***"#,
            ),
            (
                r#"listen = "127.0.0.1:8080""#,
                r#"listen = "127.0.0.1:8080""#,
            ),
            ("require_key = yes", "require_key = ***"),
            (r#"name = "sk-oops""#, "name = \" ***"),
        ] {
            assert_eq!(mask(line), shown);
        }
    }

    #[test]
    fn a_place_is_told_in_lines_and_characters_not_bytes() {
        let source = "a = 1\nß = ü\n";
        let at = Location::new("f.toml".into(), source, 11..13);
        assert_eq!(
            (at.line, at.column, at.width, &*at.text),
            (2, 5, 1, "ß = ü")
        );
        let end = Location::new("f.toml".into(), source, 500..600);
        assert_eq!((end.line, end.column), (3, 1));
    }
}
