//! Setting up: what a VMM calls once, before it starts its threads and jails itself.

use crate::asked::{check_sink, option_switches, settled_sinks};
use crate::control::{Missing, Tracing};
use crate::error::Error;
use crate::event::Group;
use crate::log_items::{LogItem, LogItems, log_help};
use crate::message_option::LogStamp;
use crate::option::TraceOption;
use crate::plan::{Plan, Switch};
use crate::select::{self, Target};
use crate::settings::{Mode, Settings};
use crate::sink::{self, Sink};
use crate::sinks::{self, LogSettings, Opened, Wanted};
use crate::{crash, queue, registry, thread};
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
    queued: Vec<String>,
    settings: Settings,
    drains_at_crash: bool,
    more_groups: bool,
    usual_log_file: Option<PathBuf>,
    pub(crate) log_stamp: Option<LogStamp>,
    instance: Option<PathBuf>,
}

/// What an argument wants switched.
pub(crate) enum Request {
    /// `-trace`.
    Option(TraceOption),
    /// `-d`.
    Items { items: LogItems, whence: String },
    /// `-D`.
    LogFile(NamedFile),
}

/// A sink's file as an argument names it.
#[derive(Clone)]
pub(crate) struct NamedFile {
    path: PathBuf,
    whence: String,
}

/// The files of sinks that the arguments name.
#[derive(Default)]
struct Files {
    log: Option<PathBuf>,
    trace: Option<PathBuf>,
}

impl NamedFile {
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

    /// Names a group, as generated code exports it. Events of groups that are not named do not exist, but for those that register
    /// themselves ([`crate::register`]).
    pub fn group(mut self, group: &'static Group) -> Self {
        self.groups.push(group);
        self
    }

    /// Takes a `-trace` option of QEMU's form; may be called for each that the user gave.
    ///
    /// # Errors
    /// [`Error::Option`] names the part that is wrong.
    pub fn option(mut self, option: &str) -> Result<Self, Error> {
        self.requests.push(Request::Option(TraceOption::parse(option)?));
        Ok(self)
    }

