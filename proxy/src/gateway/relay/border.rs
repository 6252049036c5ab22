//! Where an answer may be broken off: behind a whole event, or a whole line.

/// The last bytes that went down: an event may be added only behind a blank line, a line behind a line's end.
#[derive(Debug, Default)]
pub(super) struct Border {
    tail: [u8; 4],
    is_begun: bool,
}

impl Border {
    pub(super) fn pass(&mut self, data: &[u8]) {
        if let Some(tail) = data.last_chunk::<4>() {
            self.tail = *tail;
        } else {
            for &byte in data {
                self.tail.rotate_left(1);
                self.tail[3] = byte;
            }
        }
        self.is_begun |= !data.is_empty();
    }

    /// Whether the next bytes begin an event, or a line.
    pub(super) fn is_between(&self, is_lines: bool) -> bool {
        if is_lines {
            return !self.is_begun || self.tail.ends_with(b"\n");
        }
        !self.is_begun || self.tail.ends_with(b"\n\n") || self.tail == *b"\r\n\r\n"
    }

    /// Where in `data`, which comes next, the last whole event or line ends; `None` where none does.
    pub(super) fn last_in(&self, data: &[u8], is_lines: bool) -> Option<usize> {
        if is_lines {
            return memchr::memrchr(b'\n', data).map(|at| at + 1);
        }
        let found = |mark: &[u8]| memchr::memmem::rfind(data, mark).map(|at| at + mark.len());
        found(b"\n\n").max(found(b"\r\n\r\n"))
    }
}
