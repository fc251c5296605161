//! What the user chooses.

use crate::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where syslog(3) sends to.
pub const SYSLOG: &str = "/dev/log";

/// Where sd_journal_send(3) sends to.
pub const JOURNAL: &str = "/run/systemd/journal/socket";

/// The longest identifier. A daemon's parser ends at 32 to 64 bytes or has no end; names of VMs are longer than 32.
const IDENT_MAX: usize = 128;

/// The longest tick that a kernel is built with (CONFIG_HZ_100).
const TICK: Duration = Duration::from_millis(10);

/// An hour. A call that is to wait longer comes back and waits on.
const SHARE_MAX: Duration = Duration::from_secs(3600);

/// How the system log is to be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What stands before `[PID]:`: the program's name, usually.
    pub ident: String,
    /// What is spoken.
    pub protocol: Protocol,
    /// How long a call may hold up its thread while the daemon takes nothing or is away; zero is not at all. From 40 ms on, a
    /// call on a queue that is full costs no more than one that waits for ever would.
    pub wait: Duration,
    /// Where the daemon's socket is, if not at [`SYSLOG`] or [`JOURNAL`].
    pub path: Option<PathBuf>,
}

/// What a daemon is told, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// `<30>Nov 22 17:30:00 IDENT[PID]: LINE`, which every daemon takes (RFC 3164, as syslog(3) sends it).
    #[default]
    Rfc3164,
    /// The line and its fields, which journald takes (systemd's "Native Journal Protocol").
    Journal,
}

impl Options {
    /// Syslog's usual socket and protocol, and 100 ms to wait.
    #[must_use]
    pub fn new(ident: &str) -> Self {
        Self {
            ident: ident.to_owned(),
            protocol: Protocol::default(),
            wait: Duration::from_millis(100),
            path: None,
        }
    }

    /// The socket's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new(match self.protocol {
            Protocol::Rfc3164 => SYSLOG,
            Protocol::Journal => JOURNAL,
        }))
    }

    /// What the kernel may wait within a call: half of the time, less the tick by which it may be late. Less than a tick it
    /// cannot measure, so a short time is waited for with ppoll(2) alone.
    pub(crate) fn share(&self) -> Option<Duration> {
        let share = (self.wait / 2).checked_sub(TICK)?;
        (share >= TICK).then_some(share.min(SHARE_MAX))
    }

    /// A daemon takes what stands before `[` or `:` for the identifier, and a blank for its end.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let refused = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '[' | ']' | ':');
        if self.ident.is_empty() || self.ident.len() > IDENT_MAX || self.ident.contains(refused) {
            return Err(Error::Ident(self.ident.clone()));
        }
        Ok(())
    }
}
