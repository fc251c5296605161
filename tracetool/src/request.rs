//! One output: what is asked for, and the way to it.

use crate::output::Output;
use crate::{Backend, Error, Format, Group, Layout, c, d, qemu_rust, tcg, ust_events};
use trace_events::Event;

/// One output that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The events.
    pub group: &'a Group,
    /// What to make of them.
    pub format: Format,
    /// Where they may go, in the order in which the code tries them.
    pub backends: &'a [Backend],
    /// The output's name, for `#line`.
    pub output: &'a str,
    /// What the group's files are called, where one includes another.
    pub layout: Layout,
    /// The program that a SystemTap script probes.
    pub binary: Option<&'a str>,
    /// What the names of a script's probes begin with.
    pub probe_prefix: Option<&'a str>,
    /// QEMU's bytes to the last, where they are wrong too.
    pub bug_compatible: bool,
    /// C that is C++ as well.
    pub cxx: bool,
}

impl<'a> Request<'a> {
    /// A request with nothing but what every format needs.
    #[must_use]
    pub fn new(group: &'a Group, format: Format, backends: &'a [Backend]) -> Self {
        Self {
            group,
            format,
            backends,
            output: "<stdout>",
            layout: Layout::default(),
            binary: None,
            probe_prefix: None,
            bug_compatible: false,
            cxx: false,
        }
    }

    /// Makes the output.
    ///
    /// # Errors
    /// [`Error`]: the declarations are wrong, all faults at once, or something that the format needs is not given.
    pub fn generate(&self) -> Result<String, Error> {
        self.check()?;
        self.make(String::new())
    }

    /// Refuses what no right output can be made of.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let demands = self.demands();
        match demands.refused_backend {
            Some(backend) if self.bug_compatible => return Err(Error::NotQemus(backend.name())),
            Some(backend) => return Err(Error::IsASink(backend.name())),
            None => {}
        }
        if !self.bug_compatible {
            self.group.check_name()?;
        }
        self.group.check(demands.takes_tcg, self.bug_compatible)?;
        if !self.bug_compatible {
            c::check_names(self.group, demands.has_functions, demands.has_bare_names)?;
        }
        if demands.script.is_some() { self.script(std::iter::empty()).map(drop) } else { Ok(()) }
    }

    /// A backend that cannot be: one that is not QEMU's where its bytes are wanted, or a sink of vmtrace's beside vmtrace itself.
    fn refused_backend(&self) -> Option<Backend> {
        let is_ours = self.backends.contains(&Backend::Vmtrace);
        self.backends.iter().copied().find(|backend| match backend {
            Backend::Vmtrace => self.bug_compatible,
            Backend::Ftrace | Backend::Log | Backend::Simple | Backend::Syslog => is_ours,
            Backend::Dtrace | Backend::Nop | Backend::Ust => false,
        })
    }

    /// What of the request its check depends on.
    pub(crate) fn demands(&self) -> Demands<'a> {
        Demands {
            takes_tcg: self.format.is_tcg(),
            has_functions: matches!(self.format, Format::H | Format::C),
            has_bare_names: match self.format {
                Format::H | Format::C => {
                    [Backend::Dtrace, Backend::Ust].iter().any(|backend| self.backends.contains(backend))
                }
                Format::D | Format::UstEventsC | Format::UstEventsH => true,
                _ => false,
            },
            script: self.format.is_script().then_some((self.format, self.binary, self.probe_prefix)),
            bug_compatible: self.bug_compatible,
            refused_backend: self.refused_backend(),
        }
    }

    /// The backends in order, each once: a second time it would define its functions again.
    pub(crate) fn each_backend(&self) -> impl Iterator<Item = Backend> {
        let is_first = |index: usize| !self.backends[..index].contains(&self.backends[index]);
        let kept = (0..self.backends.len()).filter(move |&index| self.bug_compatible || is_first(index));
        kept.map(|index| self.backends[index])
    }

    /// Makes the output of a group that is checked, in the room of an old text.
    pub(crate) fn make(&self, room: String) -> Result<String, Error> {
        let mut out = Output::in_room(room);
        match self.format {
            Format::H => c::header(&mut out, self),
            Format::C => c::source(&mut out, self),
            Format::D => d::generate(&mut out, self),
            Format::Rs => qemu_rust::generate(&mut out, self),
            Format::UstEventsC => ust_events::source(&mut out, self),
            Format::UstEventsH => ust_events::header(&mut out, self),
            Format::TcgH => tcg::header(&mut out, self),
            Format::TcgHelperC => tcg::helper_source(&mut out, self),
            Format::TcgHelperH => tcg::helper_header(&mut out, self),
            Format::TcgHelperWrapperH => tcg::helper_wrapper(&mut out, self),
            Format::Stap | Format::LogStap | Format::SimpletraceStap => {
                return self.script(self.group.events().map(|(_, event)| event));
            }
        }
        Ok(out.into_text())
    }

    fn script(&self, events: impl Iterator<Item = &'a Event>) -> Result<String, Error> {
        let missing = |what| Error::Missing { format: self.format.name(), what };
        let (script, binary) = match self.format {
            Format::LogStap => (stap_gen::Script::LogStap, ""),
            Format::SimpletraceStap => (stap_gen::Script::SimpletraceStap, ""),
            _ => (stap_gen::Script::Stap, self.binary.ok_or_else(|| missing("--binary=PATH"))?),
        };
        let options = stap_gen::Options {
            binary,
            probe_prefix: self.probe_prefix.ok_or_else(|| missing("--probe-prefix=NAME"))?,
            bug_compatible: self.bug_compatible,
        };
        Ok(stap_gen::generate(script, events, &options)?)
    }
}

/// What of a request its check depends on: of two that agree in this, one need be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::struct_excessive_bools)] // it is a key
pub(crate) struct Demands<'a> {
    takes_tcg: bool,
    has_functions: bool,
    /// Whether events stand under their bare names in C, as they do for `dtrace` and LTTng.
    has_bare_names: bool,
    script: Option<(Format, Option<&'a str>, Option<&'a str>)>,
    bug_compatible: bool,
    refused_backend: Option<Backend>,
}
