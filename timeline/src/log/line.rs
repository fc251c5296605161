//! A line of a VMM's log: when, which thread, which event, what.

/// A line taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// The thread, where the line says it.
    pub(super) thread: Option<u32>,
    /// The wall clock, nanoseconds since 1970.
    pub(super) wall: u64,
    /// The event's name.
    pub(super) name: &'a [u8],
    /// What follows it.
    pub(super) text: &'a [u8],
}

/// The resolution of both forms, in nanoseconds.
pub(crate) const RESOLUTION: u64 = 1000;

/// `TID@SECONDS.MICROSECONDS:name text`, as QEMU up to 10.1 and vmtrace write it.
pub(super) fn qemu(line: &[u8]) -> Option<Line<'_>> {
    let (thread, rest) = number(line)?;
    let (seconds, rest) = number(rest.strip_prefix(b"@")?)?;
    let (micros, rest) = digits(rest.strip_prefix(b".")?, 6)?;
    let (name, text) = event(rest.strip_prefix(b":")?)?;
    let wall = seconds.checked_mul(1_000_000)?.checked_add(micros)?.checked_mul(1000)?;
    Some(Line { thread: Some(u32::try_from(thread).ok()?), wall, name, text })
}

/// `YYYY-MM-DDTHH:MM:SS.uuuuuuZ name text`, as QEMU from 10.2 writes it.
pub(super) fn dated(line: &[u8]) -> Option<Line<'_>> {
    let (year, rest) = digits(line, 4)?;
    let (month, rest) = digits(rest.strip_prefix(b"-")?, 2)?;
    let (day, rest) = digits(rest.strip_prefix(b"-")?, 2)?;
    let (hour, rest) = digits(rest.strip_prefix(b"T")?, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(b":")?, 2)?;
    let (second, rest) = digits(rest.strip_prefix(b":")?, 2)?;
    let (micros, rest) = digits(rest.strip_prefix(b".")?, 6)?;
    let (name, text) = event(rest.strip_prefix(b"Z ")?)?;
    let sane = (1970..=2500).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !sane {
        return None;
    }
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(Line { thread: None, wall: (seconds * 1_000_000 + micros) * 1000, name, text })
}

/// The exit's number in the text of `kvm_run_exit`, as QEMU has it (`cpu_index 0, reason 2`), or with more
/// behind it.
pub(super) fn exit_reason(line: &Line<'_>) -> Option<u32> {
    if line.name != b"kvm_run_exit" {
        return None;
    }
    let at = line.text.windows(7).position(|word| word == b"reason ")?;
    let (reason, rest) = number(&line.text[at + 7..])?;
    if rest.is_empty() || rest.starts_with(b",") { u32::try_from(reason).ok() } else { None }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, counted in years that begin in March.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year / 4 - year / 100 + year / 400;
    let in_year = (153 * month + 2) / 5 + day - 1;
    (year * 365 + leaps + in_year) - 719_468
}

fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    digits(text, end)
}

fn digits(text: &[u8], count: usize) -> Option<(u64, &[u8])> {
    if count == 0 || count > 19 || text.len() < count {
        return None;
    }
    let (digits, rest) = text.split_at(count);
    let mut value = 0u64;
    for digit in digits {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        value = value.checked_mul(10)?.checked_add(digit)?;
    }
    Some((value, rest))
}

/// An event's name and what follows it.
fn event(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end =
        text.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        return None;
    }
    match rest {
        [] => Some((name, rest)),
        [b' ', text @ ..] => Some((name, text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let line = |thread, wall, name: &'static str, text: &'static str| {
            Some(Line { thread, wall, name: name.as_bytes(), text: text.as_bytes() })
        };
        let qemu_lines = [
            (
                "15868@1602750016.645000:migrate_set_state_user new state setup",
                line(Some(15868), 1_602_750_016_645_000_000, "migrate_set_state_user", "new state setup"),
            ),
            ("1@0.000001:a", line(Some(1), 1000, "a", "")),
            ("1@0.000001:a ", line(Some(1), 1000, "a", "")),
            ("1@0.000001:a b: c", line(Some(1), 1000, "a", "b: c")),
            ("1@0.000001:", None),
            ("1@0.000001: a", None),
            ("1@0.00001:a b", None),
            ("1@0.0000001:a b", None),
            ("@0.000001:a b", None),
            ("4294967296@0.000001:a b", None),
            ("1@99999999999999.000001:a b", None),
            ("1@99999999999999999999.000001:a b", None),
            ("qemu-system-x86_64: warning: no", None),
            ("kvm_run_exit cpu_index 0, reason 2", None),
            ("", None),
        ];
        for (text, want) in qemu_lines {
            assert_eq!(qemu(text.as_bytes()), want, "{text}");
        }
        let dated_lines = [
            (
                "2026-11-22T20:13:42.064020Z kvm_run_exit cpu_index 0, reason 2",
                line(None, 1_795_378_422_064_020_000, "kvm_run_exit", "cpu_index 0, reason 2"),
            ),
            ("1970-01-01T00:00:00.000000Z a", line(None, 0, "a", "")),
            ("2000-02-29T23:59:60.999999Z a", line(None, 951_868_800_999_999_000, "a", "")),
            ("1969-12-31T00:00:00.000000Z a", None),
            ("2026-13-22T20:13:42.064020Z a", None),
            ("2026-11-22T20:13:42.064020Z", None),
            ("2026-11-22T20:13:42.064020Z qemu-system-x86_64: terminating", None),
        ];
        for (text, want) in dated_lines {
            assert_eq!(dated(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn exits() {
        for (text, want) in [
            ("1@0.000001:kvm_run_exit cpu_index 0, reason 2", Some(2)),
            ("1@0.000001:kvm_run_exit cpu_index 0, reason 6, seq 3", Some(6)),
            ("1@0.000001:kvm_run_exit cpu_index 0, reason ", None),
            ("1@0.000001:kvm_run_exit cpu_index 0, reason 2x", None),
            ("1@0.000001:kvm_run_exits cpu_index 0, reason 2", None),
            ("1@0.000001:kvm_run_exit", None),
        ] {
            assert_eq!(exit_reason(&qemu(text.as_bytes()).unwrap()), want, "{text}");
        }
    }
}
