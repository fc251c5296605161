//! A trace as QEMU's `simpletrace.py` prints it: `NAME MICROSECONDS pid=PID ARGUMENT=0xVALUE ARGUMENT=b'STRING'`, the time
//! being that since the line before.

use super::declared::Declaration;
use super::digits;
use super::lines::{Line, Times};
use super::told::Trouble;
use crate::Error;
use simpletrace::{Argument, Dropped, Event, Kind};

pub(super) struct Qemu;

pub(super) struct Plan {
    /// `NAME `
    name: Box<[u8]>,
    /// Each with ` NAME=`, or ` NAME=0x` of a number.
    arguments: Vec<(Kind, Box<[u8]>)>,
}

impl Line for Qemu {
    type Plan = Plan;

    fn plan(&self, name: &str, declaration: &Declaration) -> Plan {
        let args = declaration.event.args.iter().zip(&declaration.kinds);
        let argument = |(index, (arg, kind)): (usize, (&trace_events::Argument, &Kind))| {
            let blank = if index == 0 { "" } else { " " };
            let sign = if *kind == Kind::Word { "0x" } else { "" };
            (*kind, format!("{blank}{}={sign}", arg.name).into_bytes().into())
        };
        Plan {
            name: format!("{name} ").into_bytes().into(),
            arguments: args.enumerate().map(argument).collect(),
        }
    }

    #[inline]
    fn event(&mut self, plan: &Plan, event: &Event<'_>, times: &Times, out: &mut Vec<u8>) -> bool {
        let begin = out.len();
        head(&plan.name, event.time, event.thread, times, out);
        let mut arguments = event.arguments();
        // what stands behind the arguments is no matter to simpletrace.py
        for (kind, name) in &plan.arguments {
            let Some(argument) = arguments.next(*kind) else {
                out.truncate(begin);
                return false;
            };
            out.extend_from_slice(name);
            match argument {
                Argument::Word(word) => digits::hex(out, word),
                Argument::String(bytes) => quoted(out, bytes),
            }
        }
        out.push(b'\n');
        true
    }

    fn dropped(&mut self, dropped: &Dropped, times: &Times, out: &mut Vec<u8>) {
        head(b"Dropped_Event ", dropped.time, dropped.thread, times, out);
        out.extend_from_slice(b"num_events_dropped=0x");
        digits::hex(out, dropped.count);
        out.push(b'\n');
    }

    fn raw(&mut self, event: &Event<'_>, trouble: Trouble, _: &Times, _: &mut Vec<u8>) -> Result<(), Error> {
        Err(Error::NotForQemu { event: event.name().to_owned(), at: event.at, why: trouble })
    }
}

#[inline]
fn head(name: &[u8], time: u64, pid: u32, times: &Times, out: &mut Vec<u8>) {
    out.extend_from_slice(name);
    let delta = time.abs_diff(times.before);
    if time < times.before {
        out.push(b'-');
    }
    // exact as a double of Python's, so that its three digits are these
    if delta < 1 << 50 {
        digits::decimal(out, delta / 1000);
        out.push(b'.');
        digits::padded(out, delta % 1000, 3, b'0');
    } else {
        far(delta, out);
    }
    out.extend_from_slice(b" pid=");
    digits::decimal(out, u64::from(pid));
    out.push(b' ');
}

/// What Python makes of many nanoseconds divided by 1000: the double next to it.
#[cold]
fn far(delta: u64, out: &mut Vec<u8>) {
    // it has the form of a number
    let double: f64 = format!("{}.{:03}", delta / 1000, delta % 1000).parse().unwrap_or(f64::NAN);
    out.extend_from_slice(format!("{double:.3}").as_bytes());
}

/// Bytes as Python's `repr` has them.
#[inline]
fn quoted(out: &mut Vec<u8>, bytes: &[u8]) {
    let is_plain = |byte: u8| (0x20..0x7f).contains(&byte) && byte != b'\'' && byte != b'\\';
    if bytes.iter().fold(true, |plain, &byte| plain & is_plain(byte)) {
        out.extend_from_slice(b"b'");
        out.extend_from_slice(bytes);
        out.push(b'\'');
    } else {
        escaped(out, bytes);
    }
}

#[cold]
fn escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { b'"' } else { b'\'' };
    out.extend_from_slice(&[b'b', quote]);
    for &byte in bytes {
        match byte {
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            _ if byte == quote => out.extend_from_slice(&[b'\\', byte]),
            0x20..0x7f => out.push(byte),
            _ => digits::escape(out, byte),
        }
    }
    out.push(quote);
}
