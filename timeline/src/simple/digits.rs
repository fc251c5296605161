//! Numbers onto a line. A trace has tens of millions of them, so that `write!` would be most of the time.

const PAIRS: &[u8; 200] = b"\
0001020304050607080910111213141516171819\
2021222324252627282930313233343536373839\
4041424344454647484950515253545556575859\
6061626364656667686970717273747576777879\
8081828384858687888990919293949596979899";

/// 64 bits have so many digits.
const MOST: usize = 20;

/// `%u`
#[inline]
pub(super) fn decimal(out: &mut Vec<u8>, value: u64) {
    padded(out, value, 1, b'0');
}

/// `%d`
#[inline]
pub(super) fn signed(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    decimal(out, value.unsigned_abs());
}

/// A number with so many digits at least, at most 20; others stand before it.
#[inline]
pub(super) fn padded(out: &mut Vec<u8>, mut value: u64, least: usize, with: u8) {
    let digits = value.checked_ilog10().unwrap_or(0) as usize + 1;
    let len = digits.max(least).min(MOST);
    // in their place at once: digits that are copied once more cost a stalled load
    let begin = out.len();
    out.extend_from_slice(&[with; MOST]);
    let mut at = len;
    let room = &mut out[begin..begin + MOST];
    while value >= 100 {
        at -= 2;
        pair(room, at, value % 100);
        value /= 100;
    }
    if value >= 10 {
        pair(room, at - 2, value);
    } else {
        #[allow(clippy::cast_possible_truncation)] // below 10
        let digit = value as u8;
        room[at - 1] = b'0' + digit;
    }
    out.truncate(begin + len);
}

#[inline]
fn pair(room: &mut [u8], at: usize, value: u64) {
    #[allow(clippy::cast_possible_truncation)] // below 100
    let from = value as usize * 2;
    room[at..at + 2].copy_from_slice(&PAIRS[from..from + 2]);
}

/// `%x`
#[inline]
pub(super) fn hex(out: &mut Vec<u8>, mut value: u64) {
    let len = (64 - (value | 1).leading_zeros()).div_ceil(4) as usize;
    let begin = out.len();
    out.extend_from_slice(&[0; 16]);
    for place in out[begin..begin + len].iter_mut().rev() {
        #[allow(clippy::cast_possible_truncation)] // below 16
        let digit = (value & 15) as u8;
        *place = digit + if digit < 10 { b'0' } else { b'a' - 10 };
        value >>= 4;
    }
    out.truncate(begin + len);
}

/// `.%09u` of what is below 10^9.
#[inline]
pub(super) fn nanos(out: &mut Vec<u8>, value: u64) {
    let begin = out.len();
    out.extend_from_slice(b".000000000");
    let room = &mut out[begin..begin + 10];
    #[allow(clippy::cast_possible_truncation)] // below 10^9
    let mut rest = value as u32;
    for at in [8, 6, 4, 2] {
        pair(room, at, u64::from(rest % 100));
        rest /= 100;
    }
    room[1] = b'0' + (rest % 10) as u8;
}

/// `\xNN`
pub(super) fn escape(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(&[b'\\', b'x', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(value: u64) {
        let made = |f: &dyn Fn(&mut Vec<u8>)| {
            let mut out = Vec::new();
            f(&mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(made(&|out| decimal(out, value)), value.to_string());
        assert_eq!(made(&|out| signed(out, value.cast_signed())), value.cast_signed().to_string());
        assert_eq!(made(&|out| hex(out, value)), format!("{value:x}"));
        let below = value % 1_000_000_000;
        assert_eq!(made(&|out| nanos(out, below)), format!(".{below:09}"));
        assert_eq!(made(&|out| padded(out, value, 9, b'0')), format!("{value:09}"));
        assert_eq!(made(&|out| padded(out, value, 7, b' ')), format!("{value:7}"));
    }

    proptest! {
        #[test]
        fn any(value: u64, shift in 0_u32..64) {
            check(value >> shift);
        }
    }

    #[test]
    fn borders() {
        for value in [0, 1, 9, 10, 99, 100, 999, 1000, u64::MAX, 1 << 63, (1 << 63) - 1] {
            check(value);
        }
    }
}
