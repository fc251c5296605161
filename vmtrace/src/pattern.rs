//! Names with `*` and `?`, as QEMU matches them (GLib's `g_pattern_match`).

use std::borrow::Cow;

/// Whether a text is a pattern, that is holds `*` or `?`: it may match more than the one name that it spells.
#[must_use]
pub fn is_pattern(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

/// The pattern without stars that follow a star: a client may send a million, and each event's name would go past all.
pub(crate) fn shortest(pattern: &str) -> Cow<'_, str> {
    if !pattern.contains("**") {
        return pattern.into();
    }
    let mut shortest = String::with_capacity(pattern.len());
    for c in pattern.chars() {
        if c != '*' || !shortest.ends_with('*') {
            shortest.push(c);
        }
    }
    shortest.into()
}

/// Whether `pattern` matches all of `name`. `*` is any bytes or none, `?` is any one. Time grows with the product of
/// the two lengths at worst, never beyond.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    // where to go on if what follows the last star does not fit: the star takes one byte more
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, n));
                p += 1;
            }
            Some(&c) if c == b'?' || c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match retry {
                Some((after_star, taken)) => {
                    retry = Some((after_star, taken + 1));
                    p = after_star;
                    n = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        let cases = [
            ("kvm_*", "kvm_run_exit", true),
            ("kvm_*", "kvm_", true),
            ("kvm_*", "kvm", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("*exit", "kvm_run_exit", true),
            ("*_run_*", "kvm_run_exit", true),
            ("k?m_run_exit", "kvm_run_exit", true),
            ("???", "kvm", true),
            ("???", "kv", false),
            ("*a*b*c", "xxaxxbxxbc", true),
            ("*a*b*c", "xxaxxbxxb", false),
            ("**", "x", true),
            ("kvm_run_exit", "kvm_run_exit", true),
            ("kvm_run_exi", "kvm_run_exit", false),
            ("a*aaaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern, name), expected, "{pattern} on {name}");
            assert_eq!(matches(&shortest(pattern), name), expected, "{pattern} on {name}");
        }
        for (pattern, expected) in [("***", "*"), ("a**b*?**", "a*b*?*"), ("a*b", "a*b"), ("é**", "é*")] {
            assert_eq!(shortest(pattern), expected);
        }
    }
}
