//! What a `build.rs` calls.

use crate::rust::{self, ProbeSite, Probes};
use crate::{Backend, Error, Format, Group, Request, file};
use std::path::{Path, PathBuf};
use trace_events::{Diagnostic, File, parse};

/// A group that is to be made.
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is made until `compile` or `generate`"]
pub struct Build {
    events: Vec<PathBuf>,
    sources: Vec<(String, Vec<u8>)>,
    group: Option<String>,
    backends: Option<Vec<Backend>>,
    probes: Probes,
    out_dir: Option<PathBuf>,
    link_as_is: bool,
}

impl Build {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a `trace-events` file. In a `build.rs` a relative path is the package's own.
    pub fn events(mut self, path: impl Into<PathBuf>) -> Self {
        self.events.push(path.into());
        self
    }

    /// Adds declarations that are in no file; `name` is what diagnostics call them.
    pub fn source(mut self, name: &str, declarations: impl Into<Vec<u8>>) -> Self {
        self.sources.push((name.to_owned(), declarations.into()));
        self
    }

    /// Names the group, as `vmtrace::include_events!` will.
    pub fn group(mut self, name: &str) -> Self {
        self.group = Some(name.to_owned());
        self
    }

    /// Chooses where the events may go; all that `vmtrace` has, if this is not called.
    pub fn backends(mut self, backends: impl IntoIterator<Item = Backend>) -> Self {
        self.backends = Some(backends.into_iter().collect());
        self
    }

    /// Names the provider of the USDT probes, which is `qemu` if this is not called.
    pub fn provider(mut self, provider: &str) -> Self {
        provider.clone_into(&mut self.probes.provider);
        self
    }

    /// Chooses what instructions a USDT probe is.
    pub fn probe_site(mut self, site: ProbeSite) -> Self {
        self.probes.site = site;
        self
    }

    /// Takes C's semaphores for the USDT probes, in place of a part of each event's state word: the variables
    /// `PROVIDER_NAME_semaphore` that `dtrace -G` makes of `tracetool --format=d`, linked into the same program. A tracer then switches
    /// the event on in both languages, and an event that is off costs a second load.
    pub fn shared_semaphores(mut self) -> Self {
        self.probes.shared = true;
        self
    }

    /// Leaves the linker's layout alone. Otherwise [`Build::compile`] has cargo hand `-z separate-code` to the linker of the package's
    /// programs, cdylibs and tests if there are USDT probes: SystemTap 4.8 takes a probe's address for its place in the file, which lld, rustc's
    /// linker, would not have so, and the breakpoint would hit other instructions. It costs some KB of the file.
    ///
    /// What cargo is told is about this package alone: a program whose events are in a library says it in its own `build.rs`,
    /// `cargo::rustc-link-arg-bins=-Wl,-z,separate-code`.
    pub fn link_as_is(mut self) -> Self {
        self.link_as_is = true;
        self
    }

