//! The mock provider, for tests that block.

use std::future::Future;
use std::sync::OnceLock;

use quotah_bench::mock::{Mock, Options, Recorded, Script};
use tokio::runtime::Runtime;

use super::clock::eventually;

/// A believable provider in clear text that keeps every request.
pub(crate) fn provider() -> Mock {
    provider_of(Options::default(), Script::default())
}

/// A provider that listens by `options` and answers by `script`.
pub(crate) fn provider_of(options: Options, script: Script) -> Mock {
    block_on(Mock::start(options, script)).expect("a mock starts on a free port")
}

/// Waits for a future, on the runtime that serves the mocks of all tests.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME
        .get_or_init(|| Runtime::new().expect("a runtime starts"))
        .block_on(future)
}

/// Everything that the provider saw, once that is at least `count` requests and all of them are over.
pub(crate) fn served(provider: &Mock, count: usize) -> Vec<Recorded> {
    eventually(&format!("{count} requests served by the provider"), || {
        let requests = provider.requests();
        let is_over = |r: &Recorded| r.finished_at.is_some() || r.aborted_at.is_some();
        (requests.len() >= count && requests.iter().all(is_over)).then_some(requests)
    })
}
