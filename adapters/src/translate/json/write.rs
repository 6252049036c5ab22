//! Tree to text: what is written is well formed by the way it is written.

use super::Spelled;
use crate::json::escape;

/// Where writing begins.
#[derive(Debug)]
pub(crate) struct Json;

/// The members of an object.
#[derive(Debug)]
pub(crate) struct Members<'w> {
    out: &'w mut String,
    is_first: bool,
}

/// The items of an array.
#[derive(Debug)]
pub(crate) struct Items<'w> {
    out: &'w mut String,
    is_first: bool,
}

impl Json {
    /// An object, with room for so many bytes.
    pub(crate) fn object(bytes: usize, write: impl FnOnce(&mut Members<'_>)) -> String {
        let mut out = String::with_capacity(bytes);
        Self::object_into(&mut out, write);
        out
    }

    /// An object behind what is there.
    pub(crate) fn object_into(out: &mut String, write: impl FnOnce(&mut Members<'_>)) {
        out.push('{');
        write(&mut Members {
            out,
            is_first: true,
        });
        out.push('}');
    }
}

impl Members<'_> {
    /// A text that was spelled by others.
    pub(crate) fn spelled(&mut self, name: &str, text: &Spelled<'_>) {
        self.name(name);
        self.out.push('"');
        self.out.push_str(text.raw());
        self.out.push('"');
    }

    /// A text of ours.
    pub(crate) fn text(&mut self, name: &str, plain: &str) {
        self.name(name);
        self.out.push('"');
        escape(plain, self.out);
        self.out.push('"');
    }

    /// A value as it was spelled: well-formed JSON.
    pub(crate) fn raw(&mut self, name: &str, json: &str) {
        self.name(name);
        self.out.push_str(json);
    }

    /// A number.
    pub(crate) fn number(&mut self, name: &str, number: u64) {
        self.name(name);
        crate::json::number(number, self.out);
    }

    /// `true` or `false`.
    pub(crate) fn bool(&mut self, name: &str, is: bool) {
        self.raw(name, if is { "true" } else { "false" });
    }

    /// `null`.
    pub(crate) fn null(&mut self, name: &str) {
        self.raw(name, "null");
    }

    /// An object.
    pub(crate) fn object(&mut self, name: &str, write: impl FnOnce(&mut Members<'_>)) {
        self.name(name);
        Json::object_into(self.out, write);
    }

    /// An array.
    pub(crate) fn array(&mut self, name: &str, write: impl FnOnce(&mut Items<'_>)) {
        self.name(name);
        self.out.push('[');
        write(&mut Items {
            out: self.out,
            is_first: true,
        });
        self.out.push(']');
    }

    fn name(&mut self, name: &str) {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(',');
        }
        self.out.push('"');
        escape(name, self.out);
        self.out.push_str("\":");
    }
}

impl Items<'_> {
    /// A text that was spelled by others.
    pub(crate) fn spelled(&mut self, text: &Spelled<'_>) {
        self.next();
        self.out.push('"');
        self.out.push_str(text.raw());
        self.out.push('"');
    }

    /// A text of ours.
    pub(crate) fn text(&mut self, plain: &str) {
        self.next();
        self.out.push('"');
        escape(plain, self.out);
        self.out.push('"');
    }

    /// A value as it was spelled: well-formed JSON.
    pub(crate) fn raw(&mut self, json: &str) {
        self.next();
        self.out.push_str(json);
    }

    /// An object.
    pub(crate) fn object(&mut self, write: impl FnOnce(&mut Members<'_>)) {
        self.next();
        Json::object_into(self.out, write);
    }

    /// An array.
    pub(crate) fn array(&mut self, write: impl FnOnce(&mut Items<'_>)) {
        self.next();
        self.out.push('[');
        write(&mut Items {
            out: self.out,
            is_first: true,
        });
        self.out.push(']');
    }

    fn next(&mut self) {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(',');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_well_formed() {
        let json = Json::object(64, |json| {
            json.text("a\"", "x\n");
            json.array("b", |items| {
                items.raw("1e-07");
                items.object(|_| {});
                items.spelled(&Spelled::of_plain("\\"));
                items.array(|items| items.text("y"));
            });
            json.object("c", |json| {
                json.number("n", 7);
                json.bool("t", true);
                json.null("z");
            });
        });
        assert_eq!(
            json,
            r#"{"a\"":"x\n","b":[1e-07,{},"\\",["y"]],"c":{"n":7,"t":true,"z":null}}"#
        );
    }
}
