//! Writes `policy/prices/*.prices` from the two public tables: what `scripts/compile-prices` runs.
//!
//! `compile_prices LITELLM.json GENAI.json CORRECTIONS AS_OF OUT_DIR`

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use quotah_policy::{Date, feed};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [litellm, genai, corrections, as_of, out] = args.as_slice() else {
        return Err(
            "usage: compile_prices LITELLM.json GENAI.json CORRECTIONS AS_OF OUT_DIR".into(),
        );
    };
    let day = Date::parse(as_of).ok_or("AS_OF is no day")?;
    let read = |path: &String| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let compiled = feed::compile(&read(litellm)?, &read(genai)?, &read(corrections)?, day)?;
    let name = |path: &String| Path::new(path).file_name().unwrap_or_default().to_owned();
    let (litellm, genai) = (name(litellm), name(genai));
    for file in compiled {
        let header = format!(
            "# {}: USD per million tokens or characters, per thousand calls and other units, per second.\n\
             # Compiled by scripts/compile-prices; corrections belong in policy/prices.corrections.\n\
             # Facts from {} (MIT) and {} (MIT), read {as_of}.\n",
            file.provider,
            litellm.display(),
            genai.display(),
        );
        let path = PathBuf::from(out).join(format!("{}.prices", file.provider));
        fs::write(&path, header + &file.text)?;
        report(&file);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "it is what a script says")]
fn report(file: &feed::Compiled) {
    println!("{}: {} models", file.provider, file.models);
    for note in &file.notes {
        println!("  {}: {note}", file.provider);
    }
}
