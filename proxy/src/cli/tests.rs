//! Commands as a shell meets them.
