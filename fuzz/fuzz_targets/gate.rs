//! The gate judges the same in any cut, and what it lets through means one thing only.
//!
//! The second half is judged by a reader of its own kind: [`strict`] takes the released bytes apart line by
//! line, by the grammar of RFC 9112 and by `httparse` (which the engine behind the gate reads heads with),
//! and finds every message where the gate found it.
#![no_main]

#[path = "../../proxy/src/gateway/gate.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "not all that the gateway uses is used here"
)]
mod gate;
#[path = "../oracles/strict.rs"]
mod strict;

use gate::{Gate, GateError, Step, plausible_target};
use libfuzzer_sys::fuzz_target;
use quotah_fuzz::{Input, SHORT_BYTES};

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::read(data) else {
        return;
    };
    let whole = judge([input.body]);
    assert_eq!(judge(input.pieces()), whole, "in pieces");
    // A held head is read again with each byte: too dear for long ones.
    if input.body.len() <= SHORT_BYTES {
        assert_eq!(judge(input.body.chunks(1)), whole, "byte by byte");
    }
    let released = &input.body[..whole.released];
    let is_between = strict::read(released);
    assert_eq!(is_between, whole.is_between, "where the last message ends");
    if let Some(target) = plausible_target(input.body) {
        assert!(target.starts_with(b"/") && target.iter().all(u8::is_ascii_graphic));
    }
});

/// What became of a connection's bytes.
#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    released: usize,
    /// Why the rest was refused, and whether in a body.
    refused: Option<(GateError, bool)>,
    /// The released bytes end where a head may begin.
    is_between: bool,
}

/// Shows the pieces to a gate as the gateway's connections do.
fn judge<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Verdict {
    let (mut gate, mut held, mut released) = (Gate::default(), Vec::new(), 0);
    for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
        held.extend_from_slice(piece);
        let (more, refused) = match gate.advance(&held) {
            Step::Pass => (held.len(), None),
            Step::Hold { released } => (released, None),
            Step::Refuse {
                released,
                error,
                in_body,
            } => (released, Some((error, in_body))),
        };
        released += more;
        if refused.is_some() {
            return Verdict {
                released,
                refused,
                is_between: gate.is_between_messages(),
            };
        }
        held.drain(..more);
    }
    Verdict {
        released,
        refused: None,
        is_between: gate.is_between_messages(),
    }
}
