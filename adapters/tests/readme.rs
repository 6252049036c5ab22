//! The README says what the code does.

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
