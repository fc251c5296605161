//! Mounts that only one test sees: a small disk, a `/dev/log` of its own.

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;

/// Runs a test on a thread with a mount namespace of its own. What it mounts goes with it, and programs that it starts see the same.
/// Without root it says so, and does not.
pub(crate) fn with_mounts(test: &'static str, run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::spawn(move || {
        if let Err(error) = unshare(CloneFlags::CLONE_NEWNS) {
            return eprintln!("SKIP {test}: a mount namespace of its own: {error} (run as root)");
        }
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(None::<&str>, "/", None::<&str>, private, None::<&str>).unwrap();
        run();
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// A disk that goes with this value.
pub(crate) struct Disk<'a>(&'a Path);

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        umount2(self.0, MntFlags::MNT_DETACH).unwrap();
    }
}

/// A disk of so many bytes.
pub(crate) fn disk(at: &Path, bytes: u64) -> Disk<'_> {
    mount_disk(at, bytes);
    Disk(at)
}

fn mount_disk(at: &Path, bytes: u64) {
    fs::create_dir_all(at).unwrap();
    mount(Some("tmpfs"), at, Some("tmpfs"), MsFlags::empty(), Some(format!("size={bytes}").as_str()))
        .unwrap();
}

/// A `/dev` with few devices, and a `log` that is whatever lies at `socket`.
pub(crate) fn dev_log(folder: &Path, socket: &Path) {
    let dev = folder.join("dev");
    mount_disk(&dev, 1 << 20);
    for name in ["null", "zero", "full", "random", "urandom"] {
        File::create(dev.join(name)).unwrap();
        let device = Path::new("/dev").join(name);
        mount(Some(&device), &dev.join(name), None::<&str>, MsFlags::MS_BIND, None::<&str>).unwrap();
    }
    symlink("/proc/self/fd", dev.join("fd")).unwrap();
    symlink(socket, dev.join("log")).unwrap();
    mount(Some(&dev), "/dev", None::<&str>, MsFlags::MS_MOVE, None::<&str>).unwrap();
}

/// A `/run` that holds the journal's socket, which lies at `socket`, and nothing else.
pub(crate) fn run_journal(socket: &Path) {
    mount(Some("tmpfs"), "/run", Some("tmpfs"), MsFlags::empty(), None::<&str>).unwrap();
    fs::create_dir_all("/run/systemd/journal").unwrap();
    symlink(socket, "/run/systemd/journal/socket").unwrap();
}
