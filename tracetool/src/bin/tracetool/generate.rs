//! `tracetool --format=F --backends=B --group=G … EVENTS… OUTPUT`: one output, as QEMU's build asks for it.

use crate::options::{OTHERS, Opt, QEMUS, parse};
use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use tracetool::batch::{self, Job, Makes};
use tracetool::{Backend, Error, Format, Group, Layout, file};

/// What a command line asks for.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // each is a flag of the command line
struct Call {
    format: Option<String>,
    backends: Vec<String>,
    group: Option<String>,
    binary: Option<String>,
    probe_prefix: Option<String>,
    target_type: Option<String>,
    target_name: Option<String>,
    check_backends: bool,
    bug_compatible: bool,
    cxx: bool,
    force: bool,
    operands: Vec<OsString>,
}

/// Why it ended without an output.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line is wrong.
    #[error("tracetool: {0}\nTry `tracetool --help`.")]
    Usage(String),
    /// The command line of `tracetool batch` is wrong.
    #[error("tracetool: {0}\nTry `tracetool batch --help`.")]
    BatchUsage(String),
    /// All that is wrong with many outputs.
    #[error("{}", .0.iter().map(told).collect::<Vec<_>>().join("\n"))]
    Batch(Vec<Error>),
    /// A backend is not known, and nothing more than that was asked.
    #[error("")]
    NoSuchBackend,
    /// The declarations, a file.
    #[error("{}", told(.0))]
    Making(#[from] Error),
}

/// What is wrong with declarations begins with its place, as a compiler's words do.
fn told(error: &Error) -> String {
    if matches!(error, Error::Declarations(_) | Error::List { .. }) {
        error.to_string()
    } else {
        format!("tracetool: {error}")
    }
}

/// What a command line comes to.
enum Asked {
    Help,
    Line(String),
    Output(Call),
}

/// Does what the command line says.
pub(crate) fn run(args: &[OsString]) -> Result<(), Failure> {
    match read_call(args)? {
        Asked::Help => {
            eprint!("{}", help());
            Ok(())
        }
        Asked::Line(line) => print(&line),
        Asked::Output(call) => call.run(),
    }
}

/// The output that a command line asks for, as one job of many.
pub(crate) fn job(args: &[OsString]) -> Result<Job, Failure> {
    let call = match read_call(args)? {
        Asked::Output(call) if !call.check_backends && !call.force => call,
        _ => {
            return Err(Failure::Usage(
                "a job makes an output: leave --help and the like out of it".to_owned(),
            ));
        }
    };
    match call.output()? {
        (makes, inputs, Output::File(output)) => Ok(Job { output, inputs, makes: Makes::Format(makes) }),
        (_, _, Output::Standard) => Err(Failure::Usage("a job's output is a file".to_owned())),
    }
}

fn read_call(args: &[OsString]) -> Result<Asked, Failure> {
    let parsed = parse(args, &[QEMUS, OTHERS]).map_err(Failure::Usage)?;
    let bug_compatible = parsed.options.iter().any(|(option, _)| *option == Opt::BugCompatible);
    let mut call = Call { operands: parsed.operands, bug_compatible, ..Call::default() };
    for (option, value) in parsed.options {
        match option {
            Opt::Help => return Ok(Asked::Help),
            Opt::Version => {
                return Ok(Asked::Line(concat!("tracetool ", env!("CARGO_PKG_VERSION"), "\n").to_owned()));
            }
            Opt::ListBackends => {
                let known = Backend::ALL.iter().filter(|backend| !bug_compatible || backend.is_qemus());
                let names: Vec<&str> = known.map(|backend| backend.name()).collect();
                return Ok(Asked::Line(format!("{}\n", names.join(", "))));
            }
            Opt::CheckBackends => call.check_backends = true,
            Opt::Backends => call.backends = value.split(',').map(str::to_owned).collect(),
            Opt::Binary => call.binary = Some(value),
            Opt::Format => call.format = Some(value),
            Opt::Group => call.group = Some(value),
            Opt::ProbePrefix => call.probe_prefix = Some(value),
            Opt::TargetName => call.target_name = Some(value),
            Opt::TargetType => call.target_type = Some(value),
            Opt::BugCompatible => {}
            Opt::Cxx => call.cxx = true,
            Opt::Force => call.force = true,
        }
    }
    Ok(Asked::Output(call))
}

impl Call {
    fn run(&self) -> Result<(), Failure> {
        if self.check_backends {
            return self.backends().map(|_| ()).map_err(|failure| match failure {
                Failure::Making(_) => Failure::NoSuchBackend,
                usage => usage,
            });
        }
        let (makes, inputs, output) = self.output()?;
        if let Output::File(output) = &output {
            file::check_may_replace(output, &inputs, self.force)?;
        }
        let group = read(&makes.group, &inputs)?;
        let name = match &output {
            Output::Standard => "<stdout>".to_owned(),
            Output::File(path) => file::name(path),
        };
        let text = makes.request(&group, &name).generate()?;
        match &output {
            Output::Standard => print(&text),
            Output::File(path) => Ok(file::replace(path, text.as_bytes())?),
        }
    }

