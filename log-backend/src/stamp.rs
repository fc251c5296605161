//! What stands before a line: thread and time, or the time alone, in QEMU's forms.

use printf::Text;
use rustix::time::{ClockId, clock_gettime};
use std::cell::Cell;
use std::sync::atomic::{Ordering, compiler_fence};

/// What stands before a line. Times are of the wall clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Form {
    /// `TID@SECONDS.MICROSECONDS:`, as QEMU writes it up to 10.1.
    #[default]
    Stamp,
    /// `YYYY-MM-DDTHH:MM:SS.UUUUUUZ ` in UTC (ISO 8601), as QEMU 10.2 writes it with `-msg timestamp=on`; the thread is not
    /// told. The microseconds have six digits even where they are zero, which QEMU leaves out.
    Iso8601,
    /// Nothing, as QEMU 10.2 without an option.
    Plain,
}

impl Form {
    pub(crate) fn of(number: u8) -> Self {
        match number {
            0 => Self::Stamp,
            1 => Self::Iso8601,
            _ => Self::Plain,
        }
    }
}

/// A time of the wall clock.
#[derive(Clone, Copy)]
pub(crate) struct Wall {
    seconds: u64,
    micros: u32,
}

impl Wall {
    pub(crate) fn now() -> Self {
        let now = clock_gettime(ClockId::Realtime);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // below 10^6
        Self { seconds: now.tv_sec.cast_unsigned(), micros: (now.tv_nsec / 1000) as u32 }
    }

    pub(crate) fn of(ns: u64) -> Self {
        #[allow(clippy::cast_possible_truncation)] // below 10^6
        Self { seconds: ns / 1_000_000_000, micros: (ns % 1_000_000_000 / 1000) as u32 }
    }
}

/// The longest of a second's bytes: twenty digits, two signs.
const LONGEST: usize = 24;

/// The bytes that all stamps of a second share: `@SECONDS.`, or `YYYY-MM-DDTHH:MM:SS.`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Second {
    /// The second and the form; 0 is none.
    of: u64,
    len: usize,
    bytes: [u8; LONGEST],
}

impl Second {
    pub(crate) const NONE: Self = Self { of: 0, len: 0, bytes: [0; LONGEST] };

    fn number(form: Form, seconds: u64) -> u64 {
        (seconds << 2) | (form as u64 + 1)
    }

    #[cold]
    fn new(form: Form, seconds: u64) -> Self {
        let mut room = [const { std::mem::MaybeUninit::uninit() }; LONGEST];
        let mut text = Text::new(&mut room);
        if form == Form::Iso8601 {
            let (year, month, day) = date(seconds / 86400);
            let of_day = seconds % 86400;
            let parts = [(year, b"-"), (month, b"-"), (day, b"T")];
            let parts = parts.into_iter().chain([
                (of_day / 3600, b":"),
                (of_day / 60 % 60, b":"),
                (of_day % 60, b"."),
            ]);
            for (number, behind) in parts {
                if number < 10 {
                    text.plain(b"0");
                }
                text.unsigned(number);
                text.plain(behind);
            }
        } else {
            text.plain(b"@");
            text.unsigned(seconds);
            text.plain(b".");
        }
        let (mut bytes, len) = ([0; LONGEST], text.len());
        bytes[..len].copy_from_slice(text.as_bytes());
        Self { of: Self::number(form, seconds), len, bytes }
    }

    /// Writes the stamp, and becomes its second's.
    pub(crate) fn write(&mut self, text: &mut Text<'_>, form: Form, tid: u32, at: Wall) {
        if form != Form::Plain {
            if self.of != Self::number(form, at.seconds) {
                *self = Self::new(form, at.seconds);
            }
            self.frame(text, form, tid, at.micros);
        }
    }

    #[inline]
    fn frame(&self, text: &mut Text<'_>, form: Form, tid: u32, micros: u32) {
        let [a, b, c] = [micros / 10_000, micros / 100 % 100, micros % 100];
        #[allow(clippy::cast_possible_truncation)] // a digit
        let digit = |number: u32| b'0' + number as u8;
        let [a, b, c] = [a, b, c].map(|pair| [digit(pair / 10), digit(pair % 10)]);
        if form == Form::Stamp {
            text.unsigned(tid.into());
            text.beginning(&self.bytes, self.len);
            text.plain(&[a[0], a[1], b[0], b[1], c[0], c[1], b':']);
        } else {
            text.beginning(&self.bytes, self.len);
            text.plain(&[a[0], a[1], b[0], b[1], c[0], c[1], b'Z', b' ']);
        }
    }
}

