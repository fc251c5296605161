//! The USDT probe of an event. Generated code has one a site, in the cold function, so that an event that nobody wants costs no more than
//! without; a tracer that attaches counts up the semaphore in the state word, or in C's variable, and the function is called.

#[cfg(feature = "usdt")]
pub use usdt::{Semaphore, Text as ProbeText};

/// For generated code: the probe, hit while a tracer is attached. `[STATIC, OFFSET]` is where the semaphore lies, behind `if` is who
/// knows of it, in the last brackets are the strings.
#[cfg(feature = "usdt")]
#[doc(hidden)]
#[macro_export]
macro_rules! event_probe {
    ($form:ident, $provider:literal, $name:literal, $semaphore:tt if $on:expr, [$($text:ident)*]; $($arguments:tt)*) => {
        if $on {
            $(let $text = $crate::generated::ProbeText::new($text.bytes());)*
            $crate::generated::usdt::__site!($form, $provider, $name, $semaphore; $($arguments)*)
        }
    };
}

/// For generated code: without the feature `usdt` an event has no probe.
#[cfg(not(feature = "usdt"))]
#[doc(hidden)]
#[macro_export]
macro_rules! event_probe {
    ($($probe:tt)*) => {};
}

#[cfg(feature = "usdt")]
#[doc(hidden)]
pub use usdt;

/// For generated code: the semaphore that C's code has for the same event.
#[cfg(feature = "usdt")]
#[doc(hidden)]
#[macro_export]
macro_rules! shared_semaphore {
    ($name:ident, $symbol:literal) => {
        $crate::generated::usdt::semaphore!(extern $symbol static $name);
    };
}

/// For generated code: without the feature `usdt` nobody counts there.
#[cfg(not(feature = "usdt"))]
#[doc(hidden)]
#[macro_export]
macro_rules! shared_semaphore {
    ($name:ident, $symbol:literal) => {
        static $name: $crate::generated::Semaphore = $crate::generated::Semaphore;
    };
}

/// For generated code: a semaphore that nobody counts in.
#[cfg(not(feature = "usdt"))]
#[derive(Debug)]
pub struct Semaphore;

#[cfg(not(feature = "usdt"))]
impl Semaphore {
    /// Never.
    #[inline]
    #[must_use]
    pub const fn is_on(&self) -> bool {
        false
    }
}
