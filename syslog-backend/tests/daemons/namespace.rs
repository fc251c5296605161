//! A `/dev`, `/run` and journald's configuration of one's own.

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

type Error = Box<dyn std::error::Error>;

/// What a program needs of /dev.
const DEVICES: [&str; 4] = ["null", "zero", "random", "urandom"];

/// Without root, makes us root of a user namespace.
pub(crate) fn begin() -> Result<(), Error> {
    let (user, group) = (nix::unistd::geteuid(), nix::unistd::getegid());
    if user.is_root() {
        return Ok(());
    }
    unshare(CloneFlags::CLONE_NEWUSER)
        .map_err(|errno| format!("neither root nor user namespaces: {errno}"))?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {group} 1"))?;
    Ok(())
}

/// Gives the calling thread, and those and what it starts, its own `/run` and `/dev`: `/run` empty but for `/run/test`,
/// `/dev` with what programs need.
pub(crate) fn enter() -> Result<(), Error> {
    const NONE: Option<&str> = None;
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_FS)?;
    mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE)?;
    let tmpfs = |place| mount(Some("tmpfs"), place, Some("tmpfs"), MsFlags::empty(), Some("mode=755"));
    tmpfs("/run")?;
    for folder in ["/run/old-dev", "/run/lock", "/run/systemd/journal", "/run/log/journal", "/run/test"] {
        fs::create_dir_all(folder)?;
    }
    mount(Some("/dev"), "/run/old-dev", NONE, MsFlags::MS_BIND | MsFlags::MS_REC, NONE)?;
    tmpfs("/dev")?;
    for device in DEVICES {
        let place = Path::new("/dev").join(device);
        fs::File::create(&place)?;
        let old = Path::new("/run/old-dev").join(device);
        mount(Some(&old), &place, NONE, MsFlags::MS_BIND, NONE)?;
    }
    symlink("/proc/self/fd", "/dev/fd")?;
    Ok(())
}

/// Puts a text in the place of a file, for the calling thread's namespace.
pub(crate) fn cover(place: &str, text: &str) -> Result<(), Error> {
    let own = Path::new("/run/test").join(place.replace('/', "-"));
    fs::write(&own, text)?;
    mount(Some(&own), place, None::<&str>, MsFlags::MS_BIND, None::<&str>)
        .map_err(|errno| io::Error::other(format!("mount {place}: {errno}")).into())
}
