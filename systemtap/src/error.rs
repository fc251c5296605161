//! Why there is no script, or no run.

use std::io;
use std::path::PathBuf;

/// Why there is no script, or no run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program without a slash in its name is not in any folder of PATH.
    #[error("{}: no such program in PATH: give the program's path", .0.display())]
    NotFound(PathBuf),
    /// A file or a folder cannot be read.
    #[error("{call} {}: {source}", path.display())]
    Io {
        /// The system call, or what stands for it.
        call: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others could have written the scripts that are installed for the program.
    #[error(
        "the scripts in {} are not used: {} {why}, and what they hold may run in the kernel; name trace-events files with \
         --events, or the folder with --tapset if you trust all that is in it",
        folder.display(), path.display()
    )]
    Untrusted {
        /// The folder of the scripts.
        folder: PathBuf,
        /// What others could change: the folder, something in it, or a folder above.
        path: PathBuf,
        /// How.
        why: &'static str,
    },
    /// The folder that is named has no scripts for the program.
    #[error(
        "{} has no scripts for {}: there, in a file that ends in .stp, a line begins `probe NAME.log.`, where NAME is the \
         program's with `.` for `-`",
        folder.display(), program.display()
    )]
    NoScripts {
        /// The folder.
        folder: PathBuf,
        /// The program.
        program: PathBuf,
    },
    /// The program's notes cannot be read.
    #[error(transparent)]
    Notes(#[from] usdt::Error),
    /// The program is no ELF file any more.
    #[error("{}: {_1}", _0.display())]
    Elf(PathBuf, object::read::Error),
    /// Addresses in the program are not what SystemTap takes them for.
    #[error(
        "{} was linked such that SystemTap would put `{probe}` in a wrong place, as lld does, which is rustc's linker: link it \
         with -C link-arg=-Wl,-z,separate-code (in a build.rs: cargo::rustc-link-arg-bins=-Wl,-z,separate-code)",
        program.display()
    )]
    Misplaced {
        /// The probe.
        probe: String,
        /// The program.
        program: PathBuf,
    },
    /// The program has no probes.
    #[error(
        "{} has no USDT probes: build it with the backend dtrace, or name the shared library that has them",
        .0.display()
    )]
    NoProbes(PathBuf),
    /// The path of the program is not UTF-8, and a script is.
    #[error("{} is not UTF-8, which a SystemTap script must be: rename it", .0.display())]
    NotUtf8(PathBuf),
    /// A pattern matches nothing.
    #[error(
        "`{pattern}` matches none of the {count} probes of {}: `vmtrace stap list {}` lists them",
        program.display(), program.display()
    )]
    NoMatch {
        /// It.
        pattern: String,
        /// The program.
        program: PathBuf,
        /// How many probes it has that a line can be made of.
        count: usize,
    },
    /// No pattern is given where one must be.
    #[error("no pattern: name the probes, '*' for all of them")]
    NoPattern,
    /// A trace-events file has an error.
    #[error("{0}")]
    Declaration(String),
    /// The declaration and the program do not belong together.
    #[error(
        "the probe `{event}` of {} has {found} arguments, and its declaration has {declared}: give the trace-events files \
         that it was built with",
        program.display()
    )]
    Arity {
        /// The event.
        event: String,
        /// The program.
        program: PathBuf,
        /// How many arguments its note has.
        found: usize,
        /// How many the declaration has.
        declared: usize,
    },
    /// There is no script for this.
    #[error(transparent)]
    Script(#[from] stap_gen::Error),
    /// `stap` cannot be started.
    #[error("stap cannot be started ({0}): apt-get install systemtap linux-headers-$(uname -r)")]
    NoStap(io::Error),
    /// A system call failed.
    #[error("{0}: {1}")]
    System(&'static str, io::Error),
    /// The kernel refused probes, which `stap` tells as warnings only.
    #[error(
        "the kernel refused probes, as told above: on an overlay (a container's root) it takes none; name the program by a \
         path outside of it"
    )]
    Refused,
}
