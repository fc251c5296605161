//! The system call bpf(2), for what is used of it: maps and programs.

use super::mapping::Mapping;
use super::program::Program;
use super::refused::Refused;
use rustix::mm::{MapFlags, ProtFlags};
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::string::String;
use std::sync::atomic::{AtomicU64, Ordering};
use std::vec;

const MAP_CREATE: libc::c_int = 0;
const PROG_LOAD: libc::c_int = 5;
const MAP_TYPE_ARRAY: u32 = 2;
const MAP_TYPE_RINGBUF: u32 = 27;
const PROG_TYPE_KPROBE: u32 = 2;
/// The program may wait for a page to come in.
const F_SLEEPABLE: u32 = 1 << 4;
/// Userspace may map an array.
const F_MMAPABLE: u32 = 1 << 10;

/// The program's, as the kernel knows licences. It gives `bpf_probe_read_user` and `bpf_probe_read_user_str` only to programs whose
/// licence is compatible with the GPL by its list (`license_is_gpl_compatible`), which has neither "Apache-2.0" nor "MIT" alone,
/// and every other helper to any. Ours are offered under MIT as well as Apache 2.0, and MIT's terms allow the GPL's; the list
/// says so as below.
const LICENSE: &CStr = c"Dual MIT/GPL";

/// What bpf(2) is given to make a map. The kernel takes a shorter structure as one that goes on with zeros.
#[repr(C)]
#[derive(Default)]
struct MapCreate {
    kind: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    flags: u32,
}

/// What bpf(2) is given to load a program.
#[repr(C)]
struct ProgLoad {
    kind: u32,
    instruction_count: u32,
    instructions: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log: u64,
    /// For a program that must be compiled for one kernel.
    kernel: u32,
    flags: u32,
}

/// Makes a ring for records from programs, of a power of two of bytes.
pub(super) fn ring(bytes: u32) -> Result<OwnedFd, Refused> {
    create(&MapCreate { kind: MAP_TYPE_RINGBUF, max_entries: bytes, ..MapCreate::default() })
}

/// Two counters, which programs count up.
pub(super) struct Counters {
    map: OwnedFd,
    memory: Mapping,
}

/// Which of them.
#[derive(Clone, Copy)]
pub(super) enum Counter {
    /// The hits.
    Hits,
    /// Those of them for which the ring had no room.
    Lost,
}

impl Counter {
    /// Where it lies in the map's one value.
    pub(super) fn offset(self) -> u32 {
        match self {
            Self::Hits => 0,
            Self::Lost => 8,
        }
    }
}

impl Counters {
    pub(super) fn new() -> Result<Self, Refused> {
        let map = create(&MapCreate {
            kind: MAP_TYPE_ARRAY,
            key_size: 4,
            value_size: 16,
            max_entries: 1,
            flags: F_MMAPABLE,
        })?;
        let memory =
            Mapping::new(map.as_fd(), rustix::param::page_size(), 0, ProtFlags::READ, MapFlags::SHARED);
        Ok(Self { map, memory: memory.map_err(|error| Refused::of_call("mmap", error.into()))? })
    }

    pub(super) fn read(&self, counter: Counter) -> u64 {
        // SAFETY: the mapping has a page.
        let counter = unsafe { self.memory.start().add(counter.offset() as usize) };
        // SAFETY: it lies on a border of 8 bytes, lives as long as this value, and is changed by atomics only.
        let counter = unsafe { AtomicU64::from_ptr(counter.as_ptr().cast()) };
        counter.load(Ordering::Relaxed)
    }

    pub(super) fn fd(&self) -> RawFd {
        self.map.as_raw_fd()
    }
}

/// Loads a program that a uprobe runs.
pub(super) fn load(program: &Program) -> Result<OwnedFd, Refused> {
    let Program { instructions, may_sleep } = program;
    let mut load = ProgLoad {
        kind: PROG_TYPE_KPROBE,
        instruction_count: u32::try_from(instructions.len()).unwrap_or(u32::MAX),
        instructions: instructions.as_ptr() as u64,
        license: LICENSE.as_ptr() as u64,
        log_level: 0,
        log_size: 0,
        log: 0,
        kernel: 0,
        flags: if *may_sleep { F_SLEEPABLE } else { 0 },
    };
    // SAFETY: the structure, the program and the licence live through the call, and the kernel only reads them.
    match unsafe { bpf(PROG_LOAD, &raw const load) } {
        Ok(program) => Ok(program),
        Err(error) if error.raw_os_error() == Some(libc::EPERM) => {
            Err(Refused::of_call("bpf BPF_PROG_LOAD", error))
        }
        Err(source) => {
            let mut log = vec![0; 64 << 10];
            (load.log_level, load.log_size, load.log) = (1, 64 << 10, log.as_mut_ptr() as u64);
            // SAFETY: as above, and the kernel writes no more than the log's size to it.
            _ = unsafe { bpf(PROG_LOAD, &raw const load) };
            let log = String::from_utf8_lossy(&log);
            let said = log.trim_end_matches('\0').trim_end();
            let begin = said.char_indices().rev().nth(500).map_or(0, |(at, _)| at);
            Err(Refused::Program { source, log: said[begin..].into() })
        }
    }
}

fn create(map: &MapCreate) -> Result<OwnedFd, Refused> {
    // SAFETY: the structure lives through the call, the kernel only reads it, and it points to nothing.
    unsafe { bpf(MAP_CREATE, ptr::from_ref(map)) }
        .map_err(|error| Refused::of_call("bpf BPF_MAP_CREATE", error))
}

/// bpf(2), which makes descriptors with O_CLOEXEC by itself.
///
/// # Safety
///
/// `attributes` is what the command takes, and what it points to lives through the call.
unsafe fn bpf<T>(command: libc::c_int, attributes: *const T) -> io::Result<OwnedFd> {
    // SAFETY: the caller's duty.
    let made = unsafe { libc::syscall(libc::SYS_bpf, command, attributes, size_of::<T>()) };
    match RawFd::try_from(made) {
        // SAFETY: it was just made, and nobody else has it.
        Ok(made) if made >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(made) }),
        _ => Err(io::Error::last_os_error()),
    }
}
