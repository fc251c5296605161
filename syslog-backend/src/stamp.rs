//! `Nov 22 17:30:00`.

/// How many bytes a stamp has.
pub(crate) const LEN: usize = 15;

/// From March on.
const MONTHS: [&[u8; 3]; 12] =
    [b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec", b"Jan", b"Feb"];

/// The stamp of a local second.
pub(crate) fn of(local: i64) -> [u8; LEN] {
    let (days, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
    let (month, day) = date(days);
    let mut stamp = *b"Jan 00 00:00:00";
    stamp[..3].copy_from_slice(month);
    put(&mut stamp, 4, day);
    if stamp[4] == b'0' {
        stamp[4] = b' ';
    }
    for (at, number) in [(7, second / 3600), (10, second / 60 % 60), (13, second % 60)] {
        put(&mut stamp, at, number);
    }
    stamp
}

/// Two digits.
fn put(stamp: &mut [u8; LEN], at: usize, number: i64) {
    let digit = |number: i64| b'0' + (number % 10).to_le_bytes()[0];
    stamp[at] = digit(number / 10);
    stamp[at + 1] = digit(number);
}

/// Month and day, from 1, of a day that is counted from 1970-01-01. A year is taken from March on, so that the leap day is
/// its last, and the months' lengths repeat: 153 days in five.
fn date(days: i64) -> (&'static [u8; 3], i64) {
    // a cycle of 400 years has 146,097 days and begins on a 1st of March; 719,468 days are from that of year 0 to 1970
    let of_cycle = (days + 719_468).rem_euclid(146_097);
    let year = (of_cycle - of_cycle / 1460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
    let of_year = of_cycle - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    (MONTHS[usize::from(month.to_le_bytes()[0])], day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    /// What glibc makes of the same.
    fn expected(second: i64) -> String {
        // SAFETY: all zero is a tm.
        let mut tm: libc::tm = unsafe { std::mem::zeroed() };
        let mut text = [0u8; 32];
        // SAFETY: both take what is ours, with its length.
        unsafe { libc::gmtime_r(&raw const second, &raw mut tm) };
        // SAFETY: as above; the format ends in NUL.
        unsafe { libc::strftime(text.as_mut_ptr().cast(), text.len(), c"%h %e %T".as_ptr(), &raw const tm) };
        CStr::from_bytes_until_nul(&text).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn is_what_glibc_prints() {
        let seconds = (-40_000_000..4_200_000_000i64).step_by(86_399 * 3);
        for second in seconds.chain([0, -1, 951_782_400, 951_868_799, 951_868_800, 4_107_542_400]) {
            assert_eq!(String::from_utf8_lossy(&of(second)), expected(second), "{second}");
        }
    }
}
