//! Loading again: from the same place, on a signal, a request, or a change of the files.
//!
//! A reload is all or nothing: [`Source::load`] gives a whole new configuration or every fault, and the
//! one in force stays what it is until the caller swaps it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use notify::{EventKind, RecursiveMode, Watcher as _};

use super::resolved::AdminToken;
use super::{ConfigError, Inputs, Loaded, file};

/// Where a configuration comes from.
#[derive(Debug, Clone)]
pub struct Source {
    inputs: Inputs,
    /// Joins the configured tokens when there are none.
    generated: Option<AdminToken>,
}

impl Source {
    /// A source; `generated` is the admin token to use while none is configured.
    #[must_use]
    pub const fn new(inputs: Inputs, generated: Option<AdminToken>) -> Self {
        Self { inputs, generated }
    }

    /// Loads from the same files, environment and flags as before.
    ///
    /// # Errors
    /// Every fault found.
    pub fn load(&self) -> Result<Loaded, Vec<ConfigError>> {
        let mut loaded = super::load(&self.inputs)?;
        let tokens = &mut loaded.config.admin.tokens;
        if tokens.is_empty() {
            tokens.extend(self.generated.clone());
        }
        Ok(loaded)
    }

    /// Calls `on_change` whenever the files may have changed, once for changes that come within
    /// 200 ms of each other, until the watcher is dropped.
    ///
    /// Directories are watched, not files: editors and mounted secrets replace files by renaming. `None`
    /// without a file to watch.
    ///
    /// # Errors
    /// [`WatchError`] when the system gives no watch (a limit, a file system without notifications).
    pub fn watch(
        &self,
        on_change: impl Fn() + Send + 'static,
    ) -> Result<Option<Watcher>, WatchError> {
        let Some(main) = file::main_file(&self.inputs) else {
            return Ok(None);
        };
        let name = main.file_name().unwrap_or_default().to_owned();
        let (sender, events) = mpsc::channel();
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                // An error means that events were lost: load again rather than miss a change.
                let is_other = |event: notify::Event| {
                    matches!(event.kind, EventKind::Access(_))
                        || !event.paths.iter().any(|path| concerns(path, &name))
                };
                if event.is_ok_and(is_other) {
                    return;
                }
                // The receiver is gone only when the watcher is being dropped.
                sender.send(()).ok();
            })?;
        for dir in directories(&main) {
            watcher.watch(&dir, RecursiveMode::NonRecursive)?;
        }
        std::thread::Builder::new()
            .name("config-watch".to_owned())
            .spawn(move || debounce(&events, on_change))
            .map_err(WatchError::Thread)?;
        Ok(Some(Watcher { _watcher: watcher }))
    }
}

/// Keeps watching for as long as it lives.
#[derive(Debug)]
pub struct Watcher {
    _watcher: notify::RecommendedWatcher,
}

/// Why files cannot be watched. HUP and the admin plane still reload.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The system refuses.
    #[error("cannot watch the configuration for changes: {0}")]
    Notify(#[from] notify::Error),
    /// No thread.
    #[error("cannot watch the configuration for changes: {0}")]
    Thread(std::io::Error),
}

/// Whether a changed path is part of the configuration: the main file, a drop-in, or the link that a mounted
/// volume swaps (`..data`). Logs and data may lie in the same directory.
fn concerns(path: &Path, main: &OsStr) -> bool {
    let Some(name) = path.file_name() else {
        return true;
    };
    name == main || name == "..data" || path.extension().is_some_and(|e| e == "toml")
}

/// The main file's directory, that of what it links to, and the drop-ins'.
fn directories(main: &Path) -> Vec<PathBuf> {
    let parent = |path: &Path| match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut dirs = vec![parent(main)];
    dirs.extend(main.canonicalize().ok().map(|target| parent(&target)));
    dirs.extend(Some(file::drop_in_dir(main)).filter(|dir| dir.is_dir()));
    dirs.dedup();
    dirs
}

fn debounce(events: &mpsc::Receiver<()>, on_change: impl Fn()) {
    while events.recv().is_ok() {
        loop {
            match events.recv_timeout(QUIET) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => break on_change(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

/// Editors and mounts touch a file several times; half a second later nobody would notice the wait.
const QUIET: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Flags};

    #[test]
    fn a_replaced_file_is_noticed_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("quotah.toml");
        std::fs::write(&path, "").expect("written");
        let flags = Flags {
            config: Some(path.clone()),
            ..Flags::default()
        };
        let inputs = Inputs {
            flags,
            env: Environment::default(),
            stderr_is_terminal: false,
        };
        let (sender, changes) = mpsc::channel();
        let watcher = Source::new(inputs, None)
            .watch(move || {
                sender.send(()).ok();
            })
            .expect("watched")
            .expect("a file");
        for n in 0..3 {
            let aside = dir.path().join("aside");
            std::fs::write(&aside, format!("# {n}")).expect("written");
            std::fs::rename(&aside, &path).expect("renamed");
        }
        changes
            .recv_timeout(Duration::from_secs(10))
            .expect("noticed");
        assert!(changes.recv_timeout(QUIET * 3).is_err(), "noticed twice");
        drop(watcher);
    }

    #[test]
    fn a_log_in_the_same_directory_is_no_change() {
        let main = OsStr::new("quotah.toml");
        let concerned = |path: &str| concerns(Path::new(path), main);
        assert!(concerned("/etc/quotah/quotah.toml"));
        assert!(concerned("/etc/quotah/conf.d/own.toml"));
        assert!(concerned("/etc/quotah/..data"));
        assert!(!concerned("/etc/quotah/quotah.log"));
        assert!(!concerned("/etc/quotah/ledger"));
    }

    #[test]
    fn without_a_file_there_is_nothing_to_watch() {
        let watcher = Source::new(Inputs::default(), None)
            .watch(|| {})
            .expect("no fault");
        assert!(watcher.is_none());
    }
}
