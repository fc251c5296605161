//! The event of a level.

use crate::events;
use tracing::Level;

/// Whether anyone wants the event of a level.
#[inline]
pub(crate) fn is_on(level: Level) -> bool {
    match level {
        Level::ERROR => events::trace_tracing_error_enabled(),
        Level::WARN => events::trace_tracing_warn_enabled(),
        Level::INFO => events::trace_tracing_info_enabled(),
        Level::DEBUG => events::trace_tracing_debug_enabled(),
        Level::TRACE => events::trace_tracing_trace_enabled(),
    }
}

/// Whether anyone wants any of the five.
pub(crate) fn is_any_on() -> bool {
    [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE].into_iter().any(is_on)
}

/// The event happens.
pub(crate) fn emit(level: Level, target: &str, text: &str) {
    match level {
        Level::ERROR => events::trace_tracing_error(target, text),
        Level::WARN => events::trace_tracing_warn(target, text),
        Level::INFO => events::trace_tracing_info(target, text),
        Level::DEBUG => events::trace_tracing_debug(target, text),
        Level::TRACE => events::trace_tracing_trace(target, text),
    }
}
