//! Instructions of BPF, as far as our programs have them: the kernel's Documentation/bpf/standardization/instruction-set.rst.

use super::bpf::Counter;
use std::os::fd::RawFd;
use std::vec::Vec;

/// An instruction, as the kernel takes it.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Instruction {
    code: u8,
    /// The destination's number, and the source's times 16.
    registers: u8,
    offset: i16,
    immediate: i32,
}

/// A register: 0 has a result, 1 to 5 arguments and no value after a call, 6 to 9 keep theirs, 10 is the stack's top.
#[derive(Clone, Copy)]
pub(super) struct R(pub(super) u8);

/// What the kernel does for a program: its numbers in `enum bpf_func_id`.
#[derive(Clone, Copy)]
pub(super) enum Helper {
    KtimeGetNs = 5,
    GetCurrentPidTgid = 14,
    ProbeReadUser = 112,
    ProbeReadUserStr = 114,
    GetNsCurrentPidTgid = 120,
    RingbufReserve = 131,
    RingbufSubmit = 132,
    RingbufDiscard = 133,
    CopyFromUser = 148,
}

/// A program that is being written. Each function adds what its name says.
#[derive(Default)]
pub(super) struct Writer(Vec<Instruction>);

impl Writer {
    pub(super) fn finish(self) -> Vec<Instruction> {
        self.0
    }

    fn add(&mut self, code: u8, to: R, from: u8, offset: i16, immediate: i32) {
        self.0.push(Instruction { code, registers: to.0 | from << 4, offset, immediate });
    }

    pub(super) fn copy(&mut self, to: R, from: R) {
        self.add(0xbf, to, from.0, 0, 0);
    }

    pub(super) fn set(&mut self, to: R, value: u64) {
        self.wide(to, 0, value);
    }

    /// The address of a map, which some helpers take.
    pub(super) fn map(&mut self, to: R, map: RawFd) {
        self.wide(to, 1, u64::from(map.cast_unsigned()));
    }

    /// The address of a byte of an array's first value.
    fn map_value(&mut self, to: R, map: RawFd, offset: u32) {
        self.wide(to, 2, u64::from(offset) << 32 | u64::from(map.cast_unsigned()));
    }

    /// A constant of 64 bits takes the room of two instructions.
    fn wide(&mut self, to: R, kind: u8, value: u64) {
        #[allow(clippy::cast_possible_truncation)] // into halves
        let (low, high) = (value as u32, (value >> 32) as u32);
        self.add(0x18, to, kind, 0, low.cast_signed());
        self.add(0x00, R(0), 0, 0, high.cast_signed());
    }

    pub(super) fn add_register(&mut self, to: R, what: R) {
        self.add(0x0f, to, what.0, 0, 0);
    }

    pub(super) fn subtract_register(&mut self, from: R, what: R) {
        self.add(0x1f, from, what.0, 0, 0);
    }

    pub(super) fn add_constant(&mut self, to: R, value: i32) {
        self.add(0x07, to, 0, 0, value);
    }

    pub(super) fn multiply(&mut self, what: R, by: u8) {
        self.add(0x27, what, 0, 0, by.into());
    }

    pub(super) fn or(&mut self, to: R, bits: i32) {
        self.add(0x47, to, 0, 0, bits);
    }

    pub(super) fn and(&mut self, what: R, bits: i32) {
        self.add(0x57, what, 0, 0, bits);
    }

    /// Leaves the low `bits` of 64, without a sign or with it.
    pub(super) fn narrow(&mut self, what: R, bits: u8, signed: bool) {
        let away = 64_i32 - i32::from(bits);
        if away > 0 {
            self.add(0x67, what, 0, 0, away);
            self.add(if signed { 0xc7 } else { 0x77 }, what, 0, 0, away);
        }
    }

    pub(super) fn shift_right(&mut self, what: R, bits: u8) {
        if bits > 0 {
            self.add(0x77, what, 0, 0, bits.into());
        }
    }

    /// Loads 8 bytes.
    pub(super) fn load(&mut self, to: R, base: R, offset: i16) {
        self.add(0x79, to, base.0, offset, 0);
    }

    /// Stores 8 bytes.
    pub(super) fn store(&mut self, base: R, offset: i16, what: R) {
        self.add(0x7b, base, what.0, offset, 0);
    }

    /// Stores a constant as 8 bytes, with its sign.
    pub(super) fn store_constant(&mut self, base: R, offset: i16, value: i32) {
        self.add(0x7a, base, 0, offset, value);
    }

    /// Adds one to a counter, by way of registers 1 and 2.
    pub(super) fn count(&mut self, counters: RawFd, counter: Counter) {
        self.map_value(R(1), counters, counter.offset());
        self.set(R(2), 1);
        self.add(0xdb, R(1), 2, 0, 0);
    }

    pub(super) fn call(&mut self, helper: Helper) {
        self.add(0x85, R(0), 0, 0, helper as i32);
    }

    /// Skips what `inner` adds where the register is zero.
    pub(super) fn unless_zero(&mut self, what: R, inner: impl FnOnce(&mut Self)) {
        self.skipping(0x15, what, inner);
    }

    /// Skips what `inner` adds where the register is not zero.
    pub(super) fn if_zero(&mut self, what: R, inner: impl FnOnce(&mut Self)) {
        self.skipping(0x55, what, inner);
    }

    /// Skips what `inner` adds where the register, with a sign, is above zero.
    pub(super) fn unless_positive(&mut self, what: R, inner: impl FnOnce(&mut Self)) {
        self.skipping(0x65, what, inner);
    }

    /// Skips what `inner` adds where none of these bits of the register is set, by way of register 0.
    pub(super) fn if_any(&mut self, what: R, bits: i32, inner: impl FnOnce(&mut Self)) {
        self.copy(R(0), what);
        self.and(R(0), bits);
        self.unless_zero(R(0), inner);
    }

    fn skipping(&mut self, code: u8, what: R, inner: impl FnOnce(&mut Self)) {
        let mut skipped = Self::default();
        inner(&mut skipped);
        // some hundreds at most: what twelve arguments take
        let distance = i16::try_from(skipped.0.len()).unwrap_or(i16::MAX);
        self.add(code, what, 0, distance, 0);
        self.0.append(&mut skipped.0);
    }

    /// Ends the program: nothing is left for the kernel to do with the hit.
    pub(super) fn exit(&mut self) {
        self.add(0xb7, R(0), 0, 0, 0);
        self.add(0x95, R(0), 0, 0, 0);
    }
}
