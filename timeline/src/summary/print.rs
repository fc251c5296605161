//! The summary as the page that an operator with a slow guest reads.

use super::{Began, Ended, Filling, Named, Reason, Slow, Spread, Summary};
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
        self.outside(out)
    }

    fn nothing(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\nNo exits: neither kvm_exit nor kvm_userspace_exit is in what was looked at.")?;
        self.outside(out)
    }

    fn reasons(&self, out: &mut dyn Write) -> io::Result<()> {
        let reasons = &self.summary.reasons;
        let longest = |reason: &Reason| {
            let events = reason.events.iter().take(MOST_EVENTS).map(|event| event.name.chars().count() + 2);
            events.chain([reason.name.chars().count()]).max()
        };
        let name = reasons.iter().filter_map(longest).max().unwrap_or(0).clamp(20, 40);
        let (quiet, plain) = on(self.colour, QUIET);
        writeln!(
            out,
            "{quiet}{:<name$} {:>9} {:>7} {:>9} {:>9} {:>9} {:>9}{plain}",
            "reason", "count", "share", "total", "p50", "p99", "max"
        )?;
        for reason in reasons {
            self.reason(reason, name, out)?;
        }
        if self.summary.unfinished > 0 {
            let (count, s) = (self.summary.unfinished, if self.summary.unfinished == 1 { "" } else { "s" });
            writeln!(out, "{quiet}{} exit{s} more, whose end was not recorded{plain}", Count(count))?;
        }
        Ok(())
    }

    fn reason(&self, reason: &Reason, name: usize, out: &mut dyn Write) -> io::Result<()> {
        let (bold, plain) = on(self.colour, HEADING);
        let Spread { total_ns, p50_ns, p99_ns, max_ns } = reason.time;
        writeln!(
            out,
            "{bold}{:<name$}{plain} {:>9} {:>7} {:>9} {:>9} {:>9} {:>9}",
            reason.name,
            Count(reason.count),
            share(total_ns, self.summary.span_ns),
            Span(total_ns),
            Span(p50_ns),
            Span(p99_ns),
            Span(max_ns)
        )?;
        if self.summary.from == Began::KvmExit && reason.to_vmm > 0 && reason.to_vmm < reason.count {
            writeln!(out, "  {:<below$} {:>9}", "to the VMM", Count(reason.to_vmm), below = name - 2)?;
        }
        for event in reason.events.iter().take(MOST_EVENTS) {
            self.filling(event, reason.count, name - 2, out)?;
        }
        let (quiet, plain) = on(self.colour, QUIET);
        if reason.events.len() > MOST_EVENTS {
            writeln!(out, "{quiet}  {} events more{plain}", reason.events.len() - MOST_EVENTS)?;
        }
        if !reason.events.is_empty() && reason.silent > 0 {
            let text = "without any event";
            writeln!(out, "{quiet}  {text:<below$} {:>9}{plain}", Count(reason.silent), below = name - 2)?;
        }
        Ok(())
    }

    /// An event's times are those from the exit to it, so they say how soon, where the exit's say how long.
    fn filling(&self, event: &Filling, exits: u64, name: usize, out: &mut dyn Write) -> io::Result<()> {
        let (style, plain) = on(self.colour, PLAIN);
        let Spread { p50_ns, p99_ns, max_ns, .. } = event.after;
        let each = format!("{} each", per(event.count, exits));
        let after =
            |nanos: u64| if event.exact { format!("+{}", Span(nanos)) } else { format!("+{}", About(nanos)) };
        writeln!(
            out,
            "  {style}{:<name$}{plain} {:>9} {:>17} {:>9} {:>9} {:>9}",
            event.name,
            Count(event.count),
            each,
            after(p50_ns),
            after(p99_ns),
            after(max_ns)
        )
    }

    fn slowest(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.summary.slowest.is_empty() {
            return Ok(());
        }
        let (bold, plain) = on(self.colour, HEADING);
        writeln!(out, "\n{bold}Slowest{plain}: look at one with --from TIME")?;
        for Slow { since_ns, took_ns, reason, thread, events, .. } in &self.summary.slowest {
            let (seconds, part) = (since_ns / 1_000_000_000, since_ns % 1_000_000_000);
            let events = named(events);
            let colon = if events.is_empty() { "" } else { ": " };
            writeln!(
                out,
                "{seconds:>4}.{part:09} {:>9} thread {thread} {reason}{colon}{events}",
                Span(*took_ns)
            )?;
        }
        Ok(())
    }

    fn outside(&self, out: &mut dyn Write) -> io::Result<()> {
        let outside = &self.summary.outside;
        if !outside.is_empty() {
            let more = if outside.len() > MOST_EVENTS { ", ..." } else { "" };
            let told = named(&outside[..outside.len().min(MOST_EVENTS)]);
            writeln!(out, "\nVMM events outside any exit: {told}{more}")?;
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

/// So many for each of so many.
fn per(count: u64, of: u64) -> String {
    let hundredths = u128::from(count) * 100 / u128::from(of.max(1));
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
