//! The language of trace-events files: text in, events and diagnostics out.
