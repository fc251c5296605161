//! Numbers onto a line. A trace has tens of millions of them, so that `write!` would be most of the time.

const PAIRS: &[u8; 200] = b"\
0001020304050607080910111213141516171819\
2021222324252627282930313233343536373839\
4041424344454647484950515253545556575859\
6061626364656667686970717273747576777879\
8081828384858687888990919293949596979899";

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
    let mut room = [with; 20];
    let mut at = room.len();
    while value >= 100 {
        at -= 2;
        pair(&mut room, at, value % 100);
        value /= 100;
    }
    if value >= 10 {
        at -= 2;
        pair(&mut room, at, value);
    } else {
        at -= 1;
        #[allow(clippy::cast_possible_truncation)] // below 10
        let digit = value as u8;
        room[at] = b'0' + digit;
    }
    out.extend_from_slice(&room[at.min(room.len() - least.min(room.len()))..]);
}

#[inline]
fn pair(room: &mut [u8; 20], at: usize, value: u64) {
    #[allow(clippy::cast_possible_truncation)] // below 100
    let from = value as usize * 2;
    room[at..at + 2].copy_from_slice(&PAIRS[from..from + 2]);
}

/// `%x`
#[inline]
pub(super) fn hex(out: &mut Vec<u8>, value: u64) {
    let mut room = [0; 16];
    let digits = (64 - value.leading_zeros()).div_ceil(4).max(1) as usize;
    let mut rest = value;
    for place in room[..digits].iter_mut().rev() {
        #[allow(clippy::cast_possible_truncation)] // below 16
        let digit = (rest & 15) as u8;
        *place = digit + if digit < 10 { b'0' } else { b'a' - 10 };
        rest >>= 4;
    }
    out.extend_from_slice(&room[..digits]);
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
