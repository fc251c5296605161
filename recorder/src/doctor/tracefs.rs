//! tracefs: instances, and the other ways of the kernel to see into a program.

use super::{Check, Role, State};
use ftrace::{Error, Instance, Marker, Tracefs};
use nix::errno::Errno;
use nix::unistd::{AccessFlags, access};

/// What gives the right to tracefs.
const RIGHTS: &str = "sudo vmtrace ..., or for all of your group: \
                      sudo mount -o remount,gid=$(id -g),mode=770 /sys/kernel/tracing";

/// Whether there can be an instance of our own, on the clock that everything is laid on.
pub(super) fn instance() -> Check {
    const NAME: &str = "tracefs";
    let tried = Tracefs::find().and_then(|tracefs| {
        let mut instance = Instance::create(&tracefs)?;
        instance.set_clock("mono")?;
        instance.set_option("event-fork", true)?;
        instance.try_remove()?;
        Ok(tracefs)
    });
    match tried {
        Ok(tracefs) => {
            let finding = format!("private instances on clock mono, at {}", tracefs.root().display());
            Check::works(NAME, Role::Source, finding)
        }
        Err(error) => lacking(NAME, &error),
    }
}

/// What of the kernel's can be seen through it.
pub(super) fn sources() -> Vec<Check> {
    const NAMES: [&str; 4] = ["kvm events", "KVM_RUN", "uprobes (USDT)", "user_events"];
    // Whoever may not look into it sees nothing there, which does not mean that there is nothing.
    let looked = Tracefs::find().and_then(|tracefs| {
        Instance::create(&tracefs)?.remove()?;
        Ok(tracefs)
    });
    match looked {
        Ok(tracefs) => {
            vec![super::kvm::events(&tracefs), kvm_run(&tracefs), uprobes(&tracefs), user_events(&tracefs)]
        }
        Err(error) => {
            let through =
                |name| Check { finding: "it is seen through tracefs".into(), ..lacking(name, &error) };
            NAMES.map(through).into()
        }
    }
}

/// Whether an event can be sent through a marker: it is tried, in an instance of our own.
pub(super) fn marker() -> Check {
    const NAME: &str = "ftrace";
    let tried = Tracefs::find().and_then(|tracefs| {
        let instance = Instance::create(&tracefs)?;
        let marker = Marker::open(instance.path())?;
        Ok(marker.write(b"vmtrace doctor"))
    });
    match tried {
        Ok(Ok(())) => Check::works(NAME, Role::Sink, "trace_marker takes what is written"),
        Ok(Err(loss)) => {
            Check::missing(NAME, Role::Sink, format!("write to trace_marker: {loss}")).fix(RIGHTS)
        }
        Err(error) => Check { role: Role::Sink, ..lacking(NAME, &error) },
    }
}

/// The check for something that takes a tracefs, which there is not.
fn lacking(name: &'static str, error: &Error) -> Check {
    let check = |finding: String| Check::missing(name, Role::Source, finding);
    match error {
        Error::NotMounted => {
            check("tracefs is not mounted (vmtrace record and demo mount it if they are root)".into())
                .fix(mounting())
        }
        Error::NoTracefs => {
            check(error.to_string()).fix("a kernel with CONFIG_TRACING=y, as distributions have it")
        }
        Error::Rights { call, path, .. } => {
            check(format!("{call} {}: permission denied", path.display())).fix(RIGHTS)
        }
        Error::LockedDown { .. } => check("the kernel is locked down for confidentiality".into())
            .fix("boot it without lockdown=confidentiality"),
        _ => check(error.to_string()).fix(RIGHTS),
    }
}

/// What mounts tracefs, so that whoever asks may use it.
fn mounting() -> String {
    if nix::unistd::geteuid().is_root() {
        "mount -t tracefs nodev /sys/kernel/tracing".to_owned()
    } else {
        let gid = nix::unistd::getegid();
        format!("sudo mount -t tracefs -o gid={gid},mode=770 nodev /sys/kernel/tracing")
    }
}

fn kvm_run(tracefs: &Tracefs) -> Check {
    const NAME: &str = "KVM_RUN";
    if tracefs.has_event("syscalls", "sys_enter_ioctl") {
        return Check::works(NAME, Role::Source, "syscalls:sys_enter_ioctl tells when a vcpu goes back in");
    }
    let finding = "no syscalls:sys_enter_ioctl: an exit's end is known from kvm_entry alone";
    Check::new(NAME, Role::Source, State::Partly, finding)
        .fix("a kernel with CONFIG_FTRACE_SYSCALLS=y, as distributions have it")
}

/// What a tracer puts on a USDT probe.
fn uprobes(tracefs: &Tracefs) -> Check {
    const NAME: &str = "uprobes (USDT)";
    const FINDING: &str =
        "probes in a program's code can be switched on from outside (not used by this version yet)";
    let needed = "a kernel with CONFIG_UPROBE_EVENTS=y, as distributions have it";
    file(tracefs, "uprobe_events", Check::works(NAME, Role::Source, FINDING), needed)
}

fn user_events(tracefs: &Tracefs) -> Check {
    const NAME: &str = "user_events";
    const FINDING: &str =
        "programs can have events of their own in the kernel (not used by this version yet)";
    let needed = "a kernel from 6.4 on with CONFIG_USER_EVENTS=y";
    file(tracefs, "user_events_data", Check::works(NAME, Role::Source, FINDING), needed)
}

/// The check for something that is there if a file can be written. Opening these would change them.
fn file(tracefs: &Tracefs, file: &str, works: Check, needed: &str) -> Check {
    let path = tracefs.root().join(file);
    let missing = |finding: String| Check::missing(works.name, works.role, finding);
    match access(&path, AccessFlags::W_OK) {
        Ok(()) => works,
        Err(Errno::ENOENT) => missing(format!("the kernel has none (no {})", path.display())).fix(needed),
        Err(errno) => missing(format!("{}: {}", path.display(), errno.desc())).fix(RIGHTS),
    }
}
