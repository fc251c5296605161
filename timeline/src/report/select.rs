//! Which items a report shows.

use crate::item::{Item, Source};
use std::str::FromStr;

/// A glob on what an item is: `SOURCE:EVENT`, such as `kvm:kvm_*` and `vmm:serial_*`; or a word that may be
/// either, such as `kvm_pio` or `vmm`. `*` is any run of characters, `?` any one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    source: Option<String>,
    event: String,
}

/// A text that is no [`Pattern`] or no [`Moment`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {wanted}")]
pub struct Unclear {
    text: String,
    wanted: &'static str,
}

impl FromStr for Pattern {
    type Err = Unclear;

    fn from_str(text: &str) -> Result<Self, Unclear> {
        let (source, event) = match text.split_once(':') {
            Some((source, event)) => (Some(source.to_owned()), event),
            None => (None, text),
        };
        if event.is_empty() || source.as_ref().is_some_and(String::is_empty) {
            let wanted =
                "pattern: say SOURCE:EVENT or a word, with * and ?, such as kvm:kvm_pio, vmm or serial_*";
            return Err(Unclear { text: text.to_owned(), wanted });
        }
        Ok(Self { source, event: event.to_owned() })
    }
}

impl Pattern {
    /// Whether the pattern says that an item of this source and event is meant.
    #[must_use]
    pub fn matches(&self, source: &str, event: &str) -> bool {
        match &self.source {
            Some(wanted) => glob(wanted, source) && glob(&self.event, event),
            None => glob(&self.event, event) || glob(&self.event, source),
        }
    }
}

/// Matches in time linear in the text for each star: on a mismatch the last star takes one more.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                p = at + 1;
                t = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

/// A time in a recording: `1.25`, `1.25s`, `300ms`, `20us`, `5ns` after its start; with `@` before it, of
/// CLOCK_MONOTONIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    nanos: u64,
    absolute: bool,
}

impl FromStr for Moment {
    type Err = Unclear;

    fn from_str(text: &str) -> Result<Self, Unclear> {
        let absolute = text.starts_with('@');
        let nanos = nanos(text.trim_start_matches('@')).ok_or_else(|| {
            let wanted =
                "time: say seconds after the start, such as 1.25, or 300ms; or @SECONDS of CLOCK_MONOTONIC";
            Unclear { text: text.to_owned(), wanted }
        })?;
        Ok(Self { nanos, absolute })
    }
}

impl Moment {
    /// On CLOCK_MONOTONIC, nanoseconds, of a recording that begins at `start`.
    #[must_use]
    pub const fn on(self, start: u64) -> u64 {
        if self.absolute { self.nanos } else { start.saturating_add(self.nanos) }
    }
}

/// `WHOLE[.PART][UNIT]`, exactly.
fn nanos(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let digits = match unit {
        "" | "s" => 9,
        "ms" => 6,
        "us" => 3,
        "ns" => 0,
        _ => return None,
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && part.is_empty()) || part.contains('.') {
        return None;
    }
    let scaled = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<u64>().ok() };
    let part: String = part.chars().chain(std::iter::repeat('0')).take(digits).collect();
    scaled(whole)?.checked_mul(10u64.pow(u32::try_from(digits).ok()?))?.checked_add(scaled(&part)?)
}

/// The patterns and the times of a report.
pub(super) struct Selection<'a> {
    pub(super) only: &'a [Pattern],
    pub(super) from: u64,
    pub(super) to: u64,
}

impl Selection<'_> {
    /// Whether an item's line is shown. Losses always are: without them the rest would mislead.
    pub(super) fn shows(&self, item: &Item<'_>) -> bool {
        self.only.is_empty()
            || item.source == Source::Lost
            || self.only.iter().any(|pattern| pattern.matches(item.source.as_str(), &item.event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, source, event, want) in [
            ("kvm_pio", "kvm", "kvm_pio", true),
            ("kvm", "kvm", "kvm_pio", true),
            ("kvm:*", "kvm", "kvm_pio", true),
            ("kvm:kvm_p?o", "kvm", "kvm_pio", true),
            ("*pio", "kvm", "kvm_pio", true),
            ("*_*_*", "kvm", "kvm_pio", false),
            ("vmm:*", "kvm", "kvm_pio", false),
            ("serial_*", "vmm", "serial_write", true),
            ("s*w*e", "vmm", "serial_write", true),
            ("s*w*x", "vmm", "serial_write", false),
            ("vmm:vmm", "vmm", "serial_write", false),
        ] {
            assert_eq!(pattern.parse::<Pattern>().unwrap().matches(source, event), want, "{pattern}");
        }
        for bad in ["", ":", "kvm:", ":x"] {
            assert!(bad.parse::<Pattern>().is_err(), "{bad}");
        }
        // stars without end are no trouble
        assert!(!glob(&"*a".repeat(50), &"a".repeat(49)));
    }

    #[test]
    fn moments() {
        for (text, want) in [
            ("1.25", Some(1_000 + 1_250_000_000)),
            ("1.25s", Some(1_000 + 1_250_000_000)),
            ("0", Some(1_000)),
            (".5", Some(1_000 + 500_000_000)),
            ("300ms", Some(1_000 + 300_000_000)),
            ("20.5us", Some(1_000 + 20_500)),
            ("5ns", Some(1_005)),
            ("0.0000000019", Some(1_001)),
            ("@1760.5", Some(1_760_500_000_000)),
            ("", None),
            ("@", None),
            (".", None),
            ("1.2.3", None),
            ("-1", None),
            ("1h", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(text.parse::<Moment>().ok().map(|moment| moment.on(1_000)), want, "{text}");
        }
    }
}
