use proptest::prelude::*;

use super::*;

const TYPE: &[u8] = b"multipart/form-data; boundary=xYz";

/// A form of these parts: what stands behind `form-data;`, and the content.
fn form(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut body = String::new();
    for (parameters, content) in parts {
        body.push_str("--xYz\r\nContent-Disposition: form-data; ");
        body.push_str(parameters);
        body.push_str("\r\n\r\n");
        body.push_str(content);
        body.push_str("\r\n");
    }
    (body + "--xYz--\r\n").into_bytes()
}

fn read(body: &[u8]) -> Result<Facts, FactsError> {
    read_in(&[body])
}

fn read_in(chunks: &[&[u8]]) -> Result<Facts, FactsError> {
    let mut reader = FormReader::new(TYPE).unwrap();
    for chunk in chunks {
        reader.feed(chunk);
    }
    reader.facts()
}

fn ambiguous(field: &'static str, why: Ambiguity) -> Result<Facts, FactsError> {
    Err(FactsError::Ambiguous { field, why })
}

fn sample() -> Vec<u8> {
    form(&[
        ("name=\"prompt\"", "Names: Ada, Brian"),
        ("name=model", "whisper-1"),
        ("name=\"stream\"", "true"),
        ("name=\"n\"", "3"),
        (
            "name=\"file\"; filename=\"a\\\".wav\"\r\nContent-Type: audio/wav",
            "\0--xYz\r\n-\r\n--xY\r\r\n\n--x",
        ),
        ("name=\"size\"", "1024x1024"),
    ])
}

#[test]
fn the_fields_that_are_metered_are_read_and_the_rest_is_counted() {
    let body = sample();
    let facts = read(&body).unwrap();
    let model = facts.model.unwrap();
    assert_eq!(&*model.name, "whisper-1");
    assert_eq!(&body[model.span], b"whisper-1");
    assert_eq!(model.spelling, Spelling::Plain);
    assert!(facts.stream);
    assert_eq!((facts.answers, facts.prompt_bytes), (3, 17));
    assert_eq!(facts.media_bytes, 22);
    assert_eq!(facts.image.size.as_deref(), Some("1024x1024"));
    assert_eq!(facts.body_bytes, body.len());
}

#[test]
fn every_cut_reads_the_same() {
    let doubtful = b"--xYz\r\nContent-Disposition: form-data; name=a\r\n\r\nb\n--xYz--".to_vec();
    for body in [sample(), doubtful, [b"a preamble\r\n", &*sample()].concat()] {
        let whole = read(&body);
        let same = |facts: Result<Facts, FactsError>, cut: usize| {
            assert_eq!(
                facts.map(|facts| (facts.model, facts.media_bytes, facts.answers)),
                whole
                    .clone()
                    .map(|facts| (facts.model, facts.media_bytes, facts.answers)),
                "cut at {cut}"
            );
        };
        for cut in 0..body.len() {
            same(read_in(&[&body[..cut], &body[cut..]]), cut);
        }
        same(read_in(&body.chunks(1).collect::<Vec<_>>()), 1);
        same(read_in(&body.chunks(7).collect::<Vec<_>>()), 7);
    }
}

#[test]
fn a_model_that_could_be_read_otherwise_is_refused() {
    let model = |parameters| form(&[(parameters, "a"), ("name=\"file\"; filename=b", "")]);
    for (parameters, why) in [
        ("name=\"Model\"", Ambiguity::Case),
        ("name=\"mod\\el\"", Ambiguity::Escaped),
        ("name=\"mod%65l\"", Ambiguity::Escaped),
        (
            "name=model\r\nContent-Transfer-Encoding: base64",
            Ambiguity::Escaped,
        ),
    ] {
        assert_eq!(
            read(&model(parameters)),
            ambiguous("model", why),
            "{parameters}"
        );
    }
    let twice = form(&[("name=model", "a"), ("name=x", ""), ("name=\"model\"", "a")]);
    assert_eq!(read(&twice), ambiguous("model", Ambiguity::Doubled));
    for wrong in [
        form(&[("name=model; filename=a", "a")]),
        form(&[("name=model", "")]),
        form(&[("name=model", &"m".repeat(257))]),
    ] {
        let error = read(&wrong).unwrap_err();
        assert!(
            matches!(error, FactsError::WrongType { field: "model", .. }),
            "{error}"
        );
    }
}

