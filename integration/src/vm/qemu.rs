//! QEMU as a process: one at a time on the machine, and never longer there than who started it.

use super::{Error, Vm};
use crate::tied;
use nix::fcntl::{Flock, FlockArg};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

const PROGRAM: &str = "qemu-system-x86_64";

/// What it is told beside the kernel and the folders. QEMU's other machines start slower, or not at all.
///
/// Processors take turns on one thread: where each has its own, a test with a KVM inside hung in two runs of seven (Debian's
/// QEMU 7.2; both processors then ran for ever, and why was not found out), and in none of twelve like this.
const OPTIONS: &[&str] = &[
    "-accel",
    "tcg,thread=single",
    "-machine",
    "q35",
    "-cpu",
    "max",
    "-nodefaults",
    "-no-user-config",
    "-no-reboot",
    "-display",
    "none",
];

/// Entropy that is trusted and clocks that are not measured are seconds saved; an oops is an end.
const APPEND: &str =
    "console=ttyS0 panic=-1 tsc=reliable no_timer_check mitigations=off random.trust_cpu=on oops=panic quiet";

/// The files that a VM starts from.
pub(super) struct Boot<'a> {
    pub(super) vmlinux: &'a Path,
    pub(super) initramfs: &'a Path,
    /// The run's own folder.
    pub(super) run: &'a Path,
    pub(super) share: &'a Path,
}

/// Where QEMU is.
pub(super) fn find() -> Result<PathBuf, Error> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(PROGRAM)).find(|path| path.is_file());
    found.ok_or_else(|| Error::Missing {
        what: format!("there is no {PROGRAM}"),
        fix: "cargo xtask vm-setup, or apt-get install qemu-system-x86",
    })
}

/// The machine's leave to run a VM: there are two processors for whatever else runs, and the lock is on the program, so
/// that it leaves nothing behind and counts for every target folder.
pub(super) fn alone(program: &Path) -> Result<Flock<File>, Error> {
    let file = File::open(program).map_err(Error::io(program, "open"))?;
    Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| Error::io(program, "flock")(errno.into()))
}

/// The command, without its standard streams and its serial port.
pub(super) fn command(program: &Path, vm: &Vm, boot: &Boot<'_>, append: &[&str]) -> Command {
    let mut command = tied(program);
    command.args(OPTIONS).args(["-smp", &vm.cpus.to_string(), "-m", &format!("{}M", vm.memory)]);
    for (id, folder, access) in
        [("root", Path::new("/"), ",readonly=on"), ("share", boot.share, ""), ("run", boot.run, "")]
    {
        let mut option =
            OsString::from(format!("local,id={id},security_model=none,multidevs=remap{access},path="));
        option.push(escaped(folder));
        command.arg("-fsdev").arg(option);
        command.args(["-device", &format!("virtio-9p-pci,fsdev={id},mount_tag={id}")]);
    }
    let append: Vec<&str> = [APPEND]
        .into_iter()
        .chain(append.iter().copied())
        .chain(vm.append.iter().map(String::as_str))
        .collect();
    command.arg("-kernel").arg(boot.vmlinux).arg("-initrd").arg(boot.initramfs);
    command.args(["-append", &append.join(" ")]);
    command
}

/// A file for the serial port.
pub(super) fn serial_to(command: &mut Command, path: &Path) {
    let mut option = OsString::from("file,id=serial,path=");
    option.push(escaped(path));
    command.arg("-chardev").arg(option).args(["-serial", "chardev:serial"]);
}

/// A path as a value in an option of QEMU's: a comma would end it.
fn escaped(path: &Path) -> OsString {
    let bytes = path.as_os_str().as_bytes();
    let parts: Vec<&[u8]> = bytes.split(|byte| *byte == b',').collect();
    OsStr::from_bytes(&parts.join(&b",,"[..])).to_owned()
}

/// A QEMU that ends with this.
pub(super) struct Qemu(Child);

impl Qemu {
    pub(super) fn start(program: &Path, command: &mut Command) -> Result<Self, Error> {
        command.spawn().map(Self).map_err(Error::io(program, "exec"))
    }

    /// Its status, or `None` once the time is over: it is killed then.
    pub(super) fn wait(mut self, timeout: Duration) -> Result<Option<ExitStatus>, Error> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().map_err(Error::io(PROGRAM, "wait"))? {
                return Ok(Some(status));
            }
            if start.elapsed() > timeout {
                return Ok(None);
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Qemu {
    fn drop(&mut self) {
        // it may have ended already
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    #[test]
    fn a_comma_in_a_path_is_doubled() {
        assert_eq!(escaped(Path::new("/a,b/,")), OsString::from_vec(b"/a,,b/,,".to_vec()));
    }
}
