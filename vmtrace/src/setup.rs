//! Setting up: what a VMM calls once, before it starts its threads and jails itself.

use crate::control::{Missing, Tracing};
use crate::error::Error;
use crate::event::Group;
use crate::log_items::{LogItem, LogItems, log_help};
use crate::option::TraceOption;
use crate::plan::{Plan, Switch};
use crate::select::{self, Target};
use crate::sink::{self, Sink};
use crate::sinks::{self, LogSettings, Opened};
use crate::{events_file, thread};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The environment variable by which `vmtrace record` hands its tracefs instance to the program that it runs: the
/// instance's path, or its name. While it is set, events go to that instance's `trace_marker` unless `sink=` says otherwise.
pub const INSTANCE_VARIABLE: &str = "VMTRACE_INSTANCE";

/// What is to be set up. See the crate's documentation for an example.
#[derive(Default)]
#[must_use = "nothing is set up until `init`"]
pub struct Setup {
    groups: Vec<&'static Group>,
    pub(crate) requests: Vec<Request>,
    own_sinks: Vec<Box<dyn Sink>>,
    default_sinks: Vec<String>,
    /// The one that arguments name, and the one that the VMM would have without.
    pub(crate) log_file: Option<LogFile>,
    usual_log_file: Option<PathBuf>,
    pub(crate) log_stamp: Option<bool>,
    instance: Option<PathBuf>,
}

/// What an argument wants switched.
pub(crate) enum Request {
    /// `-trace`.
    Option(TraceOption),
    /// `-d`.
    Items { items: LogItems, whence: String },
}

/// The log's file as an argument names it.
pub(crate) struct LogFile {
    path: PathBuf,
    whence: String,
}

impl LogFile {
    /// `-D FILE`.
    pub(crate) fn of_argument(path: &OsStr) -> Result<Self, Error> {
        if path.is_empty() {
            return Err(Error::Option { option: "-D".to_owned(), why: "the file has no name".to_owned() });
        }
        Ok(Self { path: path.into(), whence: format!("-D {}", path.display()) })
    }
}

impl Setup {
    /// Nothing yet: no groups, no options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names a group, as generated code exports it. Events of groups that are not named do not exist.
    pub fn group(mut self, group: &'static Group) -> Self {
        self.groups.push(group);
        self
    }

    /// Takes a `-trace` option of QEMU's form; may be called for each that the user gave.
    ///
    /// # Errors
    /// [`Error::Option`] names the part that is wrong.
    pub fn option(mut self, option: &str) -> Result<Self, Error> {
        self.take_option(TraceOption::parse(option)?);
        Ok(self)
    }

    pub(crate) fn take_option(&mut self, option: TraceOption) {
        if let Some(path) = option.file.clone() {
            self.log_file = Some(LogFile { path, whence: format!("-trace {}", option.source) });
        }
        self.requests.push(Request::Option(option));
    }

