//! Rights to tracefs: what would give one that is missing.
//!
//! Every file belongs to root: folders with mode 0750, files with 0640, `trace_marker` with 0220, and the top with 0700.
//! What the kernel makes of the options to mount it with (tried on 6.1, with mount as with remount): `mode` is
//! the top folder's alone; `gid` is every file's, those of instances made later too; `uid` is the top folder's alone. So
//! a group has the markers and may read, and nothing gives it leave to make an instance. What does is to own `instances`:
//! the kernel gives the files of a new instance to the owner of that folder.

use crate::tracefs::{USUAL, is_tracefs};
use caps::{CapSet, Capability};
use nix::unistd::{Gid, getegid, geteuid, getgroups};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The call that finds tracefs not mounted, where a remount would not help.
pub(crate) const MOUNT: &str = "mount tracefs at";

/// When a right that is there does not help.
const DENIED: &str = "the kernel is locked down, or a sandbox denies tracefs";

/// In a folder's mode: its group may look into it.
const GROUP_MAY_SEARCH: u32 = 0o010;

/// What would give the right to a call on a path in tracefs.
pub(crate) fn way_out(call: &str, path: &Path) -> String {
    if call == MOUNT {
        return if has(Capability::CAP_SYS_ADMIN) { DENIED.to_owned() } else { way_to_mount(path) };
    }
    if has(Capability::CAP_DAC_OVERRIDE) {
        return DENIED.to_owned();
    }
    let top = top_of(path);
    // numbers, not `$(id -g)`: a root shell would put root's there
    let (user, group) = (geteuid(), getegid());
    let for_the_group = format!("sudo mount -o remount,gid={group},mode=750 {}", top.display());
    let mut commands = Vec::new();
    if !is_for_our_group(top) {
        commands.push(for_the_group.clone());
    }
    let instances = top.join("instances");
    let instance = path.ancestors().find(|part| part.parent() == Some(&instances));
    match instance {
        _ if path.ends_with("trace_marker") => {}
        Some(instance) if instance != path => {
            commands.push(format!("sudo chown -R {user} {}", instance.display()));
        }
        _ if path.starts_with(&instances) => {
            commands.push(format!("sudo chown {user} {}", instances.display()));
        }
        _ => commands.push(format!("sudo chmod g+w {}", path.display())),
    }
    if commands.is_empty() {
        // it is our group's, and the file another's: to mount it once more gives the group all of it
        commands.push(for_the_group);
    }
    format!("run as root (CAP_DAC_OVERRIDE), or give your group the right: `{}`", commands.join(" && "))
}

/// What mounts tracefs so that this process may use it.
pub(crate) fn way_to_mount(place: &Path) -> String {
    let place = place.display();
    if has(Capability::CAP_SYS_ADMIN) && has(Capability::CAP_DAC_OVERRIDE) {
        return format!("run `mount -t tracefs nodev {place}`");
    }
    let (user, group) = (geteuid(), getegid());
    format!(
        "run as root (CAP_SYS_ADMIN to mount it, CAP_DAC_OVERRIDE to use it), or have it mounted for your group: \
         `sudo mount -t tracefs -o gid={group},mode=750 nodev {place} && sudo chown {user} {place}/instances`"
    )
}

fn has(capability: Capability) -> bool {
    caps::has_cap(None, CapSet::Effective, capability).unwrap_or(false)
}

/// Whether tracefs was mounted for a group that this process is in.
fn is_for_our_group(top: &Path) -> bool {
    let ours = |gid| getegid() == gid || getgroups().is_ok_and(|groups| groups.contains(&gid));
    fs::metadata(top).is_ok_and(|top| top.mode() & GROUP_MAY_SEARCH != 0 && ours(Gid::from_raw(top.gid())))
}

/// The mount that a path is in, told by the path, since it may not be looked at: that of an instance, or of a file of
/// the top level.
pub(crate) fn top_of(path: &Path) -> &Path {
    let instances = path.ancestors().find(|part| part.ends_with("instances"));
    match (instances.unwrap_or(path).parent(), instances) {
        (Some(top), Some(_)) => top,
        (Some(top), None) if is_tracefs(top) => top,
        _ => Path::new(USUAL),
    }
}
