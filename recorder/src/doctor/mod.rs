//! What of all this works on this machine, and what would make the rest work: `vmtrace doctor`.
//!
//! Every check tries the thing itself where that leaves no trace; nothing is switched, mounted or loaded.
//!
//! ```
//! for check in recorder::doctor::examine() {
//!     println!("{}: {:?}, {}", check.name, check.state, check.finding);
//!     if let Some(fix) = check.fix {
//!         println!("    {fix}");
//!     }
//! }
//! ```

mod journald;
mod kvm;
mod qemu;
mod rsyslog;
mod sinks;
mod tracefs;

use std::path::PathBuf;

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What it is, in a word or two.
    pub name: &'static str,
    /// What it is good for.
    pub role: Role,
    /// Whether it works.
    pub state: State,
    /// What was found.
    pub finding: String,
    /// What would make it work: the exact command, or what it takes where no command can.
    pub fix: Option<String>,
}

/// What something is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Events come from it.
    Source,
    /// A VMM's events go to it.
    Sink,
}

/// Whether something works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It does.
    Works,
    /// It does, with less than there could be.
    Partly,
    /// It does not.
    Missing,
}

impl Check {
    fn new(name: &'static str, role: Role, state: State, finding: impl Into<String>) -> Self {
        Self { name, role, state, finding: finding.into(), fix: None }
    }

    fn works(name: &'static str, role: Role, finding: impl Into<String>) -> Self {
        Self::new(name, role, State::Works, finding)
    }

    fn missing(name: &'static str, role: Role, finding: impl Into<String>) -> Self {
        Self::new(name, role, State::Missing, finding)
    }

    fn fix(self, command: impl Into<String>) -> Self {
        Self { fix: Some(command.into()), ..self }
    }
}

/// Looks at every source and every sink. Takes well below a second.
#[must_use]
pub fn examine() -> Vec<Check> {
    let mut checks = vec![device(), tracefs::instance()];
    checks.extend(tracefs::sources());
    checks.push(qemu::log());
    checks.extend(sinks::all());
    checks
}

/// Looks at `/dev/kvm`: whether a VMM can run guests.
#[must_use]
pub fn device() -> Check {
    kvm::device()
}

/// `sudo` before a command that needs root, unless we are.
fn as_root(command: &str) -> String {
    if nix::unistd::geteuid().is_root() { command.to_owned() } else { format!("sudo {command}") }
}

/// A program in the `PATH`.
fn program(name: &str) -> Option<PathBuf> {
    crate::program::find(name.as_ref(), std::env::var_os("PATH").as_deref()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn whatever_does_not_work_says_why_and_what_would_help() {
        let checks = examine();
        let names: BTreeSet<_> =
            checks.iter().map(|check| (check.name, format!("{:?}", check.role))).collect();
        assert_eq!(names.len(), checks.len(), "each once");
        for check in checks {
            assert!(!check.finding.is_empty(), "{check:?}");
            assert_ne!((check.state, &check.fix), (State::Missing, &None), "{check:?}");
        }
    }
}
