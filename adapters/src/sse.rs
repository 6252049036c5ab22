//! Server-sent events, taken apart as their bytes arrive.
//!
//! Providers stream answers as events of a few hundred bytes, but one event may also be an image of tens of
//! megabytes in a single line. So nothing is collected here: the bytes of `data:` go to a [`Sink`] in the
//! pieces in which they came, and only an event's name is kept, up to [`EVENT_NAME_BYTES_MAX`].
//!
//! The rules are those of the WHATWG HTML standard (§9.2.6) with one leniency that client libraries share: an
//! event at the end of the stream counts even when its blank line is missing.

use memchr::memchr2;

/// Longest event name that is told in full; what is beyond is dropped.
///
/// The longest in use is `response.code_interpreter_call_code.delta` (40 bytes).
pub const EVENT_NAME_BYTES_MAX: usize = 64;

/// The byte order mark that may open a stream.
const BOM: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Takes what a [`Splitter`] finds.
pub trait Sink {
    /// A piece of the event's data. The lines of one event come joined by `\n`.
    fn data(&mut self, piece: &[u8]);
    /// The event is complete; `name` is empty if it has none. Only called for events that have data.
    fn end_event(&mut self, name: &[u8]);
}

/// Splits a stream of bytes, cut anywhere, into events.
#[derive(Debug, Clone)]
pub struct Splitter {
    place: Place,
    /// The event has had a `data` line.
    has_data: bool,
    bare: Bare,
    name: Name,
}

/// What becomes of JSON without `data:` before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bare {
    /// It is a field that nobody knows, as the standard has it.
    Skipped,
    /// It is taken for data.
    Taken,
    /// The lines up to the next blank one are such JSON.
    Inside,
}

/// Where in a line the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the start of the stream, `seen` bytes into a possible byte order mark.
    Bom { seen: usize },
    /// At the start of a line.
    LineStart,
    /// At the start of a line whose predecessor ended in CR: an LF belongs to that end.
    AfterCr,
    /// In the field name, which so far matches the first `len` bytes of `field`'s name.
    FieldName { field: Field, len: usize },
    /// Behind the colon, where one space may be skipped.
    AfterColon(Field),
    /// In the value.
    Value(Field),
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Data,
    Event,
    /// A comment, `id`, `retry`, or anything that the format tells readers to skip.
    Ignored,
}

impl Field {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::Data => b"data",
            Self::Event => b"event",
            Self::Ignored => b"",
        }
    }
}

/// An event's name, as far as it is kept.
#[derive(Debug, Clone)]
struct Name {
    bytes: [u8; EVENT_NAME_BYTES_MAX],
    len: usize,
}

impl Name {
    fn push(&mut self, piece: &[u8]) {
        let Some(free) = self.bytes.get_mut(self.len..) else {
            return;
        };
        for (to, from) in free.iter_mut().zip(piece) {
            *to = *from;
            self.len = self.len.saturating_add(1);
        }
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl Default for Splitter {
    fn default() -> Self {
        Self::new()
    }
}

impl Splitter {
    /// A splitter at the start of a stream.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            place: Place::Bom { seen: 0 },
            has_data: false,
            bare: Bare::Skipped,
            name: Name {
                bytes: [0; EVENT_NAME_BYTES_MAX],
                len: 0,
            },
        }
    }

    /// A splitter for Google's streams: when one fails, its error may come as it would without a stream, JSON of
    /// one or several lines that nothing stands before. It is told as an event.
    #[must_use]
    pub const fn with_bare_json() -> Self {
        let mut splitter = Self::new();
        splitter.bare = Bare::Taken;
        splitter
    }

    /// Reads the next bytes of the stream; they may be cut anywhere.
    pub fn feed(&mut self, mut bytes: &[u8], sink: &mut impl Sink) {
        while !bytes.is_empty() {
            bytes = match self.place {
                Place::LineStart => self.line(bytes, sink),
                Place::AfterCr => self.after_cr(bytes),
                Place::Bom { seen } => self.bom(bytes, seen),
                Place::FieldName { field, len } => self.field_name(bytes, field, len, sink),
                Place::AfterColon(field) => self.after_colon(bytes, field),
                Place::Value(field) => self.value(bytes, field, sink),
            };
        }
    }

    /// Ends the stream: an event whose blank line is missing is told all the same.
    pub fn finish(&mut self, sink: &mut impl Sink) {
        match self.place {
            Place::FieldName { field, len } => self.end_field_name(field, len, sink),
            Place::Bom { .. } | Place::LineStart | Place::AfterCr => {}
            Place::AfterColon(_) | Place::Value(_) => {}
        }
        self.blank_line(sink);
        self.place = Place::Bom { seen: 0 };
    }

