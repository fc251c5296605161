//! The options of `tracetool batch`.

use crate::generate::Failure;
use crate::options::{Spelling, flag, parse, value};
use std::ffi::OsString;
use std::path::PathBuf;
use tracetool::tree::Settings;
use tracetool::{Backend, Error, Format, Layout};

/// What a command line asks for.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // each is an option of its own
pub(super) struct Call {
    pub(super) help: bool,
    pub(super) jobs: Option<PathBuf>,
    pub(super) tree: Option<PathBuf>,
    pub(super) output: Option<PathBuf>,
    pub(super) backends: Vec<Backend>,
    pub(super) formats: Vec<Format>,
    pub(super) layout: Option<Layout>,
    pub(super) lists: Vec<PathBuf>,
    pub(super) settings: Settings,
    pub(super) except: Vec<String>,
    pub(super) unlisted: Unlisted,
    pub(super) extra: Vec<PathBuf>,
    pub(super) binary: Option<String>,
    pub(super) probe_prefix: Option<String>,
    pub(super) bug_compatible: bool,
    pub(super) cxx: bool,
    pub(super) force: bool,
    pub(super) dtrace: Option<OsString>,
    pub(super) depfile: Option<PathBuf>,
    pub(super) stamp: Option<PathBuf>,
    pub(super) list_outputs: bool,
    pub(super) verbose: bool,
}

/// What becomes of folders with events that no list names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Unlisted {
    #[default]
    Warn,
    Deny,
    Take,
    Ignore,
}

#[derive(Clone, Copy, Debug)]
enum Opt {
    Backends,
    Binary,
    BugCompatible,
    Cxx,
    Depfile,
    Dtrace,
    Except,
    Extra,
    Force,
    Formats,
    Help,
    Jobs,
    Layout,
    List,
    ListOutputs,
    Output,
    ProbePrefix,
    Set,
    Stamp,
    Tree,
    Unlisted,
    Verbose,
}

const OPTIONS: &[Spelling<Opt>] = &[
    value("backends", Opt::Backends),
    value("binary", Opt::Binary),
    flag("bug-compatible", Opt::BugCompatible),
    flag("c++", Opt::Cxx),
    value("depfile", Opt::Depfile),
    value("dtrace", Opt::Dtrace),
    value("except", Opt::Except),
    value("extra", Opt::Extra),
    flag("force", Opt::Force),
    value("formats", Opt::Formats),
    flag("help", Opt::Help),
    value("jobs", Opt::Jobs),
    value("layout", Opt::Layout),
    value("list", Opt::List),
    flag("list-outputs", Opt::ListOutputs),
    value("output", Opt::Output),
    value("probe-prefix", Opt::ProbePrefix),
    value("set", Opt::Set),
    value("stamp", Opt::Stamp),
    value("tree", Opt::Tree),
    value("unlisted", Opt::Unlisted),
    flag("verbose", Opt::Verbose),
];

/// What only a tree has.
const OF_A_TREE: &str = "--backends, --formats, --output and the like belong to --tree; a job has its own";

impl Call {
    /// Takes the command line apart.
    pub(super) fn read(args: &[OsString]) -> Result<Self, Failure> {
        let args: Vec<OsString> =
            args.iter().map(|arg| if arg == "-v" { "--verbose".into() } else { arg.clone() }).collect();
        let parsed = parse(&args, &[OPTIONS]).map_err(usage)?;
        if let Some(operand) = parsed.operands.first() {
            return Err(usage(format!("{} belongs to no option", operand.to_string_lossy())));
        }
        let mut call = Self::default();
        for (option, value) in parsed.options {
            call.take(option, value)?;
        }
        let has_trees = call.output.is_some()
            || call.layout.is_some()
            || call.binary.is_some()
            || call.probe_prefix.is_some()
            || call.bug_compatible
            || call.cxx
            || call.unlisted != Unlisted::Warn
            || call.settings.names().next().is_some()
            || !(call.backends.is_empty() && call.formats.is_empty() && call.lists.is_empty())
            || !(call.except.is_empty() && call.extra.is_empty());
        if call.jobs.is_some() && has_trees { Err(usage(OF_A_TREE.to_owned())) } else { Ok(call) }
    }

    fn take(&mut self, option: Opt, value: String) -> Result<(), Failure> {
        match option {
            Opt::Backends => self.backends = each(&value, Backend::from_name)?,
            Opt::Binary => self.binary = Some(value),
            Opt::BugCompatible => self.bug_compatible = true,
            Opt::Cxx => self.cxx = true,
            Opt::Depfile => self.depfile = Some(value.into()),
            Opt::Dtrace => self.dtrace = Some(value.into()),
            Opt::Except => {
                let folder = value.trim_end_matches('/');
                self.except.push(if folder == "." { String::new() } else { folder.to_owned() });
            }
            Opt::Extra => self.extra.push(value.into()),
            Opt::Force => self.force = true,
            Opt::Formats => self.formats = each(&value, Format::from_name)?,
            Opt::Help => self.help = true,
            Opt::Jobs => self.jobs = Some(value.into()),
            Opt::Layout => {
                let layout = Layout::ALL.into_iter().find(|layout| layout.name() == value);
                let layout =
                    layout.ok_or_else(|| usage(format!("--layout is together or in-place, not {value}")));
                self.layout = Some(layout?);
            }
            Opt::List => self.lists.push(value.into()),
            Opt::ListOutputs => self.list_outputs = true,
            Opt::Output => self.output = Some(value.into()),
            Opt::ProbePrefix => self.probe_prefix = Some(value),
            Opt::Set => {
                let (name, value) = split_setting(&value).ok_or_else(|| {
                    usage(format!("--set takes NAME=VALUE, such as have_user=false, not {value}"))
                })?;
                self.settings.set(name, value);
            }
            Opt::Stamp => self.stamp = Some(value.into()),
            Opt::Tree => self.tree = Some(value.into()),
            Opt::Unlisted => {
                self.unlisted = match value.as_str() {
                    "warn" => Unlisted::Warn,
                    "deny" => Unlisted::Deny,
                    "take" => Unlisted::Take,
                    "ignore" => Unlisted::Ignore,
                    _ => return Err(usage(format!("--unlisted is warn, deny, take or ignore, not {value}"))),
                }
            }
            Opt::Verbose => self.verbose = true,
        }
        Ok(())
    }
}

