//! Which of the kernel's events are recorded.

use crate::Error;
use std::fmt;
use std::str::FromStr;

/// One of the kernel's events, as `-e` names it: `SYSTEM:EVENT` or `SYSTEM:EVENT/FILTER`. The filter is in the kernel's
/// own language (Documentation/trace/events.rst, "Event filtering").
///
/// ```
/// let event: recorder::Event = "kvm:kvm_pio/port == 0x3f8".parse()?;
/// assert_eq!((event.system.as_str(), event.name.as_str()), ("kvm", "kvm_pio"));
/// assert_eq!(event.filter.as_deref(), Some("port == 0x3f8"));
/// # Ok::<(), recorder::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The folder below `events/`.
    pub system: String,
    /// The folder below that.
    pub name: String,
    /// What the kernel keeps of it; `None`: all.
    pub filter: Option<String>,
}

impl FromStr for Event {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |wrong: &str| Error::Event { text: text.into(), wrong: wrong.into() };
        let (event, filter) = match text.split_once('/') {
            Some((_, "")) => return Err(wrong("the filter is empty")),
            Some((event, filter)) => (event, Some(filter.to_owned())),
            None => (text, None),
        };
        let (system, name) = event.split_once(':').ok_or_else(|| wrong("there is no colon in it"))?;
        for part in [system, name] {
            // These become a path below events/, as root.
            if part.is_empty() || !part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b)) {
                return Err(wrong("not the name of an event"));
            }
            if part.starts_with('.') {
                return Err(wrong("not the name of an event"));
            }
        }
        Ok(Self { system: system.into(), name: name.into(), filter })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.system, self.name)?;
        self.filter.iter().try_for_each(|filter| write!(f, "/{filter}"))
    }
}

/// An event that is to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) event: Event,
    /// Whether it is recorded in any case, if the kernel has it. Otherwise the operator asked for it, and will not do
    /// without.
    pub(crate) usual: bool,
}

/// What is recorded in any case, where the kernel has it, and what the operator asked for: an event of both with the
/// operator's filter. Not every kvm event: a stock QEMU makes a million `kvm_emulate_insn` a second, and what matters
/// would be overwritten.
pub(crate) fn choose(asked: &[Event]) -> Vec<Choice> {
    let event = |system: &str, name: &str, filter: Option<&str>| Event {
        system: system.into(),
        name: name.into(),
        filter: filter.map(str::to_owned),
    };
    let kvm =
        ["kvm_entry", "kvm_exit", "kvm_userspace_exit", "kvm_pio", "kvm_mmio", "kvm_msr", "kvm_set_irq"];
    let usual = kvm
        .into_iter()
        .map(|name| event("kvm", name, None))
        // KVM_RUN (linux/kvm.h). It tells when a vcpu goes back in on kernels where kvm_entry never fires.
        .chain([event("syscalls", "sys_enter_ioctl", Some("cmd == 0xae80"))])
        .filter(|usual| {
            !asked.iter().any(|asked| (&asked.system, &asked.name) == (&usual.system, &usual.name))
        })
        .map(|event| Choice { event, usual: true });
    usual.chain(asked.iter().map(|event| Choice { event: event.clone(), usual: false })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dash_e_takes() {
        for (text, system, name, filter) in [
            ("kvm:kvm_exit", "kvm", "kvm_exit", None),
            ("sched:sched_switch/prev_pid == 1", "sched", "sched_switch", Some("prev_pid == 1")),
            ("a:b/c/d", "a", "b", Some("c/d")),
            ("kvm:kvm_pio/port==1 || val: x", "kvm", "kvm_pio", Some("port==1 || val: x")),
        ] {
            let event: Event = text.parse().unwrap();
            assert_eq!((&*event.system, &*event.name, event.filter.as_deref()), (system, name, filter));
            assert_eq!(event.to_string(), text);
        }
    }

    #[test]
    fn what_is_asked_for_comes_before_what_is_usual() {
        let usual = choose(&[]);
        assert!(usual.iter().all(|choice| choice.usual));
        let asked: [Event; 2] =
            ["kvm:kvm_pio/port == 1".parse().unwrap(), "sched:sched_switch".parse().unwrap()];
        let chosen = choose(&asked);
        assert_eq!(chosen.len(), usual.len() + 1);
        let pio: Vec<_> = chosen.iter().filter(|choice| choice.event.name == "kvm_pio").collect();
        assert_eq!(pio, [&Choice { event: asked[0].clone(), usual: false }]);
    }

    #[test]
    fn what_dash_e_refuses() {
        for text in
            ["", "kvm", ":", "kvm:", ":kvm_exit", "kvm:../../etc", "..:x", "kvm:a b", "kvm:kvm_pio/", "kvm:*"]
        {
            let error = text.parse::<Event>().unwrap_err();
            assert!(matches!(&error, Error::Event { text: named, .. } if named == text), "{text}: {error}");
        }
    }
}
