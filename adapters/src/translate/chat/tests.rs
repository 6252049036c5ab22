//! Chat completions, both halves, against each other and against what was recorded.

mod recorded;
mod requests;
mod streams;
mod told;
