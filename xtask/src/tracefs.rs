//! tracefs for the tests, where nobody has mounted it.

use crate::packages;
use anyhow::Result;
use std::fs;
use xshell::{Shell, cmd};

const PLACE: &str = "/sys/kernel/tracing";

/// Takes the mount away again.
pub(crate) struct Mounted<'a>(&'a Shell);

/// Mounts tracefs at its usual place until the tests have ended, if this is root and it is not mounted. Nothing else is
/// changed: tests work in instances of their own.
pub(crate) fn mount(shell: &Shell) -> Result<Option<Mounted<'_>>> {
    let mounts = fs::read_to_string("/proc/self/mounts")?;
    let is_mounted = mounts.lines().any(|mount| mount.split(' ').nth(2) == Some("tracefs"));
    if is_mounted || !packages::is_root() || !fs::exists(PLACE)? {
        return Ok(None);
    }
    println!("tracefs is not mounted: mounted at {PLACE} until the tests have ended");
    cmd!(shell, "mount -t tracefs -o nosuid,nodev,noexec nodev {PLACE}").run()?;
    Ok(Some(Mounted(shell)))
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        // Another run may use it still, which is no fault of this one; it stays mounted then.
        let shell = self.0;
        if let Err(error) = cmd!(shell, "umount {PLACE}").run() {
            println!("tracefs stays mounted: {error}");
        }
    }
}
