//! What the tests need from the distribution, and from PyPI.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::{fmt, fs};
use xshell::{Shell, cmd};

/// Something that tests need, the packages of Debian and Ubuntu that bring it, and what for.
pub(crate) struct Package {
    need: Need,
    names: &'static [&'static str],
    why: &'static str,
}

/// By what it is seen whether it is there.
#[derive(Clone, Copy)]
enum Need {
    /// A program on PATH.
    Program(&'static str),
    /// A package that is installed: its program may be another's, and not do.
    Package(&'static str),
    /// A kernel in /boot with its modules, other than a `cloud` one, which has no 9p.
    Kernel,
    /// What modules for one of these are built with.
    KernelHeaders,
}

/// A package of PyPI, and what for.
struct PythonPackage {
    name: &'static str,
    version: &'static str,
    why: &'static str,
}

const PYTHON_PACKAGES: &[PythonPackage] =
    &[PythonPackage { name: "qemu.qmp", version: "0.0.6", why: "is QEMU's own client of QMP" }];

/// For the tests on the host.
pub(crate) const PACKAGES: &[Package] = &[
    Package {
        need: Need::Program("cc"),
        names: &["gcc", "libc6-dev"],
        why: "compiles generated C, and links generated code into a C program",
    },
    Package { need: Need::Program("c++"), names: &["g++"], why: "takes generated headers as C++" },
    Package {
        need: Need::Program("pkg-config"),
        names: &["pkg-config"],
        why: "tells programs in C where the library is",
    },
    Package { need: Need::Program("make"), names: &["make"], why: "builds such a program" },
    Package { need: Need::Program("valgrind"), names: &["valgrind"], why: "watches such a program" },
    Package {
        need: Need::Program("dtrace"),
        names: &["systemtap-sdt-dev"],
        why: "makes the header and the object of the USDT probes that `tracetool --format=d` declares",
    },
    Package {
        need: Need::Program("stap"),
        names: &["systemtap"],
        why: "takes the SystemTap scripts that `tracetool` prints",
    },
    Package {
        need: Need::Program("lttng-gen-tp"),
        names: &["liblttng-ust-dev"],
        why: "is of the library that the tracepoints of `tracetool`'s backend ust are built against",
    },
    Package {
        need: Need::Program("lttng-sessiond"),
        names: &["lttng-tools"],
        why: "records these tracepoints, in a namespace of its own",
    },
    Package {
        need: Need::Program("babeltrace2"),
        names: &["babeltrace2"],
        why: "prints what LTTng recorded",
    },
    Package {
        need: Need::Program("qemu-system-x86_64"),
        names: &["qemu-system-x86", "seabios", "ipxe-qemu"],
        why: "is the program that no one here wrote, which `vmtrace record` records, and the oracle of the monitor",
    },
    Package { need: Need::Program("socat"), names: &["socat"], why: "is a client of the monitor's sockets" },
    Package {
        need: Need::Program("rsyslogd"),
        names: &["rsyslog"],
        why: "takes lines for the system log, in a mount namespace of a test's own",
    },
    Package {
        need: Need::Package("systemd"),
        names: &["systemd"],
        why: "has journald, which does the same, and what reads its journal",
    },
    Package {
        need: Need::Program("aarch64-linux-gnu-gcc"),
        names: &["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"],
        why: "makes probes as C has them on another processor, which are read back",
    },
    Package { need: Need::Program("bpftrace"), names: &["bpftrace"], why: "attaches to USDT probes" },
    Package {
        need: Need::Program("perf"),
        names: &["linux-perf"],
        why: "makes events of USDT probes, and records them",
    },
    Package { need: Need::Program("gdb"), names: &["gdb"], why: "stops at USDT probes" },
    Package {
        need: Need::Program("pip3"),
        names: &["python3-pip"],
        why: "installs what tests need from PyPI",
    },
];

/// For the test VM, and for the tests in it.
pub(crate) const VM_PACKAGES: &[Package] = &[
    Package {
        need: Need::Program("qemu-system-x86_64"),
        names: &["qemu-system-x86", "seabios", "ipxe-qemu"],
        why: "is the test VM",
    },
    Package { need: Need::Kernel, names: &["linux-image-amd64"], why: "is what the test VM boots" },
    Package {
        need: Need::Package("busybox-static"),
        names: &["busybox-static"],
        why: "is all there is in the VM's initramfs, where no shared library is",
    },
    Package {
        need: Need::KernelHeaders,
        names: &["linux-headers-amd64"],
        why: "is what SystemTap builds modules for that kernel with",
    },
    Package { need: Need::Program("make"), names: &["make"], why: "builds these" },
    Package { need: Need::Program("modprobe"), names: &["kmod"], why: "loads KVM in the VM" },
    Package {
        need: Need::Package("systemd"),
        names: &["systemd"],
        why: "is PID 1 in one of the VM's machines, with journald",
    },
    Package {
        need: Need::Program("rsyslogd"),
        names: &["rsyslog"],
        why: "takes lines for the system log in that machine",
    },
    Package {
        need: Need::Program("trace-cmd"),
        names: &["trace-cmd"],
        why: "records our events beside the kernel's without knowing of us",
    },
    Package { need: Need::Program("xz"), names: &["xz-utils"], why: "unpacks kernels and modules" },
    Package { need: Need::Program("zstd"), names: &["zstd"], why: "unpacks kernels and modules" },
];

/// For a kernel of the test VM's own.
pub(crate) const KERNEL_PACKAGES: &[Package] = &[
    Package {
        need: Need::Package("linux-source-6.12"),
        names: &["linux-source-6.12"],
        why: "is the kernel's source",
    },
    Package { need: Need::Program("cc"), names: &["gcc", "libc6-dev"], why: "compiles it" },
    Package { need: Need::Program("make"), names: &["make"], why: "builds it" },
    Package { need: Need::Program("bison"), names: &["bison"], why: "reads its configuration" },
    Package { need: Need::Program("flex"), names: &["flex"], why: "reads its configuration" },
    Package { need: Need::Program("bc"), names: &["bc"], why: "counts its timer ticks" },
    Package { need: Need::Program("xz"), names: &["xz-utils"], why: "unpacks its source" },
    Package {
        need: Need::Package("libelf-dev:amd64"),
        names: &["libelf-dev"],
        why: "is what its objtool reads object files with",
    },
];

/// Installs what is missing if this is root, and says what would be needed if it is not.
pub(crate) fn install_missing<'a>(
    shell: &Shell,
    packages: impl IntoIterator<Item = &'a Package>,
) -> Result<()> {
    let missing: Vec<&Package> = packages.into_iter().filter(|package| !package.need.is_met()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for Package { need, names, why } in &missing {
        println!("missing: {need} ({why}), from {}", names.join(" "));
    }
    let names: Vec<&str> = missing.iter().flat_map(|package| package.names.iter().copied()).collect();
    if !is_root() || !on_path("apt-get") {
        println!("install them with: apt-get install --no-install-recommends {}", names.join(" "));
        return Ok(());
    }
    let _frontend = shell.push_env("DEBIAN_FRONTEND", "noninteractive");
    cmd!(shell, "apt-get update --quiet --quiet").run()?;
    cmd!(shell, "apt-get install --quiet --quiet --yes --no-install-recommends {names...}").run()?;
    Ok(())
}

impl Need {
    fn is_met(self) -> bool {
        match self {
            Self::Program(program) => on_path(program),
            Self::Package(name) => Path::new("/var/lib/dpkg/info").join(format!("{name}.list")).is_file(),
            Self::Kernel => kernels().next().is_some(),
            Self::KernelHeaders => {
                kernels().any(|release| modules(&release).join("build/Module.symvers").is_file())
            }
        }
    }
}

/// The releases of the kernels that the test VM can boot.
fn kernels() -> impl Iterator<Item = String> {
    fs::read_dir("/boot").into_iter().flatten().filter_map(|entry| {
        let name = entry.ok()?.file_name();
        let release = name.to_str()?.strip_prefix("vmlinuz-")?.to_owned();
        (!release.contains("cloud") && modules(&release).is_dir()).then_some(release)
    })
}

fn modules(release: &str) -> PathBuf {
    Path::new("/lib/modules").join(release)
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program(name) | Self::Package(name) => f.write_str(name),
            Self::Kernel => f.write_str("a kernel with its modules"),
            Self::KernelHeaders => f.write_str("a kernel's headers"),
        }
    }
}

