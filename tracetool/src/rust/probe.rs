//! The USDT probe of an event.

use super::Arguments;
use std::fmt::Write as _;
use trace_events::{Event, RustType};

/// How a group's USDT probes are made.
#[derive(Clone, Debug)]
pub(crate) struct Probes {
    pub(crate) provider: String,
    pub(crate) site: ProbeSite,
    pub(crate) shared: bool,
}

/// The instructions that a tracer finds at a probe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProbeSite {
    /// A 1-byte nop, which the probe's note names, and the 10-byte one that Linux of 2026 turns into a call: right everywhere.
    #[default]
    Nop10,
    /// A 5-byte nop, which Linux 6.18 and a few after it turn into a call. Others, such as 6.12, take several times as long for it
    /// as for a 1-byte one.
    Nop5,
    /// What C's `sys/sdt.h` has: a 1-byte nop alone.
    Nop1,
}

impl ProbeSite {
    /// As `usdt::probe!` calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Nop10 => "nop10",
            Self::Nop5 => "nop5",
            Self::Nop1 => "nop1",
        }
    }
}

impl Default for Probes {
    fn default() -> Self {
        Self { provider: "qemu".to_owned(), site: ProbeSite::default(), shared: false }
    }
}

impl Probes {
    /// What declares an event's semaphore, if it is not the state word's.
    pub(super) fn declaration(&self, event: &Event) -> Option<String> {
        let (name, provider) = (&event.name, &self.provider);
        let declaration =
            format!("::vmtrace::shared_semaphore!(SEMAPHORE_{name}, \"{provider}_{name}_semaphore\");");
        self.shared.then_some(declaration)
    }

    /// What the event's object knows of it.
    pub(super) fn shared(&self, event: &Event) -> String {
        if self.shared { format!(".with_semaphore(&SEMAPHORE_{})", event.name) } else { String::new() }
    }

    /// What else than the state word says that an event is on.
    pub(super) fn or_on(&self, event: &Event) -> String {
        if self.shared { format!(" || SEMAPHORE_{}.is_on()", event.name) } else { String::new() }
    }

    /// The probe itself.
    pub(super) fn site(&self, event: &Event, arguments: &Arguments) -> String {
        let name = &event.name;
        let (semaphore, on) = if self.shared {
            (format!("[SEMAPHORE_{name}, 0]"), format!("SEMAPHORE_{name}.is_on()"))
        } else {
            (format!("[STATE_{name}, 4]"), format!("STATE_{name}.is_probed()"))
        };
        let (mut texts, mut list) = (Vec::new(), String::new());
        for (name, argument) in arguments.names.iter().zip(&event.args) {
            let typed = match argument.ctype.rust() {
                RustType::Number(number) => number.rsplit("::").next().unwrap_or(number).to_owned(),
                RustType::Pointer => format!("u64 = {name}.address()"),
                RustType::Str => {
                    texts.push(name.as_str());
                    format!("ptr = {name}.as_ptr()")
                }
            };
            let _ = write!(list, "{}{name}: {typed}", if list.is_empty() { "" } else { ", " });
        }
        format!(
            "    ::vmtrace::event_probe!({}, \"{}\", \"{name}\", {semaphore} if {on}, [{}]; {list});\n",
            self.site.name(),
            self.provider,
            texts.join(" "),
        )
    }
}
