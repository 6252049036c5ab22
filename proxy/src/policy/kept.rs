//! What was learned of requests, kept over restarts: a small file beside the registry, a line of JSON for each key and
//! model.
//!
//! It is written now and then, and may be a minute old after a crash. Without it, calls are expected to use what the
//! configuration says until enough of them were seen.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::atomic::Ordering;

use quotah_policy::{LEARNED_MAX, Learned};

use super::Policy;
use crate::clock;

impl Policy {
    /// Takes back what was kept in `dir`. A file that is broken anywhere is not believed, and told of.
    pub(crate) fn recall_experience(&self, dir: &Path) {
        match read(&dir.join(FILE)) {
            Ok(learned) => learned
                .into_iter()
                .for_each(|known| self.experience.recall(known)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(%error, file = FILE, "what was learned is forgotten"),
        }
    }

    /// Keeps what was learned in `dir`, if anything was since the last time.
    pub(crate) fn keep_experience(&self, dir: &Path) {
        if !self.has_learned.swap(false, Ordering::Relaxed) {
            return;
        }
        if let Err(error) = write(dir, &self.experience.learned()) {
            self.has_learned.store(true, Ordering::Relaxed);
            tracing::warn!(%error, file = FILE, "cannot write what was learned");
        }
    }
}

fn read(path: &Path) -> io::Result<Vec<Learned>> {
    let mut lines = BufReader::new(File::open(path)?);
    let mut learned = Vec::new();
    let mut line = Vec::new();
    for at in 0..=LEARNED_MAX {
        line.clear();
        let read = (&mut lines)
            .take(LINE_BYTES_MAX)
            .read_until(b'\n', &mut line)?;
        match (read, at) {
            (0, 1..) => break,
            (_, 0) if line == HEADER.as_bytes() => {}
            (_, 0) => return Err(broken("it is of another version")),
            _ => learned.push(serde_json::from_slice(&line)?),
        }
    }
    Ok(learned)
}

/// Writes the file aside and puts it in place: whoever reads finds a whole one.
fn write(dir: &Path, learned: &[Learned]) -> io::Result<()> {
    let aside = dir.join(format!(".experience-{}", clock::request_id()));
    let written = write_new(&aside, learned).and_then(|()| fs::rename(&aside, dir.join(FILE)));
    if written.is_err() {
        // Nothing to lose but the space.
        fs::remove_file(&aside).ok();
    }
    written
}

fn write_new(path: &Path, learned: &[Learned]) -> io::Result<()> {
    // Names of models and keys are nobody else's business.
    let mut options = OpenOptions::new();
    let file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let mut file = BufWriter::new(file);
    file.write_all(HEADER.as_bytes())?;
    for known in learned.iter().take(LEARNED_MAX) {
        let mut line = serde_json::to_vec(known)?;
        line.push(b'\n');
        // A model's name that long is not worth a line that could not be read.
        if line.len() as u64 <= LINE_BYTES_MAX {
            file.write_all(&line)?;
        }
    }
    file.into_inner()?.sync_all()
}

fn broken(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

const FILE: &str = "experience.jsonl";

/// The first line says what the file is.
const HEADER: &str = "{\"quotah\":\"experience\",\"version\":1}\n";

/// Longest line: five sketches of at most 241 buckets, a dozen bytes each, and two names.
const LINE_BYTES_MAX: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use quotah_policy::{Asked, Observed};

    use super::*;

    fn learned(policy: &Policy) -> usize {
        policy.experience.learned().len()
    }

    fn with_one() -> Policy {
        let policy = Policy::empty();
        policy.experience.observe(&Observed {
            asked: Asked {
                key: "k",
                model: "m",
                has_output: true,
                ..Asked::default()
            },
            output_tokens: 300,
            ..Observed::default()
        });
        policy.has_learned.store(true, Ordering::Relaxed);
        policy
    }

    #[test]
    fn what_was_learned_is_there_after_a_restart_for_its_user_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let policy = with_one();
        policy.keep_experience(dir.path());
        let next = Policy::empty();
        next.recall_experience(dir.path());
        assert_eq!(next.experience.learned(), policy.experience.learned());
        let file = fs::metadata(dir.path().join(FILE)).expect("is there");
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).expect("lists").count(), 1);
    }

    #[test]
    fn nothing_is_written_while_nothing_is_learned() {
        let dir = tempfile::tempdir().expect("a directory");
        let policy = with_one();
        policy.keep_experience(dir.path());
        fs::remove_file(dir.path().join(FILE)).expect("was there");
        policy.keep_experience(dir.path());
        assert!(!dir.path().join(FILE).exists());
    }

    #[test]
    fn a_broken_file_is_not_believed() {
        let dir = tempfile::tempdir().expect("a directory");
        with_one().keep_experience(dir.path());
        let path = dir.path().join(FILE);
        let whole = fs::read(&path).expect("reads");
        for cut in 0..whole.len() - 1 {
            fs::write(&path, &whole[..cut]).expect("writes");
            let policy = Policy::empty();
            policy.recall_experience(dir.path());
            // The header alone is a whole file.
            assert_eq!(learned(&policy), 0, "{cut}");
        }
        let endless = [HEADER.as_bytes(), &vec![b' '; 1 << 20]].concat();
        fs::write(&path, endless).expect("writes");
        let policy = Policy::empty();
        policy.recall_experience(dir.path());
        assert_eq!(learned(&policy), 0);
    }
}
