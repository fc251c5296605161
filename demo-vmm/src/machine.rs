//! The machine: which device answers at which port and address.

use crate::disk::Disk;
use crate::serial::{self, Serial};
use crate::timer::Timer;
use crate::trace::root as trace;
use std::io::{self, Write};
use vm_memory::mmap::FromRangesError;
use vm_memory::{GuestAddress, GuestMemoryMmap};

/// Bytes of memory, from address 0: all that a PC has below the hole for its cards.
pub(crate) const RAM_SIZE: usize = 0xa_0000;
/// The serial port's first port, a PC's COM1.
pub(crate) const SERIAL: u16 = 0x3f8;
/// The timer's port.
pub(crate) const TIMER: u16 = 0x40;
/// The disk's registers, where a PC has the hole, so that code in real mode can reach them.
pub(crate) const DISK: u64 = 0xd_0000;

const SERIAL_LAST: u16 = SERIAL + serial::PORTS - 1;

/// The machine's memory, all zero.
///
/// # Errors
/// Where the host has none to give.
pub(crate) fn memory() -> Result<GuestMemoryMmap, FromRangesError> {
    GuestMemoryMmap::from_ranges(&[(GuestAddress(0), RAM_SIZE)])
}

/// The devices. A guest may access anything in any size: an access that is no register of exactly that size reads as
/// all ones, writes nothing, and is traced. So is a string instruction (`rep insb`), which arrives as one wide access.
pub(crate) struct Machine<'a> {
    serial: Serial<'a>,
    disk: Disk,
    timer: Timer,
}

impl<'a> Machine<'a> {
    /// A machine whose serial port prints to `out`.
    pub(crate) fn new(memory: GuestMemoryMmap, timer: Timer, out: &'a mut (dyn Write + Send)) -> Self {
        Self { serial: Serial::new(out), disk: Disk::new(memory), timer }
    }

    pub(crate) fn port_read(&mut self, port: u16, data: &mut [u8]) {
        match (port, data) {
            (SERIAL..=SERIAL_LAST, [value]) => *value = self.serial.read(port - SERIAL),
            (TIMER, [low, high]) => [*low, *high] = self.timer.read().to_le_bytes(),
            (_, data) => {
                trace::trace_machine_unassigned("port", false, port.into(), data.len());
                data.fill(0xff);
            }
        }
    }

    /// # Errors
    /// Where the serial port's output cannot be written.
    pub(crate) fn port_write(&mut self, port: u16, data: &[u8]) -> io::Result<()> {
        match (port, data) {
            (SERIAL..=SERIAL_LAST, &[value]) => return self.serial.write(port - SERIAL, value),
            (TIMER, &[low, high]) => self.timer.write(u16::from_le_bytes([low, high])),
            _ => trace::trace_machine_unassigned("port", true, port.into(), data.len()),
        }
        Ok(())
    }

    pub(crate) fn mmio_read(&mut self, addr: u64, data: &mut [u8]) {
        if let Ok(register) = <&mut [u8; 4]>::try_from(&mut *data)
            && let Some(value) = self.disk.read(addr.wrapping_sub(DISK))
        {
            *register = value.to_le_bytes();
        } else {
            trace::trace_machine_unassigned("memory", false, addr, data.len());
            data.fill(0xff);
        }
    }

    pub(crate) fn mmio_write(&mut self, addr: u64, data: &[u8]) {
        let written = <[u8; 4]>::try_from(data)
            .ok()
            .and_then(|value| self.disk.write(addr.wrapping_sub(DISK), u32::from_le_bytes(value)));
        if written.is_none() {
            trace::trace_machine_unassigned("memory", true, addr, data.len());
        }
    }

    /// The guest halted: true once the timer has woken it, false if nothing will.
    pub(crate) fn halt(&mut self) -> bool {
        self.timer.wait()
    }

    /// Sends what the serial port's output holds back.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.serial.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{disk, timer::timer};

    #[test]
    fn each_register_answers_in_its_size_alone() {
        let (timer, _clock) = timer();
        let mut out = Vec::new();
        let mut machine = Machine::new(memory().unwrap(), timer, &mut out);
        let mut expect = |port, expected: &[u8]| {
            let mut data = vec![0x11; expected.len()];
            machine.port_read(port, &mut data);
            assert_eq!(data, expected, "port {port:#x} size {}", expected.len());
        };
        expect(SERIAL + serial::LINE_STATUS, &[0x60]);
        expect(SERIAL + serial::LINE_STATUS, &[0xff; 2]);
        expect(SERIAL_LAST, &[0]);
        expect(SERIAL_LAST + 1, &[0xff]);
        expect(SERIAL - 1, &[0xff]);
        expect(TIMER, &[0; 2]);
        expect(TIMER, &[0xff]);
        expect(TIMER, &[0xff; 4]);
        expect(TIMER, &[0xff; 1024]);
        expect(TIMER, &[]);

        let mut expect = |addr, expected: &[u8]| {
            let mut data = vec![0x11; expected.len()];
            machine.mmio_read(addr, &mut data);
            assert_eq!(data, expected, "address {addr:#x} size {}", expected.len());
        };
        expect(DISK + disk::STATUS, &[0; 4]);
        expect(DISK + disk::STATUS, &[0xff; 8]);
        expect(DISK + disk::STATUS + 1, &[0xff]);
        expect(DISK + disk::COMMAND, &[0xff; 4]);
        expect(DISK - 4, &[0xff; 4]);
        expect(u64::MAX, &[0xff; 4]);
    }

    #[test]
    fn no_access_makes_it_panic() {
        let (timer, _clock) = timer();
        let mut out = Vec::new();
        let mut machine = Machine::new(memory().unwrap(), timer, &mut out);
        let mut data = [0xff; 4096];
        for size in [0, 1, 2, 3, 4, 5, 8, 1024, 4096] {
            for port in 0..=u16::MAX {
                machine.port_read(port, &mut data[..size]);
                machine.port_write(port, &data[..size]).unwrap();
            }
            for base in [0, DISK, DISK + disk::STATUS, u64::MAX - 8] {
                for addr in (base.saturating_sub(20)..=base).chain(base..=base.saturating_add(20)) {
                    machine.mmio_read(addr, &mut data[..size]);
                    machine.mmio_write(addr, &data[..size]);
                }
            }
        }
    }
}
