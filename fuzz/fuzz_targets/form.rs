//! A form reads the same in any cut, and its model is where a second reader finds it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quotah_adapters::{Facts, FactsError, FormReader};
use quotah_fuzz::{Input, SHORT_BYTES};

const CONTENT_TYPE: &[u8] = b"multipart/form-data; boundary=x";

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::read(data) else {
        return;
    };
    // Nobody can make a content type panic either.
    drop(FormReader::new(input.body));
    let whole = read([input.body]);
    assert_eq!(read(input.pieces()), whole, "in pieces");
    if input.body.len() <= SHORT_BYTES {
        assert_eq!(read(input.body.chunks(1)), whole, "byte by byte");
    }
    let Ok(Facts {
        model: Some(model), ..
    }) = whole
    else {
        return;
    };
    let body = input.body;
    assert_eq!(&body[model.span.clone()], model.name.as_bytes());
    assert!(!model.name.is_empty() && model.name.len() <= 256);
    assert!(
        body[..model.span.start].ends_with(b"\r\n\r\n"),
        "behind a head"
    );
    assert!(
        body[model.span.end..].starts_with(b"\r\n--x"),
        "before a delimiter"
    );
    assert!(!model.name.contains("\r\n--x"), "one part only");
});

fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Facts, FactsError> {
    let mut reader = FormReader::new(CONTENT_TYPE).expect("a boundary");
    for piece in pieces {
        reader.feed(piece);
    }
    // Behind a fault only the count goes on.
    reader.facts()
}
