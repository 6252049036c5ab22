//! Small files that hold credentials: read whole, within a bound.

use std::io::Read as _;
use std::path::Path;

use super::TokenError;

/// A file's text, read off the runtime's threads.
///
/// # Errors
/// [`TokenError::File`] when it cannot be read, is too large or no text.
pub(super) async fn text(path: &Path) -> Result<String, TokenError> {
    let owned = path.to_owned();
    let read = tokio::task::spawn_blocking(move || text_now(&owned)).await;
    read.unwrap_or_else(|_| Err(unreadable(path, "the reader was stopped")))
}

/// A file's text, read right here.
///
/// # Errors
/// As [`text`].
pub(super) fn text_now(path: &Path) -> Result<String, TokenError> {
    let mut text = String::new();
    let read = std::fs::File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text));
    let read = read.map_err(|error| unreadable(path, &error.to_string()))?;
    if u64::try_from(read).unwrap_or(u64::MAX) > FILE_BYTES_MAX {
        return Err(unreadable(path, "it is larger than 1 MiB"));
    }
    Ok(text)
}

fn unreadable(path: &Path, reason: &str) -> TokenError {
    TokenError::File {
        path: path.display().to_string(),
        reason: reason.to_owned(),
    }
}

/// A shared credentials file with hundreds of profiles has some 100 KiB; keys and tokens have less than 16 KiB.
const FILE_BYTES_MAX: u64 = 1 << 20;
