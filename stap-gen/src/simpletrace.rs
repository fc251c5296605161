//! `simpletrace-stap`: an event as a record of QEMU's binary format.
//!
//! The record, in the machine's byte order: 8 bytes of type (1), 8 of the event's number, 8 of time, 4 of length (all but
//! the type), 4 of the process; then 8 for a number, or 4 of length and the bytes for a string. What is a string is
//! decided by QEMU's rule, in both modes, since readers go by it.

use crate::names::Names;
use crate::number;
use crate::reading;
use trace_events::Event;

pub(crate) fn probe(
    out: &mut String,
    event: &Event,
    names: &Names<'_>,
    prefix: &str,
    id: usize,
    bug_compatible: bool,
) {
    reading::open(out, event, prefix, "simpletrace");
    for name in names.all() {
        if name.is_qemu_string() {
            reading::string(out, name, bug_compatible);
            out.push_str("    ");
            name.push_length(out);
            out.push_str(" = strlen(");
            name.push_string(out);
            out.push_str(")\n");
        }
    }
    out.push_str("    printf(\"%8b%8b%8b%4b%4b");
    for name in names.all() {
        out.push_str(if name.is_qemu_string() { "%4b%.*s" } else { "%8b" });
    }
    out.push_str("\", 1, ");
    number::push(out, id);
    out.push_str(", gettimeofday_ns(), 24");
    for name in names.all() {
        if name.is_qemu_string() {
            out.push_str(" + 4 + ");
            name.push_length(out);
        } else {
            out.push_str(" + 8");
        }
    }
    out.push_str(", pid()");
    for name in names.all() {
        out.push_str(", ");
        if name.is_qemu_string() {
            // the field, the precision, the bytes
            name.push_length(out);
            out.push_str(", ");
            name.push_length(out);
            out.push_str(", ");
            name.push_string(out);
        } else {
            name.push(out);
        }
    }
    out.push_str(")\n}\n");
}
