//! What the two scripts that print have in common: their probe's head, and the reading of a string.

use crate::names::Name;
use trace_events::Event;

/// What the scripts print of a null pointer.
pub(crate) const NULL: &str = "\"<null>\"";

/// `probe PREFIX.KIND.NAME = PREFIX.NAME ?`: the `?` is for a binary that has not this mark.
pub(crate) fn open(out: &mut String, event: &Event, prefix: &str, kind: &str) {
    out.push_str("probe ");
    out.push_str(prefix);
    out.push('.');
    out.push_str(kind);
    out.push('.');
    out.push_str(&event.name);
    out.push_str(" = ");
    out.push_str(prefix);
    out.push('.');
    out.push_str(&event.name);
    out.push_str(" ?\n{\n");
}

/// What they print of a string that could not be read, as the kernel's own events have it. QEMU's print nothing.
const FAULT: &str = "\"<fault>\"";

/// Reads a string of the traced program. Of a page that is not there nothing is read.
pub(crate) fn string(out: &mut String, name: &Name<'_>, bug_compatible: bool) {
    out.push_str("    try {\n        ");
    name.push_string(out);
    out.push_str(" = ");
    name.push(out);
    out.push_str(" ? user_string_n(");
    name.push(out);
    out.push_str(", 512) : ");
    out.push_str(NULL);
    out.push_str("\n    } catch {");
    if !bug_compatible {
        out.push(' ');
        name.push_string(out);
        out.push_str(" = ");
        out.push_str(FAULT);
        out.push(' ');
    }
    out.push_str("}\n");
}
