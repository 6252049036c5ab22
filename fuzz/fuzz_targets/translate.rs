//! No request breaks the translation; what it gives is JSON, and what was noticed in it has its place.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quotah_adapters::ProviderKind;
use quotah_adapters::translate::{Form, PLACES_MAX, To, look, request, unmarked};
use quotah_fuzz::Input;

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::read(data) else {
        return;
    };
    let from = input.choose(Form::ALL);
    let seen = look(from, input.body);
    if let Ok(seen) = &seen {
        assert!(seen.places.len() <= PLACES_MAX);
        assert!(
            seen.places
                .iter()
                .all(|(feature, _)| seen.features.has(*feature))
        );
        assert_eq!(seen.places.is_empty(), seen.features.is_empty());
    }
    for to in Form::ALL
        .iter()
        .copied()
        .filter(|to| *to != from && to.task() == from.task())
    {
        let to = To {
            form: to,
            kind: ProviderKind::native(to.dialect()),
            model: "m",
        };
        if let Ok(written) = request(from, input.body, input.seed & 1 == 0, &to) {
            assert!(seen.is_ok(), "what is translated was looked at before");
            json(&written.body);
        }
    }
    if let Some(without) = unmarked(from, input.body) {
        json(&without);
    }
});

fn json(text: &str) {
    let read = serde_json::from_str::<&serde_json::value::RawValue>(text);
    assert!(read.is_ok(), "{text}");
}
