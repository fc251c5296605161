//! The site: the instruction that tracers put a breakpoint on, and the note that tells them where it is.

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
mod aarch64;
#[cfg(not(all(target_os = "linux", any(target_arch = "aarch64", target_arch = "x86_64"))))]
mod other;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod x86_64;

/// A USDT probe: `usdt::probe!("PROVIDER", "NAME"; ARGUMENTS)`.
///
/// It leaves a `nop` in the code and a note in the file, `.note.stapsdt` version 3, as C's `sys/sdt.h` does. At most 12
/// arguments, each `NAME: TYPE`, or `NAME: TYPE = VALUE` where it is not a variable of that name. A type is one of `u8` `i8` `u16`
/// `i16` `u32` `i32` `u64` `i64` `usize` `isize` `bool`; of [`core::ffi`] `c_char` `c_long` `c_ulong`; or `ptr`, which takes any raw
/// pointer or reference. The note tells a tracer the size and the sign of each.
///
/// ```
/// let (sector, head) = (4711_u64, 3_u8);
/// usdt::probe!("disk", "ready");
/// usdt::probe!("disk", "rewind"; sector: u64, head: u8, delta: i16 = -1);
///
/// let name = usdt::Text::new(Some(b"sda"));
/// usdt::probe!("disk", "open"; name: ptr = name.as_ptr());
/// ```
///
/// With a semaphore (see [`semaphore!`](crate::semaphore)) the values are computed only while a tracer is attached:
///
/// ```
/// usdt::semaphore!(static TRANSFER);
/// # fn expensive() -> u64 { panic!() }
/// usdt::probe!("disk", "transfer", if TRANSFER; sum: u64 = expensive());
/// ```
///
/// The site is a 1-byte `nop`, which the note names and any tracer takes, and behind it on x86-64 the 10-byte one that Linux of
/// 2026 turns into a call (as libbpf's `usdt.h` has it). A first word chooses another: `nop5`, a lone 5-byte one, which Linux 6.18
/// and a few after it turn into a call, and others take much longer for; `nop1`, what `sys/sdt.h` has, and nothing more.
///
/// ```
/// usdt::probe!(nop5, "disk", "write"; sector: u64 = 1);
/// ```
///
/// Thirteen are refused:
///
/// ```compile_fail
/// let x = 1_u8;
/// usdt::probe!("disk", "many"; a: u8 = x, b: u8 = x, c: u8 = x, d: u8 = x, e: u8 = x, f: u8 = x, g: u8 = x, h: u8 = x,
///     i: u8 = x, j: u8 = x, k: u8 = x, l: u8 = x, m: u8 = x);
/// ```
///
/// Functions that are inlined or generic have a note for each place where their code is. Code that the linker throws away takes
/// its note along. The linker may be lld or GNU ld since 2.36; gold refuses such sections.
///
/// Elsewhere than on Linux on x86-64 and aarch64 nothing is compiled but the values.
#[macro_export]
macro_rules! probe {
    ($form:ident, $provider:literal, $name:literal, if $semaphore:path $(; $($arguments:tt)*)?) => {
        // a tracer will write there: it is what it has to be
        if <$crate::Semaphore>::is_on(&$semaphore) {
            $crate::__site!($form, $provider, $name, [$semaphore, 0]; $($($arguments)*)?)
        }
    };
    ($form:ident, $provider:literal, $name:literal $(; $($arguments:tt)*)?) => {
        $crate::__site!($form, $provider, $name, []; $($($arguments)*)?)
    };
    ($provider:literal, $($rest:tt)*) => {
        $crate::probe!(nop10, $provider, $($rest)*)
    };
}

