//! What can go wrong.

use crate::machine::RAM_SIZE;
use std::io;

/// Why the demo ended before its guest did.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The command line is not understood.
    #[error("{what} (see --help)")]
    Usage {
        /// What is wrong with which part of it.
        what: String,
    },
    /// An option about tracing cannot be followed.
    #[error(transparent)]
    Trace(#[from] vmtrace::Error),
    /// The monitor cannot be had.
    #[error(transparent)]
    Monitor(#[from] monitor::Error),
    /// KVM refused.
    #[error("{call}: {source}")]
    Kvm {
        /// The ioctl.
        call: &'static str,
        /// The kernel's answer.
        source: kvm_ioctls::Error,
    },
    /// The host has no memory for the guest.
    #[error("{RAM_SIZE} bytes of memory for the guest: {0}")]
    Memory(#[from] vm_memory::mmap::FromRangesError),
    /// The guest does not fit into its memory.
    #[error("load the guest: {0}")]
    Load(#[source] vm_memory::GuestMemoryError),
    /// The host has no thread for it.
    #[error("start a thread: {0}")]
    Thread(#[source] io::Error),
    /// What the guest prints cannot be written.
    #[error("write what the guest prints: {0}")]
    Output(#[from] io::Error),
    /// The guest did something that ends a machine.
    #[error("the guest was stopped by {0}, with which this machine cannot go on")]
    Exit(String),
}
