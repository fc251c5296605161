//! tracefs: instances, and the other ways of the kernel to see into a program.

use super::{Check, Role, State};
use ftrace::{Error, Instance, Marker, Tracefs};
use std::io::ErrorKind;
use usdt::LongNops;

/// Where it is not a right that is missing.
const UNKNOWN: &str = "a kernel that does this; its log (`dmesg`) may tell why it does not";

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
    let because =
        |error: &Error, finding: &str, name| Check { finding: finding.into(), ..lacking(name, error) };
    let tracefs = match Tracefs::find() {
        Ok(tracefs) => tracefs,
        Err(error) => {
            // some of them take more, which nobody can tell yet
            let check = |name| because(&error, "it is seen through tracefs", name);
            let again = |check: Check| match check.fix.clone() {
                Some(fix) => check.fix(format!("{fix}, then ask again")),
                None => check,
            };
            return NAMES.map(|name| again(check(name))).into();
        }
    };
    // Whoever may make no instance may not look at the events either, or can do nothing with them.
    let [events, runs] = match Instance::create(&tracefs).and_then(Instance::remove) {
        Ok(()) => [super::kvm::events(&tracefs), kvm_run(&tracefs)],
        Err(error) => {
            [NAMES[0], NAMES[1]].map(|name| because(&error, "it is recorded in an instance of tracefs", name))
        }
    };
    vec![events, runs, uprobes(&tracefs), user_events(&tracefs)]
}

/// Whether an event can be sent through a marker: it is tried, in an instance of our own. Without one there is the top
/// level's, which is opened only, since what is written there stays.
pub(super) fn marker() -> Check {
    const NAME: &str = "ftrace";
    let tried = Tracefs::find().and_then(|tracefs| match Instance::create(&tracefs) {
        Ok(instance) => Ok((Marker::open(instance.path())?.write(b"vmtrace doctor"), None)),
        Err(error) => Marker::open(tracefs.root()).map(|_| (Ok(()), Some(error))),
    });
    match tried {
        Ok((Ok(()), None)) => Check::works(NAME, Role::Sink, "trace_marker takes what is written"),
        Ok((Ok(()), Some(error))) => {
            let finding = "trace_marker of the top level can be opened, and there is no instance of your own";
            Check { role: Role::Sink, state: State::Partly, finding: finding.into(), ..lacking(NAME, &error) }
        }
        Ok((Err(loss), _)) => {
            Check::missing(NAME, Role::Sink, format!("write to trace_marker: {loss}")).fix(UNKNOWN)
        }
        Err(error) => Check { role: Role::Sink, ..lacking(NAME, &error) },
    }
}

/// The check for something that takes a tracefs, which there is not.
fn lacking(name: &'static str, error: &Error) -> Check {
    let check = |finding: String| Check::missing(name, Role::Source, finding);
    match error {
        Error::NotMounted { way_out } => {
            check("tracefs is not mounted (vmtrace record and demo mount it if they are root)".into())
                .fix(way_out)
        }
        Error::NoTracefs => {
            check(error.to_string()).fix("a kernel with CONFIG_TRACING=y, as distributions have it")
        }
        Error::Rights { call, path, source, way_out } => {
            check(format!("{call} {}: {source}", path.display())).fix(way_out)
        }
        Error::LockedDown { .. } => check("the kernel is locked down for confidentiality".into())
            .fix("boot it without lockdown=confidentiality"),
        _ => check(error.to_string()).fix(UNKNOWN),
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
    let needed = "a kernel with CONFIG_UPROBE_EVENTS=y, as distributions have it";
    let mut check = file(tracefs, "uprobe_events", Check::works(NAME, Role::Source, String::new()), needed);
    if check.state == State::Works {
        check.finding = format!("a program's probes can be listened to; {}", hits());
    }
    check
}

/// What a hit is on this kernel, which decides what it costs.
fn hits() -> &'static str {
    match usdt::long_nops() {
        Ok(LongNops { ten: true, .. }) => "a hit is a call where the program has a 10-byte nop, as ours have",
        Ok(LongNops { five: true, .. }) => {
            "a hit is a call where the program has a lone 5-byte nop, else an exception"
        }
        Ok(_) => "a hit is an exception",
        Err(_) => "what a hit costs can be told with CAP_SYS_ADMIN",
    }
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
    match tracefs.may_write(file) {
        Ok(()) => works,
        Err(Error::Io { path, source, .. }) if source.kind() == ErrorKind::NotFound => {
            let finding = format!("the kernel has none (no {})", path.display());
            Check::missing(works.name, works.role, finding).fix(needed)
        }
        Err(error) => Check { role: works.role, ..lacking(works.name, &error) },
    }
}
