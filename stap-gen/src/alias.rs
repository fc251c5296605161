//! `stap`: a mark of the binary under the event's name, its arguments under theirs.

use crate::names::Names;
use crate::number;
use trace_events::Event;

/// `binary` is ready to stand between quotes.
pub(crate) fn probe(out: &mut String, event: &Event, names: &Names<'_>, prefix: &str, binary: &str) {
    out.push_str("probe ");
    out.push_str(prefix);
    out.push('.');
    out.push_str(&event.name);
    out.push_str(" = process(\"");
    out.push_str(binary);
    out.push_str("\").mark(\"");
    out.push_str(&event.name);
    out.push_str("\")\n{\n");
    arguments(out, names);
    out.push_str("}\n");
}

/// Gives arguments their names: `stap` takes no script that reads one it cannot.
pub(crate) fn arguments(out: &mut String, names: &Names<'_>) {
    for (index, name) in names.all().iter().enumerate().filter(|(_, name)| !name.unread) {
        out.push_str("  ");
        name.push(out);
        out.push_str(if name.wants_sign() { " = ($arg" } else { " = $arg" });
        number::push(out, index + 1);
        out.push_str(if name.wants_sign() { " << 56) >> 56;\n" } else { ";\n" });
    }
}
