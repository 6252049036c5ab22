//! Prints the README's table of providers: what stands between its `providers` marks.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

fn main() {
    print!("{}", quotah_adapters::provider_table());
}
