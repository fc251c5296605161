//! What is controlled, and how it is called: the same for every client.

use crate::qmp::{self, Arguments, CommandError};
use crate::{Json, hmp};
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use vmtrace::Tracing;

/// A VMM's tracing as its clients see it. See the crate's documentation for an example.
#[derive(Clone)]
pub struct Monitor {
    tracing: Tracing,
    name: String,
    version: String,
    opens_files: bool,
    own: BTreeMap<String, Arc<Handler>>,
    own_lines: BTreeMap<String, OwnLine>,
}

/// A command of the VMM's own in the human monitor.
#[derive(Clone)]
pub(crate) struct OwnLine {
    pub(crate) params: String,
    pub(crate) help: String,
    run: Arc<dyn Fn(&str) -> String + Send + Sync>,
}

/// What runs a command of the VMM's own.
type Handler = dyn Fn(Arguments) -> Result<Json, CommandError> + Send + Sync;

impl Monitor {
    /// Controls a VMM's tracing.
    #[must_use]
    pub fn new(tracing: Tracing) -> Self {
        Self {
            tracing,
            name: "VMM".to_owned(),
            version: "0.0.0".to_owned(),
            opens_files: true,
            own: BTreeMap::new(),
            own_lines: BTreeMap::new(),
        }
    }

    /// The VMM's name, which the prompt tells.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// The VMM's version: three numbers with dots between, and what else there is to say of it. QMP's greeting tells it.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }

    /// Opens no file for a client: `logfile` is refused, and names of files are not completed. For a VMM in a jail whose
    /// seccomp(2) filter kills who calls openat(2).
    #[must_use]
    pub fn without_files(mut self) -> Self {
        self.opens_files = false;
        self
    }

    /// Adds a QMP command of the VMM's own, or replaces one of ours. It runs on the thread that reads the client's
    /// command, so what takes long is only started here, and another command tells how far it is. One that panics is an
    /// error to its client, and to nobody else.
    ///
    /// ```no_run
    /// # use monitor::{Json, Monitor};
    /// # fn add(monitor: Monitor) -> Monitor {
    /// monitor.command("query-status", |arguments| {
    ///     arguments.finish()?;
    ///     Ok(Json::object([("status", Json::from("running")), ("running", Json::from(true))]))
    /// })
    /// # }
    /// ```
    #[must_use]
    pub fn command(
        mut self,
        name: &str,
        run: impl Fn(Arguments) -> Result<Json, CommandError> + Send + Sync + 'static,
    ) -> Self {
        self.own.insert(name.to_owned(), Arc::new(run));
        self
    }

    /// Adds a command of the VMM's own to the human monitor, or replaces one of ours. `params` and `help` are what `help` shows;
    /// `run` is given the rest of the line, and gives back what is printed.
    ///
    /// ```no_run
    /// # use monitor::Monitor;
    /// # fn add(monitor: Monitor, stop: std::sync::mpsc::Sender<()>) -> Monitor {
    /// monitor.human_command("quit", "", "quit the VMM", move |_| {
    ///     _ = stop.send(()); // the VMM's main thread waits for it, drops the Server, and ends
    ///     String::new()
    /// })
    /// # }
    /// ```
    #[must_use]
    pub fn human_command(
        mut self,
        name: &str,
        params: &str,
        help: &str,
        run: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        let line = OwnLine { params: params.to_owned(), help: help.to_owned(), run: Arc::new(run) };
        self.own_lines.insert(name.to_owned(), line);
        self
    }

    /// The names of all QMP commands, in the order of the alphabet.
    pub fn commands(&self) -> Vec<&str> {
        let mut names: Vec<&str> = qmp::built_in().chain(self.own.keys().map(String::as_str)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Runs a QMP command: the heart of everything here, and the door for a VMM that has a QMP server.
    ///
    /// # Errors
    /// A [`CommandError`] with QEMU's class and text. [`ErrorClass::CommandNotFound`](crate::ErrorClass::CommandNotFound): it
    /// is none of [`Monitor::commands`], and may be one of the VMM's.
    pub fn execute(&self, command: &str, arguments: Arguments) -> Result<Json, CommandError> {
        if let Some(run) = self.own.get(command) {
            return guarded(|| run(arguments)).and_then(|outcome| outcome);
        }
        qmp::run(self, command, arguments)
    }

    /// Answers a QMP command given as text, `id` and all. The answer has no line end; no negotiation is asked for. Of several
    /// commands the first is answered: where one ends, and the next begins, is a [`crate::Session`]'s business.
    #[must_use]
    pub fn answer(&self, command: &[u8]) -> String {
        qmp::answer(self, command)
    }

    /// Runs a line of the human monitor. Gives back what it prints, each line ended by `\r\n` as QEMU does.
    #[must_use]
    pub fn human(&self, line: &str) -> String {
        hmp::run(self, line)
    }

    pub(crate) fn tracing(&self) -> Tracing {
        self.tracing
    }

    pub(crate) fn own_lines(&self) -> &BTreeMap<String, OwnLine> {
        &self.own_lines
    }

    pub(crate) fn opens_files(&self) -> bool {
        self.opens_files
    }

    pub(crate) fn vmm_name(&self) -> &str {
        &self.name
    }

    pub(crate) fn vmm_version(&self) -> &str {
        &self.version
    }
}

impl OwnLine {
    pub(crate) fn run(&self, rest: &str) -> String {
        guarded(|| (self.run)(rest)).unwrap_or_else(|error| format!("{error}\n"))
    }
}

/// Keeps a panic of the VMM's own command from ending the monitor.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, CommandError> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| CommandError::generic("the VMM's own command panicked"))
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("own", &self.own.keys())
            .finish_non_exhaustive()
    }
}
