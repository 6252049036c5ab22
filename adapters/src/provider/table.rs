//! The README's table of providers, made from the rows.

use super::ProviderKind;
use crate::call::Dialect;

/// Every provider as a row of a Markdown table: name, `kind`, the dialects its clients may speak, the variables of its
/// key and address, and its own address.
///
/// `cargo run -p quotah-adapters --example provider_table` prints it; a test holds the README to it.
#[must_use]
pub fn provider_table() -> String {
    let mut table = String::from(
        "| provider | `kind` | speaks | key | address | its own |\n|---|---|---|---|---|---|\n",
    );
    for kind in ProviderKind::all() {
        let speaks: Vec<_> = Dialect::ALL
            .into_iter()
            .filter(|dialect| kind.speaks(*dialect))
            .map(Dialect::title)
            .collect();
        let speaks = if speaks.is_empty() {
            "as described".to_owned()
        } else {
            speaks.join(", ")
        };
        let address = kind.base_url().map_or_else(
            || "in `base_url`".to_owned(),
            |url| format!("`{}`", url.trim_start_matches("https://")),
        );
        let cells = [
            kind.title().to_owned(),
            format!("`{kind:?}`"),
            speaks,
            variables(kind.key_vars()),
            variables(kind.base_url_vars()),
            address,
        ];
        table.push_str("| ");
        table.push_str(&cells.join(" | "));
        table.push_str(" |\n");
    }
    table
}

fn variables(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
