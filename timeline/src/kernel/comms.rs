//! The names of threads: `saved_cmdlines` of tracefs.

use std::collections::HashMap;

/// Threads and their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Comms(HashMap<u32, String>);

impl Comms {
    /// Reads `PID NAME` lines; a name may have blanks, and loses its control characters.
    pub(crate) fn parse(text: &str) -> Self {
        let pair = |line: &str| {
            let (pid, name) = line.trim_start().split_once(' ')?;
            // the kernel knows none longer than 15 bytes
            let name: String = name.chars().filter(|c| !c.is_control()).take(15).collect();
            Some((pid.parse().ok()?, name))
        };
        Self(text.lines().filter_map(pair).collect())
    }

    /// The name of a thread. The idle threads, which all have the number 0, go by the kernel's name for them.
    pub(crate) fn name(&self, thread: u32) -> Option<&str> {
        match thread {
            0 => Some("<idle>"),
            _ => self.0.get(&thread).map(String::as_str).filter(|name| *name != "<...>"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let comms = Comms::parse("12 CPU 0/KVM\n 13 a\u{1b}[31mb\nx y\n14\n15 <...>\n");
        let named: Vec<_> = [0, 12, 13, 14, 15].map(|thread| comms.name(thread)).into();
        assert_eq!(named, [Some("<idle>"), Some("CPU 0/KVM"), Some("a[31mb"), None, None]);
    }
}
