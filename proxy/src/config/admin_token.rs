//! The admin token of an installation that configured none.
//!
//! Made once, kept in `admin-token` in the data directory with mode 0600, so that restarts, a successor
//! in a hand-over and the command line share it.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::resolved::{AdminToken, Role, Secret};

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
#[error("cannot keep an admin token in {path}: {reason}")]
pub struct TokenError {
    path: PathBuf,
    reason: io::Error,
}

/// Where the token is kept.
#[must_use]
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("admin-token")
}

/// The token kept in `data_dir`, made now when there is none; the directory is made too.
///
/// # Errors
/// [`TokenError`] when it can neither be read nor written, or the file holds no token.
pub fn ensure(data_dir: &Path) -> Result<AdminToken, TokenError> {
    let path = path(data_dir);
    let secret = read_or_make(data_dir, &path).map_err(|reason| TokenError { path, reason })?;
    Ok(AdminToken {
        name: "generated".to_owned(),
        token: Secret::new(secret),
        role: Role::Admin,
        team: None,
    })
}

/// [`ensure`], when one is needed.
///
/// # Errors
/// As [`ensure`].
pub fn ensure_if(needed: bool, data_dir: &Path) -> Result<Option<AdminToken>, TokenError> {
    needed.then(|| ensure(data_dir)).transpose()
}

/// The token kept in `data_dir`, if there is one: what commands use to talk to a running server.
#[must_use]
pub fn find(data_dir: &Path) -> Option<Secret> {
    read(&path(data_dir)).ok().map(Secret::new)
}

fn read_or_make(data_dir: &Path, path: &Path) -> io::Result<String> {
    match read(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        known => return known,
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)?;
    let token = make()?;
    // Written aside and linked into place: a second process finds a whole token or none.
    let aside = data_dir.join(format!(".admin-token-{}", std::process::id()));
    let written = write_new(&aside, &token).and_then(|()| fs::hard_link(&aside, path));
    let removed = fs::remove_file(&aside);
    match written {
        Ok(()) => removed.map(|()| token),
        // Another process was faster: its token counts.
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => read(path),
        Err(e) => Err(e),
    }
}

fn read(path: &Path) -> io::Result<String> {
    let file = fs::File::open(path)?;
    let mode = file.metadata()?.permissions().mode();
    if mode & 0o077 != 0 {
        let reason = "others can read it: chmod 600, or remove it to get a new one";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    }
    let mut text = String::new();
    file.take(TOKEN_FILE_BYTES_MAX).read_to_string(&mut text)?;
    let token = text.trim();
    if token.len() < 16 || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it holds no token",
        ));
    }
    Ok(token.to_owned())
}

fn write_new(path: &Path, token: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{token}")?;
    file.sync_all()
}

/// 256 bits from the system's generator.
fn make() -> io::Result<String> {
    let mut bytes = [0_u8; 32];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().fold(String::from("qh-admin-"), |text, byte| {
        format!("{text}{byte:02x}")
    }))
}

const TOKEN_FILE_BYTES_MAX: u64 = 4_096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_made_once_and_only_its_owner_reads_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let data = dir.path().join("data");
        assert!(find(&data).is_none());
        let made = ensure(&data).expect("made");
        assert_eq!(made.token.expose().len(), "qh-admin-".len() + 64);
        assert_eq!(ensure(&data).expect("kept").token, made.token);
        assert_eq!(find(&data), Some(made.token));
        let mode = fs::metadata(path(&data))
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(&data).expect("there").count(),
            1,
            "nothing left beside it"
        );
    }

    #[test]
    fn a_token_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        ensure(dir.path()).expect("made");
        fs::set_permissions(path(dir.path()), fs::Permissions::from_mode(0o644)).expect("set");
        let said = ensure(dir.path()).expect_err("refused").to_string();
        assert!(
            said.ends_with("others can read it: chmod 600, or remove it to get a new one"),
            "{said}"
        );
    }
}
