//! Reading probes back: from a file, from a process, from bytes.

mod aarch64;
mod arguments;
mod elf;
mod expression;
mod file;
mod mapping;
mod node;
mod note;
#[cfg(test)]
mod operand_tests;
mod probe;
mod process;
mod ranges;
mod register;
mod symbols;
mod x86;

use crate::error::{Error, Fault};
#[cfg(feature = "attach")]
pub(crate) use file::open;
pub use probe::{
    Argument, Extend, Index, Kind, Location, Machine, Memory, Part, Place, Probe, Segment, Symbol,
};
pub use process::{Mapped, probes_of};
pub use register::Register;
use std::path::Path;
use std::vec::Vec;

/// Reads the probes of a program or a shared library, in the order of its notes. None is no error.
///
/// Only what is needed is read of the file: its headers, its notes, and its symbols where an argument names one.
///
/// ```
/// usdt::probe!("disk", "park"; sector: u64 = 4711, head: i16 = -1);
///
/// let probes = usdt::probes(&std::env::current_exe()?)?;
/// let park = probes.iter().find(|probe| probe.name == "park").expect("it is above");
/// assert!(park.site.offset.is_some());
/// let [sector, head] = &park.arguments[..] else { panic!("it has two") };
/// assert_eq!((sector.size, sector.kind), (8, usdt::Kind::Unsigned));
/// assert_eq!((head.size, head.kind), (2, usdt::Kind::Signed));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`Error::Io`] and [`Error::NotAFile`] where the file cannot be read, [`Error::Elf`] where it is no linked ELF file or a
/// damaged one.
pub fn probes(path: &Path) -> Result<Vec<Probe>, Error> {
    let contents = elf::read(&file::cache(file::open(path)?));
    Ok(contents.map_err(|fault| Error::Elf { path: path.into(), fault })?.probes)
}

/// Reads the probes of an ELF file's bytes, as [`probes`] does.
///
/// # Errors
///
/// Where they are no linked ELF file or a damaged one.
pub fn probes_in(bytes: &[u8]) -> Result<Vec<Probe>, Fault> {
    Ok(elf::read(bytes)?.probes)
}
