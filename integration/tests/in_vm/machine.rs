//! The machines that tests ask for. Each that is asked for is booted once.

use integration::vm::{Error, Vm};
use std::path::{Path, PathBuf};

/// For `cargo xtask vm-test --kernel`: a kernel that takes the place of every machine's.
const KERNEL_VARIABLE: &str = "VMTRACE_VM_KERNEL";

/// A kernel and what its command line says, a number of processors, and what is PID 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Machine {
    pub(crate) name: &'static str,
    kernel: Kernel,
    append: &'static str,
    cpus: u32,
    systemd: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kernel {
    Debian,
    UserEvents,
}

impl Machine {
    /// Debian's kernel.
    pub(crate) const DEBIAN: Self = Self::new("debian", Kernel::Debian);
    /// The same on two processors.
    pub(crate) const DEBIAN_SMP: Self = Self { cpus: 2, ..Self::new("debian-smp", Kernel::Debian) };
    /// The same, with systemd as PID 1, journald and rsyslog.
    pub(crate) const SYSTEMD: Self = Self { systemd: true, ..Self::new("systemd", Kernel::Debian) };
    /// Debian's kernel for a test that locks it down, which cannot be undone.
    pub(crate) const TO_LOCK_DOWN: Self = Self::new("to-lock-down", Kernel::Debian);
    /// Debian's kernel, locked down from the start.
    pub(crate) const LOCKED_DOWN: Self =
        Self { append: "lockdown=confidentiality", ..Self::new("locked-down", Kernel::Debian) };
    /// A kernel that has user_events.
    pub(crate) const USER_EVENTS: Self = Self::new("user-events", Kernel::UserEvents);

    const fn new(name: &'static str, kernel: Kernel) -> Self {
        Self { name, kernel, append: "", cpus: 1, systemd: false }
    }

    /// A VM that is this machine.
    pub(crate) fn vm(self) -> Result<Vm, Error> {
        let vm = match (std::env::var_os(KERNEL_VARIABLE), self.kernel) {
            (Some(path), _) => Vm::with_kernel(Path::new(&path)),
            (None, Kernel::Debian) => Vm::debian(),
            (None, Kernel::UserEvents) => Vm::with_kernel(&user_events()?),
        };
        let vm = vm?.append(self.append).cpus(self.cpus);
        if self.systemd { vm.systemd() } else { Ok(vm) }
    }
}

/// Where a kernel with user_events may lie. No kernel of Debian's has them.
fn user_events() -> Result<PathBuf, Error> {
    let places = [
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("vm-kernel/vmlinux-6.12-user-events"),
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vm/vmlinux-6.12-user-events.xz"),
    ];
    places.into_iter().find(|path| path.is_file()).ok_or_else(|| Error::Missing {
        what: "there is no kernel with user_events".to_owned(),
        fix: "cargo xtask vm-kernel",
    })
}
