//! The command's life: released once the kernel records it, attended to its end, and what became of all that.

use crate::Error;
use crate::attend::Signals;
use crate::channel::{Channel, Order, Report};
use crate::launch::{Program, Waiting, environment};
use nix::unistd::Pid;
use recording::{Exit, Manifest, Recording};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

/// The environment variable by which the command is told of the instance: its folder, such as
/// `/sys/kernel/tracing/instances/vmtrace-…`. What is written to the `trace_marker` in it is recorded.
pub const INSTANCE_VARIABLE: &str = "VMTRACE_INSTANCE";

/// A recording that is set up, and a command that has not started. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) keeper: Channel,
    pub(crate) recording: Recording,
    pub(crate) program: Program,
    pub(crate) instance: Option<PathBuf>,
    pub(crate) missing: Option<String>,
    pub(crate) notices: Vec<String>,
    pub(crate) cleared: usize,
}

/// What became of a recording.
#[derive(Debug)]
pub struct Outcome {
    /// Where it is.
    pub recording: Recording,
    /// What it says of itself, the kernel's losses included.
    pub manifest: Manifest,
    /// What became of the command.
    pub exit: Exit,
    /// What the operator should know, beyond what [`Prepared::notices`] told.
    pub notices: Vec<String>,
}

impl Prepared {
    /// What the operator should know before the command starts: what was mounted, what was added to the command's
    /// arguments. The manifest keeps it as well.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// How many tracefs instances of recorders that were killed were removed on the way, which says nothing of this
    /// recording: the manifest does not have it.
    #[must_use]
    pub fn cleared(&self) -> usize {
        self.cleared
    }

    /// The instance's folder; `None` without the kernel's side.
    #[must_use]
    pub fn instance(&self) -> Option<&Path> {
        self.instance.as_deref()
    }

    /// Why there is no kernel's side; `None` where there is. The manifest keeps it as well.
    #[must_use]
    pub fn kernel_missing(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    /// Runs the command to its end. Signals that another process sends to this one (SIGHUP, SIGINT, SIGQUIT, SIGTERM,
    /// SIGUSR1, SIGUSR2) are passed on to it; what the terminal sends reaches it anyway.
    ///
    /// # Errors
    /// [`Error::NotFound`] and [`Error::NotExecutable`] if it could not be run after all, and [`Error::Keeper`] if it
    /// could not be recorded: it has not run then, and nothing is left behind. [`Error::System`].
    pub fn run(self) -> Result<Outcome, Error> {
        let signals = Signals::hold()?;
        let extra = self.instance.as_deref().map(|instance| (INSTANCE_VARIABLE, instance));
        let environment = environment(extra.as_slice())?;
        let waiting = Waiting::fork(&self.program, &environment, signals.before(), self.keeper.as_fd())?;
        let child = match self.start(waiting) {
            Ok(child) => child,
            Err(error) => {
                // The keeper's end is the sign that nothing is left.
                let _ = self.keeper.send(&Order::Forget);
                while let Ok(Some(_)) = self.keeper.receive::<Report>() {}
                return Err(error);
            }
        };
        let exit = signals.attend(child)?;
        self.collect(exit)
    }

    fn start(&self, waiting: Waiting) -> Result<Pid, Error> {
        let dead = |_| Error::Keeper("the keeper ended before the command started".into());
        self.keeper.send(&Order::Arm { pid: waiting.pid().as_raw().unsigned_abs() }).map_err(dead)?;
        match self.keeper.receive().map_err(Error::system("hear from the keeper"))? {
            Some(Report::Armed) => {}
            Some(Report::Failed(why)) => return Err(Error::Keeper(why)),
            _ => return Err(Error::Keeper("the keeper ended before the command started".into())),
        }
        waiting.release(&self.program)
    }

    fn collect(self, exit: Exit) -> Result<Outcome, Error> {
        let kept = self.keeper.send(&Order::Ended(exit)).and_then(|()| self.keeper.receive());
        let manifest = self.recording.load()?;
        let mut notices = manifest.notices.get(self.notices.len()..).unwrap_or_default().to_vec();
        match kept {
            Ok(Some(Report::Kept)) => {}
            Ok(Some(Report::Failed(why))) => notices.push(format!("the recording is not whole: {why}")),
            _ => notices.push(format!(
                "the recording is not whole: its keeper was killed; {} is removed when vmtrace records next",
                self.instance.as_deref().unwrap_or(Path::new("nothing")).display()
            )),
        }
        notices.extend(manifest.kernel.as_ref().and_then(losses));
        Ok(Outcome { recording: self.recording, manifest, exit, notices })
    }
}

/// What to tell of events that the kernel lost.
fn losses(kernel: &recording::Kernel) -> Option<String> {
    let lost: u64 = kernel.cpus.iter().map(|cpu| cpu.overrun.saturating_add(cpu.dropped)).sum();
    (lost > 0).then(|| {
        format!(
            "{lost} of the kernel's events were lost, overwritten before they could be kept: record with rings larger \
             than {} KiB, or with fewer events",
            kernel.buffer_kb
        )
    })
}
