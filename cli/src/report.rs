//! `vmtrace report`

use crate::record::DEFAULT_DIR;
use anyhow::Result;
use clap::ValueEnum;
use recording::Recording;
use std::io::{BufWriter, ErrorKind, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use timeline::{Error, Form, Moment, Options, Pattern, Timeline};

/// Tell a recording: the kernel's events and the VMM's in one line of time, and what filled the time of the exits.
///
/// Each line has the time since the start in seconds, the time since the line before, cpu, thread, source, event and text.
/// After the lines comes a summary: for each reason for which the guest was left, how often that was, how long it took until
/// the guest went on, and which of the VMM's events filled that time. In the end stands what is to be known before all
/// that is believed: what was lost, and how well the clocks fit.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
#[allow(clippy::struct_excessive_bools)] // switches, each on its own
pub(crate) struct Arguments {
    /// The recording
    #[arg(value_name = "DIR", default_value = DEFAULT_DIR)]
    dir: PathBuf,

    /// One JSON object a line, for programs
    #[arg(long, conflicts_with = "fold")]
    json: bool,

    /// Only lines of these events or sources; the summary covers all
    ///
    /// SOURCE:EVENT, or a word that may be either; with * for any characters and ? for one. Several are separated by commas,
    /// or given each with its own --only.
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    only: Vec<Pattern>,

    /// Nothing before this time
    ///
    /// Seconds after the start, such as 1.25, or 300ms, 20us, 5ns; or @SECONDS of CLOCK_MONOTONIC.
    #[arg(long, value_name = "TIME")]
    from: Option<Moment>,

    /// Nothing after this time
    #[arg(long, value_name = "TIME")]
    to: Option<Moment>,

    /// At most so many lines
    #[arg(long, value_name = "N")]
    limit: Option<u64>,

    /// Of lines that repeat over and over show two rounds, and count the others
    #[arg(long)]
    fold: bool,

    /// Only the summary
    #[arg(long, conflicts_with = "no_summary")]
    summary: bool,

    /// No summary
    #[arg(long)]
    no_summary: bool,

    /// When to use colours
    #[arg(long, visible_alias = "colour", value_name = "WHEN", value_enum, default_value_t)]
    color: Colour,
}

const EXAMPLES: &str = "\
Examples:
  vmtrace report | less
  vmtrace report --fold --limit 200
  vmtrace report --only vmm,kvm:kvm_pio --from 1.5 --to 1.6 my-recording
  vmtrace report --summary
  vmtrace report --json | jq -c 'select(.event == \"kvm_pio\")'";

/// When to use colours.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// In any case
    Always,
    /// In no case
    Never,
}

impl Colour {
    pub(crate) fn is_on(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            // https://no-color.org
            Self::Auto => {
                std::io::stdout().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty())
            }
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let form = if arguments.json { Form::Json } else { Form::Text };
    let options = Options {
        form,
        only: arguments.only.clone(),
        from: arguments.from,
        to: arguments.to,
        limit: arguments.limit,
        fold: arguments.fold,
        lines: !arguments.summary,
        summary: !arguments.no_summary,
        ..for_terminal(arguments.color)
    };
    tell(&arguments.dir, &options)?;
    Ok(ExitCode::SUCCESS)
}

/// Options as standard output wants them: with colours or not, as wide as it is.
pub(crate) fn for_terminal(colour: Colour) -> Options {
    let width = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0);
    Options { colour: colour.is_on(), width, ..Options::default() }
}

/// Writes the report of the recording in `dir` to standard output.
pub(crate) fn tell(dir: &Path, options: &Options) -> Result<()> {
    let timeline = Timeline::open(&Recording::open(dir)?)?;
    match timeline.report(options, &mut BufWriter::new(std::io::stdout().lock())) {
        // The reader (`head`, `less`) has seen enough.
        Err(Error::Write { source }) if source.kind() == ErrorKind::BrokenPipe => Ok(()),
        told => Ok(told?),
    }
}
