//! The events: a module for each group, that is for each `trace-events` file.

pub(crate) mod accel {
    vmtrace::include_events!("accel");
}
pub(crate) mod hw_block {
    vmtrace::include_events!("hw_block");
}
pub(crate) mod hw_char {
    vmtrace::include_events!("hw_char");
}
pub(crate) mod hw_timer {
    vmtrace::include_events!("hw_timer");
}
pub(crate) mod root {
    vmtrace::include_events!("root");
}

/// Every group, for [`vmtrace::Setup`]: what it is not told of, it cannot switch on.
pub(crate) const GROUPS: [&vmtrace::Group; 5] =
    [&root::GROUP, &accel::GROUP, &hw_block::GROUP, &hw_char::GROUP, &hw_timer::GROUP];
