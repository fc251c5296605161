//! tracefs for the tests, where nobody has mounted it.

use crate::packages;
use anyhow::Result;
use std::fs;
use xshell::{Shell, cmd};

const PLACE: &str = "/sys/kernel/tracing";

/// Mounts tracefs at its usual place, as trace-cmd and `vmtrace record` do, if this is root and it is not mounted. It
/// stays: another run of the tests may use it by the time this one ends.
pub(crate) fn mount(shell: &Shell) -> Result<()> {
    let mounts = fs::read_to_string("/proc/self/mounts")?;
    let is_mounted = mounts.lines().any(|mount| mount.split(' ').nth(2) == Some("tracefs"));
    if is_mounted || !packages::is_root() || !fs::exists(PLACE)? {
        return Ok(());
    }
    println!("tracefs was not mounted: mounting it at {PLACE}, where it stays");
    cmd!(shell, "mount -t tracefs -o nosuid,nodev,noexec nodev {PLACE}").run()?;
    Ok(())
}
