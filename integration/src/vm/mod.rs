//! A VM with a kernel that may be broken, for tests: Debian's own kernel under emulation, with the host's files.
//!
//! ```no_run
//! use integration::vm::Vm;
//!
//! # fn main() -> Result<(), integration::vm::Error> {
//! let outcome = Vm::debian()?.memory(2048).run("ls /sys/kernel/tracing/trace_marker && exit 3")?;
//! assert_eq!((outcome.status, outcome.output.as_str()), (3, "/sys/kernel/tracing/trace_marker\n"));
//! # Ok(())
//! # }
//! ```
//!
//! Inside, the root is the host's, with an overlay that is gone afterwards; `/tmp` and `/run` are empty; tracefs,
//! debugfs and cgroup2 are mounted. `/vm/share` is the folder given to [`Vm::share`], writable, and the script
//! starts in it. `/vm/host` is the host's root without the overlay and without the mounts: `/vm/host/tmp` is the host's
//! `/tmp`, and a program there can have uprobes, which one on an overlay cannot.

mod cache;
mod compression;
mod error;
mod initramfs;
mod kernel;
mod qemu;

pub use cache::Folder;
pub use error::Error;

use cache::Cache;
use kernel::Kernel;
use qemu::{Boot, Qemu};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

/// Where a path of the host is seen inside, whatever is mounted over it there.
#[must_use]
pub fn inside(path: &Path) -> PathBuf {
    Path::new("/vm/host").join(path.strip_prefix("/").unwrap_or(path))
}

/// What makes systemd PID 1, and the programs that it takes.
const SYSTEMD: &str = include_str!("guest/systemd");
const SYSTEMD_PROGRAMS: &[&str] =
    &["/lib/systemd/systemd", "/lib/systemd/systemd-journald", "/usr/sbin/rsyslogd"];

/// A VM that may be started any number of times.
#[derive(Clone, Debug)]
pub struct Vm {
    init: Option<&'static str>,
    program: PathBuf,
    kernel: Kernel,
    append: Vec<String>,
    share: Option<PathBuf>,
    memory: u32,
    cpus: u32,
    timeout: Duration,
}

/// What came of a script.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its exit status.
    pub status: i32,
    /// What it printed, to standard output and standard error. What is not UTF-8 is replaced.
    pub output: String,
    /// What the guest's kernel printed.
    pub serial: String,
}

impl Vm {
    /// A VM with the newest kernel of /boot that has its modules, one processor, 1 GiB of memory, and 5 minutes.
    ///
    /// # Errors
    /// [`Error::Missing`]: there is no such kernel, or no QEMU.
    pub fn debian() -> Result<Self, Error> {
        Ok(Self::new(qemu::find()?, Kernel::newest()?))
    }

    /// The same with the kernel in a file: an ELF file, a bzImage, or either compressed, by the name `vmlinux-RELEASE`
    /// or `vmlinuz-RELEASE`. Its modules are taken from /lib/modules/RELEASE; where there are none, virtio, 9p and
    /// overlayfs must be built in.
    ///
    /// # Errors
    /// [`Error::Missing`]: there is no QEMU, or no busybox. [`Error::Io`]: there is no such file.
    pub fn with_kernel(path: &Path) -> Result<Self, Error> {
        fs::metadata(path).map_err(Error::io(path, "stat"))?;
        Ok(Self::new(qemu::find()?, Kernel::at(path)))
    }

    fn new(program: PathBuf, kernel: Kernel) -> Self {
        let (memory, cpus, timeout) = (1024, 1, Duration::from_secs(300));
        Self { init: None, program, kernel, append: Vec::new(), share: None, memory, cpus, timeout }
    }

    /// More words for the kernel's command line.
    #[must_use]
    pub fn append(mut self, words: &str) -> Self {
        self.append.push(words.to_owned());
        self
    }

    /// A folder of the host's to have, writable, at `/vm/share`.
    #[must_use]
    pub fn share(mut self, folder: &Path) -> Self {
        self.share = Some(folder.to_owned());
        self
    }

    /// Memory, in MiB.
    #[must_use]
    pub fn memory(mut self, mebibytes: u32) -> Self {
        self.memory = mebibytes;
        self
    }

    /// Processors. The second costs a second at the start.
    #[must_use]
    pub fn cpus(mut self, cpus: u32) -> Self {
        self.cpus = cpus;
        self
    }

