//! `log-stap`: an event as a line of text.

use crate::frame::Frame;
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
        text::print(out, event, names, Frame::Qemu);
    }
    out.push_str(")\n}\n");
    Ok(())
}

/// All arguments, in order, whatever the format takes.
fn as_qemu(out: &mut String, event: &Event, names: &Names<'_>) -> Result<(), Error> {
    for name in names.all() {
        if name.is_qemu_string() {
            reading::string(out, name, true);
        }
    }
    Frame::Qemu.push_head(out, &event.name);
    qemu_text::push(out, event)?;
    Frame::Qemu.push_middle(out);
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