    fn backends(&self) -> Result<Vec<Backend>, Failure> {
        if self.backends.is_empty() {
            return Err(Failure::Usage("--backends=BACKEND[,BACKEND...] is missing".to_owned()));
        }
        let backends =
            self.backends.iter().map(|name| Backend::from_name(name)).collect::<Result<Vec<_>, _>>()?;
        match backends.iter().find(|backend| self.bug_compatible && !backend.is_qemus()) {
            Some(backend) => Err(Error::NotQemus(backend.name()).into()),
            None => Ok(backends),
        }
    }

    /// What to make, of which files, and where.
    fn output(&self) -> Result<(batch::Output, Vec<PathBuf>, Output), Failure> {
        let missing = |what: &str| Failure::Usage(format!("{what} is missing"));
        let backends = self.backends()?;
        let group = self.group.clone().ok_or_else(|| missing("--group=NAME"))?;
        let format = Format::from_name(self.format.as_deref().ok_or_else(|| missing("--format=FORMAT"))?)?;
        let (inputs, output) = self.files(format)?;
        let probe_prefix = self.probe_prefix.clone().or_else(|| {
            let (kind, name) = (self.target_type.as_ref()?, self.target_name.as_ref()?);
            Some(format!("qemu.{kind}.{name}"))
        });
        let makes = batch::Output {
            group,
            format,
            backends,
            layout: Layout::default(),
            binary: self.binary.clone(),
            probe_prefix,
            bug_compatible: self.bug_compatible,
            cxx: self.cxx,
        };
        Ok((makes, inputs, output))
    }

    /// The inputs, and the output. QEMU 5 has one input and writes to standard output.
    fn files(&self, format: Format) -> Result<(Vec<PathBuf>, Output), Failure> {
        let is_qemu_5 = !self.bug_compatible
            || format.is_tcg()
            || self.target_name.is_some()
            || self.target_type.is_some();
        match &self.operands[..] {
            [] => Err(Failure::Usage("name a trace-events file, and an output".to_owned())),
            [input] if is_qemu_5 => Ok((vec![input.into()], Output::Standard)),
            [_] => Err(Failure::Usage("name an output behind the trace-events file".to_owned())),
            [inputs @ .., output] => {
                let output = if output == "-" { Output::Standard } else { Output::File(output.into()) };
                Ok((inputs.iter().map(PathBuf::from).collect(), output))
            }
        }
    }
}

#[derive(Debug)]
enum Output {
    Standard,
    File(PathBuf),
}

fn read(group: &str, inputs: &[PathBuf]) -> Result<Group, Error> {
    let mut files = Vec::new();
    for path in inputs {
        let source = file::read_any(path, file::LONGEST_EVENTS)?;
        let name = file::name(path);
        let parsed = trace_events::parse(&name, &source);
        files.push((name, parsed));
    }
    Ok(Group::new(group, files))
}

/// Standard output that is gone is a failure, like a full disk.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|source| Error::Io {
        call: "write",
        path: Path::new("standard output").to_path_buf(),
        source,
    })?;
    Ok(())
}

fn help() -> String {
    let mut text = "\
usage: tracetool --format=FORMAT --backends=BACKEND[,BACKEND...] --group=NAME [OPTION...] EVENTS... OUTPUT
       tracetool --format=FORMAT --backends=BACKEND[,BACKEND...] --group=NAME [OPTION...] EVENTS > OUTPUT
       tracetool check PATH...      (tracetool check --help)
       tracetool batch OPTION...    (tracetool batch --help)

Makes code from trace-events files, as QEMU's tracetool does. OUTPUT is written whole or not at all; `-` is standard
output.

Formats:
"
    .to_owned();
    for format in Format::ALL {
        let _ = writeln!(text, "  {:<22}{}", format.name(), format.about());
    }
    text.push_str("\nBackends:\n");
    for backend in Backend::ALL {
        let _ = writeln!(text, "  {:<22}{}", backend.name(), backend.about());
    }
    text.push_str(
        "
Options, of which a beginning will do where it fits one only:
  --help                this text
  --version             the version
  --list-backends       the backends, in a line
  --check-backends      exit status 0 if all of --backends are known, else 1
  --backends LIST       where the events go, in this order
  --format FORMAT       what to make
  --group NAME          the group: part of C's names and of the names of included files
  --binary PATH         the program that a SystemTap script probes
  --probe-prefix NAME   what the names of a script's probes begin with
  --target-type TYPE, --target-name NAME
                        the same as QEMU 5 gives it: qemu.TYPE.NAME
  --bug-compatible      QEMU's bytes to the last, where they are wrong too (docs/tracetool.md lists where)
  --c++                 C that is C++ as well
  --force               replaces an OUTPUT that no tracetool made, or that is an input
",
    );
    text
}
