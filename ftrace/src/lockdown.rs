//! Lockdown (kernel_lockdown(7)), which nobody can lift but by booting again.

use std::fs;

/// `none [integrity] confidentiality`, readable by all, where securityfs is mounted.
const FILE: &str = "/sys/kernel/security/lockdown";

/// Whether the kernel says that it is locked down so far that tracefs is forbidden. `integrity` leaves tracefs alone.
pub(crate) fn forbids_tracefs() -> bool {
    fs::read(FILE).is_ok_and(|levels| is_confidentiality(&levels))
}

fn is_confidentiality(levels: &[u8]) -> bool {
    levels.trim_ascii_end().ends_with(b"[confidentiality]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        for (levels, forbids) in [
            ("[none] integrity confidentiality\n", false),
            ("none [integrity] confidentiality\n", false),
            ("none integrity [confidentiality]\n", true),
            ("", false),
        ] {
            assert_eq!(is_confidentiality(levels.as_bytes()), forbids, "{levels}");
        }
    }
}
