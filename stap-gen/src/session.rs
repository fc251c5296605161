//! A script that stands alone: a program's marks as lines of text, by themselves or beside KVM's own events.

use crate::frame::{Frame, STAMP};
use crate::names::Names;
use crate::script::literal;
use crate::{Error, alias, number, text};
use trace_events::Event;

/// A mark of a program.
#[derive(Clone, Copy, Debug)]
pub struct Mark<'a> {
    /// The mark's provider, such as `qemu`.
    pub provider: &'a str,
    /// The mark's own name.
    pub name: &'a str,
    /// What is known of its arguments.
    pub arguments: Arguments<'a>,
}

/// What is known of a mark's arguments.
#[derive(Clone, Copy, Debug)]
pub enum Arguments<'a> {
    /// Its declaration: the line is the event's text.
    Declared {
        /// It.
        event: &'a Event,
        /// Which arguments `stap` cannot read, counted from 0: a conversion that takes one is a `?`.
        unread: &'a [usize],
    },
    /// What its note tells: the line has `arg1=1 arg2=0x2`, and `arg3=?` of one that `stap` cannot read.
    Bare(&'a [Option<Number>]),
}

/// An argument as a mark's note describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Number {
    /// 1, 2, 4 or 8. What has 8 and no sign may be a pointer, and is printed in hexadecimal.
    pub bytes: u8,
    /// Whether it may be below zero.
    pub signed: bool,
}

/// KVM's events that a lineup has, those of them that the kernel has and `stap` finds.
pub const KVM_EVENTS: [&str; 7] =
    ["kvm_entry", "kvm_exit", "kvm_userspace_exit", "kvm_pio", "kvm_mmio", "kvm_msr", "kvm_set_irq"];

const HEADER: &str = "/* Made by vmtrace. */\n\n";

const KERNELS_OWN: &str = "\
/* KVM's events are those of the process's own threads. What the kernel's threads raise for it is left out: kvm_set_irq of an
   irqfd comes from a kworker, that of vhost from a thread of vhost's. */

";

/// A script that prints each of the marks as a line, in the frame of QEMU's `log-stap`.
///
/// # Errors
/// [`Error::Binary`], [`Error::NoBinary`], [`Error::Pattern`], and [`Error::Mark`] for a name that no script can hold.
pub fn session(binary: &str, marks: &[Mark<'_>]) -> Result<String, Error> {
    let mut out = HEADER.to_owned();
    push_marks(&mut out, &file(binary)?, marks, Frame::Qemu)?;
    Ok(out)
}

/// A script that prints each of the marks, and KVM's events of the processes that have hit one or that run the binary (or of
/// the one that `stap -x` names), on one clock: `TID@SECONDS.NANOSECONDS NAME TEXT`, of CLOCK_MONOTONIC, as QEMU's binary
/// traces and tracefs' clock `mono` have it. Events of KVM's that `stap` does not find are told as warnings when it begins.
///
/// What KVM does for a process outside of its threads is in no line: an interrupt that a kworker raises (an irqfd) or a thread
/// of vhost's has a `kvm_set_irq` of a process of the kernel's.
///
/// # Errors
/// As [`session`].
pub fn lineup(binary: &str, marks: &[Mark<'_>]) -> Result<String, Error> {
    let binary = file(binary)?;
    let mut out = HEADER.to_owned();
    out.push_str(KERNELS_OWN);
    out.push_str(STAMP);
    out.push_str("\nglobal vmtrace_vmms%[1024]\n\n");
    for (when, what) in [("begin", "vmtrace_vmms[pid()] = 1"), ("end", "delete vmtrace_vmms[pid()]")] {
        // none in a shared library
        out.extend(["probe process(\"", &binary, "\").", when, " ?\n{\n    ", what, "\n}\n"]);
    }
    push_marks(&mut out, &binary, marks, Frame::Monotonic)?;
    for event in KVM_EVENTS {
        out.push_str(&kvm_event(event));
    }
    Ok(out)
}

/// A file's path between quotes. Nothing escapes a pattern: of `a*` in a script `stap` 4.8 finds all files but that one.
fn file(path: &str) -> Result<String, Error> {
    if path.contains(['*', '?', '[']) { Err(Error::Pattern(path.to_owned())) } else { literal(path) }
}

/// Whether a mark's name, or its provider's, can stand in a script: printable, no blank, no pattern, no quotes.
#[must_use]
pub fn is_mark_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_graphic() && !br#""\%*?[]{},"#.contains(&byte);
    !name.is_empty() && name.len() <= 256 && name.bytes().all(fits)
}

fn push_marks(out: &mut String, binary: &str, marks: &[Mark<'_>], frame: Frame) -> Result<(), Error> {
    let mut names = Names::default();
    for mark in marks {
        if let Some(name) = [mark.provider, mark.name].into_iter().find(|name| !is_mark_name(name)) {
            return Err(Error::Mark(name.to_owned()));
        }
        let Mark { provider, name, arguments } = mark;
        out.extend(["probe process(\"", binary, "\").provider(\"", provider]);
        out.extend(["\").mark(\"", name, "\")\n{\n"]);
        if matches!(frame, Frame::Monotonic) {
            out.push_str("  vmtrace_vmms[pid()] = 1;\n");
        }
        match arguments {
            Arguments::Declared { event, unread } => {
                names.set(event, false);
                names.leave_out(unread);
                alias::arguments(out, &names);
                text::print(out, event, &names, frame);
            }
            Arguments::Bare(numbers) => {
                frame.push_head(out, name);
                push_numbers(out, numbers, frame);
            }
        }
        out.push_str(")\n}\n");
    }
    Ok(())
}

fn push_numbers(out: &mut String, numbers: &[Option<Number>], frame: Frame) {
    for (index, number) in numbers.iter().enumerate() {
        out.push_str(if index > 0 { " arg" } else { "arg" });
        number::push(out, index + 1);
        out.push_str(match number {
            None => "=?",
            Some(Number { signed: true, .. }) => "=%d",
            Some(Number { bytes: 8, .. }) => "=0x%x",
            Some(_) => "=%u",
        });
    }
    frame.push_middle(out);
    for (index, number) in numbers.iter().enumerate() {
        let Some(number) = number else { continue };
        // see `Name::wants_sign`
        let byte = number.signed && number.bytes == 1;
        out.push_str(if byte { ", ($arg" } else { ", $arg" });
        number::push(out, index + 1);
        out.push_str(if byte { " << 56) >> 56" } else { "" });
    }
}

/// The one that is there resolves, and hides the one that tells that it is not.
fn kvm_event(event: &str) -> String {
    format!(
        "\
probe vmtrace.kvm.{event} = kernel.trace(\"kvm:{event}\")
{{
    if (target() ? pid() != target() : !(pid() in vmtrace_vmms)) next
    text = $$parms
}}
probe vmtrace.no_kvm.{event} = begin
{{
    text = \"\"
    warn(\"{event} is left out: stap finds no such tracepoint in the kernel's headers\")
    next
}}
probe vmtrace.kvm.{event} !, vmtrace.no_kvm.{event}
{{
    printf(\"%s {event} %s\\n\", vmtrace_stamp(), text)
}}
"
    )
}
