//! The VMM: for each guest a vcpu's thread, which runs it and lets its machine answer, beside the timer's.

use crate::Error;
use crate::kvm::{self, KvmVcpu};
use crate::machine::{self, Machine, RAM_SIZE};
use crate::script::Script;
use crate::timer;
use crate::trace::root as trace;
use kvm_bindings::{
    KVM_EXIT_FAIL_ENTRY, KVM_EXIT_HLT, KVM_EXIT_INTERNAL_ERROR, KVM_EXIT_IO, KVM_EXIT_MMIO,
    KVM_EXIT_SHUTDOWN, KVM_EXIT_UNKNOWN,
};
use kvm_ioctls::VcpuExit;
use std::io::{self, LineWriter, Write};
use std::num::NonZeroU32;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Scope, ScopedJoinHandle};
use vm_memory::GuestMemoryMmap;

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Whether to use /dev/kvm if it can be had.
    pub kvm: bool,
    /// How many rounds of its work a guest is to do.
    pub rounds: NonZeroU32,
    /// How many guests run at once, each with a machine and a vcpu's thread of its own.
    pub guests: NonZeroU32,
}

/// How it went.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Times that the guests needed the VMM.
    pub exits: u64,
    /// Why a script stood in for the guest; `None`: KVM ran the guest.
    pub no_kvm: Option<String>,
}

/// What runs a guest until it needs the VMM.
pub(crate) trait Vcpu: Send {
    /// # Errors
    /// Where the guest cannot be run.
    fn run(&mut self) -> Result<VcpuExit<'_>, Error>;
}

/// Runs the guests; what they print goes to `out`.
///
/// # Errors
/// [`Error`]: no memory or thread to be had, KVM refused something, `out` cannot be written, or a guest did what ends
/// a machine. That /dev/kvm makes no VM is none: see [`Outcome::no_kvm`].
pub fn run(config: Config, out: &mut (dyn Write + Send)) -> Result<Outcome, Error> {
    let out = Mutex::new(out);
    let guests: Vec<(u32, Guest)> = (0..config.guests.get())
        .map(|index| Ok((index, Guest::new(config.kvm, index)?)))
        .collect::<Result<_, Error>>()?;
    let no_kvm = guests.iter().find_map(|(_, guest)| guest.no_kvm.clone());
    let accel = if no_kvm.is_some() { "script" } else { "kvm" };
    trace::trace_machine_start(accel, RAM_SIZE, config.rounds.get());

    let exits = thread::scope(|scope| {
        let mut vcpus = Vec::new();
        for (index, Guest { mut vcpu, memory, .. }) in guests {
            let (timer, clock) = timer::timer();
            start(scope, "timer".to_owned(), move || clock.run())?;
            // The machine is this thread's and goes with it, and with the machine's timer the other thread ends.
            let mut out = LineWriter::new(Shared(&out));
            let run =
                move || drive(&mut *vcpu, &mut Machine::new(memory, timer, &mut out), config.rounds.get());
            vcpus.push(start(scope, format!("vcpu{index}"), run)?);
        }
        vcpus
            .into_iter()
            .map(|vcpu| vcpu.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .sum::<Result<_, _>>()
    })?;
    trace::trace_machine_stop(exits);
    Ok(Outcome { exits, no_kvm })
}

/// A guest that has not begun.
struct Guest {
    vcpu: Box<dyn Vcpu>,
    memory: GuestMemoryMmap,
    no_kvm: Option<String>,
}

impl Guest {
    fn new(kvm: bool, index: u32) -> Result<Self, Error> {
        let memory = machine::memory()?;
        let made = if kvm { kvm::create_vm() } else { Err("KVM was not asked for".to_owned()) };
        let (vcpu, no_kvm): (Box<dyn Vcpu>, _) = match made {
            Ok(vm) => (Box::new(KvmVcpu::new(vm, memory.clone(), kvm::guest(), index)?), None),
            Err(why) => (Box::new(Script::new(memory.clone())), Some(why)),
        };
        Ok(Self { vcpu, memory, no_kvm })
    }
}

/// Starts a thread that ends before the scope does.
fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: String,
    run: impl FnOnce() -> T + Send + 'scope,
) -> Result<ScopedJoinHandle<'scope, T>, Error> {
    thread::Builder::new().name(name).spawn_scoped(scope, run).map_err(Error::Thread)
}

/// Where all guests print, a line at a time.
struct Shared<'a, 'b>(&'a Mutex<&'b mut (dyn Write + Send)>);

impl Write for Shared<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

/// Runs the guest until it has halted for good so many times. Returns the number of its exits.
pub(crate) fn drive(vcpu: &mut dyn Vcpu, machine: &mut Machine<'_>, rounds: u32) -> Result<u64, Error> {
    let mut exits = 0;
    let mut round = 0;
    while round < rounds {
        match vcpu.run()? {
            VcpuExit::IoIn(port, data) => machine.port_read(port, data),
            VcpuExit::IoOut(port, data) => machine.port_write(port, data)?,
            VcpuExit::MmioRead(addr, data) => machine.mmio_read(addr, data),
            VcpuExit::MmioWrite(addr, data) => machine.mmio_write(addr, data),
            VcpuExit::Hlt => {
                if !machine.halt() {
                    round += 1;
                    trace::trace_machine_round(round, exits + 1);
                }
            }
            VcpuExit::Intr => continue,
            exit => return Err(Error::Exit(format!("{exit:?}"))),
        }
        exits += 1;
    }
    machine.flush()?;
    Ok(exits)
}

/// The number by which KVM calls an exit, of those that a guest of ours can cause.
pub(crate) fn reason(exit: &VcpuExit<'_>) -> u32 {
    match exit {
        VcpuExit::IoIn(..) | VcpuExit::IoOut(..) => KVM_EXIT_IO,
        VcpuExit::MmioRead(..) | VcpuExit::MmioWrite(..) => KVM_EXIT_MMIO,
        VcpuExit::Hlt => KVM_EXIT_HLT,
        VcpuExit::Shutdown => KVM_EXIT_SHUTDOWN,
        VcpuExit::FailEntry(..) => KVM_EXIT_FAIL_ENTRY,
        VcpuExit::InternalError => KVM_EXIT_INTERNAL_ERROR,
        VcpuExit::Unsupported(reason) => *reason,
        _ => KVM_EXIT_UNKNOWN,
    }
}
