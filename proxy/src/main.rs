//! The `quotah` binary: environment and arguments in, exit status out.

use std::process::ExitCode;

use quotah::cli;
use quotah::config::Environment;

/// Preloaded beside glibc's and mimalloc under one load, on a busy machine: the least CPU per request of the three.
/// glibc's own malloc was about a tenth of the whole profile there.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    // Before anything builds a TLS configuration; it fails only when another provider is installed already.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    cli::main(std::env::args_os(), Environment::of_process())
}
