//! The probes of a running process: of each file that it has mapped as code.

use super::elf::{self, Contents};
use super::file;
use super::mapping::Mapping;
use super::probe::Probe;
use super::ranges::Ranges;
use crate::error::{Error, Fault};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::format;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::vec::Vec;

/// An ELF file that a process has mapped as code: its program, or a shared library.
#[derive(Debug)]
pub struct Mapped {
    /// Its path as the process's mount namespace has it, or had it.
    pub path: PathBuf,
    /// The path is gone: the file was removed since, or replaced, as an upgrade does it.
    pub deleted: bool,
    /// A path by which it can be opened from here while the process has it: below `/proc/PID/map_files`, or, for those who may
    /// not look there, below `/proc/PID/root`.
    pub file: PathBuf,
    /// How much higher than in the file the process has its addresses, modulo 2⁶⁴: one number, unless the file was loaded more
    /// than once (`dlmopen`). None where the file has no code at what is mapped as code.
    pub biases: Vec<u64>,
    /// Its probes, or why they cannot be read.
    pub probes: Result<Vec<Probe>, Error>,
}

/// Reads the probes of every ELF file that a process has mapped as code, in the order of their addresses. Files without
/// probes are among them; what is mapped and no ELF file (a compiler's output, say) is not.
///
/// It is the mapped file itself that is read, also where the process is in a container or the file was removed. One that
/// cannot be read does not hide the others: its [`Mapped::probes`] is the error.
///
/// # Errors
///
/// [`Error::NoProcess`], and [`Error::Io`] where /proc/PID/maps cannot be read: that takes the rights that ptrace(2) takes.
pub fn probes_of(pid: u32) -> Result<Vec<Mapped>, Error> {
    let maps = PathBuf::from(format!("/proc/{pid}/maps"));
    let io = |call| {
        let path = maps.clone();
        move |source: io::Error| match source.raw_os_error() {
            Some(libc::ENOENT | libc::ESRCH) => Error::NoProcess { pid },
            _ => Error::Io { path, call, source },
        }
    };
    let mut known: HashMap<_, usize> = HashMap::new();
    let mut files: Vec<Vec<Mapping>> = Vec::new();
    for line in BufReader::new(File::open(&maps).map_err(io("open"))?).split(b'\n') {
        let Some(mapping) = Mapping::of_code(&line.map_err(io("read"))?) else { continue };
        match known.entry(mapping.file.clone()) {
            Entry::Occupied(at) => files[*at.get()].push(mapping),
            Entry::Vacant(place) => {
                place.insert(files.len());
                files.push(Vec::from([mapping]));
            }
        }
    }
    Ok(files.iter().filter_map(|mappings| mapped(pid, mappings)).collect())
}

/// A file by all its mappings, unless it is no ELF file.
fn mapped(pid: u32, mappings: &[Mapping]) -> Option<Mapped> {
    let first = mappings.first()?;
    let (file, contents) = match open(pid, first) {
        Ok((file, opened)) => {
            let contents = elf::read(&file::cache(opened));
            if matches!(contents, Err(Fault::NotElf)) {
                return None;
            }
            (file, contents.map_err(|fault| Error::Elf { path: first.path.clone(), fault }))
        }
        // What is no file is no ELF file either.
        Err(Error::NotAFile { .. }) => return None,
        Err(error) => (first.path_in_maps(pid), Err(error)),
    };
    let (code, probes) = match contents {
        Ok(Contents { code, probes }) => (code, Ok(probes)),
        Err(error) => (Ranges::default(), Err(error)),
    };
    let mut biases: Vec<_> = mappings.iter().filter_map(|mapping| mapping.bias(&code)).collect();
    biases.dedup();
    Some(Mapped { path: first.path.clone(), deleted: first.deleted, file, biases, probes })
}

/// Opens the very file that is mapped, and tells by which path.
fn open(pid: u32, mapping: &Mapping) -> Result<(PathBuf, File), Error> {
    let by_maps = mapping.path_in_maps(pid);
    let source = match file::open(&by_maps) {
        Ok(file) => return Ok((by_maps, file)),
        Err(Error::Io { source, .. }) => source,
        Err(error) => return Err(error),
    };
    // That folder is for CAP_CHECKPOINT_RESTORE and CAP_SYS_ADMIN. The path may lead to another file by now, but not to one of
    // the same inode: that is taken while the process has it mapped.
    let by_root = mapping.path_in_root(pid);
    let is_it = |file: &File| file.metadata().is_ok_and(|about| about.ino() == mapping.file.inode);
    match file::open(&by_root) {
        Ok(file) if is_it(&file) => Ok((by_root, file)),
        _ => Err(Error::Hidden { pid, path: mapping.path.clone(), source }),
    }
}
