//! The program that the kernel runs at a hit: it counts, and writes a record of what the note's places hold at that moment.
//!
//! All is read in the kernel, before the process goes on, so that what the arguments point to is what it was. What is not in memory
//! is a fault, unless the listener asked for it to be brought in: then the program gives its record up, sleeps until the pages are
//! there (Linux 6.0), and writes another. It never sleeps while it has a record, since that would hold up all those behind it: how
//! long a page takes is for the process to say (userfaultfd(2), a file of its own in FUSE).

use super::bpf::{Counter, Counters};
use super::instruction::{Helper, Instruction, R, Writer};
use super::namespace::Namespace;
use super::record::{self, Layout};
use super::registers;
use crate::read::{Argument, Extend, Kind, Memory, Part, Place, Probe, Register, Symbol};
use std::os::fd::RawFd;
use std::vec::Vec;

/// The registers of the process.
const CONTEXT: R = R(6);
/// The record, in the ring.
const RECORD: R = R(7);
/// What cannot be read: [`record::FAULTS`].
const FAULTS: R = R(8);
/// Where a string begins.
const ADDRESS: R = R(9);
const STACK: R = R(10);
/// What is returned, or free.
const ANY: R = R(0);
/// The first argument of a helper, and so on.
const FIRST: R = R(1);
const SECOND: R = R(2);
const THIRD: R = R(3);
const FOURTH: R = R(4);

/// A program, as the kernel is given it.
pub(super) struct Program {
    pub(super) instructions: Vec<Instruction>,
    /// Whether it may sleep for a page.
    pub(super) may_sleep: bool,
}

/// Counts, and nothing more.
pub(super) fn counting(counters: &Counters) -> Program {
    let mut writer = Writer::default();
    writer.count(counters.fd(), Counter::Hits);
    writer.exit();
    Program { instructions: writer.finish(), may_sleep: false }
}

/// What [`reading`] needs to know.
pub(super) struct Reading<'a> {
    pub(super) probe: &'a Probe,
    /// By how much the breakpoint is behind the place that the note names.
    pub(super) behind: u64,
    pub(super) layout: &'a Layout,
    /// Whether what is not in memory is brought in.
    pub(super) brings_in: bool,
    pub(super) counters: &'a Counters,
    pub(super) ring: RawFd,
    pub(super) namespace: Namespace,
}

/// Counts, and writes a record to the ring.
pub(super) fn reading(reading: &Reading<'_>) -> Program {
    let mut writer = Writer::default();
    let w = &mut writer;
    w.copy(CONTEXT, FIRST);
    w.count(reading.counters.fd(), Counter::Hits);
    if reading.brings_in {
        record(w, reading);
        w.if_zero(FAULTS, |w| {
            end_record(w, Helper::RingbufSubmit);
            w.exit();
        });
        end_record(w, Helper::RingbufDiscard);
        bring_in(w, reading);
    }
    record(w, reading);
    end_record(w, Helper::RingbufSubmit);
    w.exit();
    Program { instructions: writer.finish(), may_sleep: reading.brings_in }
}

/// Begins a record and fills it, without sleeping; counts the loss and ends the program if there is no room.
fn record(w: &mut Writer, reading: &Reading<'_>) {
    let Reading { layout, counters, .. } = reading;
    w.map(FIRST, reading.ring);
    w.set(SECOND, layout.size().cast_unsigned().into());
    w.set(THIRD, 0);
    w.call(Helper::RingbufReserve);
    w.copy(RECORD, ANY);
    w.if_zero(RECORD, |w| {
        w.count(counters.fd(), Counter::Lost);
        w.exit();
    });

    w.store_constant(RECORD, record::ATTACHMENT, layout.attachment().cast_signed());
    w.call(Helper::KtimeGetNs);
    w.store(RECORD, record::TIME, ANY);
    thread(w, reading.namespace);
    w.set(FAULTS, 0);
    for (index, argument) in layout.arguments().iter().enumerate() {
        value(w, reading, index, argument);
        if let Some(string) = layout.string(index) {
            text(w, index, argument, string);
        }
    }
    w.store(RECORD, record::FAULTS, FAULTS);
}

/// Hands the record to the listener, or gives it up.
fn end_record(w: &mut Writer, by: Helper) {
    w.copy(FIRST, RECORD);
    w.set(SECOND, 0);
    w.call(by);
}

/// Who hit it: in the high half its process, in the low half its thread.
fn thread(w: &mut Writer, namespace: Namespace) {
    match namespace {
        Namespace::Initial => w.call(Helper::GetCurrentPidTgid),
        Namespace::Other { device, inode } => {
            // 0 where it is not in ours
            w.store_constant(STACK, -8, 0);
            w.set(FIRST, device);
            w.set(SECOND, inode);
            w.copy(THIRD, STACK);
            w.add_constant(THIRD, -8);
            w.set(FOURTH, 8);
            w.call(Helper::GetNsCurrentPidTgid);
            w.load(ANY, STACK, -8);
        }
    }
    w.store(RECORD, record::THREAD, ANY);
}

/// The 8 bytes that an argument's value is in.
fn value(w: &mut Writer, reading: &Reading<'_>, index: usize, argument: &Argument) {
    let at = record::value_at(index);
    match &argument.place {
        // what is known without a hit, or not at all
        Place::Constant(_) | Place::Other => w.store_constant(RECORD, at, 0),
        _ if !record::is_told(argument) => w.store_constant(RECORD, at, 0),
        Place::Register(Part { register, .. }) => {
            register_to(w, reading, THIRD, *register);
            w.store(RECORD, at, THIRD);
        }
        Place::Address { symbol, displacement } => {
            linked_address(w, reading, symbol, *displacement);
            w.store(RECORD, at, THIRD);
        }
        Place::Memory(memory) => {
            w.store_constant(RECORD, at, 0);
            address(w, reading, memory);
            w.copy(FIRST, RECORD);
            w.add_constant(FIRST, at.into());
            w.set(SECOND, argument.size.into());
            w.call(Helper::ProbeReadUser);
            w.unless_zero(ANY, |w| w.or(FAULTS, value_fault(index)));
        }
    }
}