    /// What a user who asks is to be shown, before the VMM exits with success: for `-trace help` (or `?`) and `-d trace:help`
    /// the names of all events that are compiled in, one a line, as QEMU lists them; for `-d help` the log items. `None` if
    /// nobody asks.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        self.requests.iter().find_map(|request| match request {
            Request::Option(option) => option.asks_for_help().then(|| self.listing()),
            Request::Items { items: LogItems::Events, .. } => Some(self.listing()),
            Request::Items { items: LogItems::Help, .. } => Some(log_help("-d")),
            Request::Items { items: LogItems::List(_), .. } | Request::LogFile(_) => None,
        })
    }

    fn listing(&self) -> String {
        select::listing(&registry::groups_and(&self.groups))
    }

    /// Adds a sink of the VMM's own.
    ///
    /// # Errors
    /// [`Error::SinkName`], [`Error::DuplicateSink`], [`Error::TooManySinks`].
    pub fn sink(mut self, sink: impl Sink) -> Result<Self, Error> {
        if sink.name().is_empty() || sink.name().contains(',') {
            return Err(Error::SinkName(sink.name().to_owned()));
        }
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

    /// How sinks are to work; what an option says of it comes before this.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = self.settings.then(settings);
        self
    }

    /// Has records of these sinks queued: [`Sink::emit_queued`] is called in place of [`Sink::emit`]. Of the built-in ones,
    /// see [`Settings`]: `simple` and `flight` always are, `ftrace` never.
    pub fn queued(mut self, names: &[&str]) -> Self {
        self.queued.extend(names.iter().map(|&name| name.to_owned()));
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

    /// Has a crash (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT) wait until what is queued is written, ten seconds at most, and one
    /// second for sinks that take nothing; then comes whatever would have come without. For a VMM that installs handlers of its own for these signals before
    /// `init`; one that does so later calls [`Tracing::drain`] in them.
    pub fn drain_at_crash(mut self) -> Self {
        self.drains_at_crash = true;
        self
    }

    /// Groups may register themselves later ([`crate::register`]), since the VMM loads libraries: an option's name or pattern that matches
    /// nothing yet is no mistake. [`Tracing::unmatched`] tells of it, and what registers later and matches is switched.
    pub fn more_groups(mut self) -> Self {
        self.more_groups = true;
        self
    }

    /// Opens the sinks, starts the writer, and switches what the options say. From here on an event needs no system call but
    /// those that `docs/backends.md` lists.
    ///
    /// # Errors
    /// Whatever is wrong with the options: nothing is opened or switched then. A sink that cannot be had is no error:
    /// [`Tracing::unavailable`] tells of it.
    pub fn init(self) -> Result<Tracing, Error> {
        let handed = std::env::var_os(INSTANCE_VARIABLE).filter(|path| !path.is_empty());
        let known = self.known();
        let names: Vec<&str> = known.iter().map(|target| target.name.as_str()).collect();
        let default = self.defaults(handed.is_some(), &names)?;
        let adding = registry::lock();
        let refused = std::mem::take(&mut *registry::refused());
        if !refused.is_empty() {
            return Err(Error::Groups(refused.join("; ")));
        }
        let groups = registry::groups_and(&self.groups);
        let (switches, mut asked) = self.switches(&groups, &names, &default)?;
        let files = self.files(&groups, &names, &default)?;
        self.check_tid(&files)?;
        let settings = self.settings_of_all();
        if settings.flight.is_some() {
            check_sink("flight", &names, "flight=FILE")?;
            asked.push("flight".to_owned());
        }
        let later = self.later(&known, &settings)?;
        let plan = Plan::new(groups, switches, default, &known, self.more_groups)?;
        thread::watch_forks();
        let drains_at_crash = self.drains_at_crash;
        plan.begin(&adding);
        let queue = queue::set_up(&settings);
        // a file is emptied when it is opened: only now that nothing can be wrong any more with what the user said
        let (mut sinks, mut missing) = (Vec::new(), Vec::new());
        for Opened { bit, name, sink } in self.open(handed.as_ref(), &asked, &files, &settings) {
            let sink = match &queue {
                Err(why) if later & 1 << bit != 0 => sink.and(Err(why.clone())),
                _ => sink,
            };
            match sink {
                Ok(sink) => sinks.push((bit, sink)),
                Err(why) => {
                    let is_handed = handed.is_some() && name == "ftrace";
                    let why = if is_handed { format!("{why} (named by {INSTANCE_VARIABLE})") } else { why };
                    missing.push(Missing { asked: asked.contains(&name), bit, name, why });
                }
            }
        }
        queue::begin(later);
        if drains_at_crash {
            crash::watch();
        }
        let tracing = plan.carry_out(sinks, missing)?;
        // it may have begun to sleep long, since nothing was on
        queue::wake();
        Ok(tracing)
    }

    /// The option that asks for a log file a thread.
    fn tid(&self) -> Option<&str> {
        self.requests.iter().find_map(|request| match request {
            Request::Items { items: LogItems::List(list), whence } if list.contains(&LogItem::Tid) => {
                Some(whence.as_str())
            }
            _ => None,
        })
    }

    /// A log file a thread wants a name for each.
    fn check_tid(&self, files: &Files) -> Result<(), Error> {
        let has_number =
            self.log_path(files).is_some_and(|path| path.as_os_str().as_encoded_bytes().contains(&b'%'));
        match self.tid() {
            Some(whence) if !has_number => {
                let why = "Filename template with '%d' required for 'tid'"; // QEMU's words
                Err(Error::Option { option: whence.to_owned(), why: why.to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// The log's file, as the arguments or the VMM have it.
    fn log_path<'a>(&'a self, files: &'a Files) -> Option<&'a Path> {
        files.log.as_deref().or(self.usual_log_file.as_deref())
    }

    /// The sinks that there may be: those that are compiled in, and the VMM's own.
    fn known(&self) -> Vec<Target> {
        let own = self.own_sinks.iter().enumerate();
        let own = own.map(|(index, sink)| Target {
            bit: sink::FIRST_OWN + index,
            name: sink.name().to_owned(),
            is_default: false,
        });
        let compiled = sinks::COMPILED.iter().map(|&(bit, name)| Target {
            bit,
            name: name.to_owned(),
            is_default: false,
        });
        compiled.chain(own).collect()
    }

    /// The files that the arguments name, the last of them first: the log's, and the binary trace's.
    fn files(&self, groups: &[&'static Group], known: &[&str], default: &[String]) -> Result<Files, Error> {
        let mut files = Files::default();
        for request in &self.requests {
            let (sink, file) = match request {
                Request::LogFile(file) => ("log", file.clone()),
                Request::Option(option @ TraceOption { file: Some(path), sinks, source, .. }) => {
                    let sinks = if sinks.is_empty() { default } else { sinks };
                    let is_simple = sinks.iter().any(|sink| sink == "simple")
                        || settled_sinks(option, groups).contains(&"simple");
                    let sink = if is_simple { "simple" } else { "log" };
                    (sink, NamedFile { path: path.clone(), whence: format!("-trace {source}") })
                }
                _ => continue,
            };
            check_sink(sink, known, &file.whence)?;
            *(if sink == "log" { &mut files.log } else { &mut files.trace }) = Some(file.path);
        }
        Ok(files)
    }

    /// How sinks are to work, as the VMM and then the options say.
    fn settings_of_all(&self) -> Settings {
        let options = self.requests.iter().filter_map(|request| match request {
            Request::Option(option) => Some(option.settings.clone()),
            _ => None,
        });
        options.fold(self.settings.clone(), Settings::then)
    }

    /// The sinks whose records are queued, a bit each.
    fn later(&self, known: &[Target], settings: &Settings) -> Result<u64, Error> {
        let names: Vec<&str> = known.iter().map(|target| target.name.as_str()).collect();
        for name in &self.queued {
            check_sink(name, &names, "queued")?;
        }
        let is_later = |target: &&Target| match target.name.as_str() {
            "simple" | "flight" => true,
            "ftrace" => false,
            "log" => settings.log == Some(Mode::Queued),
            "syslog" => settings.syslog != Some(Mode::Sync),
            name => self.queued.iter().any(|queued| queued == name),
        };
        Ok(known.iter().filter(is_later).fold(0, |bits, target| bits | 1 << target.bit))
    }

    /// Opens every sink. A log file that nothing goes to yet keeps what it holds.
    fn open(
        self,
        handed: Option<&OsString>,
        asked: &[String],
        files: &Files,
        settings: &Settings,
    ) -> Vec<Opened> {
        let is_asked = |sink: &str| asked.iter().any(|name| name == sink);
        let log = LogSettings {
            file: self.log_path(files),
            empty: is_asked("log"),
            stamp: self.log_stamp.unwrap_or_default(),
            file_a_thread: self.tid().is_some(),
        };
        let mut opened = sinks::open(&Wanted {
            log,
            instance: handed.map(Path::new).or(self.instance.as_deref()),
            trace_file: files.trace.as_deref().or(settings.trace_file.as_deref()),
            is_trace_asked: is_asked("simple"),
            is_flight_asked: is_asked("flight"),
            settings,
        });
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
    fn switches(
        &self,
        groups: &[&'static Group],
        known: &[&str],
        default: &[String],
    ) -> Result<(Vec<Switch>, Vec<String>), Error> {
        let (mut switches, mut asked) = (Vec::new(), default.to_vec());
        for request in &self.requests {
            match request {
                Request::Option(option) => {
                    option_switches(option, known, default, &mut switches, &mut asked)?;
                    asked.extend(settled_sinks(option, groups).into_iter().map(str::to_owned));
                }
                Request::Items { items: LogItems::List(list), whence } => {
                    check_sink("log", known, whence)?;
                    for item in list {
                        switches.extend(Switch::of_item(item, whence));
                        if matches!(item, LogItem::Trace(_)) {
                            asked.push("log".to_owned());
                        }
                    }
                }
                Request::Items { .. } | Request::LogFile(_) => {}
            }
        }
        Ok((switches, asked))
    }
}
