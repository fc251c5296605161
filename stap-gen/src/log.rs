//! `log-stap`: an event as a line of text.

use crate::names::Names;
use crate::{Error, qemu_text, reading, text};
use trace_events::Event;

pub(crate) fn probe(
    out: &mut String,
    event: &Event,
    names: &Names<'_>,
    prefix: &str,
    bug_compatible: bool,
) -> Result<(), Error> {
    reading::open(out, event, prefix, "log");
    if bug_compatible {
        as_qemu(out, event, names)?;
    } else {
        text::print(out, event, names);
    }
    out.push_str(")\n}\n");
    Ok(())
}

/// All arguments, in order, whatever the format takes.
fn as_qemu(out: &mut String, event: &Event, names: &Names<'_>) -> Result<(), Error> {
    for name in names.all() {
        if name.is_qemu_string() {
            reading::string(out, name);
        }
    }
    print_head(out, event);
    qemu_text::push(out, event)?;
    print_middle(out);
    for name in names.all() {
        out.push_str(", ");
        if name.is_qemu_string() {
            name.push_string(out);
        } else {
            name.push(out);
        }
    }
    Ok(())
}

/// Up to the event's text.
pub(crate) fn print_head(out: &mut String, event: &Event) {
    out.push_str("    printf(\"%d@%d ");
    out.push_str(&event.name);
    out.push(' ');
}

/// From the event's text to its arguments.
pub(crate) fn print_middle(out: &mut String) {
    out.push_str("\\n\", pid(), gettimeofday_ns()");
}
