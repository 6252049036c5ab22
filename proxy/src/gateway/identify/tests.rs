//! Who is let in, and who is not.

use super::*;

const SHOWN: Shown = Shown {
    ip: None,
    now_unix_ms: 1_795_132_800_000,
};

fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

#[test]
fn what_looks_like_a_key_of_ours_is_never_anonymous_wherever_it_stands() {
    let keys = Keys::new(&[], false, &Arc::default());
    let unknown = "Bearer sk-qh-aaaaaaaaaaaa-nothing";
    let own = headers(&[("authorization", "Bearer sk-provider")]);
    assert_eq!(
        &*keys.identify(&own, None, SHOWN).expect("served").key,
        "anonymous"
    );
    for lines in [
        headers(&[("authorization", unknown)]),
        headers(&[
            ("authorization", "Bearer sk-provider"),
            ("authorization", unknown),
        ]),
        headers(&[
            ("authorization", "Bearer sk-provider"),
            ("x-api-key", "sk-qh-b"),
        ]),
    ] {
        assert!(keys.identify(&lines, None, SHOWN).is_err(), "{lines:?}");
    }
}
