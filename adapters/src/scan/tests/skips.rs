//! Values that are passed over.

use super::*;

/// [`Found`], but it passes over what the table does not name.
struct Hasty(Found);

impl Handler for Hasty {
    const STRICT: bool = false;

    fn begin(&mut self, container: Container, at: usize, depth: usize) {
        self.0.begin(container, at, depth);
    }
    fn key(&mut self, key: Key<'_>) {
        self.0.key(key);
    }
    fn skips_value(&self, depth: usize) -> bool {
        self.0.tracker.is_nowhere(depth)
    }
    fn skips_inside(&self, container: Container, depth: usize) -> bool {
        self.0.tracker.is_leaf(container, depth)
    }
    fn value(&mut self, value: Value<'_>) {
        self.0.value(value);
    }
}

fn found<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Fields, bool) {
    found_by(pieces, fields(" "), |found| found)
}

fn found_hastily<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Fields, bool) {
    found_by(pieces, Hasty(fields(" ")), |hasty| hasty.0)
}

type Fields = Vec<(&'static str, Range<usize>)>;

fn found_by<'a, H: Handler>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    mut handler: H,
    inner: impl Fn(H) -> Found,
) -> (Fields, bool) {
    let mut scanner = Scanner::new();
    let fed = pieces
        .into_iter()
        .try_for_each(|piece| scanner.feed(piece, &mut handler));
    let is_sound = fed.and_then(|()| scanner.finish(&mut handler)).is_ok();
    (inner(handler).fields, is_sound)
}

/// Documents that have to do with [`FIELDS`], some of them broken.
fn documents_with_fields() -> impl Strategy<Value = Vec<u8>> {
    let names = prop::sample::select(vec![
        "usage", "total", "details", "cached", "choices", "delta", "content", "tool", "x", "\"{[\\",
    ]);
    let leaf = prop_oneof![
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        "[a\"\\\\{}\\[\\]\u{e9}\n]{0,80}".prop_map(serde_json::Value::from),
    ];
    let value = leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::hash_map(names.clone().prop_map(String::from), inner, 0..6)
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
    fn passing_over_values_finds_the_same_fields(
        text in documents_with_fields(), at in any::<prop::sample::Index>(), byte in any::<u8>(), broken in any::<bool>(),
    ) {
        let mut text = text;
        let (cut, last) = (at.index(text.len()), text.len() - 1);
        if broken {
            text[cut] = byte;
        }
        let strict = found([&text[..]]);
        let hasty = found_hastily([&text[..]]);
        if strict.1 {
            prop_assert_eq!(&hasty, &strict);
        }
        let (head, tail) = text.split_at(cut.min(last));
        prop_assert_eq!(&found_hastily([head, tail]), &hasty);
        prop_assert_eq!(&found_hastily(text.chunks(1)), &hasty);
    }
}

#[test]
fn of_a_value_passed_over_only_the_end_is_looked_for() {
    for sound in [
        &b"{\"x\":\"\xff\n\",\"usage\":1}"[..],
        b"{\"x\":{a b:{1 2]},\"usage\":1}",
        b"{\"x\":[\"]\\\"]\"],\"usage\":1}",
    ] {
        let shown = String::from_utf8_lossy(sound);
        let (fields, is_sound) = found_hastily([sound]);
        assert!(is_sound && fields.len() == 1, "{shown}");
    }
    for broken in [
        &b"{\"x\":}"[..],
        b"{\"x\":nul}",
        b"{\"x\":[}",
        b"{\"x\":\"}",
    ] {
        let shown = String::from_utf8_lossy(broken);
        assert!(!found_hastily([broken]).1, "{shown}");
    }
    let deep = [b"{\"x\":", "[".repeat(100_000).as_bytes()].concat();
    assert!(!found_hastily([&deep[..]]).1);
}
