//! systemd's "Native Journal Protocol" (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>): a datagram is an entry, `FIELD=VALUE\n` or
//! `FIELD\n`, the value's length in eight bytes, the value, `\n`.

use crate::message::{Fields, Message};
use crate::{LINE_MAX, stamp};
use printf::Text;
use std::mem::MaybeUninit;

/// The most bytes of an entry. sd_journal_send(3) hands over what a datagram does not hold in a sealed memfd: five system calls,
/// which a jail would have to allow, for values that no one reads whole. Here a value is cut instead.
pub(crate) const MAX: usize = 8192;

/// What stands before an argument's name.
const ARGUMENT: &[u8; 12] = b"VMTRACE_ARG_";

/// journald drops a field whose name is longer.
const NAME_MAX: usize = 64;

/// A value that is cut has at least so many bytes, else the field is left out.
const LEAST: usize = 16;

/// Writes the fields that every entry has, with the names that syslog's lines have in the journal.
pub(crate) fn head(text: &mut Text<'_>, stamp: &[u8; stamp::LEN], ident: &str, pid: u32) {
    text.plain(b"PRIORITY=6\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=");
    text.unescaped(ident.as_bytes());
    text.plain(b"\n");
    number(text, b"SYSLOG_PID=", u64::from(pid));
    // journald keeps the stamp of a line from /dev/log in this form, with the blank
    text.plain(b"SYSLOG_TIMESTAMP=");
    text.plain(stamp);
    text.plain(b" \n");
}

/// Writes a message's other fields. False if something was cut or left out.
pub(crate) fn fields(text: &mut Text<'_>, message: &Message<'_>) -> bool {
    let mut room = [MaybeUninit::uninit(); LINE_MAX];
    let mut line = Text::escaping(&mut room);
    line.literal(message.line);
    line.mark_cut();
    let mut whole = !line.is_cut() & field(text, b"MESSAGE", line.as_bytes());
    whole &= field(text, b"VMTRACE_EVENT", message.name.as_bytes());
    number(text, b"TID=", u64::from(message.thread));
    number(text, b"VMTRACE_MONOTONIC_NS=", message.monotonic);
    let mut fields = Fields { text, cut: false };
    (message.fields)(&mut fields);
    whole && !fields.cut
}

/// Writes the fields that tell how many were lost.
pub(crate) fn lost(text: &mut Text<'_>, line: &[u8], count: u64) {
    field(text, b"MESSAGE", line);
    number(text, b"VMTRACE_LOST=", count);
}

fn number<const N: usize>(text: &mut Text<'_>, name: &[u8; N], value: u64) {
    text.plain(name);
    text.unsigned(value);
    text.plain(b"\n");
}

/// Writes a field of an argument. False if it was cut or left out.
pub(crate) fn argument(text: &mut Text<'_>, name: &str, value: &[u8]) -> bool {
    let mut full = [0; NAME_MAX];
    full[..ARGUMENT.len()].copy_from_slice(ARGUMENT);
    let rest = &mut full[ARGUMENT.len()..];
    let len = ARGUMENT.len() + name.len().min(rest.len());
    for (to, from) in rest.iter_mut().zip(name.bytes()) {
        // what C allows in a name, the journal allows behind ours; else a name could end its field
        *to = if from.is_ascii_alphanumeric() { from.to_ascii_uppercase() } else { b'_' };
    }
    field(text, &full[..len], value)
}

/// Writes a field in the form that its value needs. False if it was cut or left out.
fn field(text: &mut Text<'_>, name: &[u8], value: &[u8]) -> bool {
    const MARK: &[u8] = "…".as_bytes();
    const FRAME: usize = 8 + 3;
    let room = MAX.saturating_sub(text.len() + name.len() + FRAME);
    let (value, mark) = if value.len() <= room {
        (value, &[][..])
    } else if room >= LEAST {
        let mut end = room - MARK.len();
        // a continuation byte of UTF-8 begins no character; bytes that are not UTF-8 are cut anywhere
        while end > room - MARK.len() - 3 && value[end] & 0xc0 == 0x80 {
            end -= 1;
        }
        (&value[..end], MARK)
    } else {
        return false;
    };
    text.unescaped(name);
    if value.contains(&b'\n') {
        text.plain(b"\n");
        text.plain(&((value.len() + mark.len()) as u64).to_le_bytes());
    } else {
        text.plain(b"=");
    }
    text.unescaped(value);
    text.unescaped(mark);
    text.plain(b"\n");
    mark.is_empty()
}
