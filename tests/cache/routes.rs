//! Routes that keep answers without being asked to.
