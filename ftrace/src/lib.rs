//! Finds tracefs, makes and drops instances, writes trace_marker.
