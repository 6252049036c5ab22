//! Tables of configurations.