/// At the last `=`: a name may be a call with one in it, a value is plain.
fn split_setting(setting: &str) -> Option<(&str, &str)> {
    setting.rsplit_once('=').filter(|(name, _)| !name.is_empty())
}

/// Each of a list, once.
fn each<T: PartialEq>(list: &str, from_name: impl Fn(&str) -> Result<T, Error>) -> Result<Vec<T>, Error> {
    let mut all = Vec::new();
    for name in list.split(',') {
        let one = from_name(name)?;
        if !all.contains(&one) {
            all.push(one);
        }
    }
    Ok(all)
}

fn usage(message: String) -> Failure {
    Failure::BatchUsage(message)
}

/// The text of `--help`.
pub(super) const HELP: &str = "\
usage: tracetool batch --tree TREE --output FOLDER --backends BACKEND[,BACKEND...] [OPTION...]
       tracetool batch --jobs FILE [OPTION...]

Makes many outputs in one process, on all cores. Each trace-events file is read once. An output that has its bytes
already is not touched, so that nothing is built anew for it. Nothing is written before all declarations are known to
be right; every output is written whole or not at all. Ends with one line of figures on standard output.

A tree:
  --tree TREE           the source tree. Its list of folders is trace_events_subdirs in TREE/meson.build (QEMU 5.2 to
                        today) or trace-events-subdirs in TREE/Makefile.objs (QEMU 5.1 and before); the top folder
                        belongs to it if it holds trace-events.
  --output FOLDER       where all outputs go
  --backends LIST       where the events go, in this order
  --formats LIST        what to make: `tracetool --help` has the names. If not given: h and c, d with the backend
                        dtrace, ust-events-h and ust-events-c with the backend ust. trace-events-all is always made.
  --list FILE           a file with a list of folders, in place of the tree's; may be given again. meson.build is read
                        as Meson's, any other as make's.
  --set NAME=VALUE      what a condition around the list's statements is: have_system=false, CONFIG_USER_ONLY=n,
                        gtk.found()=true. VALUE is what the file compares with: true and false in a meson.build, y and
                        n in a Makefile.objs. Of a condition that is not set every branch is taken, so that without any
                        --set all folders that are listed anywhere are made.
  --unlisted WHAT       folders that hold trace-events but are not listed: warn (if not given), deny, take, or ignore,
                        which saves a walk through the tree
  --except FOLDER       leaves out a folder of the list (`.`: the top), and does not look for unlisted ones in it; may
                        be given again
  --extra FILE          declarations outside the tree's folders, such as QEMU's build makes of its QAPI schema; a group
                        named as the file (layout together only); may be given again
  --layout LAYOUT       together: FOLDER/trace/trace-GROUP.h, .c, trace-dtrace-GROUP.dtrace, trace-ust-GROUP.h, and in
                        each folder a trace.h that includes its own (what a meson.build's tree has);
                        in-place: FOLDER/hw/usb/trace.h, trace.c, trace-dtrace.dtrace, trace-ust.h, those of the top
                        folder with `-root` (what a Makefile.objs's tree has).
                        GROUP is the folder with `_` for all but letters and digits; the top folder's is root.
  --binary PATH, --probe-prefix NAME
                        for the formats stap, log-stap and simpletrace-stap, which are made of all groups together:
                        PATH.stp, PATH-log.stp, PATH-simpletrace.stp
  --dtrace PROGRAM      runs dtrace for each .dtrace file that is new: its .h, which trace-GROUP.h includes, and its .o
  --bug-compatible      QEMU's bytes to the last, where they are wrong too
  --c++                 C that is C++ as well

Jobs:
  --jobs FILE           one job a line, in the words of the command line, quoted as in a shell; `#` begins a comment;
                        `-` is standard input:
                          --format=h --backends=log --group=hw_usb hw/usb/trace-events trace/trace-hw_usb.h

Both:
  --depfile FILE        writes the inputs for make or ninja: the outputs depend on them, or the stamp if there is one
  --stamp FILE          writes this empty file when all is made, whether anything changed or not
  --list-outputs        prints the outputs, one a line, and makes nothing
  --force               replaces files that no tracetool made, and inputs; allows an output folder among the sources
  --verbose, -v         prints each output that is written
  --help                this text

For ninja:
  rule tracetool
    command = tracetool batch --tree $src --output . --backends log --unlisted ignore --depfile $out.d --stamp $out
    depfile = $out.d
    restat = 1
  build trace.stamp | trace/trace-root.h ...: tracetool

Exit status: 0, or 1 if anything is wrong; then all that is wrong is on standard error.
";
