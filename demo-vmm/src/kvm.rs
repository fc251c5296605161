//! The guest on KVM: a VM with one vcpu, in the state in which a PC's firmware enters a boot sector.

use crate::Error;
use crate::machine::RAM_SIZE;
use crate::trace::accel as trace;
use crate::vmm::{Vcpu, reason};
use kvm_bindings::{KVM_API_VERSION, kvm_userspace_memory_region};
use kvm_ioctls::{Kvm, VcpuExit, VcpuFd, VmFd};
use vm_memory::{Bytes, GuestAddress, GuestMemoryBackend, GuestMemoryMmap};

/// Where a PC's firmware loads and enters a boot sector.
const ENTRY: u64 = 0x7c00;

// guest.S as bytes between two symbols; its own labels begin with .L, so that they stay inside.
std::arch::global_asm!(
    ".pushsection .rodata.demo_vmm_guest, \"a\"",
    ".code16",
    ".globl demo_vmm_guest, demo_vmm_guest_end",
    "demo_vmm_guest:",
    include_str!("guest.S"),
    "demo_vmm_guest_end:",
    ".code64",
    ".popsection",
    options(raw),
);

unsafe extern "C" {
    safe static demo_vmm_guest: u8;
    safe static demo_vmm_guest_end: u8;
}

/// The guest's code, of [`KvmVcpu::new`].
pub(crate) fn guest() -> &'static [u8] {
    let (start, end) = (&raw const demo_vmm_guest, &raw const demo_vmm_guest_end);
    // SAFETY: the two labels stand at the start and the end of one run of read-only bytes.
    unsafe { std::slice::from_raw_parts(start, end as usize - start as usize) }
}

pub(crate) struct KvmVcpu {
    fd: VcpuFd,
    /// The number by which the events call it.
    index: i32,
    exits: u64,
    // Dropped after the vcpu, and the memory last: KVM uses it as long as the VM is there.
    _vm: VmFd,
    _memory: GuestMemoryMmap,
}

/// A VM with nothing in it, or why there is no KVM to make one.
pub(crate) fn create_vm() -> Result<VmFd, String> {
    let kvm = Kvm::new().map_err(|error| format!("/dev/kvm cannot be opened: {error}"))?;
    let version = kvm.get_api_version();
    if u32::try_from(version) != Ok(KVM_API_VERSION) {
        return Err(format!("/dev/kvm is not KVM's: version {version} of the API, not {KVM_API_VERSION}"));
    }
    let vm = kvm.create_vm().map_err(|error| format!("/dev/kvm: KVM_CREATE_VM: {error}"))?;
    trace::trace_kvm_create_vm(version, ENTRY);
    Ok(vm)
}

impl KvmVcpu {
    /// The VM with this memory, and this code in it that its vcpu is about to run.
    pub(crate) fn new(vm: VmFd, memory: GuestMemoryMmap, code: &[u8], index: u32) -> Result<Self, Error> {
        let call = |call| move |source| Error::Kvm { call, source };
        memory.write_slice(code, GuestAddress(ENTRY)).map_err(Error::Load)?;
        let host = memory.get_host_address(GuestAddress(0)).map_err(Error::Load)?;
        let region = kvm_userspace_memory_region {
            slot: 0,
            guest_phys_addr: 0,
            memory_size: RAM_SIZE as u64,
            userspace_addr: host as u64,
            flags: 0,
        };
        // SAFETY: the region is all of `memory`, which is kept until the VM is gone.
        unsafe { vm.set_user_memory_region(region) }.map_err(call("KVM_SET_USER_MEMORY_REGION"))?;
        trace::trace_kvm_set_user_memory(region.slot, region.guest_phys_addr, region.memory_size, host);

        let fd = vm.create_vcpu(0).map_err(call("KVM_CREATE_VCPU"))?;
        // At reset a vcpu is in real mode with every segment at 0, except for the code's.
        let mut sregs = fd.get_sregs().map_err(call("KVM_GET_SREGS"))?;
        sregs.cs.base = 0;
        sregs.cs.selector = 0;
        fd.set_sregs(&sregs).map_err(call("KVM_SET_SREGS"))?;
        let mut regs = fd.get_regs().map_err(call("KVM_GET_REGS"))?;
        regs.rip = ENTRY;
        fd.set_regs(&regs).map_err(call("KVM_SET_REGS"))?;
        Ok(Self { fd, index: index.cast_signed(), exits: 0, _vm: vm, _memory: memory })
    }
}

impl Vcpu for KvmVcpu {
    fn run(&mut self) -> Result<VcpuExit<'_>, Error> {
        trace::trace_kvm_run(self.index);
        match self.fd.run() {
            Ok(exit) => {
                trace::trace_kvm_run_exit(self.index, reason(&exit), self.exits);
                self.exits += 1;
                Ok(exit)
            }
            // A signal came: no exit of the guest's.
            Err(error) if matches!(error.errno(), libc::EINTR | libc::EAGAIN) => Ok(VcpuExit::Intr),
            Err(source) => Err(Error::Kvm { call: "KVM_RUN", source }),
        }
    }
}
