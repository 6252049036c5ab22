//! The data plane: a request's straight line, one stage to a file.
//!
//! accept → identify → read → parse → admit → choose → send → relay → settle → record. `line::serve` is
//! the line itself; each stage takes what the one before gives, and says with which refusals it may end it.

pub(crate) mod accept;
pub mod admission;
mod admit;
mod answer;
mod attempts;
mod body;
mod cached;
pub(crate) mod choose;
mod credential;
mod describe;
pub(crate) mod drain;
pub(crate) mod fetched;
pub mod gate;
mod going;
mod guard;
mod headers;
mod hold;
pub(crate) mod identify;
pub(crate) mod io;
mod learn;
mod line;
mod parse;
pub(crate) mod ping;
pub(crate) mod preview;
mod quote;
mod read;
mod reader;
mod record;
mod refuse;
mod relay;
mod rewrite;
pub(crate) mod routes;
mod send;
mod settle;
mod tap;
mod translate;
