//! How times look.

use std::fmt;

/// A time since the recording's start, nanoseconds: `0.001234567`; of a time that is known less well
/// `~0.001234`, as wide as the other.
pub(super) struct Since {
    pub(super) nanos: i128,
    pub(super) exact: bool,
}

impl Since {
    /// Of a time that is known to the nanosecond.
    pub(super) fn exactly(time: u64, start: u64) -> Self {
        Self { nanos: i128::from(time) - i128::from(start), exact: true }
    }
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.nanos < 0 { "-" } else { "" };
        let nanos = self.nanos.unsigned_abs();
        let (seconds, part) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
        let text = if self.exact {
            format!("{sign}{seconds}.{part:09}")
        } else {
            format!("{sign}~{seconds}.{:06}  ", part / 1000)
        };
        f.pad(&text)
    }
}

/// A length of time, nanoseconds: four digits and a unit, such as `12.35us`.
pub(crate) struct Span(pub(crate) u64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 3] = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")];
        let Some((unit, name)) = UNITS.into_iter().find(|(unit, _)| self.0 >= *unit) else {
            return f.pad(&format!("{}ns", self.0));
        };
        let (whole, part) = (self.0 / unit, self.0 % unit);
        let text = match whole {
            0..10 => format!("{whole}.{:03}{name}", part / (unit / 1000)),
            10..100 => format!("{whole}.{:02}{name}", part / (unit / 100)),
            100..1000 => format!("{whole}.{}{name}", part / (unit / 10)),
            _ => format!("{whole}{name}"),
        };
        f.pad(&text)
    }
}

/// As [`Span`], of a length that is known to the microsecond at best: `~12us`.
pub(crate) struct About(pub(crate) u64);

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.saturating_add(500) / 1000;
        let text = if micros < 1000 { format!("~{micros}us") } else { format!("~{}", Span(micros * 1000)) };
        f.pad(&text)
    }
}

/// A count with commas: `1,234,567`.
pub(crate) struct Count(pub(crate) u64);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
        for (index, digit) in digits.chars().enumerate() {
            if index != 0 && (digits.len() - index).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (nanos, exact, want) in [
            (1_234_567, true, "0.001234567"),
            (1_234_567, false, "~0.001234  "),
            (12_000_000_000, true, "12.000000000"),
            (-5, true, "-0.000000005"),
        ] {
            assert_eq!(Since { nanos, exact }.to_string(), want);
        }
        for (nanos, want) in [
            (0, "0ns"),
            (999, "999ns"),
            (1_000, "1.000us"),
            (12_345, "12.34us"),
            (123_456, "123.4us"),
            (1_234_567, "1.234ms"),
            (5_000_000_000_000, "5000s"),
        ] {
            assert_eq!(Span(nanos).to_string(), want);
        }
        for (nanos, want) in [(0, "~0us"), (1_600, "~2us"), (999_400, "~999us"), (1_234_567, "~1.235ms")] {
            assert_eq!(About(nanos).to_string(), want);
        }
        assert_eq!(format!("{:>9}|{:<5}|", Span(5), Span(6)), "      5ns|6ns  |");
        for (count, want) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(Count(count).to_string(), want);
        }
    }
}
