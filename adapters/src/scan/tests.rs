use std::ops::Range;

use proptest::prelude::*;

use super::*;

mod skips;
mod tables;

/// Everything a scan tells, as lines.
#[derive(Default)]
struct Log(Vec<String>);

impl Handler for Log {
    fn begin(&mut self, container: Container, at: usize, depth: usize) {
        self.0
            .push(format!("begin {container:?} at {at} depth {depth}"));
    }
    fn end(&mut self, container: Container, end: usize, depth: usize) {
        self.0
            .push(format!("end {container:?} end {end} depth {depth}"));
    }
    fn key(&mut self, key: Key<'_>) {
        self.0.push(format!("{key:?}"));
    }
    fn value(&mut self, value: Value<'_>) {
        self.0.push(format!("{value:?}"));
    }
}

fn scan<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> (Vec<String>, Result<(), ScanError>) {
    let (mut scanner, mut log) = (Scanner::new(), Log::default());
    for chunk in chunks {
        if let Err(error) = scanner.feed(chunk, &mut log) {
            assert_eq!(scanner.finish(&mut log), Err(error), "an error is final");
            return (log.0, Err(error));
        }
    }
    let result = scanner.finish(&mut log);
    (log.0, result)
}

fn scan_whole(text: &[u8]) -> (Vec<String>, Result<(), ScanError>) {
    scan([text])
}

fn accepts(text: impl AsRef<[u8]>) -> bool {
    scan_whole(text.as_ref()).1.is_ok()
}

/// What `serde_json` says of the grammar (it lets bytes that are not UTF-8 pass when it ignores values).
fn serde_accepts(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok()
        && serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
}

/// JSON-like texts, most of them broken somewhere.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let tokens = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "\n",
        "\"",
        "\"a\"",
        "\"\\n\"",
        "\"\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud800\"",
        "\"é漢😀\"",
        "\\",
        "\\u",
        "0",
        "1",
        "-",
        "-1",
        "1.5",
        "1e",
        "1e+9",
        "01",
        "true",
        "false",
        "null",
        "tru",
        "nul",
        "\u{7f}",
        "\t",
        "\u{1}",
        "\u{feff}",
        "\"key\":",
        "\"long key that has more than eight bytes\"",
    ]);
    let loose =
        prop::collection::vec(tokens, 0..24).prop_map(|tokens| tokens.concat().into_bytes());
    let bytes = prop::collection::vec(any::<u8>(), 0..40);
    let broken = (documents(), any::<prop::sample::Index>(), any::<u8>(), 0..3).prop_map(
        |(mut text, at, byte, how)| {
            let at = at.index(text.len());
            match how {
                0 => text[at] = byte,
                1 => text.truncate(at),
                _ => text.insert(at, byte),
            }
            text
        },
    );
    prop_oneof![1 => loose, 1 => bytes, 2 => broken, 2 => documents()]
}

/// Whole JSON documents.
fn documents() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        "\\PC{0,40}".prop_map(serde_json::Value::from),
        "[\\x00-\\x7f]{0,300}".prop_map(serde_json::Value::from),
    ];
    let value = leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::hash_map("\\PC{0,12}", inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    });
    (value, any::<bool>()).prop_map(|(value, pretty)| match pretty {
        true => serde_json::to_vec_pretty(&value).unwrap(),
        false => serde_json::to_vec(&value).unwrap(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_scanner_accepts_exactly_what_serde_json_accepts(text in texts()) {
        prop_assert_eq!(accepts(&text), serde_accepts(&text));
    }

    #[test]
    fn cuts_change_nothing(text in texts(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5)) {
        let whole = scan_whole(&text);
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]);
        prop_assert_eq!(&scan(pieces), &whole);
        prop_assert_eq!(&scan(text.chunks(1)), &whole);
    }

    #[test]
    fn strings_are_decoded_as_serde_json_decodes_them(text in "\\PC{0,80}|[\\x00-\\x7f]{0,80}") {
        let json = serde_json::to_vec(&text).unwrap();
        let ascii: Vec<u8> = text.encode_utf16().flat_map(|unit| format!("\\u{unit:04x}").into_bytes()).collect();
        for json in [json, [b"\"", &ascii[..], b"\""].concat()] {
            let wanted = Value {
                scalar: Scalar::String {
                    text: Some(text.as_bytes()).filter(|text| text.len() <= TEXT_BYTES_MAX),
                    decoded_bytes: text.len(),
                    characters: text.chars().count(),
                },
                span: 0..json.len(),
                depth: 0,
            };
            prop_assert_eq!(scan_whole(&json).0, vec![format!("{wanted:?}")]);
        }
    }
}

