//! Makes code from trace-events files: a library for build.rs.
