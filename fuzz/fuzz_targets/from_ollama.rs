//! A stream of ollama in every caller's words: the same in any cut, and readable.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quotah_adapters::translate::Form;

fuzz_target!(|data: &[u8]| quotah_fuzz::stream(Form::OllamaChat, data));
