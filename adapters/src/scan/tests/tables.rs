//! Tables of any size, and built while running.

use super::*;

fn fields_by(table: Table<&'static str>, text: &str) -> Vec<&'static str> {
    let mut found = Found {
        tracker: Tracker::new(table),
        fields: vec![],
        case: vec![],
    };
    Scanner::new().feed(text.as_bytes(), &mut found).unwrap();
    found.fields.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn a_table_is_built_while_running_from_either_syntax() {
    let text = r#"{"choices":[{"delta":{"content":"a"}}],"a/b":{"m~n":{"x.y":1}},"usage":{"t":2}}"#;
    for content in ["choices[*].delta.content", "/choices/*/delta/content"] {
        let paths = [
            (content, "content"),
            ("/a~1b/m~0n/x.y", "escaped"),
            ("usage", "usage"),
            ("/usage/t", "total"),
        ];
        let table = Table::build(paths).unwrap();
        assert_eq!(
            fields_by(table.clone(), text),
            ["content", "escaped", "usage", "total"]
        );
    }
}

#[test]
fn names_of_every_length_are_told_apart() {
    let names: Vec<String> = (1..=KEY_BYTES_MAX).map(|len| "n".repeat(len)).collect();
    let table = Table::build(names.iter().map(|name| (name, "field"))).unwrap();
    for (at, name) in names.iter().enumerate() {
        let text = |name: &str| format!("{{\"{name}\":1}}");
        assert_eq!(fields_by(table.clone(), &text(name)), ["field"], "{name}");
        for changed in 0..=at {
            let mut other = name.clone();
            other.replace_range(changed..=changed, "m");
            assert_eq!(fields_by(table.clone(), &text(&other)), [""; 0], "{other}");
        }
    }
}

#[test]
fn a_path_that_cannot_be_is_refused_with_its_reason() {
    let fault = |path: &str| Table::build([(path, ())]).unwrap_err().fault;
    for (path, expected) in [
        ("usage..tokens", PathFault::EmptyStep),
        ("usage.", PathFault::EmptyStep),
        (".usage", PathFault::EmptyStep),
        ("/usage/", PathFault::EmptyStep),
        ("/", PathFault::EmptyStep),
        ("choices[0].text", PathFault::BadBracket),
        ("choices[*]text", PathFault::BadBracket),
        ("/a~2b", PathFault::BadEscape),
        ("/a~", PathFault::BadEscape),
        ("/choices/0/text", PathFault::Index),
        ("/a/a/a/a/a/a/a/a/a/a/a", PathFault::TooDeep),
        (&"n".repeat(65), PathFault::NameTooLong),
    ] {
        assert_eq!(fault(path), expected, "{path}");
    }
    assert!(Table::build([("/a/a/a/a/a/a/a/a/a/a", ())]).is_ok());
    let many = |count: usize| Table::build((0..count).map(|name| (format!("n{name}"), ())));
    assert!(many(NODES_MAX - 2).is_ok());
    let error = many(NODES_MAX - 1).unwrap_err();
    assert_eq!((&*error.path, error.fault), ("n254", PathFault::TableFull));
}

#[test]
fn tables_of_different_sizes_have_one_type() {
    static SMALL: PathTable<&str, 3> = PathTable::new(&[("a", "small")]);
    static TABLES: [Table<&str>; 2] = [SMALL.erased(), FIELDS.erased()];
    assert_eq!(fields_by(TABLES[0].clone(), r#"{"a":1}"#), ["small"]);
    assert_eq!(fields_by(TABLES[1].clone(), r#"{"usage":1}"#), ["usage"]);
}
