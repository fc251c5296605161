//! Format `rs`: Rust as QEMU's own Rust devices use it, which calls QEMU's C.

use crate::output::{Output, put};
use crate::{Backend, Request};

/// Makes the module.
pub(crate) fn generate(out: &mut Output, request: &Request<'_>) {
    let _ = (Backend::ALL, request);
    put!(out, "");
}
