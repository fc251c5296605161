//! The C types of arguments, in every spelling, with their Rust counterparts.

use crate::cursor::{Cursor, is_word};
use std::fmt;

/// The type of an argument.
///
/// Sizes are those of the LP64 systems that VMMs run on (`long` has 64 bits).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CType {
    spelling: String,
    base: Base,
    pointers: u8,
}

/// What a type is, without its pointers and qualifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // each is the C type of its name
pub enum Base {
    Void,
    Bool,
    Char,
    SignedChar,
    UnsignedChar,
    Short,
    UnsignedShort,
    Int,
    UnsignedInt,
    Long,
    UnsignedLong,
    LongLong,
    UnsignedLongLong,
    Int8,
    Uint8,
    Int16,
    Uint16,
    Int32,
    Uint32,
    Int64,
    Uint64,
    Size,
    Ssize,
    Uintptr,
    Ptrdiff,
    /// `TCGv`, QEMU 5: a value of the guest's registers, of the guest's width.
    Tcgv,
    /// `TCGv_i32`
    TcgvI32,
    /// `TCGv_i64`
    TcgvI64,
    /// `TCGv_ptr`
    TcgvPtr,
}

/// The type of the argument of a generated Rust function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RustType {
    /// A number or `bool`, passed as the named type.
    Number(&'static str),
    /// A string: `&str`, `&CStr` or `&[u8]`.
    Str,
    /// A raw pointer or an address.
    Pointer,
}

impl CType {
    /// Reads a type as it stands in a declaration, without the argument's name: `const char *`.
    ///
    /// # Errors
    /// In words, what is not of the language.
    pub fn parse(spelling: &str) -> Result<Self, String> {
        let mut cursor = Cursor::new(spelling, 0);
        let (mut words, mut count) = ([""; MOST_WORDS], 0);
        let mut pointers = 0u8;
        loop {
            cursor.skip_blanks();
            match cursor.peek() {
                None => break,
                Some('*') => {
                    cursor.bump();
                    pointers = pointers.checked_add(1).ok_or("a pointer to so many pointers")?;
                }
                Some(c) if is_word(c) => match cursor.word() {
                    "const" => {}
                    word if pointers > 0 => return Err(format!("`{word}` behind a `*`")),
                    word if count < MOST_WORDS => {
                        words[count] = word;
                        count += 1;
                    }
                    _ => return Err("it has too many words".to_owned()),
                },
                Some(c) => return Err(format!("`{c}` is no part of a type")),
            }
        }
        let base = Base::from_words(&words[..count])?;
        if base == Base::Void && pointers == 0 {
            return Err("`void` is not a value; `void *` is".to_owned());
        }
        Ok(Self { spelling: spelling.trim().to_owned(), base, pointers })
    }

    /// The type as the declaration spells it.
    #[must_use]
    pub fn spelling(&self) -> &str {
        &self.spelling
    }

    /// What it is, without pointers and qualifiers.
    #[must_use]
    pub fn base(&self) -> Base {
        self.base
    }

    /// How many `*` it has.
    #[must_use]
    pub fn pointers(&self) -> u8 {
        self.pointers
    }

    /// Whether it is a pointer to `char`: sinks keep the characters then, not the address.
    #[must_use]
    pub fn is_string(&self) -> bool {
        self.pointers == 1 && self.base == Base::Char
    }

    /// Whether QEMU takes it for a string: its spelling must begin with `char *` or `const char *`, with one blank or
    /// none before the `*`, and have no second `*`. So `char const *` is an address to QEMU's binary format and scripts,
    /// and to all that read them.
    #[must_use]
    pub fn is_qemu_string(&self) -> bool {
        let starts = ["char*", "char *", "const char*", "const char *"];
        self.pointers == 1 && starts.iter().any(|start| self.spelling.starts_with(start))
    }

    /// Whether it is a pointer of any kind.
    #[must_use]
    pub fn is_pointer(&self) -> bool {
        self.pointers > 0 || self.base == Base::TcgvPtr
    }

    /// Whether it is one of QEMU 5's `TCGv` types.
    #[must_use]
    pub fn is_tcg(&self) -> bool {
        matches!(self.base, Base::Tcgv | Base::TcgvI32 | Base::TcgvI64 | Base::TcgvPtr)
    }

