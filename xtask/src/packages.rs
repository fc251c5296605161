//! What the tests need from the distribution.

use anyhow::Result;
use std::fs;
use xshell::{Shell, cmd};

/// A program that tests run, the package of Debian and Ubuntu that has it, and what for.
struct Package {
    program: &'static str,
    names: &'static [&'static str],
    why: &'static str,
}

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
        why: "is the program that no one here wrote, which `vmtrace record` records",
    },
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
