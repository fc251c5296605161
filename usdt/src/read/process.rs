//! The probes of a running process: of each file that it has mapped as code.

use super::elf::{self, Bound, Contents};
use super::file;
use super::mapping::{MappedFile, Mapping, Stretch};
use super::node::node;
use super::probe::Probe;
use super::ranges::Ranges;
use crate::error::{Error, Fault};
use std::collections::HashMap;
use std::format;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
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

/// How often a process may have mapped code. It is what Linux allows, if nothing else is set, for mappings of all kinds
/// (`vm.max_map_count`).
const STRETCHES_MAX: u64 = 1 << 16;

/// How many bytes the paths of what it has mapped may have together.
const PATHS_MAX: u64 = 16 << 20;

/// How often a file may be loaded. The C library's `dlmopen` does so 16 times at most.
const BIASES_MAX: usize = 64;

/// Reads the probes of every ELF file that a process has mapped as code, in the order of their addresses. Files without
/// probes are among them; what is mapped and no ELF file (a compiler's output, say) is not.
///
/// What is mapped is looked up at once; each file is read when the iterator comes to it, so that no more than one is in memory
/// unless the caller keeps them. It is the mapped file itself that is read, also where the process is in a container or the
/// file was removed. One that cannot be read does not hide the others: its [`Mapped::probes`] is the error.
///
/// # Errors
///
/// [`Error::NoProcess`], and [`Error::Io`] where /proc/PID/maps cannot be read: that takes the rights that ptrace(2) takes.
/// [`Error::Elf`] with [`Fault::TooMuch`] where code is mapped more than 65,536 times, or the paths of the files have more than
/// 16 MiB.
pub fn probes_of(pid: u32) -> Result<impl Iterator<Item = Mapped>, Error> {
    Ok(files(pid)?.into_iter().filter_map(move |(file, stretches)| mapped(pid, &file, &stretches)))
}

/// What a process has mapped as code, by files.
fn files(pid: u32) -> Result<Vec<(MappedFile, Vec<Stretch>)>, Error> {
    let maps = PathBuf::from(format!("/proc/{pid}/maps"));
    let io = |call| {
        let path = maps.clone();
        move |source: io::Error| match source.raw_os_error() {
            Some(libc::ENOENT | libc::ESRCH) => Error::NoProcess { pid },
            _ => Error::Io { path, call, source },
        }
    };
    let too_much = |fault| Error::Elf { path: maps.clone(), fault };
    let mut count = Bound::new("too many mappings of code", STRETCHES_MAX);
    let mut bytes = Bound::new("too long paths in all", PATHS_MAX);
    let mut known: HashMap<MappedFile, Vec<Stretch>> = HashMap::new();
    for line in BufReader::new(File::open(&maps).map_err(io("open"))?).split(b'\n') {
        let Some(Mapping { stretch, is_code: true, file }) = Mapping::of_file(&line.map_err(io("read"))?)
        else {
            continue;
        };
        count.take(1).map_err(too_much)?;
        if let Some(stretches) = known.get_mut(&file) {
            stretches.push(stretch);
        } else {
            bytes.take(file.path.as_os_str().as_bytes().len() as u64).map_err(too_much)?;
            known.insert(file, Vec::from([stretch]));
        }
    }
    let mut files: Vec<_> = known.into_iter().collect();
    files.sort_unstable_by_key(|(_, stretches)| stretches[0].start);
    Ok(files)
}

/// A file by all its mappings, of which there is one at least, unless it is no ELF file.
fn mapped(pid: u32, named: &MappedFile, stretches: &[Stretch]) -> Option<Mapped> {
    let elf = |fault| Error::Elf { path: named.path.clone(), fault };
    let (file, contents) = match open(pid, named, &stretches[0]) {
        Ok((file, opened)) => match elf::read(&file::cache(opened)) {
            Err(Fault::NotElf) => return None,
            contents => (file, contents.map_err(elf)),
        },
        // What is no file is no ELF file either.
        Err(Error::NotAFile { .. }) => return None,
        Err(error) => (stretches[0].path_in_maps(pid), Err(error)),
    };
    let (code, mut probes) = match contents {
        Ok(Contents { code, probes }) => (code, Ok(probes)),
        Err(error) => (Ranges::default(), Err(error)),
    };
    let mut biases: Vec<_> = stretches.iter().filter_map(|stretch| stretch.bias(&code)).collect();
    biases.sort_unstable();
    biases.dedup();
    if biases.len() > BIASES_MAX {
        biases.truncate(BIASES_MAX);
        probes = Err(elf(Fault::TooMuch { what: "too many places in memory", most: BIASES_MAX as u64 }));
    }
    Some(Mapped { path: named.path.clone(), deleted: named.deleted, file, biases, probes })
}

/// Opens the very file that is mapped, and tells by which path.
fn open(pid: u32, named: &MappedFile, at: &Stretch) -> Result<(PathBuf, File), Error> {
    // Something else may be mapped there by now, and in the process's stead there may be another.
    let is_it = |file: &File| node(file).is_ok_and(|node| node.is_some_and(|node| node == named.node));
    let by_maps = at.path_in_maps(pid);
    let source = match file::open(&by_maps) {
        Ok(file) if is_it(&file) => return Ok((by_maps, file)),
        Ok(_) => io::Error::from_raw_os_error(libc::ENOENT),
        Err(Error::Io { source, .. }) => source,
        Err(error) => return Err(error),
    };
    // That folder is for CAP_CHECKPOINT_RESTORE and CAP_SYS_ADMIN. The path may lead to another file by now, but not to one of
    // the same device and inode: that is taken while the process has it mapped.
    let by_root = named.path_in_root(pid);
    match file::open(&by_root) {
        Ok(file) if is_it(&file) => Ok((by_root, file)),
        _ if !Path::new(&format!("/proc/{pid}")).exists() => Err(Error::NoProcess { pid }),
        _ => Err(Error::Hidden { pid, path: named.path.clone(), source }),
    }
}