    /// The bits of a value after C's promotions, 32 or 64; `None` if the guest decides (`TCGv`).
    #[must_use]
    pub fn promoted_bits(&self) -> Option<u32> {
        if self.pointers > 0 {
            return Some(64);
        }
        self.base.bits().map(|bits| bits.max(32))
    }

    /// Whether a value may be below zero.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.pointers == 0 && self.base.is_signed()
    }

    /// Whether a value may be below zero on every machine: plain `char` has no sign on Arm.
    pub(crate) fn is_always_signed(&self) -> bool {
        self.is_signed() && self.base != Base::Char
    }

    /// The bits of a number, 8 to 64; `None` for a pointer.
    pub(crate) fn bits(&self) -> Option<u32> {
        if self.is_pointer() { None } else { self.base.bits() }
    }

    /// What the generated Rust function takes.
    #[must_use]
    pub fn rust(&self) -> RustType {
        if self.is_string() {
            RustType::Str
        } else if self.is_pointer() {
            RustType::Pointer
        } else {
            RustType::Number(self.base.rust())
        }
    }
}

impl fmt::Display for CType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelling)
    }
}

/// `unsigned long long int` has four.
const MOST_WORDS: usize = 4;

const NAMED: &[(&str, Base)] = &[
    ("void", Base::Void),
    ("bool", Base::Bool),
    ("int8_t", Base::Int8),
    ("uint8_t", Base::Uint8),
    ("int16_t", Base::Int16),
    ("uint16_t", Base::Uint16),
    ("int32_t", Base::Int32),
    ("uint32_t", Base::Uint32),
    ("int64_t", Base::Int64),
    ("uint64_t", Base::Uint64),
    ("size_t", Base::Size),
    ("ssize_t", Base::Ssize),
    ("uintptr_t", Base::Uintptr),
    ("ptrdiff_t", Base::Ptrdiff),
    ("TCGv", Base::Tcgv),
    ("TCGv_i32", Base::TcgvI32),
    ("TCGv_i64", Base::TcgvI64),
    ("TCGv_ptr", Base::TcgvPtr),
];

impl Base {
    /// Finds the type of words in any order, as C has it: `long unsigned int` is `unsigned long`.
    fn from_words(words: &[&str]) -> Result<Self, String> {
        if let [word] = words
            && let Some((_, base)) = NAMED.iter().find(|(name, _)| name == word)
        {
            return Ok(*base);
        }
        let (mut signed, mut unsigned, mut longs, mut shorts, mut ints, mut chars) = (0, 0, 0, 0, 0, 0);
        for &word in words {
            *match word {
                "signed" => &mut signed,
                "unsigned" => &mut unsigned,
                "long" => &mut longs,
                "short" => &mut shorts,
                "int" => &mut ints,
                "char" => &mut chars,
                "struct" | "union" | "enum" => {
                    return Err(format!("a {word} is not traced: pass `void *` or a member"));
                }
                _ => {
                    return Err(format!(
                        "`{word}` is not one of the types that every reader knows: pass an integer of stdint.h, \
                         `const char *` or `void *`"
                    ));
                }
            } += 1;
        }
        Ok(match (signed, unsigned, chars, shorts, ints, longs) {
            (0, 0, 1, 0, 0, 0) => Self::Char,
            (1, 0, 1, 0, 0, 0) => Self::SignedChar,
            (0, 1, 1, 0, 0, 0) => Self::UnsignedChar,
            (0 | 1, 0, 0, 1, 0 | 1, 0) => Self::Short,
            (0, 1, 0, 1, 0 | 1, 0) => Self::UnsignedShort,
            (1, 0, 0, 0, 0, 0) | (0 | 1, 0, 0, 0, 1, 0) => Self::Int,
            (0, 1, 0, 0, 0 | 1, 0) => Self::UnsignedInt,
            (0 | 1, 0, 0, 0, 0 | 1, 1) => Self::Long,
            (0, 1, 0, 0, 0 | 1, 1) => Self::UnsignedLong,
            (0 | 1, 0, 0, 0, 0 | 1, 2) => Self::LongLong,
            (0, 1, 0, 0, 0 | 1, 2) => Self::UnsignedLongLong,
            _ if words.is_empty() => return Err("it has no type".to_owned()),
            _ => return Err(format!("`{}` is no type of C", words.join(" "))),
        })
    }

