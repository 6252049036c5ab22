//! What a client says of kept answers: `x-quotah-cache: use`, `refresh`, `no-store`.

use http::HeaderMap;

use super::HEADER;

/// A client's words; what is none of them says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Wish {
    /// `use`: a kept answer will do, whatever its temperature.
    uses: bool,
    /// `refresh`: not the one that is kept, but keep the new one.
    pub(super) refreshes: bool,
    /// `no-store`: neither give nor keep one.
    pub(super) declines: bool,
}

impl Wish {
    /// Reads every such line, and lists in it.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut wish = Self::default();
        let lines = headers.get_all(HEADER).iter();
        for word in lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')) {
            match word.trim_ascii() {
                b"use" => wish.uses = true,
                b"refresh" => wish.refreshes = true,
                b"no-store" => wish.declines = true,
                _ => {}
            }
        }
        wish
    }

    /// Whether the client asks for it itself.
    pub(super) const fn is_explicit(self) -> bool {
        self.uses || self.refreshes
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn words_are_read_from_every_line_and_others_say_nothing() {
        let of = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(HEADER, HeaderValue::from_static(line));
            }
            let wish = Wish::of(&headers);
            (wish.is_explicit(), wish.refreshes, wish.declines)
        };
        assert_eq!(of(&[]), (false, false, false));
        assert_eq!(of(&["used", ""]), (false, false, false));
        assert_eq!(of(&["use"]), (true, false, false));
        assert_eq!(of(&["refresh"]), (true, true, false));
        assert_eq!(of(&["use , no-store"]), (true, false, true));
        assert_eq!(of(&["use", "refresh"]), (true, true, false));
    }
}
