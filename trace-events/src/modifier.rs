//! Length modifiers as a format spells them, and which type of C each takes on the systems that VMMs run on.

use crate::ctype::{Base, CType};
use printf::Length;

/// What stands between the digits and the letter of a conversion, or in a macro of inttypes.h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Modifier {
    /// Nothing, `hh` or `h`, and the macros of at most 32 bits: an `int`.
    Int(Length),
    Long,
    LongLong,
    Size,
    Ptrdiff,
    Intmax,
    /// `PRIx64`, `PRIxLEAST64`, `PRIxFAST64`
    Macro64,
    /// `PRIxPTR`
    MacroPtr,
    /// `PRIxFAST16`, `PRIxFAST32`
    MacroFast,
}

/// Three systems stand for all: what is right on each of them is right wherever a VMM runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    /// 64-bit Linux and BSD: `long` is 64 bits, and all 64-bit types are `long`.
    Linux64,
    /// 32-bit Linux: 64-bit types are `long long`, addresses and sizes are `int`.
    Linux32,
    /// 64-bit macOS: `uint64_t` is `long long`, sizes and addresses are `long`.
    Mac64,
}

/// C's integers as `printf` tells them apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Long,
    LongLong,
}

impl Modifier {
    /// How many bits of the argument count where `long` has 64.
    pub(crate) fn length(self) -> Length {
        if let Self::Int(length) = self { length } else { Length::Bits64 }
    }

    /// What the argument must be.
    pub(crate) fn kind(self, system: System) -> Kind {
        match (self, system) {
            (Self::Int(_), _)
            | (Self::Size | Self::Ptrdiff | Self::MacroPtr | Self::MacroFast, System::Linux32)
            | (Self::MacroFast, System::Mac64) => Kind::Int,
            (Self::LongLong, _)
            | (Self::Macro64 | Self::Intmax, System::Linux32)
            | (Self::Macro64, System::Mac64) => Kind::LongLong,
            _ => Kind::Long,
        }
    }
}

impl Kind {
    /// What an argument is after C's promotions; `None` for what is no number, or none of a known size.
    pub(crate) fn of(ctype: &CType, system: System) -> Option<Self> {
        if ctype.is_pointer() || ctype.is_tcg() {
            return None;
        }
        Some(match (ctype.base(), system) {
            (Base::Void, _) => return None,
            (Base::LongLong | Base::UnsignedLongLong, _)
            | (Base::Int64 | Base::Uint64, System::Linux32 | System::Mac64) => Self::LongLong,
            (Base::Size | Base::Ssize | Base::Ptrdiff | Base::Uintptr, System::Linux32) => Self::Int,
            (
                Base::Size | Base::Ssize | Base::Ptrdiff | Base::Uintptr | Base::Long | Base::UnsignedLong,
                _,
            )
            | (Base::Int64 | Base::Uint64, System::Linux64) => Self::Long,
            _ => Self::Int,
        })
    }
}

/// The conversion that is right for a number of this type everywhere, with the letter given: `%zx`, `PRIx64`.
pub(crate) fn preferred(ctype: &CType, letter: char) -> String {
    match ctype.base() {
        Base::Long | Base::UnsignedLong => format!("%l{letter}"),
        Base::LongLong | Base::UnsignedLongLong => format!("%ll{letter}"),
        Base::Int64 | Base::Uint64 => format!("PRI{letter}64"),
        Base::Size | Base::Ssize => format!("%z{letter}"),
        Base::Ptrdiff => format!("%t{letter}"),
        Base::Uintptr => format!("PRI{letter}PTR"),
        _ => format!("%{letter}"),
    }
}
