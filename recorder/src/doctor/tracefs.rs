//! tracefs: instances, and the other ways of the kernel to see into a program.

use super::{Check, Role, State, as_root};
use ftrace::{Error, Instance, Marker, Tracefs};
use nix::unistd::{AccessFlags, access};

/// What gives the right to tracefs.
pub(super) const RIGHTS: &str = "sudo vmtrace ...    (or, for your group: \
                                 sudo mount -o remount,gid=$(id -g),mode=770 /sys/kernel/tracing)";

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

/// Sources that `vmtrace record` can do without.
pub(super) fn others() -> Vec<Check> {
    let tracefs = match Tracefs::find() {
        Ok(tracefs) => tracefs,
        Err(error) => {
            return ["KVM_RUN", "uprobes (USDT)", "user_events"].map(|name| lacking(name, &error)).into();
        }
    };
    vec![kvm_run(&tracefs), uprobes(&tracefs), user_events(&tracefs)]
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
pub(super) fn lacking(name: &'static str, error: &Error) -> Check {
    let check = Check::missing(name, Role::Source, error.to_string());
    match error {
        Error::NotMounted => check.fix(as_root("mount -t tracefs nodev /sys/kernel/tracing")),
        Error::NoTracefs => {
            check.fix("none here: boot a kernel with CONFIG_TRACING=y, as distributions have it")
        }
        _ => check.fix(RIGHTS),
    }
}

fn kvm_run(tracefs: &Tracefs) -> Check {
    const NAME: &str = "KVM_RUN";
    if tracefs.root().join("events/syscalls/sys_enter_ioctl").is_dir() {
        return Check::works(NAME, Role::Source, "syscalls:sys_enter_ioctl tells when a vcpu goes back in");
    }
    let finding = "no syscalls:sys_enter_ioctl: an exit's end is known from kvm_entry alone";
    Check::new(NAME, Role::Source, State::Partly, finding)
        .fix("none here: boot a kernel with CONFIG_FTRACE_SYSCALLS=y, as distributions have it")
}

/// What a tracer puts on a USDT probe.
fn uprobes(tracefs: &Tracefs) -> Check {
    const NAME: &str = "uprobes (USDT)";
    let file = tracefs.root().join("uprobe_events");
    if !file.exists() {
        return Check::missing(NAME, Role::Source, "the kernel has no uprobes")
            .fix("none here: boot a kernel with CONFIG_UPROBE_EVENTS=y, as distributions have it");
    }
    match access(&file, AccessFlags::W_OK) {
        Ok(()) => {
            Check::works(NAME, Role::Source, "probes in a program's code can be switched on from outside")
        }
        Err(errno) => {
            Check::missing(NAME, Role::Source, format!("{}: {}", file.display(), errno.desc())).fix(RIGHTS)
        }
    }
}

fn user_events(tracefs: &Tracefs) -> Check {
    const NAME: &str = "user_events";
    let file = tracefs.root().join("user_events_data");
    if !file.exists() {
        return Check::missing(NAME, Role::Source, "the kernel has no user_events")
            .fix("none here: boot a kernel from 6.4 on with CONFIG_USER_EVENTS=y");
    }
    match access(&file, AccessFlags::R_OK | AccessFlags::W_OK) {
        Ok(()) => Check::works(NAME, Role::Source, "programs can have events of their own in the kernel"),
        Err(errno) => {
            Check::missing(NAME, Role::Source, format!("{}: {}", file.display(), errno.desc())).fix(RIGHTS)
        }
    }
}
