//! Whatever has become of a segment, its reader gives every record that is whole there and nothing else.
#![no_main]

#[path = "../../proxy/src/ledger/segment.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "not all that the ledger uses is used here"
)]
mod segment;

use std::ops::Range;

use libfuzzer_sys::fuzz_target;
use quotah_fuzz::Input;
use segment::{FRAME_BYTES, HEADER_BYTES, Header, PAYLOAD_BYTES_MAX, Scanned, Step, scan, step};

const MARK: [u8; 4] = [0xf5, b'Q', 0xff, 0xfe];

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::read(data) else {
        return;
    };
    let mut segment = input.body.to_vec();
    // A fuzzer cannot guess checksums: half of its inputs get those that their frames should have.
    if input.pick & 1 == 0 {
        seal(&mut segment);
    }
    read_header(&segment);
    let (records, scanned) = read(&segment);
    assert_eq!(records, whole_records(&segment));
    account(&segment, &records, &scanned);
    read_as_it_grows(&segment, usize::from(input.seed));
});

/// Reads a segment step by step and by [`scan`], which must agree; the records' places.
fn read(segment: &[u8]) -> (Vec<Range<usize>>, Scanned) {
    let (mut records, mut at) = (Vec::new(), 0);
    loop {
        match step(segment, at) {
            Step::Record { kind, payload, end } => {
                assert_eq!(payload, &segment[at + FRAME_BYTES..end]);
                assert_eq!(kind, segment[at + FRAME_BYTES - 1]);
                records.push(at..end);
                at = end;
            }
            Step::Damaged { end } => {
                assert!(end > at, "no step forward");
                at = end;
            }
            Step::Tail => break,
        }
    }
    assert!(
        segment.len() - at < FRAME_BYTES + PAYLOAD_BYTES_MAX,
        "an endless tail"
    );
    let mut starts = Vec::new();
    let scanned = scan(&mut &*segment, 0, |_, _, start| {
        starts.push(start);
        true
    });
    let scanned = scanned.expect("memory does not fail");
    assert!(
        starts
            .into_iter()
            .eq(records.iter().map(|record| record.start as u64))
    );
    assert_eq!(scanned.end, at as u64);
    (records, scanned)
}

/// By the format's letter: each frame that is whole, from the front, one behind the other.
fn whole_records(segment: &[u8]) -> Vec<Range<usize>> {
    let (mut records, mut at) = (Vec::new(), 0);
    while at < segment.len() {
        match frame_end(segment, at).filter(|end| crc_at(segment, at) == crc_of(segment, at..*end))
        {
            Some(end) => {
                records.push(at..end);
                at = end;
            }
            None => at += 1,
        }
    }
    records
}

/// Every byte is a record's, damaged, or the tail's.
fn account(segment: &[u8], records: &[Range<usize>], scanned: &Scanned) {
    assert_eq!(scanned.end + scanned.tail_bytes, segment.len() as u64);
    let mut ranges: Vec<Range<u64>> = records
        .iter()
        .map(|record| record.start as u64..record.end as u64)
        .collect();
    ranges.extend(scanned.damaged.iter().cloned());
    ranges.sort_unstable_by_key(|range| range.start);
    let mut at = 0;
    for range in ranges {
        assert_eq!(range.start, at);
        at = range.end;
    }
    assert_eq!(at, scanned.end);
    assert!(
        scanned
            .damaged
            .windows(2)
            .all(|pair| pair[0].end < pair[1].start),
        "not joined"
    );
}

/// A reader that follows a growing segment reads what one does that finds it whole. (Not if a payload holds a
/// mark, which no record of ours does: a frame inside one that is still arriving proves it broken.)
fn read_as_it_grows(segment: &[u8], cut: usize) {
    let is_odd = |record: Range<usize>| {
        memchr::memmem::find(&segment[record.start + MARK.len()..record.end], &MARK).is_some()
    };
    let (mut records, _) = read(segment);
    if records.iter().cloned().any(is_odd) {
        return;
    }
    let cut = cut % (segment.len() + 1);
    let (mut followed, scanned) = read(&segment[..cut]);
    let from = scanned.end as usize;
    let (later, _) = read(&segment[from..]);
    followed.extend(
        later
            .into_iter()
            .map(|record| record.start + from..record.end + from),
    );
    records.sort_unstable_by_key(|record| record.start);
    assert_eq!(followed, records, "cut at {cut}");
}

fn read_header(segment: &[u8]) {
    if let Ok(header) = Header::decode(segment) {
        assert_eq!(header.encode(), segment[..HEADER_BYTES]);
    }
}

/// Gives the first frames that lie whole in `segment` their right checksums.
fn seal(segment: &mut [u8]) {
    let mut at = 0;
    while at < segment.len() {
        match frame_end(segment, at) {
            // A kind above 127 stays as it is, so that broken frames stand beside whole ones.
            Some(end) if segment[at + FRAME_BYTES - 1] < 128 => {
                let crc = crc_of(segment, at..end).to_le_bytes();
                segment[at + 8..at + 12].copy_from_slice(&crc);
                at = end;
            }
            _ => at += 1,
        }
    }
}

/// Where the frame at `at` ends if it is one and all there, whatever its checksum.
fn frame_end(segment: &[u8], at: usize) -> Option<usize> {
    let head = segment.get(at..at + FRAME_BYTES)?;
    let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
    let end = at + FRAME_BYTES + length;
    (head.starts_with(&MARK) && length <= PAYLOAD_BYTES_MAX && end <= segment.len()).then_some(end)
}

fn crc_at(segment: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([
        segment[at + 8],
        segment[at + 9],
        segment[at + 10],
        segment[at + 11],
    ])
}

/// Over length, kind and payload.
fn crc_of(segment: &[u8], frame: Range<usize>) -> u32 {
    let mut covered = segment[frame.start + 4..frame.start + 8].to_vec();
    covered.extend_from_slice(&segment[frame.start + 12..frame.end]);
    crc32fast::hash(&covered)
}
