//! A toy disk: four registers, and sectors that go to and from the guest's memory at once.

use crate::trace::hw_block as trace;
use vm_memory::{GuestAddress, GuestMemoryBackend, GuestMemoryMmap};

/// Bytes in a sector.
pub(crate) const SECTOR_SIZE: usize = 512;
/// Sectors on the disk.
pub(crate) const SECTORS: usize = 8;
/// The text in sector 0.
pub(crate) const TEXT: &[u8] = b"Hello from sector 0\n";

/// The registers, by their offset: the sector's number.
pub(crate) const SECTOR: u64 = 0;
/// Where in the guest's memory the sector goes to or comes from.
pub(crate) const BUFFER: u64 = 4;
/// Written: [`READ`] or [`WRITE`], carried out before the guest's next instruction.
pub(crate) const COMMAND: u64 = 8;
/// How the last command ended: [`DONE`] or [`FAILED`].
pub(crate) const STATUS: u64 = 12;

pub(crate) const READ: u32 = 1;
pub(crate) const WRITE: u32 = 2;

pub(crate) const DONE: u32 = 0;
pub(crate) const FAILED: u32 = 1;

pub(crate) struct Disk {
    image: Vec<[u8; SECTOR_SIZE]>,
    memory: GuestMemoryMmap,
    sector: u32,
    buffer: u32,
    status: u32,
}

impl Disk {
    /// A disk with [`TEXT`] on it, whose buffers are in `memory`.
    pub(crate) fn new(memory: GuestMemoryMmap) -> Self {
        let mut image = vec![[0; SECTOR_SIZE]; SECTORS];
        image[0][..TEXT.len()].copy_from_slice(TEXT);
        Self { image, memory, sector: 0, buffer: 0, status: DONE }
    }

    /// The guest reads a register; `None` if there is none to be read at this offset.
    pub(crate) fn read(&self, offset: u64) -> Option<u32> {
        let value = match offset {
            SECTOR => self.sector,
            BUFFER => self.buffer,
            STATUS => self.status,
            _ => return None,
        };
        trace::trace_toy_disk_read(offset, value);
        Some(value)
    }

    /// The guest writes a register; `None` if there is none to be written at this offset.
    pub(crate) fn write(&mut self, offset: u64, value: u32) -> Option<()> {
        let register = match offset {
            SECTOR => &mut self.sector,
            BUFFER => &mut self.buffer,
            COMMAND => {
                trace::trace_toy_disk_write(offset, value);
                self.command(value);
                return Some(());
            }
            _ => return None,
        };
        trace::trace_toy_disk_write(offset, value);
        *register = value;
        Some(())
    }

    fn command(&mut self, command: u32) {
        self.status = match self.transfer(command) {
            Ok(()) => DONE,
            Err(why) => {
                trace::trace_toy_disk_error(why, command, self.sector, self.buffer.into());
                FAILED
            }
        };
    }

    /// Moves a sector. The guest chose every number here, so each is checked before anything moves.
    fn transfer(&mut self, command: u32) -> Result<(), &'static str> {
        let sector = usize::try_from(self.sector)
            .ok()
            .and_then(|number| self.image.get_mut(number))
            .ok_or("no such sector")?;
        let buffer = self
            .memory
            .get_slice(GuestAddress(self.buffer.into()), SECTOR_SIZE)
            .map_err(|_| "the buffer is not in memory")?;
        match command {
            READ => buffer.copy_from(sector.as_slice()),
            WRITE => _ = buffer.copy_to(sector.as_mut_slice()),
            _ => return Err("no such command"),
        }
        trace::trace_toy_disk_transfer(command == WRITE, self.sector, self.buffer.into(), SECTOR_SIZE);
        // The sum is worth its time only to someone who looks.
        if trace::trace_toy_disk_checksum_enabled() {
            let sum = sector.iter().map(|&byte| u32::from(byte)).sum();
            trace::trace_toy_disk_checksum(self.sector, sum);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{RAM_SIZE, memory};
    use vm_memory::Bytes;

    /// Gives a command as a guest does, and returns the status.
    fn command(disk: &mut Disk, command: u32, sector: u32, buffer: u32) -> u32 {
        disk.write(SECTOR, sector).unwrap();
        disk.write(BUFFER, buffer).unwrap();
        disk.write(COMMAND, command).unwrap();
        disk.read(STATUS).unwrap()
    }

    fn sector_in(memory: &GuestMemoryMmap, addr: u64) -> [u8; SECTOR_SIZE] {
        let mut sector = [0; SECTOR_SIZE];
        memory.read_slice(&mut sector, GuestAddress(addr)).unwrap();
        sector
    }

    #[test]
    fn a_sector_comes_and_goes() {
        let memory = memory().unwrap();
        let mut disk = Disk::new(memory.clone());
        assert_eq!(command(&mut disk, READ, 0, 0x1000), DONE);
        assert!(sector_in(&memory, 0x1000).starts_with(TEXT));

        memory.write_slice(&[0xa5; SECTOR_SIZE], GuestAddress(0x3001)).unwrap();
        assert_eq!(command(&mut disk, WRITE, 7, 0x3001), DONE);
        assert_eq!(command(&mut disk, READ, 7, 0x5000), DONE);
        assert_eq!(sector_in(&memory, 0x5000), [0xa5; SECTOR_SIZE]);
        assert_eq!(sector_in(&memory, 0x5000 + 512), [0; SECTOR_SIZE]);
    }

    #[test]
    fn a_command_that_cannot_be_done_moves_nothing() {
        let (sectors, end) = (u32::try_from(SECTORS).unwrap(), u32::try_from(RAM_SIZE).unwrap());
        for (what, sector, buffer, status) in [
            (READ, sectors - 1, end - 512, DONE),
            (WRITE, 0, 0, DONE),
            (READ, sectors, 0, FAILED),
            (WRITE, u32::MAX, 0, FAILED),
            (READ, 0, end - 511, FAILED),
            (WRITE, 0, end - 1, FAILED),
            (READ, 0, end, FAILED),
            (READ, 0, 0xd_0000, FAILED),
            (WRITE, 0, u32::MAX, FAILED),
            (WRITE, 0, u32::MAX - 511, FAILED),
            (0, 0, 0, FAILED),
            (3, 0, 0, FAILED),
            (u32::MAX, u32::MAX, u32::MAX, FAILED),
        ] {
            let memory = memory().unwrap();
            memory.write_slice(&vec![0xee; RAM_SIZE], GuestAddress(0)).unwrap();
            let mut disk = Disk::new(memory.clone());
            let image = disk.image.clone();
            assert_eq!(command(&mut disk, what, sector, buffer), status, "{what} {sector} {buffer:#x}");
            if status == FAILED {
                assert_eq!(disk.image, image, "{what} {sector} {buffer:#x}");
                let mut bytes = vec![0; RAM_SIZE];
                memory.read_slice(&mut bytes, GuestAddress(0)).unwrap();
                assert!(bytes.iter().all(|&byte| byte == 0xee), "{what} {sector} {buffer:#x}");
            }
        }
    }

    #[test]
    fn only_its_registers_answer() {
        let mut disk = Disk::new(memory().unwrap());
        for (offset, readable, writable) in [
            (SECTOR, true, true),
            (BUFFER, true, true),
            (COMMAND, false, true),
            (STATUS, true, false),
            (1, false, false),
            (16, false, false),
            (u64::MAX, false, false),
        ] {
            assert_eq!(disk.read(offset).is_some(), readable, "read {offset}");
            assert_eq!(disk.write(offset, 0).is_some(), writable, "write {offset}");
        }
    }
}
