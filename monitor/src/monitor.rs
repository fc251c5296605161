//! What is controlled, and how it is called: the same for every client.

use vmtrace::Tracing;

/// A VMM's tracing as its clients see it.
#[derive(Debug)]
pub struct Monitor {
    tracing: Tracing,
    name: String,
    version: String,
}

impl Monitor {
    /// Controls a VMM's tracing.
    #[must_use]
    pub fn new(tracing: Tracing) -> Self {
        Self { tracing, name: "VMM".to_owned(), version: "0.0.0".to_owned() }
    }

    /// The VMM's name, which prompt and `info name` tell.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// The VMM's version: three numbers with dots between, and what else there is to say of it.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }

    /// Runs a line of the human monitor. Gives back what it prints, each line ended by `\r\n` as QEMU does.
    #[must_use]
    pub fn human(&self, line: &str) -> String {
        crate::hmp::run(self, line)
    }

    pub(crate) fn tracing(&self) -> Tracing {
        self.tracing
    }

    pub(crate) fn vmm_name(&self) -> &str {
        &self.name
    }

    pub(crate) fn vmm_version(&self) -> &str {
        &self.version
    }
}
