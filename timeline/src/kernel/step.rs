//! A thread's way into the guest and out of it, as its kernel events tell it.

use super::format::Format;

/// What an event tells of its thread's way into the guest and out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// `kvm_exit`: the guest stopped.
    Exit,
    /// `kvm_entry`: the guest runs.
    Entry,
    /// `kvm_userspace_exit`: KVM_RUN is about to return.
    UserExit {
        /// The exit's number, KVM_EXIT_IO and so on.
        reason: u32,
        /// Below zero where KVM_RUN fails and there is no exit for the VMM to handle.
        errno: i32,
    },
    /// The VMM calls KVM_RUN.
    Call,
    /// A system call returns, which after a [`Step::UserExit`] is KVM_RUN.
    Return,
    /// An event that only KVM_RUN makes: the thread was in it then.
    Running,
    /// Another of KVM's events: any system call may have made it.
    Kvm,
}

/// Which steps an event's records can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    None,
    Always(Step),
    UserExit,
    /// `syscalls:sys_enter_ioctl`
    Ioctl,
    /// `raw_syscalls:sys_enter`
    Enter,
    /// `raw_syscalls:sys_exit`, `syscalls:sys_exit_ioctl`
    Leave,
}

/// `KVM_RUN` of linux/kvm.h; the kernel takes the lower half of the word.
const KVM_RUN: u64 = 0xae80;

impl Role {
    pub(super) fn of(system: &str, format: &Format) -> Self {
        match (system, format.name.as_str()) {
            ("kvm", "kvm_exit") => Self::Always(Step::Exit),
            ("kvm", "kvm_entry") => Self::Always(Step::Entry),
            ("kvm", "kvm_userspace_exit") => Self::UserExit,
            (
                "kvm",
                "kvm_pio" | "kvm_mmio" | "kvm_msr" | "kvm_cpuid" | "kvm_hypercall" | "kvm_emulate_insn",
            ) => Self::Always(Step::Running),
            ("kvm", _) => Self::Always(Step::Kvm),
            ("syscalls", "sys_enter_ioctl") => Self::Ioctl,
            ("raw_syscalls", "sys_enter") => Self::Enter,
            ("syscalls", "sys_exit_ioctl") | ("raw_syscalls", "sys_exit") => Self::Leave,
            _ => Self::None,
        }
    }

    pub(super) fn step(self, format: &Format, event: &[u8]) -> Option<Step> {
        let run = |word: u64| (word & u64::from(u32::MAX) == KVM_RUN).then_some(Step::Call);
        match self {
            Self::None => None,
            Self::Always(step) => Some(step),
            #[allow(clippy::cast_possible_truncation)] // fields of four bytes
            Self::UserExit => Some(Step::UserExit {
                reason: format.field("reason")?.word(event)? as u32,
                errno: format.field("errno")?.word(event)? as i32,
            }),
            Self::Ioctl => run(format.field("cmd")?.word(event)?),
            // the number of ioctl differs between machines; its command is KVM's own
            Self::Enter => run(format.field("args")?.element(event, 1)?),
            Self::Leave => Some(Step::Return),
        }
    }
}