#[test]
fn every_token_is_reported_with_its_offsets() {
    let (log, result) = scan_whole(br#" {"a":[1,"x\n"], "b":null}"#);
    assert_eq!(result, Ok(()));
    let expected = [
        "begin Object at 1 depth 0".to_owned(),
        format!(
            "{:?}",
            Key {
                name: Some(b"a"),
                escaped: false,
                span: 2..5,
                depth: 1
            }
        ),
        "begin Array at 6 depth 1".to_owned(),
        format!(
            "{:?}",
            Value {
                scalar: Scalar::Number(Some(b"1")),
                span: 7..8,
                depth: 2
            }
        ),
        format!(
            "{:?}",
            Value {
                scalar: Scalar::String {
                    text: Some(b"x\n"),
                    decoded_bytes: 2,
                    characters: 2
                },
                span: 9..14,
                depth: 2
            }
        ),
        "end Array end 15 depth 1".to_owned(),
        format!(
            "{:?}",
            Key {
                name: Some(b"b"),
                escaped: false,
                span: 17..20,
                depth: 1
            }
        ),
        format!(
            "{:?}",
            Value {
                scalar: Scalar::Null,
                span: 21..25,
                depth: 1
            }
        ),
        "end Object end 26 depth 0".to_owned(),
    ];
    assert_eq!(log, expected);
}

#[test]
fn faults_name_the_first_bad_byte() {
    for (text, offset, fault) in [
        (&b""[..], 0, Fault::UnexpectedEnd),
        (b"{\"a\":1", 6, Fault::UnexpectedEnd),
        (b"{\"a\":1,}", 7, Fault::UnexpectedByte),
        (b"{} {", 3, Fault::TrailingByte),
        (b"[\"a\nb\"]", 3, Fault::ControlCharacter),
        (b"[\"a\\x\"]", 4, Fault::InvalidEscape),
        (b"[\"a\\u00g0\"]", 7, Fault::InvalidEscape),
        (b"[\"abcdefgh\xff\"]", 10, Fault::InvalidUtf8),
        (b"[\"\xe6\xbc\"]", 2, Fault::InvalidUtf8),
        (b"[01]", 2, Fault::UnexpectedByte),
        (b"[1.]", 3, Fault::InvalidNumber),
        (b"[trye]", 3, Fault::UnexpectedByte),
        (b"\xef\xbb\xbf{}", 0, Fault::UnexpectedByte),
    ] {
        let shown = String::from_utf8_lossy(text);
        assert_eq!(
            scan_whole(text).1,
            Err(ScanError { offset, fault }),
            "{shown}"
        );
    }
}

#[test]
fn nesting_is_bounded_as_in_serde_json() {
    for (levels, fine) in [(127, true), (128, false), (100_000, false)] {
        let text = "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(accepts(&text), fine, "{levels} levels");
        if levels < 1_000 {
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&text).is_ok(),
                fine
            );
        }
    }
}

