//! What is controlled, and how it is called: the same for every client.

use crate::qmp::{self, Arguments, CommandError};
use crate::{Json, hmp};
use std::collections::BTreeMap;
use std::fmt;
use vmtrace::Tracing;

/// A VMM's tracing as its clients see it. See the crate's documentation for an example.
pub struct Monitor {
    tracing: Tracing,
    name: String,
    version: String,
    opens_files: bool,
    own: BTreeMap<String, Box<Handler>>,
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
    /// command, so what takes long is started here and told later.
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
        self.own.insert(name.to_owned(), Box::new(run));
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
    /// A [`CommandError`] with QEMU's class and text. [`ErrorClass::CommandNotFound`](crate::ErrorClass::CommandNotFound): it is none of
    /// [`Monitor::commands`], and may be one of the VMM's.
    pub fn execute(&self, command: &str, arguments: Arguments) -> Result<Json, CommandError> {
        if let Some(run) = self.own.get(command) {
            return run(arguments);
        }
        qmp::run(self, command, arguments)
    }

    /// Answers a QMP command given as text, `id` and all: a line without its end. No negotiation is asked for.
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

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("own", &self.own.keys())
            .finish_non_exhaustive()
    }
}
