//! Quotah's behaviour tests live in `main.rs`; this empty library only anchors the package.
