//! Locks and atomics: the standard library's, or those of the model checker.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p quotah-policy --test accounts_model --profile model` tries every interleaving.

#[cfg(loom)]
pub(crate) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU64, Ordering},
};
#[cfg(not(loom))]
pub(crate) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU64, Ordering},
};

/// Takes a lock. A thread that panicked while it held it had left whole numbers behind: nothing here panics between
/// two steps that belong together.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
