//! The C face of vmtrace: what `libvmtrace` exports. The headers in `include/` are its documentation.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]
