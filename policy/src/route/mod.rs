//! How a deployment is chosen.

mod strategy;

pub use strategy::{Strategy, Weights};

/// Most deployments of one route, each of a provider's credentials counted.
pub const CANDIDATES_MAX: usize = 64;
