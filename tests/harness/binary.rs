//! The program under test: built once for the whole run, unless one is given.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The program: `QUOTAH_TEST_BIN`, else `quotah` beside the test executable, freshly built.
///
/// # Panics
/// When it does not build.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| env::var_os("QUOTAH_TEST_BIN").map_or_else(build, PathBuf::from))
}

/// The repository's root.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests are a folder of the workspace")
}

/// The target directory that this test executable was built into.
pub(crate) fn target_dir() -> PathBuf {
    let profile_dir = profile_dir();
    profile_dir.parent().expect("TARGET/PROFILE").to_owned()
}

/// `TARGET/PROFILE` of this very executable, `TARGET/PROFILE/deps/behaviour-…`.
fn profile_dir() -> PathBuf {
    let this = env::current_exe().expect("the test executable has a path");
    let profile_dir = this
        .parent()
        .and_then(Path::parent)
        .expect("TARGET/PROFILE/deps");
    profile_dir.to_owned()
}

/// Builds in the profile and target directory of this very executable.
///
/// The whole workspace is selected, although one program is wanted: cargo then resolves the same features
/// as for the tests, and builds no dependency twice.
fn build() -> PathBuf {
    let profile_dir = profile_dir();
    let profile = match profile_dir.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let built = Command::new(cargo)
        .current_dir(workspace())
        .args([
            "build",
            "--quiet",
            "--locked",
            "--workspace",
            "--bin",
            "quotah",
        ])
        .args(["--profile", profile])
        .arg("--target-dir")
        .arg(target_dir())
        .status()
        .expect("cargo starts");
    assert!(built.success(), "the program does not build");
    profile_dir.join("quotah")
}
