//! What tracefs's `uprobe_events` holds, for the whole machine: definitions of events, which go with a value here.

use crate::probes::Argument::{self, Signed, Text, Unsigned};
use ftrace::Tracefs;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use usdt::{Kind, Place, Register};

/// Definitions, each by `GROUP/EVENT`.
pub(crate) struct Definitions {
    file: PathBuf,
    names: Vec<String>,
}

impl Definitions {
    /// None yet. Says that the test is skipped where there is no such file.
    pub(crate) fn new(test: &str) -> Option<Self> {
        let file = match Tracefs::find() {
            Ok(tracefs) => tracefs.root().join("uprobe_events"),
            Err(error) => {
                eprintln!("SKIP {test}: {error}");
                return None;
            }
        };
        if !file.exists() {
            eprintln!("SKIP {test}: the kernel has no {}", file.display());
            return None;
        }
        Some(Self { file, names: Vec::new() })
    }

    pub(crate) fn file(&self) -> &PathBuf {
        &self.file
    }

    /// A name for a group of events that nobody else has.
    pub(crate) fn new_group() -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        format!("vmtrace_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
    }

    /// Makes one (Documentation/trace/uprobetracer.rst of the kernel).
    pub(crate) fn define(&mut self, name: &str, definition: &str) {
        self.write(&format!("p:{name} {definition}")).unwrap_or_else(|error| panic!("{definition}: {error}"));
        self.adopt(name);
    }

    /// Takes one that another has made.
    pub(crate) fn adopt(&mut self, name: &str) {
        self.names.push(name.to_owned());
    }

    fn write(&self, line: &str) -> std::io::Result<()> {
        // without O_APPEND or with O_TRUNC, the kernel drops all that are there
        OpenOptions::new().append(true).open(&self.file)?.write_all(line.as_bytes())
    }
}

impl Drop for Definitions {
    fn drop(&mut self) {
        for name in &self.names {
            if let Err(error) = self.write(&format!("-:{name}")) {
                eprintln!("left in {}: {name}: {error}", self.file.display());
            }
        }
    }
}

/// What our reader says of a note, in the kernel's words: `PATH:OFFSET(SEMAPHORE) a0=%di:u32 a1=+0(%si):ustring`
pub(crate) fn definition(path: &Path, note: &usdt::Probe, declared: &[Argument]) -> String {
    let mut definition = format!("{}:{:#x}", path.display(), note.site.offset.unwrap());
    if let Some(semaphore) = note.semaphore {
        write!(definition, "({:#x})", semaphore.offset.unwrap()).unwrap();
    }
    assert_eq!(note.arguments.len(), declared.len(), "{note:?}");
    for (index, (argument, declared)) in note.arguments.iter().zip(declared).enumerate() {
        let (size, kind) = match *declared {
            Unsigned(size, _) => (size, Kind::Unsigned),
            Signed(size, _) => (size, Kind::Signed),
            Text(_) => (8, Kind::Unsigned),
        };
        assert_eq!((argument.size, argument.kind), (size, kind), "{note:?}");
        let place = place(argument);
        let sign = if kind == Kind::Signed { 's' } else { 'u' };
        if matches!(declared, Text(_)) {
            write!(definition, " a{index}=+0({place}):ustring").unwrap();
        } else {
            write!(definition, " a{index}={place}:{sign}{}", u32::from(size) * 8).unwrap();
        }
    }
    definition
}

/// As the kernel writes it. It multiplies nothing, and knows no symbols of a program.
fn place(argument: &usdt::Argument) -> String {
    match &argument.place {
        Place::Constant(number) => format!("\\{number}"),
        Place::Register(part) => format!("%{}", name(part.register)),
        Place::Memory(memory) if memory.index.is_none() && memory.symbol.is_none() => {
            let base = memory.base.expect("a segment alone is no place");
            format!("{:+}(%{})", memory.displacement, name(base))
        }
        _ => panic!("the kernel has no form of {argument:?}"),
    }
}

/// As the kernel names it: without the `r` of those that are older than x86-64 (or the name that aarch64 has).
fn name(register: Register) -> String {
    let name = format!("{register:?}").to_lowercase();
    match register {
        Register::X(number) => format!("x{number}"),
        Register::Rax
        | Register::Rbx
        | Register::Rcx
        | Register::Rdx
        | Register::Rsi
        | Register::Rdi
        | Register::Rbp
        | Register::Rsp => name[1..].to_owned(),
        _ => name,
    }
}
