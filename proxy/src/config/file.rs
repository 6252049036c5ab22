//! Which files make the configuration, and their text.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::Inputs;
use super::problem::Problem;
use super::tree::{Problems, Source};

/// The main file and the drop-ins beside it, in the order in which they are merged.
///
/// `--config`, else `QUOTAH_CONFIG`, else `./quotah.toml` when it exists; then `conf.d/*.toml` in its
/// directory by name. Nothing when there is no file.
pub(super) fn read(inputs: &Inputs, problems: &Problems) -> Vec<Source> {
    let Some(main) = main_file(inputs) else {
        return Vec::new();
    };
    if main.extension().is_some_and(|e| e == "yaml" || e == "yml") {
        problems.nowhere(Problem::NotYet("YAML".to_owned()));
        return Vec::new();
    }
    let drop_ins = drop_ins(&main, problems);
    let mut sources = Vec::new();
    for path in std::iter::once(main).chain(drop_ins) {
        match read_text(&path) {
            Ok(text) => sources.push(Source { path, text }),
            Err(e) => problems.nowhere(unreadable(&path, &e)),
        }
    }
    sources
}

/// The main file, whether named or found.
pub(super) fn main_file(inputs: &Inputs) -> Option<PathBuf> {
    let named = inputs.flags.config.clone();
    let named = named.or_else(|| inputs.env.filled("QUOTAH_CONFIG").map(PathBuf::from));
    named.or_else(|| {
        let found = PathBuf::from(DEFAULT_FILE);
        found.exists().then_some(found)
    })
}

/// The directory of drop-ins beside a main file.
pub(super) fn drop_in_dir(main: &Path) -> PathBuf {
    main.parent()
        .unwrap_or_else(|| Path::new(""))
        .join("conf.d")
}

fn drop_ins(main: &Path, problems: &Problems) -> Vec<PathBuf> {
    let dir = drop_in_dir(main);
    let listed = match fs::read_dir(&dir) {
        Ok(listed) => listed,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(e) => {
            problems.nowhere(unreadable(&dir, &e));
            return Vec::new();
        }
    };
    let is_toml = |path: &PathBuf| {
        let hidden = path
            .file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with('.'));
        !hidden && path.extension().is_some_and(|e| e == "toml")
    };
    let paths = listed.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<PathBuf> = paths.filter(is_toml).take(FILES_MAX).collect();
    paths.sort();
    paths
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?
        .take(FILE_BYTES_MAX + 1)
        .read_to_string(&mut text)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > FILE_BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "larger than 4 MiB",
        ));
    }
    Ok(text)
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem::Unreadable {
        path: path.display().to_string(),
        reason: error.to_string(),
    }
}

const DEFAULT_FILE: &str = "quotah.toml";

/// Ten thousand keys with all their fields take about 2 MiB.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// Drop-ins beyond this are a mistake in a mount.
const FILES_MAX: usize = 256;
