//! What every behaviour test stands on: the program, its configuration, both sides' sockets and books.
//!
//! ```ignore
//! let provider = provider();
//! let quotah = Config::toward(&provider).start();
//! let answer = quotah.post("/v1/chat/completions", r#"{"model":"gpt-4o-mini"}"#);
//! assert_eq!(quotah.entry(&answer).u64("input_tokens"), provider.billed()["gpt-4o-mini"].input);
//! ```

mod admin;
mod binary;
mod clock;
mod config;
mod http;
mod money;
mod process;
mod provider;
mod quotah;

pub(crate) use self::admin::{Entry, Samples};
pub(crate) use self::binary::{target_dir, workspace};
pub(crate) use self::clock::{eventually, now};
pub(crate) use self::config::{ADMIN_TOKEN, Config};
pub(crate) use self::http::{Conn, End, Request, Response};
pub(crate) use self::money::{Rates, cost_of, picousd, tokens_of};
pub(crate) use self::process::{Command, Finished};
pub(crate) use self::provider::{block_on, provider, provider_of, served};
pub(crate) use self::quotah::Quotah;
