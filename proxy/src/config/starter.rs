//! What `quotah init` writes.

/// A commented starter configuration, also shipped as `deploy/quotah.example.toml`.
pub const STARTER: &str = include_str!("starter.toml");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_in_deploy_is_the_starter() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/quotah.example.toml");
        assert_eq!(std::fs::read_to_string(path).expect("is there"), STARTER);
    }
}
