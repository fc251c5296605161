//! The summary as the page that an operator with a slow guest reads.

use super::{Began, Ended, Named, Reason, Slow, Spread, Summary};
use crate::Error;
use crate::report::{About, Count, HEADING, PLAIN, QUIET, Span, on};
use std::io::{self, Write};

/// How many of a reason's events, and of those outside any exit, are told.
const MOST_EVENTS: usize = 12;

impl Summary {
    /// Writes the summary as text.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write(&self, colour: bool, out: &mut dyn Write) -> Result<(), Error> {
        let page = Page { colour, summary: self };
        page.write(out).map_err(Error::write)
    }
}

/// What stands before a reason's first event.
const FIRST: &str = "until the first";

/// The shape of a line: how wide the name is, how far in it begins, and of how much time its share is.
struct Row {
    name: usize,
    indent: usize,
    of: u64,
}

struct Page<'a> {
    colour: bool,
    summary: &'a Summary,
}

impl Page<'_> {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let (bold, plain) = on(self.colour, HEADING);
        let from = match self.summary.from {
            Began::Nothing => return self.nothing(out),
            Began::KvmExit => "kvm_exit",
            Began::KvmUserspaceExit => "kvm_userspace_exit",
        };
        let until = match self.summary.until {
            Ended::EntryOrRun => "kvm_entry or KVM_RUN",
            Ended::NextKvmEvent => "kvm event",
        };
        writeln!(out, "\n{bold}Exits{plain}: the time from {from} to the thread's next {until}")?;
        if self.summary.until == Ended::NextKvmEvent {
            let (quiet, plain) = on(self.colour, QUIET);
            writeln!(
                out,
                "{quiet}Neither kvm_entry nor KVM_RUN was recorded, so the guest's own time is in it: \
                 record with -e syscalls:sys_enter_ioctl, too.{plain}"
            )?;
        }
        self.reasons(out)?;
        self.slowest(out)?;
        self.outside("VMM events outside any exit", out)
    }

    fn nothing(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\nNo exits: neither kvm_exit nor kvm_userspace_exit is in what was looked at.")?;
        self.outside("VMM events", out)
    }

    fn reasons(&self, out: &mut dyn Write) -> io::Result<()> {
        let reasons = &self.summary.reasons;
        let longest = |reason: &Reason| {
            let events = reason.events.iter().take(MOST_EVENTS).map(|event| event.name.chars().count() + 2);
            events.chain([reason.name.chars().count(), FIRST.len() + 2]).max()
        };
        let name = reasons.iter().filter_map(longest).max().unwrap_or(0).min(40);
        let (quiet, plain) = on(self.colour, QUIET);
        writeln!(
            out,
            "{quiet}{:<name$} {:>8} {:>6} {:>8} {:>8} {:>8} {:>8} {:>8}{plain}",
            "reason", "count", "share", "total", "p50", "p99", "max", "after"
        )?;
        for reason in reasons {
            self.reason(reason, name, out)?;
        }
        if self.summary.unfinished > 0 {
            let (count, s) = (self.summary.unfinished, if self.summary.unfinished == 1 { "" } else { "s" });
            writeln!(out, "{quiet}{} exit{s} more, whose end was not recorded{plain}", Count(count))?;
        }
        if !reasons.is_empty() {
            writeln!(
                out,
                "{quiet}share: of the recording's span for a reason, of the reason's time for its events{plain}"
            )?;
        }
        if reasons.iter().any(|reason| !reason.events.is_empty()) {
            writeln!(
                out,
                "{quiet}Below a reason its time by the VMM's events, each until the next; after: p50 since the \
                 exit{plain}"
            )?;
        }
        Ok(())
    }

    fn reason(&self, reason: &Reason, name: usize, out: &mut dyn Write) -> io::Result<()> {
        let (whole, part) = (
            Row { name, indent: 0, of: self.summary.span_ns },
            Row { name, indent: 2, of: reason.time.total_ns },
        );
        self.row(&whole, HEADING, &reason.name, (reason.count, &reason.time, true), None, out)?;
        if self.summary.from == Began::KvmExit && reason.to_vmm > 0 && reason.to_vmm < reason.count {
            writeln!(out, "  {:<below$} {:>8}", "to the VMM", Count(reason.to_vmm), below = name - 2)?;
        }
        if reason.events.is_empty() {
            return Ok(());
        }
        let exact = reason.events.iter().all(|event| event.exact);
        let first = (reason.count - reason.silent, &reason.first, exact);
        self.row(&part, QUIET, FIRST, first, None, out)?;
        for event in reason.events.iter().take(MOST_EVENTS) {
            let figures = (event.count, &event.held, event.exact);
            self.row(&part, PLAIN, &event.name, figures, Some(event.after.p50_ns), out)?;
        }
        let (quiet, plain) = on(self.colour, QUIET);
        if reason.events.len() > MOST_EVENTS {
            writeln!(out, "{quiet}  {} kinds of event more{plain}", reason.events.len() - MOST_EVENTS)?;
        }
        if reason.silent > 0 {
            let silent = (reason.silent, &reason.silent_time, true);
            self.row(&part, QUIET, "without any event", silent, None, out)?;
        }
        Ok(())
    }

    fn row(
        &self,
        row: &Row,
        style: anstyle::Style,
        name: &str,
        (count, spread, exact): (u64, &Spread, bool),
        after: Option<u64>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let (style, plain) = on(self.colour, style);
        let span = |nanos: u64| if exact { Span(nanos).to_string() } else { About(nanos).to_string() };
        let line = format!(
            "{:indent$}{style}{name:<width$}{plain} {:>8} {:>6} {:>8} {:>8} {:>8} {:>8} {:>8}",
            "",
            Count(count),
            share(spread.total_ns, row.of),
            span(spread.total_ns),
            span(spread.p50_ns),
            span(spread.p99_ns),
            span(spread.max_ns),
            after.map_or_else(String::new, |after| format!("+{}", span(after))),
            indent = row.indent,
            width = row.name - row.indent,
        );
        writeln!(out, "{}", line.trim_end())
    }

    fn slowest(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.summary.slowest.is_empty() {
            return Ok(());
        }
        let (bold, plain) = on(self.colour, HEADING);
        writeln!(out, "\n{bold}Slowest{plain}: look at one with --from TIME")?;
        for Slow { since_ns, took_ns, reason, thread, comm, events, .. } in &self.summary.slowest {
            let (seconds, part) = (since_ns / 1_000_000_000, since_ns % 1_000_000_000);
            let events = named(events);
            let colon = if events.is_empty() { "" } else { ": " };
            let comm = comm.as_ref().map_or_else(String::new, |comm| format!("{comm}-"));
            let took = Span(*took_ns);
            writeln!(out, "{seconds:>4}.{part:09} {took:>8} {comm}{thread} {reason}{colon}{events}")?;
        }
        Ok(())
    }

    fn outside(&self, what: &str, out: &mut dyn Write) -> io::Result<()> {
        let outside = &self.summary.outside;
        if !outside.is_empty() {
            let more = if outside.len() > MOST_EVENTS { ", ..." } else { "" };
            let told = named(&outside[..outside.len().min(MOST_EVENTS)]);
            writeln!(out, "\n{what}: {told}{more}")?;
        }
        writeln!(out)
    }
}

fn named(events: &[Named]) -> String {
    let one = |Named { name, count }: &Named| match count {
        1 => name.clone(),
        count => format!("{name} x{}", Count(*count)),
    };
    events.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A part of the time, in percent.
fn share(part: u64, whole: u64) -> String {
    let tenths = u128::from(part) * 1000 / u128::from(whole.max(1));
    format!("{}.{}%", tenths / 10, tenths % 10)
}
