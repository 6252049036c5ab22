//! What the client sends is what the provider gets, and back: compared byte by byte on both sockets.

mod answers;
mod paths;
mod requests;
mod sizes;
mod usage_chunk;

use quotah_bench::mock::{Mock, Recorded};

use crate::harness::{End, Quotah, Request, Response, served};

/// Sends one request; both sides of it.
fn both_sides(quotah: &Quotah, provider: &Mock, request: &Request) -> (Response, Recorded) {
    let before = provider.requests().len();
    let response = quotah.send(request);
    let seen = served(provider, before + 1);
    let recorded = seen.last().cloned().expect("one at least");
    (response, recorded)
}

/// The answer is the provider's, to the byte and to its end.
fn assert_same_answer(response: &Response, recorded: &Recorded, case: &str) {
    assert_eq!(response.end, End::Whole, "{case}");
    assert_same(&response.body, &recorded.answer, case);
}

/// Two byte strings are one; else it shows where they part.
fn assert_same(left: &[u8], right: &[u8], case: &str) {
    if left == right {
        return;
    }
    let parting = left.iter().zip(right).take_while(|(l, r)| l == r).count();
    let shown = |bytes: &[u8]| {
        let around = parting.saturating_sub(40)..bytes.len().min(parting + 80);
        String::from_utf8_lossy(&bytes[around]).into_owned()
    };
    panic!(
        "{case}: {} and {} bytes part at {parting}:\n{}\n{}",
        left.len(),
        right.len(),
        shown(left),
        shown(right)
    );
}
