//! What is the whole machine's in tracefs: the top level's switches and its buffer.

use crate::TestResult;
use ftrace::Tracefs;
use std::fs;
use std::io;
use std::path::PathBuf;

/// Files that say how the top level is set, in an order in which they can be written back.
const SWITCHES: [&str; 4] = ["current_tracer", "events/enable", "set_event_pid", "tracing_on"];

/// How the top level was, with its buffer emptied.
pub(crate) struct HostWide {
    root: PathBuf,
    switches: Vec<(&'static str, String)>,
}

impl HostWide {
    /// Empties the buffer and remembers the switches.
    pub(crate) fn take() -> Result<Self, Box<dyn std::error::Error>> {
        let root = Tracefs::find()?.root().to_path_buf();
        fs::write(root.join("trace"), "")?;
        let read = |&file| Ok((file, fs::read_to_string(root.join(file))?));
        let switches = SWITCHES.iter().map(read).collect::<io::Result<_>>()?;
        Ok(Self { root, switches })
    }

    /// Nothing is in the buffer, and the switches are as they were.
    pub(crate) fn assert_untouched(&self) {
        for (file, before) in &self.switches {
            assert_eq!(&fs::read_to_string(self.root.join(file)).unwrap(), before, "{file}");
        }
        let trace = fs::read_to_string(self.root.join("trace")).unwrap();
        let events: Vec<&str> = trace.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(events.is_empty(), "{events:?}");
    }

    /// Sets it as it was, after one who is not us.
    pub(crate) fn put_back(self) -> TestResult {
        for (file, before) in &self.switches {
            fs::write(self.root.join(file), before)?;
        }
        fs::write(self.root.join("trace"), "")?;
        self.assert_untouched();
        Ok(())
    }
}