#[test]
fn lone_surrogates_pass_and_read_as_replacement_characters() {
    for (text, decoded) in [
        (r#""\ud800""#, "\u{fffd}"),
        (r#""\udc00x""#, "\u{fffd}x"),
        (r#""\ud800\ud83d\ude00""#, "\u{fffd}😀"),
        (r#""\ud800\n""#, "\u{fffd}\n"),
    ] {
        let (log, result) = scan_whole(text.as_bytes());
        assert_eq!(result, Ok(()), "{text}");
        assert!(
            log[0].contains(&format!("{:?}", Some(decoded.as_bytes()))),
            "{text}: {log:?}"
        );
    }
}

#[test]
fn long_texts_are_measured_and_not_kept() {
    let long = format!(
        r#"{{"{}":"{}","n":{}}}"#,
        "k".repeat(65),
        "v".repeat(1 << 20),
        "1".repeat(257)
    );
    for pieces in [vec![long.as_bytes()], long.as_bytes().chunks(7).collect()] {
        let (log, result) = scan(pieces);
        assert_eq!(result, Ok(()));
        assert!(log[1].contains("name: None"), "{}", log[1]);
        assert!(
            log[2].contains("text: None, decoded_bytes: 1048576"),
            "{}",
            log[2]
        );
        assert!(log[4].contains("Number(None)"), "{}", log[4]);
    }
    assert!(size_of::<Scanner>() <= 512);
}

#[test]
fn a_reset_scanner_starts_afresh() {
    let (mut scanner, mut log) = (Scanner::new(), Log::default());
    assert!(scanner.feed(b"{\"a\\", &mut log).is_ok());
    scanner.reset();
    assert!(scanner.feed(b"[1]", &mut log).is_ok());
    assert!(scanner.is_done());
    assert!(scanner.feed(b"x", &mut log).is_err());
    scanner.reset();
    assert!(scanner.feed(b"7", &mut log).is_ok());
    assert_eq!(scanner.finish(&mut log), Ok(()));
    assert!(log.0.last().unwrap().contains("span: 0..1"));
}

static FIELDS: PathTable<&str, 16> = PathTable::new(&[
    ("usage", "usage"),
    ("usage.total", "total"),
    ("usage.details.cached", "cached"),
    ("choices[*].delta.content", "content"),
    ("choices[*].tool[*]", "tool"),
    ("[*].usage.total", "in an array"),
]);

struct Found {
    tracker: Tracker<&'static str>,
    fields: Vec<(&'static str, Range<usize>)>,
    case: Vec<&'static str>,
}

impl Handler for Found {
    fn begin(&mut self, container: Container, at: usize, depth: usize) {
        if let Some(field) = self.tracker.field(depth) {
            self.fields.push((field, at..at));
        }
        self.tracker.begin(container, depth);
    }
    fn key(&mut self, key: Key<'_>) {
        self.case.extend(self.tracker.field_but_for_case(&key));
        self.tracker.key(&key);
    }
    fn value(&mut self, value: Value<'_>) {
        if let Some(field) = self.tracker.field(value.depth) {
            self.fields.push((field, value.span));
        }
    }
}

fn fields(text: &str) -> Found {
    let mut found = Found {
        tracker: Tracker::new(&FIELDS),
        fields: vec![],
        case: vec![],
    };
    Scanner::new().feed(text.as_bytes(), &mut found).unwrap();
    found
}

#[test]
fn fields_are_found_by_their_path() {
    let names = |text| {
        fields(text)
            .fields
            .into_iter()
            .map(|(name, _)| name)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(r#"{"usage":{"total":1,"details":{"cached":2},"other":{"total":3}}}"#),
        ["usage", "total", "cached"]
    );
    assert_eq!(
        names(r#"{"x":{"usage":{"total":1}},"total":2,"usage":null}"#),
        ["usage"]
    );
    assert_eq!(
        names(r#"{"choices":[{"delta":{"content":"a"}},{"delta":{"content":"b"}}]}"#),
        ["content", "content"]
    );
    assert_eq!(names(r#"{"choices":{"delta":{"content":"a"}}}"#), [""; 0]);
    assert_eq!(
        names(r#"{"choices":[[{"delta":{"content":"a"}}],{"tool":[1,2]}]}"#),
        ["tool", "tool"]
    );
    assert_eq!(names(r#"[{"usage":{"total":1}}]"#), ["in an array"]);
    assert_eq!(names("[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]"), [""; 0]);
    assert_eq!(
        fields(r#"{"Usage":1,"usage":{"TOTAL":1,"details":2}}"#).case,
        ["usage", "total"]
    );
}