/// An address that the linker computed, to the third register.
fn linked_address(w: &mut Writer, reading: &Reading<'_>, symbol: &Symbol, displacement: i64) {
    let symbol = Some(symbol.clone());
    address(w, reading, &Memory { displacement, symbol, ..Memory::default() });
}

/// A place in memory, to the third register.
fn address(w: &mut Writer, reading: &Reading<'_>, memory: &Memory) {
    let symbol =
        memory.symbol.as_ref().and_then(|symbol| symbol.address.map(|address| (address, symbol.low12)));
    let fixed = symbol.map_or(0, |(address, _)| address).wrapping_add_signed(memory.displacement);
    match symbol {
        // of a page's bytes the process has none elsewhere
        Some((_, true)) => w.set(THIRD, fixed & 0xfff),
        Some((_, false)) => {
            bias(w, reading, THIRD);
            w.set(SECOND, fixed);
            w.add_register(THIRD, SECOND);
        }
        None => w.set(THIRD, fixed),
    }
    if let Some(base) = memory.base {
        register_to(w, reading, SECOND, base);
        w.add_register(THIRD, SECOND);
    }
    if let Some(index) = memory.index {
        register_to(w, reading, SECOND, index.register);
        match index.extend {
            Extend::Whole => {}
            Extend::Unsigned32 => w.narrow(SECOND, 32, false),
            Extend::Signed32 => w.narrow(SECOND, 32, true),
        }
        w.multiply(SECOND, index.scale);
        w.add_register(THIRD, SECOND);
    }
}

/// By how much the process has the file's addresses higher.
fn bias(w: &mut Writer, reading: &Reading<'_>, to: R) {
    register_to(w, reading, to, Register::Rip);
    w.set(FOURTH, reading.probe.site.address);
    w.subtract_register(to, FOURTH);
}

/// A register of the process. Its place in the code is that of the note, wherever the breakpoint is.
fn register_to(w: &mut Writer, reading: &Reading<'_>, to: R, register: Register) {
    w.load(to, CONTEXT, registers::offset(register).unwrap_or_default());
    if register == Register::Rip && reading.behind != 0 {
        w.set(FOURTH, reading.behind);
        w.subtract_register(to, FOURTH);
    }
}

/// The string that a value points to: its length with NUL or an error, and its bytes.
fn text(w: &mut Writer, index: usize, argument: &Argument, string: i16) {
    w.store_constant(RECORD, string, 0);
    match argument.place {
        Place::Constant(constant) => w.set(THIRD, constant.cast_unsigned()),
        _ => w.load(THIRD, RECORD, record::value_at(index)),
    }
    pointer(w, argument);
    w.unless_zero(THIRD, |w| {
        w.copy(FIRST, RECORD);
        w.add_constant(FIRST, i32::from(string) + 8);
        w.set(SECOND, record::TEXT_ROOM as u64);
        w.call(Helper::ProbeReadUserStr);
        w.store(RECORD, string, ANY);
        w.unless_positive(ANY, |w| w.or(FAULTS, string_fault(index)));
    });
}

/// What the third register has of an argument's place, as a pointer.
fn pointer(w: &mut Writer, argument: &Argument) {
    if let Place::Register(part) = argument.place {
        w.shift_right(THIRD, part.shift);
    }
    w.narrow(THIRD, record::size(argument) * 8, argument.kind == Kind::Signed);
}

/// Sleeps until the pages are there that arguments were not read from, or will never be.
fn bring_in(w: &mut Writer, reading: &Reading<'_>) {
    for (index, argument) in reading.layout.arguments().iter().enumerate() {
        let string = reading.layout.string(index);
        if !record::is_told(argument) {
            continue;
        }
        w.if_any(FAULTS, value_fault(index) | string_fault(index), |w| {
            match &argument.place {
                Place::Constant(constant) => w.set(THIRD, constant.cast_unsigned()),
                Place::Register(Part { register, .. }) => register_to(w, reading, THIRD, *register),
                Place::Address { symbol, displacement } => {
                    linked_address(w, reading, symbol, *displacement);
                }
                Place::Memory(memory) => {
                    address(w, reading, memory);
                    w.store_constant(STACK, -8, 0);
                    copy_in(w, argument.size);
                    w.load(THIRD, STACK, -8);
                }
                Place::Other => {}
            }
            if string.is_some() {
                pointer(w, argument);
                w.unless_zero(THIRD, |w| {
                    w.copy(ADDRESS, THIRD);
                    // it may go on to the next page
                    for into in [0, record::TEXT_ROOM as u64 - 1] {
                        w.set(THIRD, into);
                        w.add_register(THIRD, ADDRESS);
                        copy_in(w, 1);
                    }
                });
            }
        });
    }
}

/// Sleeps for so many bytes at the address in the third register, and has them on the stack's top.
fn copy_in(w: &mut Writer, size: u8) {
    w.copy(FIRST, STACK);
    w.add_constant(FIRST, -8);
    w.set(SECOND, size.into());
    w.call(Helper::CopyFromUser);
}

/// An argument's memory cannot be read.
fn value_fault(index: usize) -> i32 {
    1 << index
}

/// An argument's string cannot be read.
fn string_fault(index: usize) -> i32 {
    1 << 16 << index
}
