//! A serial port, as much of a 16550 as a guest needs to print.

use crate::trace::hw_char as trace;
use std::io::{self, Write};

/// The data register: what is written goes out.
pub(crate) const DATA: u16 = 0;
/// The line status register.
pub(crate) const LINE_STATUS: u16 = 5;
/// A byte that the guest may keep here; drivers try it to find the port.
pub(crate) const SCRATCH: u16 = 7;
/// How many ports it has.
pub(crate) const PORTS: u16 = 8;

/// Line status: both transmitter registers are empty, so the guest may send. Ours always may.
const READY: u8 = 0x60;
/// The longest line that is kept for the event; a guest need not end its lines.
const LINE_MAX: usize = 80;

pub(crate) struct Serial<'a> {
    out: &'a mut (dyn Write + Send),
    line: Vec<u8>,
    scratch: u8,
}

impl<'a> Serial<'a> {
    pub(crate) fn new(out: &'a mut (dyn Write + Send)) -> Self {
        Self { out, line: Vec::with_capacity(LINE_MAX), scratch: 0 }
    }

    /// The guest reads a register. Nothing is ever received; registers that only configure a real line read as 0.
    pub(crate) fn read(&self, offset: u16) -> u8 {
        let value = match offset {
            LINE_STATUS => READY,
            SCRATCH => self.scratch,
            _ => 0,
        };
        trace::trace_serial_read(offset, value);
        value
    }

    /// The guest writes a register.
    ///
    /// # Errors
    /// Where the output cannot be written.
    pub(crate) fn write(&mut self, offset: u16, value: u8) -> io::Result<()> {
        trace::trace_serial_write(offset, value);
        match offset {
            DATA => self.send(value)?,
            SCRATCH => self.scratch = value,
            _ => {}
        }
        Ok(())
    }

    fn send(&mut self, value: u8) -> io::Result<()> {
        if value != b'\n' {
            self.line.push(value);
        }
        if value == b'\n' || self.line.len() == LINE_MAX {
            trace::trace_serial_line(self.line.as_slice(), self.line.len());
            self.line.clear();
        }
        self.out.write_all(&[value])
    }

    /// Sends what the output holds back.
    ///
    /// # Errors
    /// Where the output cannot be written.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_data_register_prints_and_only_scratch_keeps() {
        let mut out = Vec::new();
        let mut serial = Serial::new(&mut out);
        for (offset, expected) in (0..PORTS).zip([0, 0, 0, 0, 0, READY, 0, b'x']) {
            serial.write(offset, b'x').unwrap();
            assert_eq!(serial.read(offset), expected, "offset {offset}");
        }
        serial.flush().unwrap();
        assert_eq!(out, b"x");
    }

    #[test]
    fn a_line_without_an_end_keeps_no_more_than_its_bound() {
        let mut out = Vec::new();
        let mut serial = Serial::new(&mut out);
        for _ in 0..10 * LINE_MAX {
            serial.write(DATA, 0xff).unwrap();
            assert!(serial.line.len() < LINE_MAX);
        }
        assert_eq!(serial.line.capacity(), LINE_MAX);
        assert_eq!(out.len(), 10 * LINE_MAX);
    }

    #[test]
    fn an_output_that_fails_is_told() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let error = Serial::new(&mut Full).write(DATA, b'x').unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