    /// What a user who asks is to be shown, before the VMM exits with success: for `-trace help` (or `?`) and `-d trace:help`
    /// the names of all events that are compiled in, one a line, as QEMU lists them; for `-d help` the log items. `None` if
    /// nobody asks.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        self.requests.iter().find_map(|request| match request {
            Request::Option(option) => option.asks_for_help().then(|| select::listing(&self.groups)),
            Request::Items { items: LogItems::Events, .. } => Some(select::listing(&self.groups)),
            Request::Items { items: LogItems::Help, .. } => Some(log_help("-d")),
            Request::Items { items: LogItems::List(_), .. } => None,
        })
    }

    /// Adds a sink of the VMM's own.
    ///
    /// # Errors
    /// [`Error::DuplicateSink`], [`Error::TooManySinks`].
    pub fn sink(mut self, sink: impl Sink) -> Result<Self, Error> {
        let taken = self.own_sinks.iter().any(|other| other.name() == sink.name());
        if taken || sinks::NAMES.contains(&sink.name()) {
            return Err(Error::DuplicateSink(sink.name().to_owned()));
        }
        if sink::FIRST_OWN + self.own_sinks.len() == sink::END {
            return Err(Error::TooManySinks(sink.name().to_owned()));
        }
        self.own_sinks.push(Box::new(sink));
        Ok(self)
    }

    /// The sinks of events that are enabled without `sink=`. Without this it is `log`, or else the first that there is;
    /// under `vmtrace record` it is `ftrace` in any case.
    pub fn default_sinks(mut self, names: &[&str]) -> Self {
        self.default_sinks = names.iter().map(|&name| name.to_owned()).collect();
        self
    }

    /// The log's file, in place of standard error; `-D` and an option's `file=` come before it, the last of them first. One
    /// `%d` in its name stands for the process's number.
    pub fn log_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.usual_log_file = Some(path.into());
        self
    }

    /// The tracefs instance of the `ftrace` sink, by name or path (`/sys/kernel/tracing/instances/NAME`), in place of the top level's
    /// ring; [`INSTANCE_VARIABLE`] comes before it.
    pub fn ftrace_instance(mut self, path: impl Into<PathBuf>) -> Self {
        self.instance = Some(path.into());
        self
    }

    /// Opens the sinks and switches what the options say. From here on an event needs no system call but its sinks'
    /// one write each, and a reading of the clock (clock_gettime(2), gettid(2) once a thread).
    ///
    /// # Errors
    /// Whatever is wrong with the options: nothing is opened or switched then. A sink that cannot be had is no error:
    /// [`Tracing::unavailable`] tells of it.
    pub fn init(mut self) -> Result<Tracing, Error> {
        let handed = std::env::var_os(INSTANCE_VARIABLE).filter(|path| !path.is_empty());
        let known = self.known();
        let names: Vec<&str> = known.iter().map(|target| target.name.as_str()).collect();
        if let Some(LogFile { whence, .. }) = &self.log_file {
            check_sink("log", &names, whence)?;
        }
        let default = self.defaults(handed.is_some(), &names)?;
        let (switches, asked) = self.switches(&names, &default)?;
        let plan = Plan::new(std::mem::take(&mut self.groups), &switches, default, &known)?;
        // a log file is emptied when it is opened: only now that nothing can be wrong any more with what the user said
        let (mut sinks, mut missing) = (Vec::new(), Vec::new());
        for Opened { bit, name, sink } in self.open(handed.as_ref(), asked.iter().any(|name| name == "log")) {
            match sink {
                Ok(sink) => sinks.push((bit, sink)),
                Err(why) => {
                    let is_handed = handed.is_some() && name == "ftrace";
                    let why = if is_handed { format!("{why} (named by {INSTANCE_VARIABLE})") } else { why };
                    missing.push(Missing { asked: asked.contains(&name), bit, name, why });
                }
            }
        }
        thread::watch_forks();
        plan.carry_out(sinks, missing)
    }

    /// The sinks that there may be: those that are compiled in, and the VMM's own.
    fn known(&self) -> Vec<Target> {
        let own = self.own_sinks.iter().enumerate();
        let own =
            own.map(|(index, sink)| Target { bit: sink::FIRST_OWN + index, name: sink.name().to_owned() });
        let compiled = sinks::COMPILED.iter().map(|&(bit, name)| Target { bit, name: name.to_owned() });
        compiled.chain(own).collect()
    }

    /// Opens every sink. A log file that nothing goes to yet keeps what it holds.
    fn open(self, handed: Option<&OsString>, log_is_asked: bool) -> Vec<Opened> {
        let asked = self.log_file.as_ref().map(|file| file.path.as_path());
        let log = LogSettings {
            file: asked.or(self.usual_log_file.as_deref()),
            empty: log_is_asked,
            stamp: self.log_stamp.unwrap_or(true),
        };
        let instance = handed.map(Path::new).or(self.instance.as_deref());
        let mut opened = sinks::open(&log, instance);
        for (index, sink) in self.own_sinks.into_iter().enumerate() {
            let (bit, name) = (sink::FIRST_OWN + index, sink.name().to_owned());
            opened.push(Opened { bit, name, sink: Ok(sink) });
        }
        opened
    }

    fn defaults(&self, handed: bool, known: &[&str]) -> Result<Vec<String>, Error> {
        if handed && known.contains(&"ftrace") {
            return Ok(vec!["ftrace".to_owned()]);
        }
        for name in &self.default_sinks {
            check_sink(name, known, "default_sinks")?;
        }
        if !self.default_sinks.is_empty() {
            return Ok(self.default_sinks.clone());
        }
        Ok(known.first().map(|&name| name.to_owned()).into_iter().collect())
    }

    /// The switches of all options in order, and the sinks that they ask for.
    fn switches(&self, known: &[&str], default: &[String]) -> Result<(Vec<Switch>, Vec<String>), Error> {
        let (mut switches, mut asked) = (Vec::new(), default.to_vec());
        for request in &self.requests {
            match request {
                Request::Option(option) => {
                    option_switches(option, known, default, &mut switches, &mut asked)?;
                }
                Request::Items { items: LogItems::List(list), whence } => {
                    check_sink("log", known, whence)?;
                    for item in list {
                        switches.push(Switch::of_item(item, whence));
                        if matches!(item, LogItem::Trace(_)) {
                            asked.push("log".to_owned());
                        }
                    }
                }
                Request::Items { .. } => {}
            }
        }
        Ok((switches, asked))
    }
}

/// What a `-trace` option wants switched, and the sinks that it asks for.
fn option_switches(
    option: &TraceOption,
    known: &[&str],
    default: &[String],
    switches: &mut Vec<Switch>,
    asked: &mut Vec<String>,
) -> Result<(), Error> {
    let whence = format!("-trace {}", option.source);
    for name in &option.sinks {
        check_sink(name, known, &whence)?;
    }
    asked.extend(option.sinks.iter().cloned());
    let sinks = if option.sinks.is_empty() { default } else { &option.sinks };
    for pattern in &option.patterns {
        switches.push(Switch::new(pattern, sinks, whence.clone()));
    }
    for path in &option.events {
        for entry in events_file::read(path)? {
            let whence = format!("{}:{}", path.display(), entry.line);
            switches.push(Switch::new(&entry.pattern, sinks, whence));
        }
    }
    Ok(())
}

fn check_sink(name: &str, known: &[&str], whence: &str) -> Result<(), Error> {
    if known.contains(&name) {
        return Ok(());
    }
    let known = known.join(", ");
    Err(Error::UnknownSink { name: name.to_owned(), known, whence: whence.to_owned() })
}
