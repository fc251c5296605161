//! The probes of events.

use super::Values;
use integration::{probed, probed_elsewhere};
use std::ptr;
use vmtrace::{Error, Setup, Tracing};

/// Sets tracing up, as a VMM does.
pub(crate) fn set_up() -> Result<Tracing, Error> {
    Setup::new().group(&probed::GROUP).group(&probed_elsewhere::GROUP).init()
}

/// The names of those that are on.
pub(crate) fn on() -> Vec<&'static str> {
    let all = [
        ("qemu:none", probed::trace_none_enabled()),
        ("qemu:narrow", probed::trace_narrow_enabled()),
        ("qemu:wide", probed::trace_wide_enabled()),
        ("qemu:other", probed::trace_other_enabled()),
        ("qemu:texts", probed::trace_texts_enabled()),
        ("qemu:ten", probed::trace_ten_enabled()),
        ("elsewhere:none", probed_elsewhere::trace_none_enabled()),
        ("elsewhere:narrow", probed_elsewhere::trace_narrow_enabled()),
        ("elsewhere:wide", probed_elsewhere::trace_wide_enabled()),
        ("elsewhere:other", probed_elsewhere::trace_other_enabled()),
        ("elsewhere:texts", probed_elsewhere::trace_texts_enabled()),
        ("elsewhere:ten", probed_elsewhere::trace_ten_enabled()),
    ];
    all.iter().filter(|(_, is_on)| *is_on).map(|(name, _)| *name).collect()
}

/// Emits each once.
#[allow(clippy::cast_possible_truncation)] // a usize has 64 bits where there are probes
pub(crate) fn emit(values: &Values, first: i32) {
    macro_rules! emit {
        ($module:ident) => {
            $module::trace_none();
            $module::trace_narrow(values.u8, values.i8, values.u16, values.i16);
            $module::trace_wide(values.u32, values.i32, values.u64, values.i64);
            let pointer = ptr::without_provenance::<u8>(values.pointer);
            $module::trace_other(values.truth, values.u64 as usize, values.i64 as isize, pointer);
            $module::trace_texts(values.name, "", None::<&str>);
            $module::trace_ten(
                first,
                first + 1,
                first + 2,
                first + 3,
                first + 4,
                first + 5,
                -first - 6,
                -first - 7,
                -first - 8,
                -first - 9,
            );
        };
    }
    emit!(probed);
    emit!(probed_elsewhere);
}
