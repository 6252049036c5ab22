//! What Quotah is measured with: a mock provider, a load generator and peers.
