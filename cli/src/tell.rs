//! Words to the operator, beside what the command itself prints.

use std::io::Write as _;

/// Writes a line to standard error. A standard error that is closed is no reason to fail.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stderr(), "vmtrace: {text}");
}
