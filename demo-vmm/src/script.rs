//! The guest without a cpu: the accesses that guest.S makes, one after the other.

use crate::Error;
use crate::disk::{BUFFER, COMMAND, READ, SECTOR, STATUS, TEXT, WRITE};
use crate::machine::{DISK, SERIAL, TIMER};
use crate::serial::{DATA, LINE_STATUS};
use crate::trace::accel as trace;
use crate::vmm::{Vcpu, reason};
use kvm_ioctls::VcpuExit;
use vm_memory::{Bytes, GuestAddress, GuestMemoryMmap};

/// Where guest.S has its buffer, and the buffer's last byte.
const SECTOR_BUFFER: u32 = 0x8000;
const LAST_BYTE: u64 = 0x8000 + 511;

/// What the guest does next; a port or an address comes first.
enum Step {
    In(u16, usize),
    Out(u16, &'static [u8]),
    Load(u64),
    Store(u64, [u8; 4]),
    /// Keep the low byte of what was read last in memory, which is no access to a device.
    Keep(u64),
    Halt,
}

pub(crate) struct Script {
    round: Vec<Step>,
    next: usize,
    data: [u8; 4],
    exits: u64,
    memory: GuestMemoryMmap,
}

impl Script {
    pub(crate) fn new(memory: GuestMemoryMmap) -> Self {
        Self { round: round(), next: 0, data: [0; 4], exits: 0, memory }
    }
}

/// What one round of guest.S does.
fn round() -> Vec<Step> {
    let disk = |register, value: u32| Step::Store(DISK + register, value.to_le_bytes());
    let status = || Step::Load(DISK + STATUS);

    let mut steps = vec![disk(SECTOR, 0), disk(BUFFER, SECTOR_BUFFER), disk(COMMAND, READ), status()];
    for data in TEXT.chunks(1) {
        steps.push(Step::In(SERIAL + LINE_STATUS, 1));
        steps.push(Step::Out(SERIAL + DATA, data));
    }
    steps.extend([
        Step::Out(TIMER, &[200, 0]),
        Step::Halt,
        Step::In(TIMER, 2),
        Step::Keep(LAST_BYTE),
        disk(SECTOR, 1),
        disk(BUFFER, SECTOR_BUFFER),
        disk(COMMAND, WRITE),
        status(),
        Step::Halt,
    ]);
    steps
}

impl Vcpu for Script {
    fn run(&mut self) -> Result<VcpuExit<'_>, Error> {
        let exit = loop {
            let step = &self.round[self.next];
            self.next = (self.next + 1) % self.round.len();
            match *step {
                Step::In(port, size) => break VcpuExit::IoIn(port, &mut self.data[..size]),
                Step::Out(port, data) => break VcpuExit::IoOut(port, data),
                Step::Load(addr) => break VcpuExit::MmioRead(addr, &mut self.data),
                Step::Store(addr, ref data) => break VcpuExit::MmioWrite(addr, data),
                Step::Halt => break VcpuExit::Hlt,
                Step::Keep(addr) => {
                    self.memory.write_obj(self.data[0], GuestAddress(addr)).map_err(Error::Load)?;
                }
            }
        };
        trace::trace_script_exit(reason(&exit), self.exits);
        self.exits += 1;
        Ok(exit)
    }
}
