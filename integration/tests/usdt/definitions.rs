//! What tracefs's `uprobe_events` holds, for the whole machine: definitions of events, which go with a value here.

use ftrace::Tracefs;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Definitions, each by `GROUP/EVENT`.
pub(crate) struct Definitions {
    file: PathBuf,
    names: Vec<String>,
}

impl Definitions {
    /// None yet. Says that the test is skipped where there is no such file.
    pub(crate) fn new(test: &str) -> Option<Self> {
        let file = match Tracefs::find() {
            Ok(tracefs) => tracefs.root().join("uprobe_events"),
            Err(error) => {
                eprintln!("SKIP {test}: {error}");
                return None;
            }
        };
        if !file.exists() {
            eprintln!("SKIP {test}: the kernel has no {}", file.display());
            return None;
        }
        Some(Self { file, names: Vec::new() })
    }

    pub(crate) fn file(&self) -> &PathBuf {
        &self.file
    }

    /// A name for a group of events that nobody else has.
    pub(crate) fn new_group() -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        format!("vmtrace_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
    }

    /// Makes one (Documentation/trace/uprobetracer.rst of the kernel).
    pub(crate) fn define(&mut self, name: &str, definition: &str) {
        self.write(&format!("p:{name} {definition}")).unwrap_or_else(|error| panic!("{definition}: {error}"));
        self.adopt(name);
    }

    /// Takes one that another has made.
    pub(crate) fn adopt(&mut self, name: &str) {
        self.names.push(name.to_owned());
    }

    fn write(&self, line: &str) -> std::io::Result<()> {
        // without O_APPEND or with O_TRUNC, the kernel drops all that are there
        OpenOptions::new().append(true).open(&self.file)?.write_all(line.as_bytes())
    }
}

impl Drop for Definitions {
    fn drop(&mut self) {
        for name in &self.names {
            if let Err(error) = self.write(&format!("-:{name}")) {
                eprintln!("left in {}: {name}: {error}", self.file.display());
            }
        }
    }
}
