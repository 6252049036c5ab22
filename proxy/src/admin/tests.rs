//! Routes as a caller meets them.
