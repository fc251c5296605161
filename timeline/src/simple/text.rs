//! A trace for people: `SECONDS THREAD NAME TEXT`, the text being the event's own format.

use super::declared::Declaration;
use super::digits;
use super::lines::{Line, Times};
use super::told::Trouble;
use crate::Error;
use crate::shown::shown;
use printf::Value;
use simpletrace::{Argument, Dropped, Event, Kind};
use std::mem::MaybeUninit;
use trace_events::{Format, MAX_ARGUMENTS};

/// The most bytes of an event's text: ten strings, and as much again.
const TEXT_MAX: usize = 16 << 10;

/// How many bytes of arguments that cannot be told are shown.
const MOST_RAW: usize = 64;

pub(super) struct Text {
    absolute: bool,
    room: Box<[MaybeUninit<u8>]>,
    /// As they were made last: most lines have the second and the thread of one before.
    seconds: Kept<u64>,
    thread: Kept<u32>,
}

/// A number and what is written of it.
#[derive(Default)]
struct Kept<T> {
    of: Option<T>,
    text: Vec<u8>,
}

pub(super) struct Plan {
    name: Box<[u8]>,
    kinds: Box<[Kind]>,
    format: Format,
}

impl Text {
    pub(super) fn new(absolute: bool) -> Self {
        Self {
            absolute,
            room: Box::new_uninit_slice(TEXT_MAX),
            seconds: Kept::default(),
            thread: Kept::default(),
        }
    }

    /// `SECONDS.NANOSECONDS THREAD `, in columns.
    #[inline]
    fn head(&mut self, time: u64, thread: u32, times: &Times, out: &mut Vec<u8>) {
        let first = if self.absolute { 0 } else { times.first };
        let since = time.abs_diff(first);
        let (seconds, nanos) = (since / 1_000_000_000, since % 1_000_000_000);
        if time < first {
            out.extend_from_slice(format!("{:>4}", format!("-{seconds}")).as_bytes());
        } else {
            let make = |text: &mut Vec<u8>| digits::padded(text, seconds, 4, b' ');
            out.extend_from_slice(self.seconds.text_of(seconds, make));
        }
        digits::nanos(out, nanos);
        let make = |text: &mut Vec<u8>| {
            text.push(b' ');
            digits::padded(text, u64::from(thread), 7, b' ');
            text.push(b' ');
        };
        out.extend_from_slice(self.thread.text_of(thread, make));
    }
}

impl<T: Copy + PartialEq> Kept<T> {
    #[inline]
    fn text_of(&mut self, of: T, make: impl FnOnce(&mut Vec<u8>)) -> &[u8] {
        if self.of != Some(of) {
            self.of = Some(of);
            self.text.clear();
            make(&mut self.text);
        }
        &self.text
    }
}

impl Line for Text {
    type Plan = Plan;

    fn plan(&self, name: &str, declaration: &Declaration) -> Plan {
        Plan {
            name: name.as_bytes().into(),
            kinds: declaration.kinds.clone().into(),
            format: declaration.event.format.clone(),
        }
    }

    #[inline]
    fn event(&mut self, plan: &Plan, event: &Event<'_>, times: &Times, out: &mut Vec<u8>) -> bool {
        let mut values = [Value::Word(0); MAX_ARGUMENTS];
        let mut arguments = event.arguments();
        for (value, kind) in values.iter_mut().zip(&plan.kinds) {
            *value = match arguments.next(*kind) {
                Some(Argument::Word(word)) => Value::Word(word),
                Some(Argument::String(bytes)) => Value::Str(Some(bytes)),
                None => return false,
            };
        }
        if !arguments.is_empty() {
            return false;
        }
        self.head(event.time, event.thread, times, out);
        out.extend_from_slice(&plan.name);
        let mut text = printf::Text::new(&mut self.room);
        plan.format.render(&values, &mut text);
        text.mark_cut();
        let text = text.into_bytes();
        if !text.is_empty() {
            out.push(b' ');
            // one pass over all of it, which the compiler makes a wide one
            if text.iter().fold(true, |plain, byte| plain & (0x20..0x7f).contains(byte)) {
                out.extend_from_slice(text);
            } else {
                out.extend_from_slice(shown(text).as_bytes());
            }
        }
        out.push(b'\n');
        true
    }

    fn dropped(&mut self, dropped: &Dropped, times: &Times, out: &mut Vec<u8>) {
        self.head(dropped.time, dropped.thread, times, out);
        let s = if dropped.count == 1 { "" } else { "s" };
        out.extend_from_slice(format!("[{} event{s} lost]\n", dropped.count).as_bytes());
    }

    fn raw(&mut self, event: &Event<'_>, _: Trouble, times: &Times, out: &mut Vec<u8>) -> Result<(), Error> {
        self.head(event.time, event.thread, times, out);
        out.extend_from_slice(event.name().as_bytes());
        let count = event.bytes.len();
        let s = if count == 1 { "" } else { "s" };
        out.extend_from_slice(format!(" [{count} byte{s}").as_bytes());
        for (index, byte) in event.bytes.iter().take(MOST_RAW).enumerate() {
            let before = match index {
                0 => ": ",
                _ if index % 8 == 0 => " ",
                _ => "",
            };
            out.extend_from_slice(format!("{before}{byte:02x}").as_bytes());
        }
        out.extend_from_slice(if count > MOST_RAW { b" ...]\n" } else { b"]\n" });
        Ok(())
    }
}
