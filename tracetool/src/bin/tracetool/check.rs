//! `tracetool check PATH…`: what is wrong with the declarations of a tree.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use trace_events::{Diagnostic, Rule, Severity};
use tracetool::check::{Check, Level, Levels, Report, is_lint};

/// Something is wrong with the declarations.
const ERRORS: u8 = 1;
/// The command line is wrong, or something could not be read.
const TROUBLE: u8 = 2;

/// What a command line asks for.
enum Call {
    Help,
    List,
    Check { check: Check, json: bool },
}

/// Does what the command line says, behind `check`.
pub(crate) fn run(args: &[OsString]) -> ExitCode {
    let written = match parse(args) {
        Ok(Call::Help) => print(|out| out.write_all(HELP.as_bytes())).map(|()| 0),
        Ok(Call::List) => print(|out| out.write_all(list().as_bytes())).map(|()| 0),
        Ok(Call::Check { check, json }) => {
            let report = check.run();
            print(|out| report.diagnostics.iter().try_for_each(|found| write(out, found, json)))
                .map(|()| tell(&report))
        }
        Err(wrong) => {
            eprintln!("tracetool check: {wrong}\nTry `tracetool check --help`.");
            Ok(TROUBLE)
        }
    };
    match written {
        Ok(status) => status.into(),
        // who has read enough need not be told
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => TROUBLE.into(),
        Err(error) => {
            eprintln!("tracetool check: write standard output: {error}");
            TROUBLE.into()
        }
    }
}

fn parse(args: &[OsString]) -> Result<Call, String> {
    let (mut check, mut json) = (Check::default(), false);
    let mut levels = Levels::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let text = arg.to_string_lossy();
        if arg == "--" {
            check.paths.extend(args.by_ref().map(PathBuf::from));
            break;
        }
        if !text.starts_with('-') || text == "-" {
            check.paths.push(PathBuf::from(arg));
            continue;
        }
        let (option, given) = match text.split_once('=') {
            Some((option, value)) => (option.to_owned(), Some(OsString::from(value))),
            None => (text.into_owned(), None),
        };
        let level = match option.as_str() {
            "--allow" => Some(Level::Allow),
            "--warn" => Some(Level::Warn),
            "--deny" => Some(Level::Deny),
            "--sources" => None,
            flag @ ("--help" | "-h" | "--list" | "--json") => {
                if given.is_some() {
                    return Err(format!("the option {flag} takes no value"));
                }
                match flag {
                    "--json" => json = true,
                    "--list" => return Ok(Call::List),
                    _ => return Ok(Call::Help),
                }
                continue;
            }
            _ => return Err(format!("there is no option {option}")),
        };
        let value = match given {
            // lossy text would be another path
            Some(_) if level.is_none() && arg.to_str().is_none() => {
                return Err(
                    "a path that is not UTF-8 stands behind --sources as an argument of its own".to_owned()
                );
            }
            Some(value) => value,
            None => args.next().ok_or_else(|| format!("the option {option} needs a value"))?.clone(),
        };
        match level {
            Some(level) => {
                for name in value.to_string_lossy().split(',').map(str::trim).filter(|name| !name.is_empty())
                {
                    levels.set(name, level).map_err(|error| error.to_string())?;
                }
            }
            None => check.sources.push(value.into()),
        }
    }
    if check.paths.is_empty() {
        return Err("name a trace-events file, or a folder".to_owned());
    }
    check.levels = levels;
    Ok(Call::Check { check, json })
}

fn print(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    write(&mut out)?;
    out.flush()
}

fn write(out: &mut dyn io::Write, found: &Diagnostic, json: bool) -> io::Result<()> {
    if !json {
        return writeln!(out, "{found}\n");
    }
    let object = serde_json::json!({
        "file": &*found.place.file,
        "line": found.place.line,
        "column": found.place.column,
        "end_column": found.place.end_column,
        "severity": match found.severity { Severity::Error => "error", Severity::Warning => "warning" },
        "rule": found.rule.name(),
        "message": found.message,
    });
    writeln!(out, "{object}")
}

/// What could not be read, and the sum, on standard error. Gives the exit status.
fn tell(report: &Report) -> u8 {
    for trouble in &report.troubles {
        eprintln!("tracetool check: {trouble}");
    }
    let errors = report.count(Severity::Error);
    let several = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let mut sum = format!("{}, {}, ", several(report.files, "file"), several(report.events, "event"));
    if report.sources > 0 {
        let _ = write!(sum, "{}, ", several(report.sources, "source"));
    }
    eprintln!("{sum}{}, {}", several(errors, "error"), several(report.count(Severity::Warning), "warning"));
    match () {
        () if !report.troubles.is_empty() => TROUBLE,
        () if errors > 0 => ERRORS,
        () => 0,
    }
}

fn list() -> String {
    let mut text = String::new();
    for lints in [true, false] {
        text.push_str(if lints {
            "Lints, with the level of each if nothing is said:\n"
        } else {
            "\nErrors, which cannot be switched off:\n"
        });
        for &rule in Rule::ALL.iter().filter(|&&rule| is_lint(rule) == lints) {
            let level = if lints { Level::of(rule).name() } else { "error" };
            let _ = writeln!(text, "  {:<24}{level:<7}{}", rule.name(), rule.about());
        }
    }
    text
}

const HELP: &str = "\
usage: tracetool check [OPTION...] PATH...

Tells what is wrong with trace-events files, and what is worth a look. A PATH is such a file, or a folder: then every
file named trace-events below it is checked, each folder being a group, and the sources below it are read for the
events that they name. Best is a whole tree: `tracetool check path/to/qemu`.

Options:
  --json                one JSON object a line, in place of text: file, line, column, end_column (from 1, in
                        characters, behind the last), severity (\"error\" or \"warning\"), rule, message
  --allow RULE[,RULE]   does not tell what breaks a rule; `all` stands for all lints
  --warn RULE[,RULE]    tells it
  --deny RULE[,RULE]    makes it an error; `--deny warnings` makes errors of all that would be told otherwise
  --list                every rule, with its level and what it is for
  --sources PATH        reads sources there as well, a folder or a file: events are held against sources only if a
                        folder or this is given
  --help                this text

What is given later counts. In a file, a comment allows a lint for the next declaration, or for the whole file:
  # tracetool: allow signed-hex, unused-event
  # tracetool: allow-file hex-prefix

An event is used if trace_NAME or TRACE_NAME stands in a source as a word, or if `##` may put it together. Comments and
strings do not count, nor does what a tracetool made. A call trace_NAME() is undeclared if its file includes a trace
header (trace.h, trace-GROUP.h) of a group that is checked, and no source declares or defines something else of that
name. A part of a tree may use what the rest declares, and the reverse: there, --allow unused-event,undeclared-event.
QEMU 5's tree wants --allow tcg.

Sources end in .c .h .cc .cpp .cxx .hh .hpp .hxx .inc .inl .ipp .tcc .def .m .mm .rs .S .y .l. Not read are symbolic
links below a PATH, folders whose names begin with a dot, and folders that hold a build (build.ninja, CMakeCache.txt,
CACHEDIR.TAG).

Diagnostics go to standard output, the sum and what could not be read to standard error.
Exit status: 0 no errors, 1 errors, 2 the command line is wrong, something could not be read, or a folder has no
trace-events.
";
