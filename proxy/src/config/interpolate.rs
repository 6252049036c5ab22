//! `${VAR}`, `${VAR:-default}` and `${file:/path}` inside string values.
//!
//! Filled in after TOML was parsed, so that a value can never become syntax. `$${` stands for a
//! literal `${`.

use std::fs;
use std::io::Read;

use super::Environment;

/// Why a reference could not be filled in. Values are never part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InterpolateError {
    /// `${` without `}`.
    #[error("`${{` without a closing `}}` (write `$${{` for the characters themselves)")]
    Open,
    /// Not a variable's name.
    #[error(
        "`${{{0}}}` is not a reference: expected `${{VAR}}`, `${{VAR:-default}}` or `${{file:/path}}`"
    )]
    NotAReference(String),
    /// Not set and no default given.
    #[error("environment variable {0} is not set")]
    Unset(String),
    /// Not readable.
    #[error("cannot read {path}: {reason}")]
    File {
        /// The file that was named.
        path: String,
        /// The system's reason.
        reason: String,
    },
}

/// Largest file that `${file:…}` takes: secrets are short, and a device never ends.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Fills in every reference of `text`.
///
/// # Errors
/// The first reference that cannot be filled in.
pub(super) fn interpolate(text: &str, env: &Environment) -> Result<String, InterpolateError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            out.push_str(before);
            out.push_str("${");
            rest = &from[2..];
            continue;
        }
        out.push_str(before);
        let (reference, after) = from[2..].split_once('}').ok_or(InterpolateError::Open)?;
        out.push_str(&value(reference, env)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn value(reference: &str, env: &Environment) -> Result<String, InterpolateError> {
    if let Some(path) = reference.strip_prefix("file:") {
        return file(path);
    }
    let (name, default) = match reference.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (reference, None),
    };
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts_well || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        // What stands there may be a secret with a `$` in front: only a short, plain beginning is shown.
        let shown = name
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .take(8)
            .collect();
        return Err(InterpolateError::NotAReference(shown));
    }
    // As in a shell, `:-` takes the default for an empty variable too.
    match (env.get(name), default) {
        (Some(value), None) => Ok(value.to_owned()),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value.to_owned()),
        (_, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(InterpolateError::Unset(name.to_owned())),
    }
}

/// A file's text without its last line break.
fn file(path: &str) -> Result<String, InterpolateError> {
    let fail = |reason: String| InterpolateError::File {
        path: path.to_owned(),
        reason,
    };
    let mut text = String::new();
    let read = fs::File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text))
        .map_err(|e| fail(e.to_string()))?;
    if u64::try_from(read).unwrap_or(u64::MAX) > FILE_BYTES_MAX {
        return Err(fail(format!("larger than {FILE_BYTES_MAX} bytes")));
    }
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn env() -> Environment {
        Environment::from_pairs([("KEY", "sk-1"), ("EMPTY", ""), ("NESTED", "${KEY}")])
    }

    #[test]
    fn references_are_filled_in_once() {
        for (text, expected) in [
            ("${KEY}", "sk-1"),
            ("a ${KEY} b ${KEY}", "a sk-1 b sk-1"),
            ("${NONE:-x}", "x"),
            ("${NONE:-}", ""),
            ("${EMPTY:-x}", "x"),
            ("${EMPTY}", ""),
            ("${NESTED}", "${KEY}"),
            ("$${KEY}", "${KEY}"),
            ("$KEY and $", "$KEY and $"),
        ] {
            assert_eq!(interpolate(text, &env()).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_filled_in_is_said() {
        for (text, said) in [
            ("${NONE}", "environment variable NONE is not set"),
            (
                "${KEY",
                "`${` without a closing `}` (write `$${` for the characters themselves)",
            ),
            (
                "${a-b}",
                "`${a}` is not a reference: expected `${VAR}`, `${VAR:-default}` or `${file:/path}`",
            ),
            (
                "${file:/no/such}",
                "cannot read /no/such: No such file or directory (os error 2)",
            ),
            (
                "${file:/dev/zero}",
                "cannot read /dev/zero: larger than 65536 bytes",
            ),
        ] {
            let error = interpolate(text, &env()).expect_err(text);
            assert_eq!(error.to_string(), said);
        }
    }

    #[test]
    fn a_file_is_taken_without_its_last_line_break() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("key");
        fs::write(&path, "sk-2\r\n").expect("written");
        let text = format!("${{file:{}}}", path.display());
        assert_eq!(interpolate(&text, &env()).as_deref(), Ok("sk-2"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            interpolate(&text, &Environment::default()).ok();
        }

        #[test]
        fn text_without_a_reference_stays(text in "[^$]*") {
            prop_assert_eq!(interpolate(&text, &Environment::default()), Ok(text));
        }
    }
}
