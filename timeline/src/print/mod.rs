//! The text of a kernel event: what the kernel itself prints of it in `trace`.
//!
//! Most events say how in their `print fmt`, which is interpreted here. System calls are printed by the
//! kernel without it. Of what is not understood (an enumerator's name that the kernel left in, a statement)
//! the text is the fields, `name=value`, as trace-cmd does too; so is that of an event whose bytes are not
//! what its format says.

mod conversion;
mod eval;
mod expr;
mod fields;
mod number;
mod syscall;
mod template;
mod token;

use crate::kernel::format::Format;
use crate::shown::shown;
use printf::Text;
use std::mem::MaybeUninit;
use template::Template;

/// The longest text of an event, in bytes: the kernel's own buffer holds as many.
const LONGEST: usize = 8192;

/// How an event is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Print(How);

#[derive(Clone, Debug, PartialEq, Eq)]
enum How {
    /// By its `print fmt`.
    Template(Template),
    /// As the kernel prints a system call.
    SyscallEnter,
    /// As the kernel prints a system call's result.
    SyscallExit,
    /// Field by field.
    Fields,
}

impl Print {
    pub(crate) fn new(system: &str, format: &Format) -> Self {
        Self(if system == "syscalls" && format.name.starts_with("sys_enter_") {
            How::SyscallEnter
        } else if system == "syscalls" && format.name.starts_with("sys_exit_") {
            How::SyscallExit
        } else {
            Template::parse(&format.print, &format.fields).map_or(How::Fields, How::Template)
        })
    }

    /// Whether the event's text is only its fields.
    pub(crate) fn is_fields(&self) -> bool {
        self.0 == How::Fields
    }

    /// The text of an event, on one line and without control bytes; what is not UTF-8 becomes U+FFFD.
    pub(crate) fn text(&self, format: &Format, event: &[u8]) -> String {
        let mut room = [const { MaybeUninit::uninit() }; LONGEST];
        let mut text = Text::escaping(&mut room);
        let understood = match &self.0 {
            How::Template(template) => template.write(&mut text, &format.fields, event),
            How::SyscallEnter => syscall::enter(&mut text, format, event),
            How::SyscallExit => syscall::exit(&mut text, format, event),
            How::Fields => None,
        };
        if understood.is_none() {
            text = Text::escaping(&mut room);
            fields::write(&mut text, &format.fields, event);
        }
        text.mark_cut();
        shown(text.as_bytes())
    }
}

#[cfg(test)]
mod tests;
