//! aarch64: the whole register by its name, of whatever size the argument is, as gcc has it; and one form of the site.

#[doc(hidden)]
#[macro_export]
macro_rules! __nops {
    ($form:ident) => {
        "nop"
    };
}

/// The bytes of the largest page that Linux is built for.
#[doc(hidden)]
#[macro_export]
macro_rules! __page {
    () => {
        "65536"
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __spelling {
    (bool) => {
        "1@{:x}"
    };
    (c_char) => {
        "1@{:x}"
    };
    (c_long) => {
        "-8@{:x}"
    };
    (c_ulong) => {
        "8@{:x}"
    };
    (u8) => {
        "1@{:x}"
    };
    (i8) => {
        "-1@{:x}"
    };
    (u16) => {
        "2@{:x}"
    };
    (i16) => {
        "-2@{:x}"
    };
    (u32) => {
        "4@{:x}"
    };
    (i32) => {
        "-4@{:x}"
    };
    (u64) => {
        "8@{:x}"
    };
    (i64) => {
        "-8@{:x}"
    };
    (usize) => {
        "8@{:x}"
    };
    (isize) => {
        "-8@{:x}"
    };
    (ptr) => {
        "8@{:x}"
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __asm {
    ([$($argument:ident)*] $($rest:tt)*) => { ::core::arch::asm!($($rest)* options(readonly, preserves_flags)) };
}
