//! How far the plain bytes of a string reach, many at a time.

use memchr::memchr2;

/// Bytes that are looked at together: compilers make one wide comparison of them.
const BLOCK_BYTES: usize = 16;

/// Blocks after which a string counts as long, and a search that is slower to begin pays.
const SHORT_BLOCKS: usize = 4;

/// How many bytes at the front are neither quote nor backslash nor, if `STRICT`, control characters.
#[inline]
pub(crate) fn plain_run<const STRICT: bool>(bytes: &[u8]) -> usize {
    let mut run = 0_usize;
    let mut rest = bytes;
    while let Some((block, after)) = rest.split_first_chunk() {
        let hits = specials::<STRICT>(block);
        if hits != 0 {
            return run.saturating_add((hits.trailing_zeros() >> 3) as usize);
        }
        run = run.saturating_add(BLOCK_BYTES);
        rest = after;
        if run == SHORT_BLOCKS * BLOCK_BYTES {
            return run.saturating_add(long_run::<STRICT>(rest));
        }
    }
    run.saturating_add(tail_run::<STRICT>(rest))
}

#[inline(never)]
fn long_run<const STRICT: bool>(bytes: &[u8]) -> usize {
    if !STRICT {
        return memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len());
    }
    let mut rest = bytes;
    while let Some((block, after)) = rest.split_first_chunk()
        && specials::<STRICT>(block) == 0
    {
        rest = after;
    }
    let run = bytes.len().saturating_sub(rest.len());
    run.saturating_add(tail_run::<STRICT>(rest))
}

/// [`plain_run`] of the few bytes behind the last whole block, or of a block that is not plain.
#[inline]
fn tail_run<const STRICT: bool>(bytes: &[u8]) -> usize {
    let run = bytes.iter().position(|&byte| is_special::<STRICT>(byte));
    run.unwrap_or(bytes.len())
}

/// A bit or more for each byte that is special, in the byte's place.
#[inline(always)]
fn specials<const STRICT: bool>(block: &[u8; BLOCK_BYTES]) -> u128 {
    let mut hits = [0; BLOCK_BYTES];
    for (hit, &byte) in hits.iter_mut().zip(block) {
        *hit = if is_special::<STRICT>(byte) { 0xff } else { 0 };
    }
    u128::from_le_bytes(hits)
}

const fn is_special<const STRICT: bool>(byte: u8) -> bool {
    // Without a branch, so that blocks stay whole.
    (byte == b'"') | (byte == b'\\') | (STRICT & (byte < 0x20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_at_the_first_special_byte_wherever_it_stands() {
        for len in 0..200 {
            let mut bytes = vec![b'x'; len];
            assert_eq!(
                (plain_run::<true>(&bytes), plain_run::<false>(&bytes)),
                (len, len)
            );
            for at in 0..len {
                for special in [b'"', b'\\', 0x1f] {
                    bytes[at] = special;
                    let lenient = if special == 0x1f { len } else { at };
                    assert_eq!(plain_run::<true>(&bytes), at);
                    assert_eq!(plain_run::<false>(&bytes), lenient);
                }
                bytes[at] = b'\xff';
            }
        }
    }
}
