//! Where a VMM's events can go.

use super::{Check, Role, as_root};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

/// Where a daemon's lines are taken (syslog(3)).
const SYSLOG: &str = "/dev/log";

/// Looks at every sink.
pub(super) fn all() -> Vec<Check> {
    let log =
        Check::works("log", Role::Sink, "standard error, or a file of your choice (-trace ...,file=FILE)");
    let mut checks = vec![log, super::tracefs::marker(), syslog()];
    checks.extend(super::journald::limit());
    checks.extend(super::rsyslog::limit());
    checks
}

fn syslog() -> Check {
    const NAME: &str = "syslog";
    let connected = UnixDatagram::unbound().and_then(|socket| socket.connect(SYSLOG));
    match connected {
        Ok(()) => Check::works(NAME, Role::Sink, format!("a daemon listens at {SYSLOG}")),
        Err(error) => {
            let systemd = Path::new("/run/systemd/system").exists();
            let command = match (systemd, super::program("rsyslogd")) {
                (true, _) => as_root("systemctl start systemd-journald-dev-log.socket"),
                (false, Some(_)) => as_root("rsyslogd"),
                (false, None) => format!("{} && {}", as_root("apt-get install rsyslog"), as_root("rsyslogd")),
            };
            Check::missing(NAME, Role::Sink, format!("no daemon listens at {SYSLOG}: {error}")).fix(command)
        }
    }
}
