//! x86-64: registers by the name that their size has, and three forms of the site.

/// Of <https://github.com/libbpf/usdt>: `nop` and the 10-byte nop of the kernel's own tables (`arch/x86/include/asm/nops.h`); Linux
/// 6.18 knew the 5-byte one.
#[doc(hidden)]
#[macro_export]
macro_rules! __nops {
    (nop10) => {
        ".byte 0x90, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0"
    };
    (nop5) => {
        ".byte 0x0f, 0x1f, 0x44, 0, 0"
    };
    (nop1) => {
        ".byte 0x90"
    };
}

/// The bytes of a page.
#[doc(hidden)]
#[macro_export]
macro_rules! __page {
    () => {
        "4096"
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __spelling {
    (bool) => {
        "1@{:l}"
    };
    (c_char) => {
        "-1@{:l}"
    };
    (c_long) => {
        "-8@{:r}"
    };
    (c_ulong) => {
        "8@{:r}"
    };
    (u8) => {
        "1@{:l}"
    };
    (i8) => {
        "-1@{:l}"
    };
    (u16) => {
        "2@{:x}"
    };
    (i16) => {
        "-2@{:x}"
    };
    (u32) => {
        "4@{:e}"
    };
    (i32) => {
        "-4@{:e}"
    };
    (u64) => {
        "8@{:r}"
    };
    (i64) => {
        "-8@{:r}"
    };
    (usize) => {
        "8@{:r}"
    };
    (isize) => {
        "-8@{:r}"
    };
    (ptr) => {
        "8@{:r}"
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __asm {
    ([$($argument:ident)*] $($rest:tt)*) => { ::core::arch::asm!($($rest)* options(att_syntax, readonly, preserves_flags)) };
}
