//! Text to tree.

use super::{Array, Object, Spelled, Value};
use crate::scan::{DEPTH_MAX, plain_run};

/// Most values in one text. A request of the largest size that is let in has far fewer; one made of brackets alone would
/// become a tree twenty times its size.
pub(crate) const NODES_MAX: usize = 1_000_000;

/// A text that is no JSON, or more of it than is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParseError {
    /// Something else stands at this byte.
    #[error("not JSON at byte {0}")]
    NotJson(usize),
    /// Arrays and objects within each other.
    #[error("nested deeper than {DEPTH_MAX}")]
    TooDeep,
    /// More than [`NODES_MAX`] values.
    #[error("more than {NODES_MAX} values")]
    TooMany,
}

/// Reads a text that is one JSON value.
///
/// # Errors
/// [`ParseError`]
pub(crate) fn parse(text: &str) -> Result<Value<'_>, ParseError> {
    let mut parser = Parser {
        text,
        at: 0,
        nodes: 0,
        members: Vec::with_capacity(MEMBERS),
        items: Vec::new(),
    };
    let value = parser.value(0)?;
    parser.space();
    if parser.at < text.len() {
        return Err(ParseError::NotJson(parser.at));
    }
    Ok(value)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    nodes: usize,
    /// What was read of the objects that are not closed yet, behind each other: a closed one gets a list of just its size.
    members: Vec<(Spelled<'a>, Value<'a>)>,
    /// The same of arrays.
    items: Vec<Value<'a>>,
}

/// Room for the members of an ordinary event of a stream, all objects that are open at once taken together.
const MEMBERS: usize = 14;

