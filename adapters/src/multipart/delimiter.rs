//! The search for a form's next delimiter: `--boundary` on a line of its own, wherever chunks are cut.

use memchr::memmem::Finder;

/// Bytes kept before a possible delimiter: the line end that must stand there.
const LINE_END_BYTES: usize = 2;

/// What a chunk of content holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// No whole delimiter.
    Nothing,
    /// A delimiter; this many bytes of the chunk end with it.
    Behind { read: usize },
    /// A delimiter behind half a line end: one for some readers and not for others.
    Doubtful,
}

/// The search in one part's content.
#[derive(Debug)]
pub(super) struct Search {
    finder: Finder<'static>,
    /// The last bytes before the next chunk: as many as a cut delimiter and a line end have, at most.
    carry: Vec<u8>,
}

impl Search {
    /// A search for the delimiter of `boundary`, at the body's beginning, where no line end is needed.
    pub(super) fn new(boundary: &[u8]) -> Self {
        let delimiter = [b"--", boundary].concat();
        Self {
            finder: Finder::new(&delimiter).into_owned(),
            carry: b"\r\n".to_vec(),
        }
    }

    /// Length of `--boundary`.
    pub(super) fn delimiter_bytes(&self) -> usize {
        self.finder.needle().len()
    }

    /// Begins behind a blank line, whose line end may serve a delimiter: the content is empty then.
    pub(super) fn restart(&mut self) {
        self.carry.clear();
        self.carry.extend_from_slice(b"\r\n");
    }

    /// Looks at the next bytes of content.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Found {
        let needle = self.delimiter_bytes();
        // First what begins in bytes that have passed and ends in these.
        let border = needle.saturating_sub(1).min(chunk.len());
        let carried = self.carry.len();
        let mut joint = std::mem::take(&mut self.carry);
        joint.extend_from_slice(chunk.get(..border).unwrap_or(chunk));
        let found = match find(&self.finder, &joint, LINE_END_BYTES, &[]) {
            Found::Behind { read } => Found::Behind {
                read: read.saturating_sub(carried),
            },
            Found::Doubtful => Found::Doubtful,
            Found::Nothing => find(&self.finder, chunk, 0, joint.get(..carried).unwrap_or(&[])),
        };
        if found == Found::Nothing {
            // As much as a delimiter that lacks its last byte, and a line end before it.
            let most = needle.saturating_add(LINE_END_BYTES).saturating_sub(1);
            let tail_at = chunk.len().saturating_sub(most).max(border);
            if tail_at > border {
                joint.clear();
            }
            joint.extend_from_slice(chunk.get(tail_at..).unwrap_or_default());
            let surplus = joint.len().saturating_sub(most);
            joint.drain(..surplus);
            self.carry = joint;
        }
        found
    }
}

/// The first delimiter in `bytes` from offset `from` on that has a line end before it, of which `before` may
/// hold the beginning.
fn find(finder: &Finder<'_>, bytes: &[u8], from: usize, before: &[u8]) -> Found {
    let mut from = from;
    while let Some(at) = bytes.get(from..).and_then(|rest| finder.find(rest)) {
        let at = from.saturating_add(at);
        let byte_before = |back: usize| match at.checked_sub(back) {
            Some(place) => bytes.get(place),
            None => before
                .len()
                .checked_sub(back.saturating_sub(at))
                .and_then(|place| before.get(place)),
        };
        match (byte_before(2), byte_before(1)) {
            (Some(b'\r'), Some(b'\n')) => {
                return Found::Behind {
                    read: at.saturating_add(finder.needle().len()),
                };
            }
            (_, Some(b'\r' | b'\n')) => return Found::Doubtful,
            _ => from = at.saturating_add(1),
        }
    }
    Found::Nothing
}
