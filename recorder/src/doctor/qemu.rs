//! QEMU: whether its own events can be had beside the kernel's.

use super::{Check, Role, State, as_root};
use crate::asking::ask;
use crate::qemu::Version;

/// Whether a QEMU is here whose events reach its log. It is tried, on a machine without anything: builds differ in their
/// trace backends, and do not tell which they have.
pub(super) fn log() -> Check {
    const NAME: &str = "QEMU";
    const ARGUMENTS: [&str; 11] = [
        "-machine",
        "none",
        "-nodefaults",
        "-display",
        "none",
        "-monitor",
        "stdio",
        "-msg",
        "timestamp=on",
        "-trace",
        "qemu_mutex_lock",
    ];
    let system = format!("qemu-system-{}", std::env::consts::ARCH);
    let Some(program) = super::program(&system) else {
        return Check::missing(NAME, Role::Source, format!("no {system} in the PATH"))
            .fix(as_root("apt-get install qemu-system"));
    };
    let version = match Version::ask(&program) {
        Ok(version) => version,
        Err(why) => {
            return Check::missing(
                NAME,
                Role::Source,
                format!("{} tells no version: {why}", program.display()),
            )
            .fix("a QEMU that runs");
        }
    };
    let logged = ask(&program, &ARGUMENTS, "quit\n", |line| line.contains("waiting on mutex").then_some(()));
    if logged.is_ok() {
        return Check::works(NAME, Role::Source, format!("{version}, whose -trace events reach its log"));
    }
    let finding = format!("{version}, whose -trace events do not reach its log: it was built without that");
    Check::new(NAME, Role::Source, State::Partly, finding)
        .fix("a QEMU built with --enable-trace-backends=log")
}
