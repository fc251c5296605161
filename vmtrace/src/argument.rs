//! What generated functions take for strings and pointers.

use printf::Value;
use std::ffi::CStr;
use std::ptr::NonNull;

/// A string argument: `&str`, `&CStr`, `&[u8]`, or an `Option` of one, of which `None` is C's null pointer and prints
/// `(null)`. Bytes that are not UTF-8 pass through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Str<'a>(Option<&'a [u8]>);

/// A pointer argument: a raw pointer, a reference, or an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pointer(u64);

impl<'a> Str<'a> {
    /// As a record keeps it.
    #[must_use]
    pub fn value(self) -> Value<'a> {
        Value::Str(self.0)
    }

    /// As a probe copies it.
    #[must_use]
    pub fn bytes(self) -> Option<&'a [u8]> {
        self.0
    }
}

impl Pointer {
    /// As a record keeps it.
    #[must_use]
    pub fn value(self) -> Value<'static> {
        Value::Word(self.0)
    }

    /// As a probe hands it over.
    #[must_use]
    pub fn address(self) -> u64 {
        self.0
    }
}

/// What a generated function takes for a `const char *`. See [`Str`].
pub trait ToStr {
    /// The bytes, without C's NUL.
    fn to_str(&self) -> Str<'_>;
}

impl ToStr for &str {
    fn to_str(&self) -> Str<'_> {
        Str(Some(self.as_bytes()))
    }
}

impl ToStr for &String {
    fn to_str(&self) -> Str<'_> {
        Str(Some(self.as_bytes()))
    }
}

impl ToStr for &CStr {
    fn to_str(&self) -> Str<'_> {
        Str(Some(self.to_bytes()))
    }
}

impl ToStr for &[u8] {
    fn to_str(&self) -> Str<'_> {
        Str(Some(self))
    }
}

impl<const N: usize> ToStr for &[u8; N] {
    fn to_str(&self) -> Str<'_> {
        Str(Some(*self))
    }
}

impl<T: ToStr> ToStr for Option<T> {
    fn to_str(&self) -> Str<'_> {
        Str(self.as_ref().and_then(|string| string.to_str().0))
    }
}

impl<T: ?Sized> From<*const T> for Pointer {
    fn from(pointer: *const T) -> Self {
        Self(pointer.cast::<()>().addr() as u64)
    }
}

impl<T: ?Sized> From<*mut T> for Pointer {
    fn from(pointer: *mut T) -> Self {
        Self(pointer.cast::<()>().addr() as u64)
    }
}

impl<T: ?Sized> From<&T> for Pointer {
    fn from(reference: &T) -> Self {
        Self::from(std::ptr::from_ref(reference))
    }
}

impl<T: ?Sized> From<&mut T> for Pointer {
    fn from(reference: &mut T) -> Self {
        Self::from(std::ptr::from_mut(reference))
    }
}

impl<T: ?Sized> From<NonNull<T>> for Pointer {
    fn from(pointer: NonNull<T>) -> Self {
        Self::from(pointer.as_ptr())
    }
}

impl From<usize> for Pointer {
    fn from(address: usize) -> Self {
        Self(address as u64)
    }
}

impl From<u64> for Pointer {
    fn from(address: u64) -> Self {
        Self(address)
    }
}
