//! Names of threads. The kernel's pages have numbers only, and a thread that has ended has no name to ask for.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

/// So many at most; the kernel itself has no more than 4 million numbers (proc(5), `pid_max`).
const MOST: usize = 1 << 16;

/// Names by thread, as of when they were last seen.
#[derive(Default)]
pub(crate) struct Names {
    by_thread: BTreeMap<u32, String>,
}

impl Names {
    /// Takes what the kernel has `saved` (`saved_cmdlines`, the last 128 threads or so that made an event), and asks the
    /// `threads` that live.
    pub(crate) fn learn(&mut self, saved: &[u8], threads: impl IntoIterator<Item = u32>) {
        for line in String::from_utf8_lossy(saved).lines() {
            if let Some((thread, name)) = line.split_once(' ')
                && let Ok(thread) = thread.parse()
            {
                self.put(thread, name);
            }
        }
        for thread in threads {
            // It may be gone.
            if let Ok(name) = fs::read(format!("/proc/{thread}/comm")) {
                self.put(thread, String::from_utf8_lossy(&name).trim_end_matches('\n'));
            }
        }
    }

    /// As `saved_cmdlines` has it: number, blank, name, newline.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        for (thread, name) in &self.by_thread {
            // A name may hold a newline (prctl(2), PR_SET_NAME), which would make two lines of it.
            let _ = writeln!(text, "{thread} {}", name.replace('\n', "?"));
        }
        text
    }

    fn put(&mut self, thread: u32, name: &str) {
        if self.by_thread.len() < MOST || self.by_thread.contains_key(&thread) {
            self.by_thread.insert(thread, name.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_when_the_kernel_has_forgotten_them() {
        let mut names = Names::default();
        names.learn(b"7 CPU 0/KVM\n8 x\nnonsense\n\n", []);
        names.learn(b"8 y\n", [u32::MAX]);
        assert_eq!(names.to_text(), "7 CPU 0/KVM\n8 y\n");

        let this = std::process::id();
        names.learn(b"", [this]);
        assert!(names.to_text().contains(&format!("\n{this} ")));
    }
}
