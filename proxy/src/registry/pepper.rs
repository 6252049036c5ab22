//! The secret that keys are hashed with: who steals the registry alone cannot even try guesses on it.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use quotah_policy::KeyDigest;
use ring::hmac::{HMAC_SHA256, Key, sign};
use ring::rand::{SecureRandom, SystemRandom};

use crate::clock;
use crate::config::resolved::Secret;

/// The file's name.
pub(super) const FILE: &str = "pepper";

const BYTES: usize = 32;

/// The key of the keyed hash.
#[derive(Clone)]
pub struct Pepper(Key);

impl Pepper {
    /// The pepper of a configured text.
    #[must_use]
    pub fn of(secret: &Secret) -> Self {
        Self(Key::new(HMAC_SHA256, secret.expose().as_bytes()))
    }

    /// The pepper that is kept in `dir`, made now when there is none.
    pub(super) fn ensure(dir: &Path) -> io::Result<Self> {
        let path = dir.join(FILE);
        let bytes = match read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(dir, &path)?,
            known => known?,
        };
        Ok(Self(Key::new(HMAC_SHA256, &bytes)))
    }

    /// What is kept of a whole key.
    #[must_use]
    pub fn digest(&self, key: impl AsRef<[u8]>) -> KeyDigest {
        let mut digest = [0; BYTES];
        digest.copy_from_slice(sign(&self.0, key.as_ref()).as_ref());
        KeyDigest(digest)
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

fn read(path: &Path) -> io::Result<[u8; BYTES]> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.permissions().mode() & 0o077 != 0 {
        let reason = "others can read it: chmod 600";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    }
    if metadata.len() != BYTES as u64 {
        let reason = "it must be 32 bytes: with another one, no key works that was made before";
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    let mut bytes = [0; BYTES];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn make(dir: &Path, path: &Path) -> io::Result<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    let random = SystemRandom::new().fill(&mut bytes);
    random.map_err(|_| io::Error::other("the system gives no random numbers"))?;
    // Written aside and linked into place: a second process finds a whole pepper or none.
    let aside = dir.join(format!(".pepper-{}", clock::request_id()));
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&aside, path);
    std::fs::remove_file(&aside)?;
    match linked {
        Ok(()) => Ok(bytes),
        // Another process was faster: its pepper counts.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(error),
    }
}