    #[allow(clippy::match_same_arms)] // a line a family reads better than one arm a width
    fn bits(self) -> Option<u32> {
        Some(match self {
            Self::Void | Self::Tcgv => return None,
            Self::Bool | Self::Char | Self::SignedChar | Self::UnsignedChar | Self::Int8 | Self::Uint8 => 8,
            Self::Short | Self::UnsignedShort | Self::Int16 | Self::Uint16 => 16,
            Self::Int | Self::UnsignedInt | Self::Int32 | Self::Uint32 | Self::TcgvI32 => 32,
            Self::Long | Self::UnsignedLong | Self::LongLong | Self::UnsignedLongLong => 64,
            Self::Int64 | Self::Uint64 | Self::Size | Self::Ssize | Self::Uintptr | Self::Ptrdiff => 64,
            Self::TcgvI64 | Self::TcgvPtr => 64,
        })
    }

    #[allow(clippy::match_same_arms)] // as above
    fn is_signed(self) -> bool {
        match self {
            // as on x86; Arm's char is unsigned
            Self::Char => core::ffi::c_char::MIN != 0,
            Self::SignedChar | Self::Short | Self::Int | Self::Long | Self::LongLong => true,
            Self::Int8 | Self::Int16 | Self::Int32 | Self::Int64 | Self::Ssize | Self::Ptrdiff => true,
            _ => false,
        }
    }

    fn rust(self) -> &'static str {
        match self {
            Self::Void => "()",
            Self::Bool => "bool",
            Self::Char => "::core::ffi::c_char",
            Self::SignedChar | Self::Int8 => "i8",
            Self::UnsignedChar | Self::Uint8 => "u8",
            Self::Short | Self::Int16 => "i16",
            Self::UnsignedShort | Self::Uint16 => "u16",
            Self::Int | Self::Int32 => "i32",
            Self::UnsignedInt | Self::Uint32 | Self::TcgvI32 => "u32",
            Self::Long => "::core::ffi::c_long",
            Self::UnsignedLong => "::core::ffi::c_ulong",
            Self::LongLong | Self::Int64 => "i64",
            Self::UnsignedLongLong | Self::Uint64 | Self::Tcgv | Self::TcgvI64 | Self::TcgvPtr => "u64",
            Self::Size | Self::Uintptr => "usize",
            Self::Ssize | Self::Ptrdiff => "isize",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling() {
        let cases: &[(&str, &str, u8)] = &[
            ("int", "Int", 0),
            ("signed", "Int", 0),
            ("const int", "Int", 0),
            ("unsigned", "UnsignedInt", 0),
            ("unsigned  int", "UnsignedInt", 0),
            ("unsigned long", "UnsignedLong", 0),
            ("long unsigned int", "UnsignedLong", 0),
            ("long", "Long", 0),
            ("long int", "Long", 0),
            ("long long", "LongLong", 0),
            ("long unsigned long", "UnsignedLongLong", 0),
            ("short", "Short", 0),
            ("unsigned short int", "UnsignedShort", 0),
            ("signed char", "SignedChar", 0),
            ("const char *", "Char", 1),
            ("const char*", "Char", 1),
            ("char const *", "Char", 1),
            ("char * const", "Char", 1),
            ("char **", "Char", 2),
            ("const void * ", "Void", 1),
            ("uint8_t *", "Uint8", 1),
            ("size_t", "Size", 0),
            ("TCGv_i32", "TcgvI32", 0),
        ];
        for (spelling, base, pointers) in cases {
            let ctype = CType::parse(spelling).unwrap_or_else(|why| panic!("{spelling}: {why}"));
            assert_eq!(
                (format!("{:?}", ctype.base()).as_str(), ctype.pointers()),
                (*base, *pointers),
                "{spelling}"
            );
        }
    }

    #[test]
    fn what_is_no_type() {
        for spelling in [
            "",
            "*",
            "const",
            "void",
            "struct foo *",
            "hwaddr",
            "double",
            "long short",
            "int int",
            "char *x",
            "int[4]",
            "unsigned signed",
            "long long long",
            "unsigned bool",
            "int & ",
        ] {
            assert!(CType::parse(spelling).is_err(), "{spelling}");
        }
    }
}
