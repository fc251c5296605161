//! A program's USDT probes under SystemTap: which there are, the script for some of them, and `stap` that runs it.
//!
//! What a line says of a probe comes from one of three places: the program's trace-events files, scripts for the program that
//! are installed as QEMU installs its own, or nothing but the notes in the program, which make numbers of all arguments.
//!
//! ```no_run
//! use std::path::Path;
//! use systemtap::{Program, Run, Texts};
//!
//! let program = Program::find(Path::new("qemu-system-x86_64"))?;
//! let texts = Texts::Declared(systemtap::declarations(&["hw/block/trace-events"])?);
//! let patterns = ["pci_nvme_*".to_owned()];
//! println!("{:?}", program.list(&texts, &patterns)?);
//! let ended = program.script(&texts, &patterns)?.run(&Run { pid: None, greet: false })?;
//! # Ok::<(), systemtap::Error>(())
//! ```
//!
//! # Invariants
//!
//! - A script names the probes that match, and no others, so that its size is theirs.
//! - A pattern that matches nothing is an error.
//! - `stap`'s status is handed on, but for one: it ends with 0 where the kernel refused its probes, and that is an error here.
//! - No script for a program that SystemTap would damage.
//! - A folder of scripts goes to `stap` only if root or the caller wrote all of it, or if the caller names it: what it holds may
//!   run in the kernel.
//! - An argument that `stap` cannot read costs a `?` in its line, and no other argument, nor the script.
//! - What a program's notes hold never becomes a part of a script unless it is a plain name.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod argument;
mod error;
mod layout;
mod program;
mod reading;
mod script;
mod signals;
mod stap;
mod tapset;
mod texts;
mod trust;

pub use error::Error;
pub use program::Program;
pub use script::Script;
pub use stap::{Ended, Run};
pub use tapset::Tapset;
pub use texts::{Texts, declarations};
