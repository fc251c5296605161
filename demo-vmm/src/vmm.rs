//! The VMM: a vcpu's thread, which runs the guest and lets the machine answer, beside the timer's.

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
use std::io::Write;
use std::num::NonZeroU32;
use std::panic::resume_unwind;
use std::thread;

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Whether to use /dev/kvm if it can be had.
    pub kvm: bool,
    /// How many rounds of its work the guest is to do.
    pub rounds: NonZeroU32,
}

/// How it went.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Times that the guest needed the VMM.
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

/// Runs the guest; what it prints goes to `out`.
///
/// # Errors
/// [`Error`]: no memory or thread to be had, KVM refused something, `out` cannot be written, or the guest did what ends
/// a machine. That /dev/kvm makes no VM is none: see [`Outcome::no_kvm`].
pub fn run(config: Config, out: &mut (dyn Write + Send)) -> Result<Outcome, Error> {
    let memory = machine::memory()?;
    let made = if config.kvm { kvm::create_vm() } else { Err("KVM was not asked for".to_owned()) };
    let (mut vcpu, no_kvm): (Box<dyn Vcpu>, _) = match made {
        Ok(vm) => (Box::new(KvmVcpu::new(vm, memory.clone(), kvm::guest())?), None),
        Err(why) => (Box::new(Script::new(memory.clone())), Some(why)),
    };
    let accel = if no_kvm.is_some() { "script" } else { "kvm" };
    trace::trace_machine_start(accel, RAM_SIZE, config.rounds.get());

    let (timer, clock) = timer::timer();
    let mut machine = Machine::new(memory, timer, out);
    let exits = thread::scope(|scope| {
        thread::Builder::new()
            .name("timer".into())
            .spawn_scoped(scope, move || clock.run())
            .map_err(Error::Thread)?;
        // The machine moves to this thread and goes with it, and with the machine's timer the other thread ends.
        let vcpu = thread::Builder::new()
            .name("vcpu0".into())
            .spawn_scoped(scope, move || drive(&mut *vcpu, &mut machine, config.rounds.get()))
            .map_err(Error::Thread)?;
        vcpu.join().unwrap_or_else(|panic| resume_unwind(panic))
    })?;
    trace::trace_machine_stop(exits);
    Ok(Outcome { exits, no_kvm })
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