    /// How long a run may take, without waiting for other VMs.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// With systemd as PID 1, journald and rsyslog running, and the script as one more service, `script.service`, which
    /// starts when these two have.
    ///
    /// # Errors
    /// [`Error::Missing`]: one of them is not installed.
    pub fn systemd(mut self) -> Result<Self, Error> {
        if let Some(program) = SYSTEMD_PROGRAMS.iter().find(|program| !Path::new(program).is_file()) {
            return Err(Error::Missing {
                what: format!("there is no {program}"),
                fix: "cargo xtask vm-setup, or apt-get install systemd rsyslog",
            });
        }
        self.init = Some(SYSTEMD);
        Ok(self)
    }

    /// The kernel's release, as its file's name has it.
    #[must_use]
    pub fn release(&self) -> &str {
        self.kernel.release()
    }

    /// Starts it, runs a script of sh(1) in it as root, and ends it. Waits first until no other VM runs on this machine.
    ///
    /// # Errors
    /// [`Error::NoStatus`] and [`Error::Hung`] as they say, [`Error::Missing`] if there is no static busybox.
    pub fn run(&self, script: &str) -> Result<Outcome, Error> {
        let cache = Cache::open()?;
        let (vmlinux, initramfs) = (self.kernel.vmlinux(&cache)?, initramfs::file(&self.kernel, &cache)?);
        let _alone = qemu::alone(&self.program)?;
        let folder = cache.folder()?;
        let run = folder.path();
        let file = |name: &str| run.join(name);
        fs::write(file("script"), script).map_err(Error::io(file("script"), "write"))?;
        let share = self.prepared(run)?;

        let boot = Boot { vmlinux: &vmlinux, initramfs: &initramfs, run, share: &share };
        let mut command = qemu::command(&self.program, self, &boot, &[]);
        qemu::serial_to(&mut command, &file("serial"));
        let told = File::create(file("qemu")).map_err(Error::io(file("qemu"), "create"))?;
        let errors = told.try_clone().map_err(Error::io(file("qemu"), "dup"))?;
        command.stdin(Stdio::null()).stdout(told).stderr(errors);
        let ended = Qemu::start(&self.program, &mut command)?.wait(self.timeout)?;

        // a guest that never came to it has written none of them
        let text = |name| String::from_utf8_lossy(&fs::read(file(name)).unwrap_or_default()).into_owned();
        let (output, serial) = (text("output"), text("serial"));
        let Some(qemu) = ended else {
            return Err(Error::Hung { after: self.timeout, output: end(&output), serial: end(&serial) });
        };
        match text("status").trim().parse() {
            Ok(status) => Ok(Outcome { status, output, serial }),
            Err(_) => {
                Err(Error::NoStatus { qemu, output: end(&output), told: text("qemu"), serial: end(&serial) })
            }
        }
    }

    /// Starts it with a prompt on this terminal, until the shell ends (or Ctrl-A X). Waits for no other VM, and has all
    /// the time there is.
    ///
    /// # Errors
    /// As [`Vm::run`], without those of a script.
    pub fn shell(&self) -> Result<ExitStatus, Error> {
        let cache = Cache::open()?;
        let (vmlinux, initramfs) = (self.kernel.vmlinux(&cache)?, initramfs::file(&self.kernel, &cache)?);
        let folder = cache.folder()?;
        let run = folder.path();
        let share = self.prepared(run)?;
        let boot = Boot { vmlinux: &vmlinux, initramfs: &initramfs, run, share: &share };
        let term = format!("TERM={}", std::env::var("TERM").unwrap_or_else(|_| "dumb".to_owned()));
        let mut command = qemu::command(&self.program, self, &boot, &[&term]);
        command.args(["-serial", "mon:stdio"]);
        let ended = Qemu::start(&self.program, &mut command)?.wait(Duration::MAX)?;
        Ok(ended.unwrap_or_default())
    }

    /// Puts into the run's folder what the guest looks for, and gives back the folder at `/vm/share`: an empty one of
    /// the run's if none is given.
    fn prepared(&self, run: &Path) -> Result<PathBuf, Error> {
        if let Some(init) = self.init {
            let path = run.join("init");
            fs::write(&path, init).map_err(Error::io(&path, "write"))?;
        }
        if let Some(share) = &self.share {
            return std::path::absolute(share).map_err(Error::io(share, "getcwd"));
        }
        let own = run.join("share");
        fs::create_dir(&own).map_err(Error::io(&own, "mkdir"))?;
        Ok(own)
    }
}

/// The last lines of a text: as many as a panic prints.
fn end(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(120)..].join("\n")
}
