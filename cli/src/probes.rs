//! `vmtrace probes`

use crate::tell::{self, printable};
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use usdt::{Argument, Error, Extend, Kind, Location, Machine, Mapped, Memory, Place, Probe, Segment, Symbol};

/// List the USDT probes of a program or a shared library, or of all that a process has loaded.
///
/// A line has PROVIDER:NAME, the site's address in the file, that of the semaphore if it has one, and the arguments: u, i or f
/// for a number without a sign, with one, or with a point, its bits, and where it is, in the note's words (u64@%rax,
/// i32@-20(%rbp)). A name has as many lines as it has sites.
///
/// Of a process the files are read that it has really mapped, also from outside of its container, and those that were replaced
/// since. That takes the rights of a debugger; for files that were removed, CAP_CHECKPOINT_RESTORE or root.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A program, a shared library, or the number of a process (./123 is a file)
    #[arg(value_name = "PATH|PID")]
    of: PathBuf,

    /// One JSON object a line, for programs
    ///
    /// {"file":, "provider":, "name":, "machine":, "address":, "offset": in the file or null, "semaphore": {"address":, "offset":}
    /// or null, "arguments": [{"size": in bytes, "kind": "unsigned", "signed" or "float", "place":, "spelling":}]}. Of a process
    /// "biases" has how much higher its addresses are, and "deleted" whether the file's path is gone.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  vmtrace probes ./my-vmm
  vmtrace probes $(pidof my-vmm)
  vmtrace probes --json ./my-vmm | jq -r 'select(.semaphore == null).name'";

/// A file, its probes, and what is known of it in a process.
struct Listed {
    file: PathBuf,
    probes: Vec<Probe>,
    mapped: Option<(bool, Vec<u64>)>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let out = &mut BufWriter::new(std::io::stdout().lock());
    let write = if arguments.json { in_json } else { in_lines };
    let (mut has_probes, mut has_failed) = (false, false);
    let mut list = |file: &Listed| {
        has_probes |= !file.probes.is_empty();
        write(file, out).and_then(|()| out.flush())
    };
    let listed = match pid(&arguments.of) {
        None => list(&of_file(&arguments.of)?),
        // Of a process's files each is gone from memory before the next is read.
        Some(pid) => usdt::probes_of(pid)?.try_for_each(|mapped| match of_process(mapped) {
            Ok(file) => list(&file),
            Err(error) => {
                has_failed = true;
                tell::line(&error.to_string());
                Ok(())
            }
        }),
    };
    match listed {
        Ok(()) => {}
        // The reader (`head`, `less`) has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
        Err(error) => return Err(error).context("write standard output"),
    }
    if !has_probes && !has_failed {
        tell::line(&format!("{} has no probes", arguments.of.display()));
    }
    Ok(ExitCode::from(u8::from(has_failed)))
}