/// A thread's last second: made once, it saves the digits of all lines within it.
struct Kept {
    second: Cell<Second>,
    /// A signal handler that comes while the thread writes this must not write it too.
    writing: Cell<bool>,
}

thread_local! {
    static KEPT: Kept = const { Kept { second: Cell::new(Second::NONE), writing: Cell::new(false) } };
}

/// Reads the clock once: the first time, rustix asks the kernel where the vDSO is (prctl(2)), for which a jail would kill
/// the program when its first event happens.
pub(crate) fn find_clock() {
    let _ = clock_gettime(ClockId::Realtime);
}

/// Writes the stamp of a thread and a time.
#[inline]
pub(crate) fn write(text: &mut Text<'_>, form: Form, tid: u32, at: Wall) {
    let of = Second::number(form, at.seconds);
    KEPT.with(|kept| kept.read(of).unwrap_or_else(|| kept.make(form, at.seconds)))
        .frame(text, form, tid, at.micros);
}

impl Kept {
    fn of(&self) -> u64 {
        // SAFETY: the cell is this thread's, and no reference to its inside lasts.
        unsafe { (*self.second.as_ptr()).of }
    }

    /// A signal handler of this thread may write its own second in between, so what was read counts only if it was the
    /// same before and after.
    #[inline]
    fn read(&self, of: u64) -> Option<Second> {
        if self.of() != of {
            return None;
        }
        compiler_fence(Ordering::SeqCst);
        let second = self.second.get();
        compiler_fence(Ordering::SeqCst);
        (self.of() == of).then_some(second)
    }

    #[cold]
    fn make(&self, form: Form, seconds: u64) -> Second {
        let second = Second::new(form, seconds);
        if !self.writing.replace(true) {
            compiler_fence(Ordering::SeqCst);
            self.second.set(Second::NONE);
            compiler_fence(Ordering::SeqCst);
            self.second.set(Second { of: 0, ..second });
            compiler_fence(Ordering::SeqCst);
            self.second.set(second);
            compiler_fence(Ordering::SeqCst);
            self.writing.set(false);
        }
        second
    }
}

/// Year, month and day of a day since 1970-01-01, in the Gregorian calendar, counted in years that begin in March.
fn date(day: u64) -> (u64, u64, u64) {
    let day = day + 719_468; // 0000-03-01
    let (era, of_era) = (day / 146_097, day % 146_097);
    let of_years = of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096;
    let year = of_years / 365;
    let of_year = of_era - (year * 365 + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let (month, day) = (if march < 10 { march + 3 } else { march - 9 }, of_year - (153 * march + 2) / 5 + 1);
    (era * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::MaybeUninit;

    #[test]
    fn stamps_are_what_qemu_writes() {
        for (form, ns, expected) in [
            (Form::Stamp, 1_602_750_016_645_000_000, "15868@1602750016.645000:"),
            (Form::Stamp, 1_602_750_016_000_000_999, "15868@1602750016.000000:"),
            (Form::Stamp, 0, "15868@0.000000:"),
            (Form::Iso8601, 1_795_411_462_778_979_123, "2026-11-23T05:24:22.778979Z "),
            (Form::Iso8601, 1_709_251_199_999_999_999, "2024-02-29T23:59:59.999999Z "),
            (Form::Iso8601, 0, "1970-01-01T00:00:00.000000Z "),
            (Form::Plain, 5, ""),
        ] {
            let mut room = [MaybeUninit::uninit(); 64];
            let mut text = Text::new(&mut room);
            let mut second = Second::NONE;
            second.write(&mut text, form, 15868, Wall::of(ns));
            assert_eq!(String::from_utf8_lossy(text.as_bytes()), expected);
        }
    }

    #[test]
    fn dates_are_those_of_the_c_library() {
        for day in (0..200_000).step_by(7).chain([59, 11_016, 47_540, 47_541]) {
            let seconds = i64::try_from(day * 86400).unwrap();
            let mut tm = MaybeUninit::<libc::tm>::zeroed();
            // SAFETY: gmtime_r(3) reads a time and fills a tm, both ours.
            unsafe { libc::gmtime_r(&raw const seconds, tm.as_mut_ptr()) };
            // SAFETY: a tm is valid when zeroed, and filled besides.
            let tm = unsafe { tm.assume_init() };
            let (year, month, of_month) = date(day);
            let found = [year, month, of_month].map(|number| i32::try_from(number).unwrap());
            assert_eq!(found, [tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday], "day {day}");
        }
    }
}
