//! KVM: the device, and the events of its kernel module.

use super::{Check, Role, State, as_root};
use ftrace::Tracefs;
use nix::unistd::{Gid, Group, getegid};
use std::fs::{self, OpenOptions};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

const DEVICE: &str = "/dev/kvm";

/// The one version of the API that there is (Documentation/virt/kvm/api.rst, KVM_GET_API_VERSION).
const API_VERSION: i32 = 12;

/// In a device's mode: its group may read and write.
const GROUP_MAY_USE: u32 = 0o060;

/// `_IO(KVMIO, 0x00)`
const KVM_GET_API_VERSION: libc::Ioctl = 0xae00;

/// Whether a VMM can run guests.
pub(super) fn device() -> Check {
    let missing = |finding: String| Check::missing(DEVICE, Role::Source, finding);
    match OpenOptions::new().read(true).write(true).open(DEVICE) {
        Ok(file) => {
            // SAFETY: the ioctl takes no argument that is a pointer, and the descriptor is open.
            match unsafe { libc::ioctl(file.as_raw_fd(), KVM_GET_API_VERSION, 0) } {
                API_VERSION => Check::works(DEVICE, Role::Source, "KVM runs guests"),
                other => missing(format!("it is not KVM's (API version {other})")).fix(load()),
            }
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let (finding, fix) = whose();
            missing(format!("{error}: {finding}")).fix(fix)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => missing(format!(
            "{error}; without it `vmtrace demo` runs a script in place of a guest"
        ))
        .fix(format!(
            "{} or {}; in a container: start it with --device {DEVICE}",
            as_root("modprobe kvm_intel"),
            as_root("modprobe kvm_amd")
        )),
        Err(error) => {
            missing(format!("{error}; without it `vmtrace demo` runs a script in place of a guest"))
                .fix(load())
        }
    }
}

/// Who may use the device, and what would let this process.
fn whose() -> (&'static str, String) {
    let device = fs::metadata(DEVICE).ok();
    match device.map(|device| (device.gid(), device.mode() & GROUP_MAY_USE == GROUP_MAY_USE)) {
        Some((gid, true)) if gid != 0 => {
            let group = Group::from_gid(Gid::from_raw(gid)).ok().flatten();
            let group = group.map_or_else(|| gid.to_string(), |group| group.name);
            let fix = format!("sudo usermod -aG {group} \"$USER\"    (then log in again)");
            ("only its group may use it", fix)
        }
        _ => {
            let fix = format!("sudo chgrp {} {DEVICE} && sudo chmod g+rw {DEVICE}", getegid());
            ("only root may use it", fix)
        }
    }
}

/// Whether the kernel tells what its KVM does.
pub(super) fn events(tracefs: &Tracefs) -> Check {
    const NAME: &str = "kvm events";
    if !tracefs.has_event("kvm", "kvm_userspace_exit") {
        return Check::missing(
            NAME,
            Role::Source,
            "the kernel has no kvm:* events: KVM's module is not loaded",
        )
        .fix(load());
    }
    if Path::new("/sys/module/kvm_pvm").exists() {
        let finding = "kvm:* events, but kvm_pvm makes no kvm_entry and kvm_exit: kvm_userspace_exit and KVM_RUN stand in";
        return Check::new(NAME, Role::Source, State::Partly, finding)
            .fix("a processor with VMX or SVM, under kvm_intel or kvm_amd");
    }
    Check::works(NAME, Role::Source, "kvm_entry, kvm_exit, kvm_pio, kvm_mmio and the others of kvm:*")
}

/// What loads KVM's module for this processor.
fn load() -> String {
    let about = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let has = |flag: &str| {
        about
            .lines()
            .any(|line| line.starts_with("flags") && line.split_whitespace().any(|word| word == flag))
    };
    if has("vmx") {
        as_root("modprobe kvm_intel")
    } else if has("svm") {
        as_root("modprobe kvm_amd")
    } else {
        "virtualization switched on in the firmware, or nested virtualization in this machine's host"
            .to_owned()
    }
}