/// For generated code: a site whose semaphore lies somewhere in a static, and which looks at nothing itself.
#[doc(hidden)]
#[macro_export]
macro_rules! __site {
    ($form:ident, $provider:literal, $name:literal, $semaphore:tt;
        $($argument:ident: $type:ident $(= $value:expr)?),* $(,)?) => {{
        // in one go, so that no argument hides what another is computed from
        let ($($argument,)*): ($($crate::__type!($type),)*) = ($($crate::__value!($argument $(= $value)?),)*);
        $crate::__emit!($form, $provider, $name, $semaphore, [$($argument $type)*])
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __type {
    (ptr) => { *const _ };
    (c_char) => { ::core::ffi::c_char };
    (c_long) => { ::core::ffi::c_long };
    (c_ulong) => { ::core::ffi::c_ulong };
    ($type:ident) => { $type };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __value {
    ($name:ident) => {
        $name
    };
    ($name:ident = $value:expr) => {
        $value
    };
}

/// The arguments as a note spells them, `{}` for each register.
#[doc(hidden)]
#[macro_export]
macro_rules! __spellings {
    () => { "" };
    ($first:ident $($rest:ident)*) => {
        ::core::concat!($crate::__spelling!($first) $(, " ", $crate::__spelling!($rest))*)
    };
}

/// Where the semaphore is, as an expression of the assembler's.
#[doc(hidden)]
#[macro_export]
macro_rules! __semaphore {
    () => {
        "0"
    };
    ($static:path, $offset:literal) => {
        ::core::concat!("{semaphore} + ", $offset)
    };
}

/// The assembler's part, the same for all processors but for the nops.
///
/// - A label with a number of its own, in place of a local one, since the note's section is linked to the code's (`o`): a linker
///   that throws the code away throws the note away too. C's notes stay, and lead to address 0. And where the code is in a group,
///   the note is (`?`). Names stand behind the macro, which would put its number for a word `site` in them.
/// - Never `options(nostack)`: the call that the kernel makes of a long nop pushes its return address, which would
///   lie in what the function keeps below its stack pointer.
/// - Not `nomem`: what arguments point to has to be in memory.
/// - `.stapsdt.base` is what tells a tracer how far prelink(8) moved the file. Nothing refers to it but notes, for which no linker
///   keeps it: `R`. It lies with the code, `x`, where C's lies with the constants: perf takes its place in the file for its address and
///   moves each site by the difference, which is right for code that lies in the same segment. lld gives segments different
///   differences, and perf would put its breakpoints between the bytes of other instructions.
/// - `.probes` begins a page. lld maps the file's page in which the read-only data end twice, also as their last page, which is
///   writable while the program is loaded. A kernel that has been told to count a semaphore up in processes that begin later
///   takes the first mapping that it finds, and a semaphore on that page stays 0.
#[doc(hidden)]
#[macro_export]
macro_rules! __emit {
    ($form:ident, $provider:literal, $name:literal, [$($static:path, $offset:literal)?], [$($argument:ident $type:ident)*]) => {{
        const {
            let arguments: &[&str] = &[$(::core::stringify!($argument)),*];
            ::core::assert!(arguments.len() <= 12, "a probe has at most 12 arguments, as in C");
        }
        // SAFETY: nops, and a section that is not loaded. A tracer changes neither registers, flags nor memory, but for a
        // semaphore, which is atomic.
        unsafe {
            $crate::__asm!(
                [$($argument)*]
                ".ifndef .Lusdt_sites",
                ".set .Lusdt_sites, 0",
                ".endif",
                ".set .Lusdt_sites, .Lusdt_sites + 1",
                ".altmacro",
                ".macro _usdt_site site",
                ".Lusdt_site\\site:",
                $crate::__nops!($form),
                ".pushsection .note.stapsdt, \"o?\", @note, .Lusdt_site\\site",
                ".balign 4",
                ".4byte 992f - 991f, 994f - 993f, 3",
                "991: .asciz \"stapsdt\"",
                "992: .balign 4",
                "993: .8byte .Lusdt_site\\site",
                ".endm",
                "_usdt_site %.Lusdt_sites",
                ".purgem _usdt_site",
                ".noaltmacro",
                ".8byte _.stapsdt.base",
                ::core::concat!(".8byte ", $crate::__semaphore!($($static, $offset)?)),
                ::core::concat!(".asciz \"", $provider, "\""),
                ::core::concat!(".asciz \"", $name, "\""),
                ::core::concat!(".asciz \"", $crate::__spellings!($($type)*), "\""),
                "994: .balign 4",
                ".popsection",
                ".ifndef _.stapsdt.base",
                ".pushsection .stapsdt.base, \"axGR\", @progbits, .stapsdt.base, comdat",
                ".weak _.stapsdt.base",
                ".hidden _.stapsdt.base",
                "_.stapsdt.base: .space 1",
                ".size _.stapsdt.base, 1",
                ".popsection",
                ".pushsection .probes, \"awGR\", @progbits, .stapsdt.probes, comdat",
                ::core::concat!(".balign ", $crate::__page!()),
                ".popsection",
                ".endif",
                $(in(reg) $crate::InRegister::in_register($argument),)*
                $(semaphore = sym $static,)?
            )
        }
    }};
}

/// For generated code: a number or an address, in what a register takes.
#[doc(hidden)]
pub trait InRegister {
    /// What `asm!` puts in a register.
    type Register;
    /// Extends what is less than 16 bits.
    fn in_register(self) -> Self::Register;
}

macro_rules! in_register {
    ($($type:ty => $register:ty),* $(,)?) => {
        $(impl InRegister for $type {
            type Register = $register;

            #[inline]
            fn in_register(self) -> $register {
                self.into()
            }
        })*
    };
}

in_register! {
    bool => u16, u8 => u16, i8 => i16, u16 => u16, i16 => i16, u32 => u32, i32 => i32, u64 => u64, i64 => i64,
    usize => usize, isize => isize,
}

impl<T: ?Sized> InRegister for *const T {
    type Register = *const ();

    #[inline]
    fn in_register(self) -> *const () {
        self.cast()
    }
}
