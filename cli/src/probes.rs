//! `vmtrace probes`

use crate::tell;
use anyhow::Result;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
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
    let (files, failures) = match pid(&arguments.of) {
        Some(pid) => of_process(pid)?,
        None => (vec![of_file(&arguments.of)?], Vec::new()),
    };
    for failure in &failures {
        tell::line(&failure.to_string());
    }
    if failures.is_empty() && files.iter().all(|file| file.probes.is_empty()) {
        tell::line(&format!("{} has no probes", arguments.of.display()));
    }
    let text = if arguments.json { in_json(&files) } else { in_lines(&files) };
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(error.into()),
        _ => {}
    }
    Ok(ExitCode::from(u8::from(!failures.is_empty())))
}

fn pid(of: &Path) -> Option<u32> {
    let digits = of.to_str().filter(|of| of.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok()
}

fn of_file(path: &Path) -> Result<Listed> {
    Ok(Listed { file: path.into(), probes: usdt::probes(path)?, mapped: None })
}

fn of_process(pid: u32) -> Result<(Vec<Listed>, Vec<Error>)> {
    let (mut files, mut failures) = (Vec::new(), Vec::new());
    for Mapped { path, deleted, biases, probes, .. } in usdt::probes_of(pid)? {
        match probes {
            Ok(probes) => files.push(Listed { file: path, probes, mapped: Some((deleted, biases)) }),
            Err(error) => failures.push(error),
        }
    }
    Ok((files, failures))
}

/// The columns before the arguments.
const COLUMNS: usize = 3;

fn in_lines(files: &[Listed]) -> String {
    let mut text = String::new();
    for Listed { file, probes, mapped } in files.iter().filter(|file| !file.probes.is_empty()) {
        let mut indent = "";
        if let Some((deleted, _)) = mapped {
            let deleted = if *deleted { " (deleted)" } else { "" };
            let _ = writeln!(text, "{}{deleted}", printable(&file.to_string_lossy()));
            indent = "  ";
        }
        let rows: Vec<_> = probes.iter().map(row).collect();
        let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
            rows.iter().map(|row| row.0[column].chars().count()).max().unwrap_or(0)
        });
        for (cells, arguments) in rows {
            let mut line = String::from(indent);
            for (cell, width) in cells.iter().zip(widths) {
                let _ = write!(line, "{cell:width$}  ");
            }
            text.push_str((line + &arguments).trim_end());
            text.push('\n');
        }
    }
    text
}

fn row(probe: &Probe) -> ([String; COLUMNS], String) {
    let place = |place: &Location, without: &str| match place.offset {
        Some(_) => format!("{:#x}", place.address),
        None => without.into(),
    };
    let semaphore = probe.semaphore.as_ref();
    let cells = [
        printable(&format!("{}:{}", probe.provider, probe.name)),
        place(&probe.site, "dead"),
        semaphore.map_or("-".into(), |semaphore| place(semaphore, "unreachable")),
    ];
    (cells, probe.arguments.iter().map(typed).collect::<Vec<_>>().join(" "))
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
    printable(&format!("{kind}{}@{operand}", u32::from(argument.size) * 8))
}

/// The text with control characters escaped: a file may have any in its names.
fn printable(text: &str) -> String {
    let escaped = |character: char| match character {
        character if character.is_control() => character.escape_default().collect(),
        character => String::from(character),
    };
    text.chars().map(escaped).collect()
}

fn in_json(files: &[Listed]) -> String {
    let lines = files.iter().flat_map(|file| file.probes.iter().map(move |probe| object(file, probe)));
    lines.fold(String::new(), |text, line| text + &line.to_string() + "\n")
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
