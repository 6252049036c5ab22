//! Behaviour of the real binary over real sockets.