/// Installs what is missing from PyPI, each package in a folder of its own under the target folder, where the tests
/// look (`target/tmp/python/NAME-VERSION`). Says so and goes on if that fails: the tests that need it are skipped then.
pub(crate) fn install_missing_python(shell: &Shell) -> Result<()> {
    let program = std::env::current_exe()?;
    let target =
        program.ancestors().nth(2).context("xtask lies in a profile's folder of the target folder")?;
    for PythonPackage { name, version, why } in PYTHON_PACKAGES {
        let folder = target.join("tmp/python").join(format!("{name}-{version}"));
        if folder.is_dir() {
            continue;
        }
        println!("missing: {name} {version} ({why}), from PyPI");
        let unfinished = folder.with_file_name(format!("{name}-{version}.{}", std::process::id()));
        let pip = cmd!(shell, "python3 -m pip install --quiet --disable-pip-version-check --no-deps")
            .args(["--root-user-action=ignore", "--target"])
            .arg(&unfinished);
        match pip.arg(format!("{name}=={version}")).run() {
            Ok(()) => fs::rename(&unfinished, &folder)?,
            Err(error) => println!("{error}"),
        }
    }
    Ok(())
}

/// Rust's standard library for the other processor that has probes, from where rustup had the toolchain.
pub(crate) fn install_missing_target(shell: &Shell) -> Result<()> {
    let target = "aarch64-unknown-linux-gnu";
    let sysroot = cmd!(shell, "rustc --print sysroot").quiet().read()?;
    if Path::new(&sysroot).join("lib/rustlib").join(target).is_dir() {
        return Ok(());
    }
    println!("missing: std for {target} (programs with probes are built for it), from rustup");
    if let Err(error) = cmd!(shell, "rustup target add {target}").run() {
        println!("{error}");
    }
    Ok(())
}

pub(crate) fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

pub(crate) fn is_root() -> bool {
    // proc_pid_status(5): real, effective, saved and file system ids
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap_or_default();
    ids.split_whitespace().nth(1) == Some("0")
}
