//! What the tests need from the distribution, and from PyPI.

use anyhow::{Context, Result};
use std::fs;
use xshell::{Shell, cmd};

/// A program that tests run, the package of Debian and Ubuntu that has it, and what for.
struct Package {
    program: &'static str,
    names: &'static [&'static str],
    why: &'static str,
}

/// A package of PyPI, and what for.
struct PythonPackage {
    name: &'static str,
    version: &'static str,
    why: &'static str,
}

const PYTHON_PACKAGES: &[PythonPackage] =
    &[PythonPackage { name: "qemu.qmp", version: "0.0.6", why: "is QEMU's own client of QMP" }];

const PACKAGES: &[Package] = &[
    Package {
        program: "cc",
        names: &["gcc", "libc6-dev"],
        why: "compiles generated C, and links generated code into a C program",
    },
    Package { program: "c++", names: &["g++"], why: "takes generated headers as C++" },
    Package {
        program: "dtrace",
        names: &["systemtap-sdt-dev"],
        why: "makes the header and the object of the USDT probes that `tracetool --format=d` declares",
    },
    Package {
        program: "stap",
        names: &["systemtap"],
        why: "takes the SystemTap scripts that `tracetool` prints",
    },
    Package {
        program: "lttng-gen-tp",
        names: &["liblttng-ust-dev"],
        why: "is of the library that the tracepoints of `tracetool`'s backend ust are built against",
    },
    Package {
        program: "lttng-sessiond",
        names: &["lttng-tools"],
        why: "records these tracepoints, in a namespace of its own",
    },
    Package { program: "babeltrace2", names: &["babeltrace2"], why: "prints what LTTng recorded" },
    Package {
        program: "qemu-system-x86_64",
        names: &["qemu-system-x86", "seabios", "ipxe-qemu"],
        why: "is the program that no one here wrote, which `vmtrace record` records, and the oracle of the monitor",
    },
    Package { program: "socat", names: &["socat"], why: "is a client of the monitor's sockets" },
    Package { program: "pip3", names: &["python3-pip"], why: "installs what tests need from PyPI" },
];

/// Installs what is missing if this is root, and says what would be needed if it is not.
pub(crate) fn install_missing(shell: &Shell) -> Result<()> {
    let missing: Vec<&Package> = PACKAGES.iter().filter(|package| !on_path(package.program)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for Package { program, names, why } in &missing {
        println!("missing: {program} ({why}), from {}", names.join(" "));
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