    /// Names the folder for the code, in place of cargo's `OUT_DIR`.
    pub fn out_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(path.into());
        self
    }

    /// Makes `trace-GROUP.rs` in the folder. Speaks to cargo on standard output: which files to watch, warnings, and how to link
    /// ([`Build::link_as_is`]).
    ///
    /// # Errors
    /// [`Error`], all faults of all files at once.
    pub fn compile(self) -> Result<(), Error> {
        let folder = self.begin()?;
        let (code, warnings) = self.make()?;
        tell(&warnings);
        let has_probes = self.backends.as_ref().is_none_or(|backends| backends.contains(&Backend::Dtrace));
        if has_probes
            && !self.link_as_is
            && std::env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|os| os == "linux")
        {
            println!("cargo::rustc-link-arg=-Wl,-z,separate-code");
        }
        let path = folder.join(format!("trace-{}.rs", self.group.unwrap_or_default()));
        file::replace_if_changed(&path, code.as_bytes()).map(|_written| ())
    }

    /// Makes C, `trace-GROUP.h` and `trace-GROUP.c`, in the folder, for a Rust program that has parts in C: without
    /// [`Build::backends`] for our own runtime, [`Backend::Vmtrace`]. Gives back the path of the latter, for the crate `cc`. The
    /// program names the crate `capi`, whose functions the code calls: `use capi as _`. What is said of probes is about Rust's.
    ///
    /// ```no_run
    /// // build.rs
    /// let code = tracetool::Build::new().events("machine.trace-events").group("machine").compile_c()?;
    /// # macro_rules! ignore { ($($tokens:tt)*) => {} }
    /// # ignore! {
    /// let (out, headers) = (std::env::var("OUT_DIR")?, std::env::var("DEP_VMTRACE_INCLUDE")?); // of the crate `capi`
    /// cc::Build::new().file("machine.c").file(code).includes([out, headers]).compile("machine");
    /// # }
    /// # Ok::<(), tracetool::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Build::compile`].
    pub fn compile_c(self) -> Result<PathBuf, Error> {
        let folder = self.begin()?;
        let group = self.read_group()?;
        tell(&group.diagnostics(false));
        let backends = self.backends.as_deref().unwrap_or(&[Backend::Vmtrace]);
        let make = |format, suffix| {
            let path = folder.join(format!("trace-{}.{suffix}", group.name()));
            let output = path.display().to_string();
            let code = Request { output: &output, ..Request::new(&group, format, backends) }.generate()?;
            file::replace_if_changed(&path, code.as_bytes()).map(|_written| path)
        };
        make(Format::H, "h")?;
        make(Format::C, "c")
    }

    /// Has cargo watch the files, and finds the folder for the code.
    fn begin(&self) -> Result<PathBuf, Error> {
        for path in &self.events {
            println!("cargo::rerun-if-changed={}", path.display());
        }
        match self.out_dir.as_deref() {
            Some(folder) => Ok(folder.to_owned()),
            None => Ok(Path::new(&std::env::var_os("OUT_DIR").ok_or(Error::NoOutDir)?).to_owned()),
        }
    }

    /// Makes the code and gives it back.
    ///
    /// # Errors
    /// [`Error`], all faults of all files at once.
    pub fn generate(&self) -> Result<String, Error> {
        self.make().map(|(code, _)| code)
    }

    /// The group, read.
    fn read_group(&self) -> Result<Group, Error> {
        let name = self.group.as_deref().ok_or(Error::NoGroup)?;
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
            return Err(Error::Group(name.to_owned()));
        }
        let group = Group::new(name, self.read()?);
        group.check(false, false)?;
        Ok(group)
    }

    fn make(&self) -> Result<(String, Vec<Diagnostic>), Error> {
        let is_no_sink = |backend: &&Backend| matches!(backend, Backend::Ust | Backend::Vmtrace);
        if let Some(backend) = self.backends.iter().flatten().find(is_no_sink) {
            return Err(Error::NoSink(backend.name()));
        }
        let provider = &self.probes.provider;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if provider.is_empty()
            || provider.starts_with(|c: char| c.is_ascii_digit())
            || !provider.chars().all(is_name)
        {
            return Err(Error::Provider(provider.clone()));
        }
        let group = self.read_group()?;
        Ok((rust::generate(&group, self.backends.as_deref(), &self.probes), group.diagnostics(false)))
    }

    fn read(&self) -> Result<Vec<(String, File)>, Error> {
        let mut files = Vec::new();
        for path in &self.events {
            let name = path.display().to_string();
            let source = file::read_any(path, file::LONGEST_EVENTS)?;
            files.push((name.clone(), parse(&name, &source)));
        }
        files.extend(self.sources.iter().map(|(name, source)| (name.clone(), parse(name, source))));
        Ok(files)
    }
}

/// Has cargo show warnings.
fn tell(warnings: &[Diagnostic]) {
    for warning in warnings {
        for line in warning.to_string().lines() {
            println!("cargo::warning={line}");
        }
    }
}
