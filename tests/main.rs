//! Quotah's behaviour: the real binary, over real sockets, against a scripted provider.
//!
//! A file per behaviour; [`harness`] starts the program and the provider and reads both sides' books.
//! Every name is a sentence, and every test asserts the figure that matters.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "everything here is a test: a broken expectation is a failed test"
)]

mod harness;

mod admin;
mod admin_policy;
mod beside;
mod books;
mod breaker;
mod budgets;
mod budgets_crash;
mod bytes;
mod cache;
mod cli;
mod cooldown;
mod crash;
mod credentials;
mod custom;
mod disconnect;
mod errors;
mod fallback;
mod faults;
mod guards;
mod headroom;
mod hedge;
mod keys;
mod limits;
mod lines;
mod multipart;
mod overload;
mod providers;
mod rate_limits;
mod recordings;
mod refusals;
mod reload;
mod rerate;
mod restart;
mod routes;
mod sdk;
mod smoke;
mod smuggling;
mod translate;
mod transport;
mod whatif;
