//! A trace as lines.

use super::declared::{Declaration, Declarations};
use super::in_order::{self, Work};
use super::json::Json;
use super::qemu::Qemu;
use super::text::Text;
use super::told::{Notice, Teller, Trouble};
use crate::Error;
use simpletrace::{Block, Blocks, Dropped, Event, Record};
use std::io::{Read, Write};

/// How a trace is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people, one line an event: `SECONDS THREAD NAME TEXT`.
    ///
    /// The text is the event's own format, as the VMM's log has it; a guest's bytes in it are made such that they stay on
    /// the line and are safe on a terminal. An event whose declaration does not fit its record is shown with its bytes.
    Text {
        /// Seconds of the trace's own clock, CLOCK_MONOTONIC, in place of seconds since its first record.
        absolute: bool,
    },
    /// To the byte what QEMU 10.2's `scripts/simpletrace.py` prints.
    Qemu,
    /// For programs, one JSON object a line.
    ///
    /// Of an event `time_ns` (of CLOCK_MONOTONIC), `thread`, `event`, and `args`, an object of numbers and strings (what is
    /// not UTF-8 in them becomes U+FFFD); or in place of that, where its declaration does not fit, `bytes` in hexadecimal.
    /// Of lost events `time_ns`, `thread`, `dropped`. Later versions may add fields.
    Json,
}

/// Writes a trace, one line an event, by all processors. `tell` is told of events whose declarations do not fit, each once,
/// on any thread.
///
/// # Errors
/// [`Error::Trace`] behind the last whole record of a trace that is cut off or damaged; [`Error::NotForQemu`] with
/// [`Form::Qemu`] where `simpletrace.py` ends as well; [`Error::Write`] if `out` takes no more.
pub fn render<R: Read + Send>(
    blocks: Blocks<R>,
    declarations: &Declarations,
    form: Form,
    tell: &(dyn Fn(&Notice) + Sync),
    out: &mut (dyn Write + Send),
) -> Result<(), Error> {
    let teller = Teller::new(tell);
    let context = Context { declarations, teller: &teller };
    match form {
        Form::Text { absolute } => lines(blocks, &context, || Text::new(absolute), out)?,
        Form::Qemu => lines(blocks, &context, || Qemu, out)?,
        Form::Json => lines(blocks, &context, || Json, out)?,
    }
    out.flush().map_err(Error::write)
}

/// A form's line.
pub(super) trait Line {
    /// What is known of an event beforehand.
    type Plan: Send;

    fn plan(&self, name: &str, declaration: &Declaration) -> Self::Plan;

    /// Adds the line of an event. False if the record is not as the plan has it; then nothing is added.
    fn event(&mut self, plan: &Self::Plan, event: &Event<'_>, times: &Times, out: &mut Vec<u8>) -> bool;

    fn dropped(&mut self, dropped: &Dropped, times: &Times, out: &mut Vec<u8>);

    /// Adds the line of an event whose declaration does not fit.
    fn raw(
        &mut self,
        event: &Event<'_>,
        trouble: Trouble,
        times: &Times,
        out: &mut Vec<u8>,
    ) -> Result<(), Error>;
}

/// What a line's time is told by.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// Of the trace's first record.
    pub(super) first: u64,
    /// Of the record before.
    pub(super) before: u64,
}

struct Context<'a> {
    declarations: &'a Declarations,
    teller: &'a Teller<'a>,
}

fn lines<R: Read + Send, L: Line + Send>(
    blocks: Blocks<R>,
    context: &Context<'_>,
    line: impl Fn() -> L + Sync,
    out: &mut (dyn Write + Send),
) -> Result<(), Error> {
    in_order::work_through(blocks, || Lines { context, line: line(), plans: Vec::new() }, out).1
}

struct Lines<'a, L: Line> {
    context: &'a Context<'a>,
    line: L,
    /// By the events' numbers.
    plans: Vec<Plan<L::Plan>>,
}

enum Plan<P> {
    /// Not met yet.
    Unknown,
    Undeclared,
    Declared(P),
}

impl<L: Line> Work for Lines<'_, L> {
    fn block(&mut self, block: &Block, out: &mut Vec<u8>) -> Result<(), Error> {
        let mut times = None;
        for record in block.records() {
            let time = match &record {
                Record::Event(event) => event.time,
                Record::Dropped(dropped) => dropped.time,
            };
            let times = times.get_or_insert_with(|| {
                let first = block.first_time().unwrap_or(time);
                Times { first, before: block.time_before().unwrap_or(first) }
            });
            match record {
                Record::Event(event) => self.event(&event, times, out)?,
                Record::Dropped(dropped) => self.line.dropped(&dropped, times, out),
            }
            times.before = time;
        }
        Ok(())
    }
}

impl<L: Line> Lines<'_, L> {
    #[inline]
    fn event(&mut self, event: &Event<'_>, times: &Times, out: &mut Vec<u8>) -> Result<(), Error> {
        let trouble = match self.plans.get(event.number) {
            Some(Plan::Declared(plan)) => {
                if self.line.event(plan, event, times, out) {
                    return Ok(());
                }
                Trouble::Arguments
            }
            Some(Plan::Undeclared) => Trouble::Undeclared,
            Some(Plan::Unknown) | None => {
                self.plan(event);
                return self.event(event, times, out);
            }
        };
        self.line.raw(event, trouble, times, out)?;
        self.context.teller.tell(event, trouble);
        Ok(())
    }

    #[cold]
    fn plan(&mut self, event: &Event<'_>) {
        if self.plans.len() <= event.number {
            self.plans.resize_with(event.number + 1, || Plan::Unknown);
        }
        let declaration = self.context.declarations.get(event.name());
        self.plans[event.number] = declaration.map_or(Plan::Undeclared, |declaration| {
            Plan::Declared(self.line.plan(event.name(), declaration))
        });
    }
}