#[test]
fn a_delimiter_that_some_readers_see_and_others_do_not_is_refused() {
    let head = "Content-Disposition: form-data; name=\"model\"\r\n\r\n";
    for body in [
        format!("--xYz\r\n{head}a\n--xYz\r\n{head}b\r\n--xYz--"),
        format!("--xYz\r\n{head}a\r--xYz\r\n{head}b\r\n--xYz--"),
        format!("\n--xYz\r\n{head}a\r\n--xYz--"),
        format!("--xYz\n{head}a\r\n--xYz--"),
        format!("--xYzz\r\n{head}a\r\n--xYz--"),
        format!("--xYz{}\r\n{head}a", " ".repeat(99)),
    ] {
        let fault = Err(FactsError::Form(FormFault::Delimiter));
        assert_eq!(read(body.as_bytes()), fault, "{body:?}");
    }
}

#[test]
fn a_part_without_one_plain_head_is_refused() {
    for head in [
        "",
        "Content-Type: text/plain\r\n",
        "Content-Disposition: form-data\r\n",
        "Content-Disposition: form-data; name=a; name=model\r\n",
        "Content-Disposition: form-data; name=a; name*=utf-8''model\r\n",
        "Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=model\r\n",
        "Content-Disposition: form-data;\r\n name=model\r\n",
        "Content-Disposition : form-data; name=model\r\n",
        "Content-Disposition: form-data; name=\"a\r\n",
        "Content-Disposition: form-data; name=model\n",
    ] {
        let body = format!("--xYz\r\n{head}\r\na\r\n--xYz--");
        let fault = Err(FactsError::Form(FormFault::PartHead));
        assert_eq!(read(body.as_bytes()), fault, "{head:?}");
    }
    let long = format!("--xYz\r\nX: {}", "a".repeat(9_000));
    assert_eq!(
        read(long.as_bytes()),
        Err(FactsError::Form(FormFault::PartHeadTooLong))
    );
}

#[test]
fn what_follows_the_last_delimiter_or_never_comes_is_not_ours_to_judge() {
    let behind = [&*sample(), &*form(&[("name=model", "b")])].concat();
    assert_eq!(&*read(&behind).unwrap().model.unwrap().name, "whisper-1");
    assert_eq!(read(b"").unwrap().model, None);
    assert_eq!(read(b"no form at all").unwrap().body_bytes, 14);
}

#[test]
fn a_boundary_is_one_and_possible() {
    let of = |text: &[u8]| head::boundary(text).map(|text| String::from_utf8(text).unwrap());
    for (text, expected) in [
        ("multipart/form-data; boundary=abc", Some("abc")),
        (
            "multipart/form-data;boundary=\"a b=?;c\"; charset=utf-8",
            Some("a b=?;c"),
        ),
        (
            "Multipart/Form-Data; charset=utf-8 ; BOUNDARY = abc ;",
            Some("abc"),
        ),
        ("multipart/form-data", None),
        ("multipart/form-data; boundary=", None),
        ("multipart/form-data; boundary=\"\"", None),
        ("multipart/form-data; boundary=a; boundary=a", None),
        ("multipart/form-data; boundary=a; boundary*=b", None),
        ("multipart/form-data; boundary=\"a\\b\"", None),
        ("multipart/form-data; boundary=\"a", None),
        ("multipart/form-data; boundary=\"a\"b", None),
        ("multipart/form-data; boundary=a\u{e9}", None),
    ] {
        assert_eq!(of(text.as_bytes()).as_deref(), expected, "{text}");
    }
    assert_eq!(
        of(format!("a/b; boundary={}", "x".repeat(201)).as_bytes()),
        None
    );
    assert!(FormReader::is_form(b"Multipart/form-data ; boundary=a"));
    assert!(!FormReader::is_form(b"multipart/mixed; boundary=a"));
}

#[test]
fn a_file_of_any_size_is_read_in_little_memory() {
    let mut reader = FormReader::new(TYPE).unwrap();
    reader.feed(b"--xYz\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n");
    let chunk = b"\r\n--xY".repeat(10_000);
    for _ in 0..200 {
        reader.feed(&chunk);
    }
    assert!(reader.kept.capacity() <= HEAD_BYTES_MAX + 1);
    reader.feed(b"\r\n--xYz--");
    assert_eq!(reader.facts().unwrap().media_bytes, 200 * chunk.len());
}

proptest! {
    #[test]
    fn nothing_that_comes_makes_it_panic(chunks in proptest::collection::vec(
        prop_oneof![
            Just(b"--xYz".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"Content-Disposition: form-data; name=model".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..20),
        ],
        0..40,
    )) {
        let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        let whole = read(&chunks.concat());
        prop_assert_eq!(read_in(&chunks).map(|facts| facts.model), whole.map(|facts| facts.model));
    }
}
