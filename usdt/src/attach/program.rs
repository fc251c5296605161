//! The program that the kernel runs at a hit: it counts, and writes a record of what the note's places hold at that moment.
//!
//! All is read in the kernel, before the process goes on, so that what the arguments point to is what it was. The program may sleep
//! (Linux 6.0), so that a page that is not in memory yet is no fault: a constant string that nobody has looked at is on one.

use super::bpf::{Counter, Counters};
use super::instruction::{Helper, Instruction, R, Writer};
use super::namespace::Namespace;
use super::record::{self, Layout};
use super::registers;
use crate::read::{Argument, Extend, Kind, Memory, Part, Place, Probe, Register};
use std::os::fd::RawFd;
use std::vec::Vec;

/// The registers of the process.
const CONTEXT: R = R(6);
/// The record, in the ring.
const RECORD: R = R(7);
/// A bit for each argument whose memory cannot be read.
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

/// Counts, and nothing more.
pub(super) fn counting(counters: &Counters) -> Vec<Instruction> {
    let mut writer = Writer::default();
    writer.count(counters.fd(), Counter::Hits);
    writer.exit();
    writer.finish()
}

/// What [`reading`] needs to know.
pub(super) struct Reading<'a> {
    pub(super) probe: &'a Probe,
    /// By how much the breakpoint is behind the place that the note names.
    pub(super) behind: u64,
    pub(super) layout: &'a Layout,
    pub(super) counters: &'a Counters,
    pub(super) ring: RawFd,
    pub(super) namespace: Namespace,
}

/// Counts, and writes a record to the ring.
pub(super) fn reading(reading: &Reading<'_>) -> Vec<Instruction> {
    let Reading { layout, counters, .. } = reading;
    let mut writer = Writer::default();
    let w = &mut writer;
    w.copy(CONTEXT, FIRST);
    w.count(counters.fd(), Counter::Hits);

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
            text(w, argument, record::value_at(index), string);
        }
    }
    w.store(RECORD, record::FAULTS, FAULTS);
    w.copy(FIRST, RECORD);
    w.set(SECOND, 0);
    w.call(Helper::RingbufSubmit);
    w.exit();
    writer.finish()
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
            let symbol = Some(symbol.clone());
            address(w, reading, &Memory { symbol, displacement: *displacement, ..Memory::default() });
            w.store(RECORD, at, THIRD);
        }
        Place::Memory(memory) => {
            w.store_constant(RECORD, at, 0);
            address(w, reading, memory);
            w.copy(FIRST, RECORD);
            w.add_constant(FIRST, at.into());
            w.set(SECOND, argument.size.into());
            w.call(Helper::CopyFromUser);
            w.unless_zero(ANY, |w| w.or(FAULTS, 1 << index));
        }
    }
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
fn text(w: &mut Writer, argument: &Argument, value: i16, string: i16) {
    w.store_constant(RECORD, string, 0);
    match argument.place {
        Place::Constant(constant) => w.set(THIRD, constant.cast_unsigned()),
        _ => w.load(THIRD, RECORD, value),
    }
    if let Place::Register(part) = argument.place {
        w.shift_right(THIRD, part.shift);
    }
    w.narrow(THIRD, record::size(argument) * 8, argument.kind == Kind::Signed);
    w.unless_zero(THIRD, |w| {
        w.copy(ADDRESS, THIRD);
        // what is in memory, and if it fails, once more after the pages of both ends have come in
        string_at(w, string);
        w.unless_positive(ANY, |w| {
            for into in [0, record::TEXT_ROOM as u64 - 1] {
                w.copy(FIRST, RECORD);
                w.add_constant(FIRST, i32::from(string));
                w.set(SECOND, 1);
                w.set(THIRD, into);
                w.add_register(THIRD, ADDRESS);
                w.call(Helper::CopyFromUser);
            }
            string_at(w, string);
        });
    });
}

/// What is in memory at the string's address, and its length or an error.
fn string_at(w: &mut Writer, string: i16) {
    w.copy(FIRST, RECORD);
    w.add_constant(FIRST, i32::from(string) + 8);
    w.set(SECOND, record::TEXT_ROOM as u64);
    w.copy(THIRD, ADDRESS);
    w.call(Helper::ProbeReadUserStr);
    w.store(RECORD, string, ANY);
}
