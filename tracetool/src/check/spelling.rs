//! Which event was probably meant.

/// The names that are tried: one letter more or less makes any short one another.
const LENGTHS: std::ops::RangeInclusive<usize> = 5..=100;

/// What a name may hold.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// A known name that differs by one letter: left out, too many, another, or exchanged with the next. What is tried are
/// the variants of the name, so the number of those that are known does not matter.
pub(super) fn meant(name: &str, is_known: impl Fn(&str) -> bool) -> Option<String> {
    if !LENGTHS.contains(&name.len()) || !name.is_ascii() {
        return None;
    }
    let splits = || (0..=name.len()).map(|at| name.split_at(at));
    let exchanged = splits().filter(|(_, rest)| rest.len() > 1).map(|(start, rest)| {
        let (one, other) = (&rest[..1], &rest[1..2]);
        format!("{start}{other}{one}{}", &rest[2..])
    });
    let left_out =
        splits().filter(|(_, rest)| !rest.is_empty()).map(|(start, rest)| format!("{start}{}", &rest[1..]));
    let put_in = |behind: usize| {
        splits().filter(move |(_, rest)| rest.len() >= behind).flat_map(move |(start, rest)| {
            LETTERS.chars().map(move |letter| format!("{start}{letter}{}", &rest[behind..]))
        })
    };
    exchanged.chain(left_out).chain(put_in(0)).chain(put_in(1)).find(|variant| is_known(variant))
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn one_letter_off() {
        let is_known = |name: &str| name == "disk_read";
        for name in ["disk_raed", "disk_rea", "disk_readd", "dsk_read", "disk_Read", "xdisk_read"] {
            assert_eq!(meant(name, is_known).as_deref(), Some("disk_read"), "{name}");
        }
        for name in ["", "disk_write", "disk_reset", "é"] {
            assert_eq!(meant(name, is_known), None, "{name}");
        }
    }
}
