//! Whether SystemTap finds a probe's place.
//!
//! `stap` 4.8 hands an address to the kernel as an offset in the file, less the program's base. Those are the same as GNU ld
//! links; lld, which rustc uses on x86-64, packs segments in the file closer than in memory. Then `stap`'s probes would write a
//! breakpoint into the midst of other instructions, and the program would crash; what saves it is that `stap` looks for the
//! build id at the wrong place too. Seen in the test VM, both.

use crate::Error;
use object::read::{File as Elf, ReadCache};
use object::{Object as _, ObjectSegment as _};
use std::fs::File;
use std::path::Path;

/// The difference between addresses and offsets that `stap` believes in: that of the first segment.
pub(crate) fn base(path: &Path) -> Result<u64, Error> {
    let file =
        File::open(path).map_err(|source| Error::Io { call: "open", path: path.to_owned(), source })?;
    let cache = ReadCache::new(file);
    // it was read for its notes before: a file that fails now has changed in between
    let elf = Elf::parse(&cache).map_err(|fault| Error::Elf(path.to_owned(), fault))?;
    let base = elf.segments().next().map(|first| first.address().wrapping_sub(first.file_range().0));
    Ok(base.unwrap_or(0))
}
