//! Prints the tables of `docs/translation.md`: what stands between its `fields` marks.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

fn main() {
    print!("{}", quotah_adapters::translate::translation_table());
}