impl<'a> Parser<'a> {
    fn value(&mut self, depth: usize) -> Result<Value<'a>, ParseError> {
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > NODES_MAX {
            return Err(ParseError::TooMany);
        }
        match self.space() {
            Some(b'"') => self.string().map(Value::String),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.wrong()),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value<'a>, ParseError> {
        let (start, depth) = self.open(depth)?;
        let outer = self.members.len();
        let mut is_over = self.passes(b'}');
        while !is_over {
            self.space();
            let name = self.string()?;
            self.space();
            self.expect(b':')?;
            let value = self.value(depth)?;
            self.members.push((name, value));
            is_over = self.ends(b'}')?;
        }
        let raw = self.since(start);
        let members = self.members.split_off(outer);
        Ok(Value::Object(Object { raw, members }))
    }

    fn array(&mut self, depth: usize) -> Result<Value<'a>, ParseError> {
        let (start, depth) = self.open(depth)?;
        let outer = self.items.len();
        let mut is_over = self.passes(b']');
        while !is_over {
            let value = self.value(depth)?;
            self.items.push(value);
            is_over = self.ends(b']')?;
        }
        let raw = self.since(start);
        let items = self.items.split_off(outer);
        Ok(Value::Array(Array { raw, items }))
    }

    /// Whether a list ends behind what was read of it, or goes on.
    fn ends(&mut self, bracket: u8) -> Result<bool, ParseError> {
        let next = self.space();
        if next == Some(b',') || next == Some(bracket) {
            self.at = self.at.saturating_add(1);
            Ok(next == Some(bracket))
        } else {
            Err(self.wrong())
        }
    }

    fn open(&mut self, depth: usize) -> Result<(usize, usize), ParseError> {
        if depth >= DEPTH_MAX {
            return Err(ParseError::TooDeep);
        }
        let start = self.at;
        self.at = self.at.saturating_add(1);
        self.space();
        Ok((start, depth.saturating_add(1)))
    }

    fn string(&mut self) -> Result<Spelled<'a>, ParseError> {
        self.expect(b'"')?;
        let (start, mut rest) = (self.at, self.rest());
        loop {
            rest = rest.get(plain_run::<true>(rest)..).unwrap_or_default();
            rest = match rest {
                [b'"', behind @ ..] => {
                    self.at = self.text.len().saturating_sub(rest.len());
                    let raw = self.since(start);
                    self.at = self.text.len().saturating_sub(behind.len());
                    return Ok(Spelled::of_raw(raw));
                }
                [
                    b'\\',
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
                    behind @ ..,
                ] => behind,
                [b'\\', b'u', a, b, c, d, behind @ ..]
                    if [a, b, c, d].iter().all(|x| x.is_ascii_hexdigit()) =>
                {
                    behind
                }
                _ => return Err(ParseError::NotJson(start)),
            };
        }
    }

    fn number(&mut self) -> Result<Value<'a>, ParseError> {
        let start = self.at;
        self.passes(b'-');
        if !self.passes(b'0') {
            self.digits()?;
        }
        if self.passes(b'.') {
            self.digits()?;
        }
        if self.passes(b'e') || self.passes(b'E') {
            let _signed = self.passes(b'-') || self.passes(b'+');
            self.digits()?;
        }
        Ok(Value::Number(self.since(start)))
    }

    fn digits(&mut self) -> Result<(), ParseError> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at = self.at.saturating_add(1);
        }
        if self.at == start {
            return Err(self.wrong());
        }
        Ok(())
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, ParseError> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(self.wrong());
        }
        self.at = self.at.saturating_add(word.len());
        Ok(value)
    }

    /// Passes this byte, if it is the next, and says so.
    fn passes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at = self.at.saturating_add(usize::from(is_next));
        is_next
    }

    fn expect(&mut self, byte: u8) -> Result<(), ParseError> {
        if self.passes(byte) {
            Ok(())
        } else {
            Err(self.wrong())
        }
    }

    /// Passes white space, and gives what stands behind it.
    fn space(&mut self) -> Option<u8> {
        loop {
            let next = self.peek();
            match next {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at = self.at.saturating_add(1),
                _ => return next,
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    const fn wrong(&self) -> ParseError {
        ParseError::NotJson(self.at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(value: &Value<'_>) -> serde_json::Value {
        serde_json::from_str(&value.raw()).unwrap()
    }

    #[test]
    fn values_keep_their_spelling() {
        let text = r#" {"a": [1.0, 1e-07, -0], "b":{"x":"é\/"}, "a":null} "#;
        let value = parse(text).unwrap();
        let object = value.as_object().unwrap();
        assert_eq!(object.raw, text.trim());
        assert_eq!(object.get("a"), None);
        assert_eq!(object.object("b").unwrap().raw, r#"{"x":"é\/"}"#);
        assert_eq!(object.object("b").unwrap().text("x").unwrap().raw(), "é\\/");
        let (_, list) = object.members.first().unwrap();
        assert_eq!(list.items().get(1), Some(&Value::Number("1e-07")));
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            "{",
            "{]",
            "[1,]",
            "{\"a\"}",
            "01",
            "1.",
            "+1",
            "\"\n\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "nul",
            "[] []",
            "\"",
            "{\"a\":1,}",
            "-",
            "1e",
            "\u{feff}{}",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
            assert!(
                serde_json::from_str::<serde_json::Value>(text).is_err(),
                "{text:?}"
            );
        }
        assert_eq!(parse(&"[".repeat(500)), Err(ParseError::TooDeep));
        let many = format!("[{}1]", "1,".repeat(NODES_MAX));
        assert_eq!(parse(&many), Err(ParseError::TooMany));
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(|float| serde_json::json!(float)),
            "\\PC{0,8}|[\\x00-\\x7f]{0,8}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                prop::collection::hash_map("[a-z]{0,4}", inner, 0..5)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_json_is_read_as_others_read_it(value in json()) {
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                let read = parse(&text).unwrap();
                let theirs: serde_json::Value = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(told(&read), theirs);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}|[\\[\\]{}:,\"\\\\u0-9a-f.eE+ -]{0,40}") {
            let read = parse(&text);
            prop_assert_eq!(read.is_ok(), serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok());
        }
    }
}
