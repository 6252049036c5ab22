//! The `quotah` binary.

fn main() {}
