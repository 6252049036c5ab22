//! Passing over values that a handler has no use for.
//!
//! Of these only so much is checked as is needed to find their end: quotes, backslashes before quotes, and
//! brackets, which are counted. What stands between them, and what bytes a string holds, is not looked at.

use super::run::plain_run;
use super::{Container, DEPTH_MAX, Fault, Handler, ScanError, Scanner, State, fault};

/// Where in a value that is passed over a chunk's end has cut it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Skip {
    /// Depth at which the value lies.
    floor: usize,
    /// Its container, if the handler was told of it and waits for its end.
    told: Option<Container>,
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Between,
    InString,
    /// After a backslash in a string.
    Escape,
}

impl Skip {
    /// Inside a container at `depth` that the handler was told of.
    pub(super) const fn inside(container: Container, depth: usize) -> Self {
        Self {
            floor: depth,
            told: Some(container),
            place: Place::Between,
        }
    }
}

impl Scanner {
    /// A member's value that the handler is not told of; `at` is the offset of `bytes`.
    ///
    /// (It is of numbers and the like, which are as soon told as passed over.)
    #[inline]
    pub(super) fn skipped_value<'a>(
        &mut self,
        bytes: &'a [u8],
        at: usize,
        handler: &mut impl Handler,
    ) -> Result<&'a [u8], ScanError> {
        let Some((&byte, rest)) = bytes.split_first() else {
            return Ok(bytes);
        };
        let skip = |place| Skip {
            floor: self.depth,
            told: None,
            place,
        };
        match byte {
            b'"' => {
                let (place, rest) = string(Place::InString, rest);
                self.state = match place {
                    Place::Between => State::AfterValue,
                    Place::InString | Place::Escape => State::Skip(skip(place)),
                };
                Ok(rest)
            }
            b'{' | b'[' => {
                if self.depth >= DEPTH_MAX {
                    return Err(fault(Fault::TooDeep, at));
                }
                self.state = State::Skip(skip(Place::Between));
                self.depth = self.depth.saturating_add(1);
                Ok(rest)
            }
            _ => self.plain_scalar(bytes, at, handler),
        }
    }

    /// The rest of such a value; `at` is the offset of `bytes`.
    pub(super) fn skip<'a>(
        &mut self,
        mut skip: Skip,
        bytes: &'a [u8],
        at: usize,
        handler: &mut impl Handler,
    ) -> Result<&'a [u8], ScanError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            if skip.place != Place::Between {
                (skip.place, rest) = string(skip.place, rest);
                if skip.place == Place::Between && self.depth == skip.floor {
                    self.state = self.after_value();
                    return Ok(rest);
                }
                continue;
            }
            let Some((&byte, after)) = rest.split_first() else {
                break;
            };
            rest = after;
            let behind = || at.saturating_add(bytes.len().saturating_sub(after.len()));
            match byte {
                b'"' => skip.place = Place::InString,
                b'{' | b'[' if self.depth >= DEPTH_MAX => {
                    return Err(fault(Fault::TooDeep, behind().saturating_sub(1)));
                }
                b'{' | b'[' => self.depth = self.depth.saturating_add(1),
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == skip.floor {
                        if let Some(container) = skip.told {
                            handler.end(container, behind(), self.depth);
                        }
                        self.state = self.after_value();
                        return Ok(rest);
                    }
                }
                _ => {}
            }
        }
        self.state = State::Skip(skip);
        Ok(rest)
    }
}

/// The rest of a string as far as it is here, and where that leads.
#[inline]
fn string(place: Place, bytes: &[u8]) -> (Place, &[u8]) {
    let mut rest = bytes;
    if place == Place::Escape {
        rest = rest.get(1..).unwrap_or_default();
    }
    loop {
        match rest.get(plain_run::<false>(rest)..) {
            Some([b'"', rest @ ..]) => return (Place::Between, rest),
            Some([_, _, after @ ..]) => rest = after,
            Some([_]) => return (Place::Escape, &[]),
            _ => return (Place::InString, &[]),
        }
    }
}
