//! Connections toward providers: addresses, TLS, a small pool, and one exchange on one of them.
//!
//! hyper's client connection is driven in the request's own task: no spawned task, no channel between
//! tasks, and dropping the answer closes the connection.

mod address;
mod answer;
mod body;
mod connect;
mod exchange;
mod heard;
mod pool;
mod upload;
mod waker;

pub(crate) use answer::{Answer, AnswerBody};
pub(crate) use body::RequestBody;
pub(crate) use connect::ConnectError;
pub(crate) use exchange::{ExchangeError, Outgoing, send};
pub(crate) use pool::{Origin, Pool, Pools};
pub(crate) use upload::{Upload, UploadBounds, UploadFault};