fn pid(of: &Path) -> Option<u32> {
    let digits = of.to_str().filter(|of| of.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok()
}

fn of_file(path: &Path) -> Result<Listed, Error> {
    Ok(Listed { file: path.into(), probes: usdt::probes(path)?, mapped: None })
}

fn of_process(mapped: Mapped) -> Result<Listed, Error> {
    let Mapped { path, deleted, biases, probes, .. } = mapped;
    Ok(Listed { file: path, probes: probes?, mapped: Some((deleted, biases)) })
}

/// The columns before the arguments.
const COLUMNS: usize = 3;

/// How wide a column gets at most. What is longer takes the room that it needs, and is in no column.
const WIDEST: usize = 64;

fn in_lines(file: &Listed, out: &mut dyn Write) -> io::Result<()> {
    let Listed { file, probes, mapped } = file;
    if probes.is_empty() {
        return Ok(());
    }
    let mut indent = "";
    if let Some((deleted, _)) = mapped {
        let deleted = if *deleted { " (deleted)" } else { "" };
        writeln!(out, "{}{deleted}", printable(&file.to_string_lossy()))?;
        indent = "  ";
    }
    let mut widths = [0; COLUMNS];
    for probe in probes {
        for (width, cell) in widths.iter_mut().zip(cells(probe)) {
            let own = cell.chars().count();
            *width = if own > WIDEST { *width } else { own.max(*width) };
        }
    }
    for probe in probes {
        let mut line = String::from(indent);
        for (cell, width) in cells(probe).iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        line.extend(probe.arguments.iter().flat_map(|argument| [typed(argument), " ".into()]));
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn cells(probe: &Probe) -> [String; COLUMNS] {
    let place = |place: &Location, without: &str| match place.offset {
        Some(_) => format!("{:#x}", place.address),
        None => without.into(),
    };
    let semaphore = probe.semaphore.as_ref();
    [
        printable(&format!("{}:{}", probe.provider, probe.name)).into_owned(),
        place(&probe.site, "dead"),
        semaphore.map_or("-".into(), |semaphore| place(semaphore, "unreachable")),
    ]
}

/// An argument with its type as Rust has it.
fn typed(argument: &Argument) -> String {
    let kind = match argument.kind {
        Kind::Unsigned => 'u',
        Kind::Signed => 'i',
        Kind::Float => 'f',
    };
    let operand =
        argument.spelling.split_once('@').map_or(argument.spelling.as_str(), |(_, operand)| operand);
    printable(&format!("{kind}{}@{operand}", u32::from(argument.size) * 8)).into_owned()
}

fn in_json(file: &Listed, out: &mut dyn Write) -> io::Result<()> {
    for probe in &file.probes {
        let object = object(file, probe).to_string();
        // JSON wants those below the space escaped; a terminal obeys others as well. They stand in strings only.
        for piece in object.split_inclusive(char::is_control) {
            let text = piece.trim_end_matches(char::is_control);
            write!(out, "{text}")?;
            if let Some(control) = piece[text.len()..].chars().next() {
                write!(out, "\\u{:04x}", u32::from(control))?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

fn object(file: &Listed, probe: &Probe) -> Value {
    let location = |location: &Location| json!({ "address": location.address, "offset": location.offset });
    let machine = match probe.machine {
        Machine::X86_64 => json!("x86_64"),
        Machine::X86 => json!("x86"),
        Machine::Aarch64 => json!("aarch64"),
        Machine::Other(number) => json!(number),
    };
    let argument = |argument: &Argument| {
        let kind = match argument.kind {
            Kind::Unsigned => "unsigned",
            Kind::Signed => "signed",
            Kind::Float => "float",
        };
        json!({
            "size": argument.size,
            "kind": kind,
            "place": place(&argument.place),
            "spelling": argument.spelling,
        })
    };
    let mut object = json!({
        "file": file.file.to_string_lossy(),
        "provider": probe.provider,
        "name": probe.name,
        "machine": machine,
        "address": probe.site.address,
        "offset": probe.site.offset,
        "semaphore": probe.semaphore.as_ref().map(location),
        "arguments": probe.arguments.iter().map(argument).collect::<Vec<_>>(),
    });
    if let Some((deleted, biases)) = &file.mapped {
        object["deleted"] = json!(deleted);
        object["biases"] = json!(biases);
    }
    object
}

fn place(place: &Place) -> Value {
    let symbol =
        |symbol: &Symbol| json!({ "name": symbol.name, "address": symbol.address, "low12": symbol.low12 });
    match place {
        Place::Constant(value) => json!({ "constant": value }),
        Place::Address { symbol: of, displacement } => {
            json!({ "address_of": symbol(of), "displacement": displacement })
        }
        Place::Register(part) => {
            json!({ "register": part.register.to_string(), "shift": part.shift, "width": part.width })
        }
        Place::Memory(Memory { base, index, displacement, symbol: of, segment }) => {
            let index = index.map(|index| {
                let extend = match index.extend {
                    Extend::Whole => "whole",
                    Extend::Unsigned32 => "unsigned32",
                    Extend::Signed32 => "signed32",
                };
                json!({ "register": index.register.to_string(), "scale": index.scale, "extend": extend })
            });
            let segment = segment.map(|segment| match segment {
                Segment::Fs => "fs",
                Segment::Gs => "gs",
            });
            json!({ "memory": {
                "base": base.map(|base| base.to_string()),
                "index": index,
                "displacement": displacement,
                "symbol": of.as_ref().map(symbol),
                "segment": segment,
            } })
        }
        Place::Other => Value::Null,
    }
}
