//! QEMU's spelling in Rust of the C types of arguments.

use trace_events::{Base, CType};

/// The type of a parameter, and what C's variable arguments make of it.
pub(super) struct QemuType {
    /// `*mut `, `*const ` or nothing.
    pub(super) pointer: &'static str,
    /// What it is or points to.
    pub(super) base: &'static str,
    pub(super) passing: Passing,
}

/// How an argument gets into C.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Passing {
    /// A `&CStr`, whose characters C gets.
    String,
    /// As an `int`, where C has variable arguments.
    Promoted,
    AsIs,
}

impl QemuType {
    pub(super) fn new(ctype: &CType, bug_compatible: bool) -> Self {
        let base = base(ctype.base(), bug_compatible);
        // behind the last `*` is no more of the type that is pointed to
        let Some((target, _)) = ctype.spelling().rsplit_once('*') else {
            let passing = if is_promoted(ctype.base()) { Passing::Promoted } else { Passing::AsIs };
            return Self { pointer: "", base, passing };
        };
        if target == "const char " {
            return Self { pointer: "*const ", base, passing: Passing::String };
        }
        // a pointer to pointers is one to void, of which only those that it points to tell whether it is const
        let (base, target) = match target.rsplit_once('*') {
            Some((_, qualifiers)) => ("()", qualifiers),
            None => (base, target),
        };
        let pointer = if target.contains("const") { "*const " } else { "*mut " };
        Self { pointer, base, passing: Passing::AsIs }
    }
}

fn is_promoted(base: Base) -> bool {
    matches!(
        base,
        Base::Bool
            | Base::Char
            | Base::SignedChar
            | Base::UnsignedChar
            | Base::Short
            | Base::UnsignedShort
            | Base::Int8
            | Base::Uint8
            | Base::Int16
            | Base::Uint16
    )
}

fn base(base: Base, bug_compatible: bool) -> &'static str {
    match base {
        Base::Void => "()",
        Base::Bool => "bool",
        // Arm's char is unsigned
        Base::SignedChar if !bug_compatible => "std::ffi::c_schar",
        Base::Char | Base::SignedChar => "std::ffi::c_char",
        Base::UnsignedChar | Base::Uint8 => "u8",
        Base::Short => "std::ffi::c_short",
        Base::UnsignedShort => "std::ffi::c_ushort",
        Base::Int => "std::ffi::c_int",
        Base::UnsignedInt => "std::ffi::c_uint",
        Base::UnsignedLong if !bug_compatible => "std::ffi::c_ulong",
        Base::Long | Base::UnsignedLong => "std::ffi::c_long",
        Base::LongLong => "std::ffi::c_longlong",
        Base::UnsignedLongLong => "std::ffi::c_ulonglong",
        Base::Int8 => "i8",
        Base::Int16 => "i16",
        Base::Uint16 => "u16",
        Base::Int32 => "i32",
        Base::Uint32 | Base::TcgvI32 => "u32",
        Base::Int64 => "i64",
        // QEMU 5's types of guest registers, as wide as they get: this format refuses their events
        Base::Uint64 | Base::Tcgv | Base::TcgvI64 => "u64",
        Base::Size | Base::Uintptr | Base::TcgvPtr => "usize",
        Base::Ssize | Base::Ptrdiff => "isize",
    }
}
