//! The README and the guides say what the code does.

#[test]
fn the_readme_lists_every_provider_as_the_code_has_it() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, rest) = readme.split_once("<!-- providers -->\n").unwrap();
    let (table, _) = rest.split_once("<!-- /providers -->").unwrap();
    assert_eq!(
        table,
        quotah_adapters::provider_table(),
        "put in what `cargo run -p quotah-adapters --example provider_table` prints"
    );
}

#[test]
fn the_guide_to_translation_lists_every_member_as_the_code_has_it() {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/translation.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let (_, rest) = guide.split_once("<!-- fields -->\n").unwrap();
    let (table, _) = rest.split_once("<!-- /fields -->").unwrap();
    assert!(
        table == quotah_adapters::translate::translation_table(),
        "put in what `cargo run -p quotah-adapters --example translation_table` prints"
    );
}
