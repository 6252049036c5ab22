//! A process of the program: started with nothing inherited, watched through its stderr, never left behind.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::process::{Child, ChildStderr, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};

use super::binary::binary;
use super::clock::{PATIENCE, eventually, now};

/// How to call the program: arguments and the whole of its environment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Command {
    args: Vec<OsString>,
    env: BTreeMap<String, OsString>,
    dir: Option<std::path::PathBuf>,
}

impl Command {
    /// The program with these arguments.
    pub(crate) fn new<A: Into<OsString>>(args: impl IntoIterator<Item = A>) -> Self {
        Self {
            args: args.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// One more argument.
    pub(crate) fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// One variable of its environment.
    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.insert(name.to_owned(), value.into());
        self
    }

    /// The directory to start it in, its home too.
    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.dir = Some(dir.to_owned());
        self
    }

    /// Runs it to its end.
    pub(crate) fn run(&self) -> Finished {
        let output = self
            .system()
            .stdin(Stdio::null())
            .output()
            .expect("the program starts");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Finished {
            status: output.status,
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Starts it and leaves it running.
    pub(crate) fn spawn(&self) -> Process {
        let mut child = self
            .system()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stderr = Arc::<Stderr>::default();
        let pipe = child.stderr.take().expect("stderr is piped");
        let writer = Arc::clone(&stderr);
        thread::spawn(move || writer.fill(pipe));
        Process { child, stderr }
    }

    fn system(&self) -> std::process::Command {
        let mut command = std::process::Command::new(binary());
        command.args(&self.args).env_clear();
        if let Some(dir) = &self.dir {
            command.current_dir(dir).env("HOME", dir);
        }
        command.envs(&self.env);
        command
    }
}

/// A run of the program that is over.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// The exit code.
    pub(crate) fn code(&self) -> i32 {
        self.status
            .code()
            .expect("ended by itself, not by a signal")
    }
}

/// A running process. Dropped, it is killed; a test that fails shows its stderr.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    stderr: Arc<Stderr>,
}

impl Process {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything that it wrote to stderr so far.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// The first line of stderr that contains `part`.
    ///
    /// # Panics
    /// When the process ends without it, or too much time passes.
    pub(crate) fn line_with(&self, part: &str) -> String {
        self.stderr.line_with(part)
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid())
            .ok()
            .and_then(Pid::from_raw)
            .expect("a process id");
        kill_process(pid, signal).expect("the process is there");
    }

    /// From here on no file of it grows beyond so many bytes; writes beyond fail.
    pub(crate) fn limit_file_size(&self, bytes_max: Option<u64>) {
        let limit = Rlimit {
            current: bytes_max,
            maximum: None,
        };
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        prlimit(pid, Resource::Fsize, limit).expect("the system sets the limit");
    }

    /// Its exit status, waited for.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let child = &mut self.child;
        eventually("the program ends", || {
            child.try_wait().expect("a child of ours")
        })
    }

    /// `kill -9`, and the corpse is collected.
    pub(crate) fn kill(&mut self) {
        // Fails only for one that has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            let text = self.stderr();
            let from = text.len().saturating_sub(SHOWN_BYTES);
            let from = (from..text.len())
                .find(|at| text.is_char_boundary(*at))
                .unwrap_or(0);
            eprintln!(
                "--- stderr of the program (pid {}) ---\n{}",
                self.pid(),
                &text[from..]
            );
        }
    }
}

/// What a process wrote, and whether it closed the pipe.
#[derive(Debug, Default)]
struct Stderr {
    state: Mutex<(String, bool)>,
    changed: Condvar,
}

impl Stderr {
    fn fill(&self, mut pipe: ChildStderr) {
        let mut buffer = [0; 8192];
        loop {
            let read = pipe.read(&mut buffer).unwrap_or(0);
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if read == 0 {
                state.1 = true;
            } else {
                state.0.push_str(&String::from_utf8_lossy(&buffer[..read]));
            }
            self.changed.notify_all();
            if read == 0 {
                return;
            }
        }
    }

    fn text(&self) -> String {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .clone()
    }

    fn line_with(&self, part: &str) -> String {
        let until = now() + PATIENCE;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let whole = &state.0[..state.0.rfind('\n').map_or(0, |end| end + 1)];
            if let Some(line) = whole.lines().find(|line| line.contains(part)) {
                return line.to_owned();
            }
            let left = until.saturating_duration_since(now());
            assert!(
                !state.1 && !left.is_zero(),
                "no {part:?} on stderr:\n{}",
                state.0
            );
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

/// The end of stderr that a failed test shows.
const SHOWN_BYTES: usize = 16 * 1024;