    /// A line from its start: in one step if its end is here too, which is the rule.
    fn line<'a>(&mut self, bytes: &'a [u8], sink: &mut impl Sink) -> &'a [u8] {
        if let Some(rest) = bytes.strip_prefix(b"data:") {
            self.begin_data(sink);
            self.place = Place::AfterColon(Field::Data);
            return rest;
        }
        match bytes.split_first() {
            Some((b'\n' | b'\r', _)) => {
                self.blank_line(sink);
                self.end_line(bytes)
            }
            Some((first, _)) if self.is_bare(*first) => {
                self.begin_data(sink);
                self.bare = Bare::Inside;
                self.place = Place::Value(Field::Data);
                bytes
            }
            Some((b':', rest)) => {
                self.place = Place::Value(Field::Ignored);
                rest
            }
            Some((first, rest)) => {
                let field = match first {
                    b'd' => Field::Data,
                    b'e' => Field::Event,
                    _ => Field::Ignored,
                };
                self.place = Place::FieldName { field, len: 1 };
                rest
            }
            None => bytes,
        }
    }

    fn after_cr<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        self.place = Place::LineStart;
        bytes.strip_prefix(b"\n").unwrap_or(bytes)
    }

    fn bom<'a>(&mut self, bytes: &'a [u8], seen: usize) -> &'a [u8] {
        match (bytes.split_first(), BOM.get(seen)) {
            (Some((byte, rest)), Some(expected)) if byte == expected => {
                let seen = seen.saturating_add(1);
                self.place = if seen == BOM.len() {
                    Place::LineStart
                } else {
                    Place::Bom { seen }
                };
                rest
            }
            // Half a mark is the start of a field that nobody knows.
            _ if seen > 0 => {
                self.place = Place::FieldName {
                    field: Field::Ignored,
                    len: seen,
                };
                bytes
            }
            _ => {
                self.place = Place::LineStart;
                bytes
            }
        }
    }

    fn field_name<'a>(
        &mut self,
        bytes: &'a [u8],
        field: Field,
        len: usize,
        sink: &mut impl Sink,
    ) -> &'a [u8] {
        let Some((byte, rest)) = bytes.split_first() else {
            return bytes;
        };
        match byte {
            b'\n' | b'\r' => {
                self.end_field_name(field, len, sink);
                self.end_line(bytes)
            }
            b':' => {
                let field = if len == field.name().len() {
                    field
                } else {
                    Field::Ignored
                };
                match field {
                    Field::Data => self.begin_data(sink),
                    // The last name of an event is the one that counts.
                    Field::Event => self.name.len = 0,
                    Field::Ignored => {}
                }
                self.place = Place::AfterColon(field);
                rest
            }
            byte => {
                let matches = field.name().get(len) == Some(byte);
                let field = if matches { field } else { Field::Ignored };
                let len = len.saturating_add(1);
                self.place = Place::FieldName { field, len };
                rest
            }
        }
    }

    fn after_colon<'a>(&mut self, bytes: &'a [u8], field: Field) -> &'a [u8] {
        self.place = Place::Value(field);
        bytes.strip_prefix(b" ").unwrap_or(bytes)
    }

    fn value<'a>(&mut self, bytes: &'a [u8], field: Field, sink: &mut impl Sink) -> &'a [u8] {
        let end = memchr2(b'\n', b'\r', bytes).unwrap_or(bytes.len());
        let (piece, rest) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
        match field {
            Field::Data if !piece.is_empty() => sink.data(piece),
            Field::Event => self.name.push(piece),
            Field::Data | Field::Ignored => {}
        }
        if rest.is_empty() {
            return rest;
        }
        self.end_line(rest)
    }

    /// A line without a colon is a field with an empty value.
    fn end_field_name(&mut self, field: Field, len: usize, sink: &mut impl Sink) {
        if len != field.name().len() {
            return;
        }
        match field {
            Field::Data => self.begin_data(sink),
            Field::Event => self.name.len = 0,
            Field::Ignored => {}
        }
    }

    /// Whether a line that begins so, and not with `data:`, is JSON all the same.
    const fn is_bare(&self, first: u8) -> bool {
        match self.bare {
            Bare::Skipped => false,
            Bare::Taken => matches!(first, b'{' | b'['),
            // No line of JSON begins as a field does.
            Bare::Inside => !matches!(first, b'd' | b'e' | b':' | b'i' | b'r'),
        }
    }

    fn begin_data(&mut self, sink: &mut impl Sink) {
        if self.has_data {
            sink.data(b"\n");
        }
        self.has_data = true;
    }

    fn blank_line(&mut self, sink: &mut impl Sink) {
        if self.has_data {
            sink.end_event(self.name.as_bytes());
        }
        self.has_data = false;
        if self.bare == Bare::Inside {
            self.bare = Bare::Taken;
        }
        self.name.len = 0;
    }

    /// Steps over the line end at the head of `bytes`.
    fn end_line<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        match bytes.split_first() {
            Some((b'\r', rest)) => {
                self.place = Place::AfterCr;
                rest
            }
            Some((_, rest)) => {
                self.place = Place::LineStart;
                rest
            }
            None => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Default, Clone, PartialEq, Eq)]
    struct Event {
        name: String,
        data: Vec<u8>,
    }

    #[derive(Default)]
    struct Collect {
        open: Event,
        done: Vec<Event>,
    }

    impl Sink for Collect {
        fn data(&mut self, piece: &[u8]) {
            self.open.data.extend_from_slice(piece);
        }
        fn end_event(&mut self, name: &[u8]) {
            self.open.name = String::from_utf8_lossy(name).into_owned();
            self.done.push(std::mem::take(&mut self.open));
        }
    }

    fn split<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
        let (mut splitter, mut sink) = (Splitter::new(), Collect::default());
        for piece in pieces {
            splitter.feed(piece, &mut sink);
        }
        splitter.finish(&mut sink);
        sink.done
    }

    fn data(text: &str) -> Vec<String> {
        split([text.as_bytes()])
            .into_iter()
            .map(|event| String::from_utf8_lossy(&event.data).into_owned())
            .collect()
    }

    #[test]
    fn every_line_end_separates_events() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("data: a{end}{end}data:b{end}{end}");
            assert_eq!(data(&text), ["a", "b"], "{end:?}");
        }
    }

    #[test]
    fn one_space_behind_the_colon_is_not_data() {
        assert_eq!(data("data:a\n\ndata: b\n\ndata:  c\n\n"), ["a", "b", " c"]);
    }

    #[test]
    fn data_lines_of_one_event_are_joined_by_line_feeds() {
        assert_eq!(
            data("data: a\r\ndata\r\ndata:\r\ndata: b\r\n\r\n"),
            ["a\n\n\nb"]
        );
    }

    #[test]
    fn comments_ids_retries_and_unknown_fields_are_skipped() {
        let text = ": keep-alive\n\nid: 7\nretry: 5\ndatax: no\ndat: no\nx\ndata: yes\n\n: bye\n\n";
        assert_eq!(data(text), ["yes"]);
    }

    #[test]
    fn a_byte_order_mark_is_skipped_at_the_start_only() {
        assert_eq!(data("\u{feff}data: a\n\n\u{feff}data: b\n\n"), ["a"]);
    }

    #[test]
    fn the_last_event_needs_no_blank_line() {
        assert_eq!(data("data: a\n\ndata: b"), ["a", "b"]);
        assert_eq!(data("data: a\n\ndata: b\n"), ["a", "b"]);
        assert_eq!(data("data: a\n\ndata"), ["a", ""]);
    }

    #[test]
    fn json_without_data_is_told_where_that_is_asked_for() {
        let text = "data: a\r\n\r\n{\n  \"b\": 1\n}\n\nc\n\n: d\n\ndata: e\n\n[\n]";
        let (mut splitter, mut sink) = (Splitter::with_bare_json(), Collect::default());
        for byte in text.as_bytes().chunks(1) {
            splitter.feed(byte, &mut sink);
        }
        splitter.finish(&mut sink);
        let told: Vec<_> = sink.done.iter().map(|event| &event.data[..]).collect();
        let expected: [&[u8]; 4] = [b"a", b"{\n  \"b\": 1\n}", b"e", b"[\n]"];
        assert_eq!(told, expected);
        assert_eq!(data(text), ["a", "e"]);
    }

    #[test]
    fn names_are_told_and_do_not_outlive_their_event() {
        let events = split([&b"event: one\ndata: a\n\ndata: b\n\nevent: lost\n\ndata: c\n\n"[..]]);
        let names: Vec<_> = events.iter().map(|event| &*event.name).collect();
        assert_eq!(names, ["one", "", ""]);
    }

    #[test]
    fn a_long_name_is_cut_and_not_kept() {
        let events = split([format!("event: {}\ndata: a\n\n", "n".repeat(9_999)).as_bytes()]);
        assert_eq!(events[0].name, "n".repeat(EVENT_NAME_BYTES_MAX));
    }

    #[test]
    fn an_endless_line_goes_through_in_pieces() {
        struct Count(usize);
        impl Sink for Count {
            fn data(&mut self, piece: &[u8]) {
                self.0 += piece.len();
            }
            fn end_event(&mut self, _: &[u8]) {}
        }
        let (mut splitter, mut sink) = (Splitter::new(), Count(0));
        splitter.feed(b"data: ", &mut sink);
        let piece = [b'x'; 16 * 1024];
        for _ in 0..4096 {
            splitter.feed(&piece, &mut sink);
        }
        assert_eq!(sink.0, 64 * 1024 * 1024);
    }

    proptest! {
        #[test]
        fn events_are_the_same_however_the_bytes_are_cut(
            lines in proptest::collection::vec(
                ("(data|event|id|dat|: x|)(:|: |)[a\u{e9} :]{0,6}", "\n|\r\n|\r"), 0..24),
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let text: String = lines.into_iter().flat_map(|(line, end)| [line, end]).collect();
            let bytes = text.as_bytes();
            let whole = split([bytes]);
            prop_assert_eq!(&split(bytes.chunks(1)), &whole);
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            prop_assert_eq!(split(cuts.windows(2).map(|at| &bytes[at[0]..at[1]])), whole);
        }
    }
}
