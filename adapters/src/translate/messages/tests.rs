//! What callers and deployments of this dialect are held to.
