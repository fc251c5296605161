//! A trace for programs: one JSON object a line. `serde_json` would make the same of a struct, some times slower.

use super::declared::Declaration;
use super::digits;
use super::lines::{Line, Times};
use super::told::Trouble;
use crate::Error;
use crate::shown::is_unsafe;
use simpletrace::{Argument, Dropped, Event, Kind};

pub(super) struct Json;

pub(super) struct Plan {
    /// `,"event":"NAME","args":{`
    event: Box<[u8]>,
    arguments: Vec<Key>,
}

struct Key {
    /// `"NAME":`, behind a comma if it is not the first.
    name: Box<[u8]>,
    kind: Kind,
    signed: bool,
}

impl Line for Json {
    type Plan = Plan;

    fn plan(&self, name: &str, declaration: &Declaration) -> Plan {
        let mut event = b",\"event\":".to_vec();
        string(&mut event, name.as_bytes());
        event.extend_from_slice(b",\"args\":{");
        let key = |(index, (arg, kind)): (usize, (&trace_events::Argument, &Kind))| {
            let mut key = if index == 0 { Vec::new() } else { vec![b','] };
            string(&mut key, arg.name.as_bytes());
            key.push(b':');
            Key { name: key.into(), kind: *kind, signed: arg.ctype.is_signed() }
        };
        let args = declaration.event.args.iter().zip(&declaration.kinds);
        Plan { event: event.into(), arguments: args.enumerate().map(key).collect() }
    }

    #[inline]
    fn event(&mut self, plan: &Plan, event: &Event<'_>, _: &Times, out: &mut Vec<u8>) -> bool {
        let begin = out.len();
        head(event.time, event.thread, out);
        out.extend_from_slice(&plan.event);
        let mut arguments = event.arguments();
        for Key { name, kind, signed } in &plan.arguments {
            out.extend_from_slice(name);
            match arguments.next(*kind) {
                Some(Argument::Word(word)) if *signed => digits::signed(out, word.cast_signed()),
                Some(Argument::Word(word)) => digits::decimal(out, word),
                Some(Argument::String(bytes)) => string(out, bytes),
                None => {
                    out.truncate(begin);
                    return false;
                }
            }
        }
        if !arguments.is_empty() {
            out.truncate(begin);
            return false;
        }
        out.extend_from_slice(b"}}\n");
        true
    }

    fn dropped(&mut self, dropped: &Dropped, _: &Times, out: &mut Vec<u8>) {
        head(dropped.time, dropped.thread, out);
        out.extend_from_slice(b",\"dropped\":");
        digits::decimal(out, dropped.count);
        out.extend_from_slice(b"}\n");
    }

    fn raw(&mut self, event: &Event<'_>, _: Trouble, _: &Times, out: &mut Vec<u8>) -> Result<(), Error> {
        head(event.time, event.thread, out);
        out.extend_from_slice(b",\"event\":");
        string(out, event.name().as_bytes());
        out.extend_from_slice(b",\"bytes\":\"");
        for byte in event.bytes {
            out.extend_from_slice(format!("{byte:02x}").as_bytes());
        }
        out.extend_from_slice(b"\"}\n");
        Ok(())
    }
}

#[inline]
fn head(time: u64, thread: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"time_ns\":");
    digits::decimal(out, time);
    out.extend_from_slice(b",\"thread\":");
    digits::decimal(out, u64::from(thread));
}

/// With its quotes.
#[inline]
fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    let is_plain = |byte: u8| (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'\\';
    if bytes.iter().fold(true, |plain, &byte| plain & is_plain(byte)) {
        out.push(b'"');
        out.extend_from_slice(bytes);
        out.push(b'"');
    } else {
        escaped(out, bytes);
    }
}

/// What a terminal would obey is escaped as well, though JSON allows it.
#[cold]
fn escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    for c in String::from_utf8_lossy(bytes).chars() {
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\t' => out.extend_from_slice(b"\\t"),
            // those are all in the first plane
            c if is_unsafe(c) => out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes()),
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}
