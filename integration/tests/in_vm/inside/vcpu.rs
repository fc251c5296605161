//! A vcpu's thread as its events tell of it, held against what it can do.

/// What a thread that runs a guest tells, in the kernel's words or the VMM's.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    /// The VMM calls KVM_RUN.
    Run,
    /// `kvm_entry`
    Entry,
    /// `kvm_exit`
    Exit,
    /// `kvm_userspace_exit`, and its text.
    UserExit(&'a str),
    /// The VMM's `kvm_run_exit`, and its text.
    Told(&'a str),
    /// Another event of the VMM's.
    Event,
}

/// Where the thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Events were lost: anywhere.
    Unknown,
    /// Before its first KVM_RUN; what it tells then is no exit's.
    Outside,
    /// In KVM_RUN, not in the guest.
    Kernel,
    Guest,
    /// On the way to the VMM, with a reason.
    Leaving(u32),
    /// In the VMM, which has told of the exit.
    Vmm,
}

/// A vcpu's thread. Each exit to the VMM is, in this order and nothing between: `kvm_exit`, `kvm_userspace_exit`, the
/// VMM's `kvm_run_exit` with the same reason, its other events, KVM_RUN, `kvm_entry`.
#[derive(Debug)]
pub(super) struct Vcpu {
    place: Place,
    /// The VMM's number of it.
    index: Option<u32>,
    /// `kvm_run_exit` events, and others of the VMM's behind one.
    pub(super) exits: u64,
    pub(super) events: u64,
    /// The number of the exit that is next, where the VMM counts them, or the least that it can be.
    next: u64,
    /// Exits may be missing before the next one.
    gap: bool,
}

impl Vcpu {
    pub(super) fn new() -> Self {
        Self { place: Place::Outside, index: None, exits: 0, events: 0, next: 0, gap: false }
    }

    /// Whether the thread is in the VMM.
    pub(super) fn is_out(&self) -> bool {
        matches!(self.place, Place::Outside | Place::Vmm)
    }

    /// Some of its events may be missing here.
    pub(super) fn lost(&mut self) {
        self.place = Place::Unknown;
        self.gap = true;
    }

    /// The next event.
    ///
    /// # Errors
    /// It cannot come next.
    pub(super) fn step(&mut self, step: Step<'_>) -> Result<(), String> {
        use Place::{Guest, Kernel, Leaving, Outside, Unknown, Vmm};
        let next = match (self.place, step) {
            (Outside | Vmm | Unknown, Step::Run) | (Guest | Unknown, Step::Exit) => Some(Kernel),
            (Kernel | Unknown, Step::Entry) => Some(Guest),
            (Kernel | Unknown, Step::UserExit(text)) => {
                // a signal, or a vcpu that is not started yet: ioctl(2) fails, and there is no exit to tell of
                let failed = text.starts_with("reason restart ") || text.starts_with("reason error ");
                if failed { Some(Vmm) } else { reason(text).map(Leaving) }
            }
            (Leaving(reason), Step::Told(text)) => self.told(Some(reason), text).then_some(Vmm),
            (Unknown, Step::Told(text)) => self.told(None, text).then_some(Vmm),
            (Outside, Step::Event) => Some(Outside),
            (Vmm | Unknown, Step::Event) => {
                self.events += 1;
                Some(self.place)
            }
            _ => None,
        };
        self.place = next.ok_or_else(|| format!("{step:?} comes next to {self:?}"))?;
        Ok(())
    }

    /// Whether the VMM's words for an exit fit.
    fn told(&mut self, reason: Option<u32>, text: &str) -> bool {
        let Some((index, told, number)) = parse(text) else { return false };
        let fits = *self.index.get_or_insert(index) == index
            && reason.is_none_or(|reason| reason == told)
            && number.is_none_or(|number| number == self.next || self.gap && number > self.next);
        self.gap = false;
        self.exits += 1;
        self.next = number.unwrap_or(self.next) + 1;
        fits
    }
}

/// `cpu_index 0, reason 6`, and what the demo VMM adds: `, seq 7`.
fn parse(text: &str) -> Option<(u32, u32, Option<u64>)> {
    let mut parts = text.split(", ");
    let index = parts.next()?.strip_prefix("cpu_index ")?.parse().ok()?;
    let reason = parts.next()?.strip_prefix("reason ")?.parse().ok()?;
    let number = match parts.next() {
        Some(part) => Some(part.strip_prefix("seq ")?.parse().ok()?),
        None => None,
    };
    parts.next().is_none().then_some((index, reason, number))
}

/// 6 of `reason KVM_EXIT_MMIO (6)`.
fn reason(text: &str) -> Option<u32> {
    text.split_once('(')?.1.strip_suffix(')')?.parse().ok()
}
