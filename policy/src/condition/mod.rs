//! Conditions on requests, written in CEL (<https://cel.dev>): `team == "research" && tags.tier == "gold"`.
//!
//! A condition is read once, when the configuration is: what it names must be there, and what it may cost is bounded
//! before it ever runs. At a request it is only worked out, over what [`About`] says.
//!
//! ```
//! use quotah_policy::{About, Condition};
//!
//! let condition = Condition::compile(r#"team == "research" && input_tokens < 8000"#)?;
//! let about = About { team: "research", input_tokens: 700, ..About::default() };
//! assert_eq!(condition.holds(&about), Ok(true));
//! assert!(Condition::compile("teem == 'research'").is_err());
//! # Ok::<(), quotah_policy::ConditionError>(())
//! ```

mod about;
mod check;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, LazyLock};

use cel::common::ast::IdedExpr;
use cel::parser::PrattParser;
use cel::{Context, Env, ExecutionError, Value};

use about::Resolver;
pub use about::{About, VARIABLES};

/// A condition that can be worked out. Two are equal when their texts are; a clone is a handle on the same.
#[derive(Clone)]
pub struct Condition {
    text: Arc<str>,
    expression: Arc<IdedExpr>,
}

/// Why a text is no condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// It is longer than [`CONDITION_BYTES_MAX`].
    #[error("a condition of {bytes} bytes, at most {CONDITION_BYTES_MAX} are read")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// It is not CEL.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// Counted from 1; 0 when the parser does not know.
        line: usize,
        /// Counted from 1; 0 when the parser does not know.
        column: usize,
        /// The parser's words.
        message: String,
    },
    /// It names a variable that requests do not have.
    #[error("unknown variable {0:?}, known are {known}", known = VARIABLES.join(", "))]
    UnknownVariable(String),
    /// It calls what is no function here.
    #[error("unknown function {0:?}, known are {known}", known = check::FUNCTIONS.join(", "))]
    UnknownFunction(String),
    /// It makes a message or another thing that conditions have no use for.
    #[error("{0:?} cannot be made in a condition")]
    UnknownType(String),
    /// A comprehension (`exists`, `all`, `map`, …) stands in another, or is called on another's result.
    #[error("one of all, exists, exists_one, filter, map within another")]
    Nested,
    /// It is nested deeper than anything that a person reads.
    #[error("nested more than {DEPTH_MAX} deep")]
    TooDeep,
    /// It could take longer than a request may wait for it.
    #[error("more than {STEPS_MAX} steps")]
    TooManySteps,
    /// What it says is neither true nor false.
    #[error("says {0} where true or false is needed")]
    NotBoolean(&'static str),
}

/// Why a condition had no answer for a request. The caller counts it, and takes the condition not to hold.
///
/// It carries nothing of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConditionFault {
    /// It asks for a tag that the request does not have; `"tier" in tags` or `has(tags.tier)` ask first.
    #[error("no such entry")]
    MissingEntry,
    /// Two things cannot be compared or combined, such as a number and an `output_cap` that is null.
    #[error("types that do not fit")]
    WrongTypes,
    /// A number became too large, or was divided by zero.
    #[error("arithmetic")]
    Arithmetic,
    /// What it says is neither true nor false.
    #[error("neither true nor false")]
    NotBoolean,
    /// Anything else that CEL does not do.
    #[error("not worked out")]
    Other,
}

/// Longest condition that is read: a list of a hundred names fits.
pub const CONDITION_BYTES_MAX: usize = 4 * 1024;

/// How deep a condition may be nested; people write five, and a hundred terms joined by `||` are seven. Working a level out
/// took up to 40 KiB of stack in a build without optimization (measured 2026-11), and a runtime's thread has 2 MiB.
const DEPTH_MAX: usize = 16;

/// How deep the parser goes: above what passes, so that [`DEPTH_MAX`] says what is wrong. It uses 5 KiB a level at most.
const PARSE_DEPTH_MAX: u16 = 40;

/// How many nodes of a condition are visited at most, comprehensions taken as often as they can go round. At some
/// hundred nanoseconds each that is a millisecond.
const STEPS_MAX: usize = 10_000;

/// CEL's own types and functions, without the optional ones.
static STANDARD: LazyLock<Arc<Env>> =
    LazyLock::new(|| Arc::new(Env::default().with_optional_support(false).with_stdlib()));

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// [`ConditionError`] for what is not CEL, names what is not known, could take too long, or is not a question.
    pub fn compile(text: &str) -> Result<Self, ConditionError> {
        if text.len() > CONDITION_BYTES_MAX {
            return Err(ConditionError::TooLong { bytes: text.len() });
        }
        let expression = parse(text)?;
        check::check(&expression)?;
        let condition = Self {
            text: text.into(),
            expression: Arc::new(expression),
        };
        // Types seldom depend on the request: what is not a question about nothing in particular never is one.
        match condition.value(&About::default()) {
            Ok(Value::Bool(_)) | Err(_) => Ok(condition),
            Ok(other) => Err(ConditionError::NotBoolean(kind(&other))),
        }
    }

    /// Whether it holds for a request.
    ///
    /// Takes no longer than its text allows: requests bring no lists, and as many tags as the configuration names.
    ///
    /// # Errors
    /// [`ConditionFault`] when there is no answer.
    pub fn holds(&self, about: &About<'_>) -> Result<bool, ConditionFault> {
        match self.value(about) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(_) => Err(ConditionFault::NotBoolean),
            Err(error) => Err(fault(&error)),
        }
    }

    /// Its text, as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    fn value(&self, about: &About<'_>) -> Result<Value, ExecutionError> {
        let resolver = Resolver(about);
        let mut context = Context::with_env(Arc::clone(&STANDARD));
        context.set_variable_resolver(&resolver);
        Value::resolve(&self.expression, &context)
    }
}

/// The crate's second parser, written by hand: its default one, made by ANTLR, takes 40 to 170 KiB of stack for each bracket
/// and each operator of a chain (measured 2026-11), so that 4 KiB of text end the process.
fn parse(text: &str) -> Result<IdedExpr, ConditionError> {
    let parser = PrattParser::new().max_recursion_depth(PARSE_DEPTH_MAX);
    parser.parse(text).map_err(|errors| {
        let first = errors.errors.into_iter().next();
        let (pos, message) = first.map_or(((0, 0), String::new()), |one| (one.pos, one.msg));
        let place = |number: isize| usize::try_from(number).unwrap_or(0);
        ConditionError::Syntax {
            line: place(pos.0),
            column: place(pos.1),
            message,
        }
    })
}

fn fault(error: &ExecutionError) -> ConditionFault {
    match error {
        ExecutionError::NoSuchKey(_) | ExecutionError::IndexOutOfBounds(_) => {
            ConditionFault::MissingEntry
        }
        ExecutionError::NoSuchOverload(_)
        | ExecutionError::UnexpectedType { .. }
        | ExecutionError::ValuesNotComparable(..)
        | ExecutionError::UnsupportedBinaryOperator(..)
        | ExecutionError::UnsupportedKeyType(_)
        | ExecutionError::UnsupportedTargetType { .. }
        | ExecutionError::UnsupportedIndex(..) => ConditionFault::WrongTypes,
        ExecutionError::DivisionByZero(_)
        | ExecutionError::RemainderByZero(_)
        | ExecutionError::Overflow(..) => ConditionFault::Arithmetic,
        _ => ConditionFault::Other,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => "a number",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        Value::Null => "null",
        _ => "something",
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Condition").field(&self.text).finish()
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Condition {}
