//! The program, and its probes by name.

use crate::{Error, Tapset, Texts, argument, layout, tapset};
use nix::unistd::{AccessFlags, eaccess};
use stap_gen::{Number, is_mark_name};
use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

/// A program or a shared library with probes.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    pub(crate) probes: BTreeMap<Name, Arguments>,
}

/// A probe's, of which there may be many sites. By the name first, so that a list is in order.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    pub(crate) name: String,
    pub(crate) provider: String,
}

/// What all sites of a probe have.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// `None` for one that SystemTap cannot read at some site.
    pub(crate) numbers: Vec<Option<Number>>,
    /// Which those are, counted from 0.
    pub(crate) unread: Vec<usize>,
    /// Whether SystemTap takes the place of one for another.
    pub(crate) misplaced: bool,
    /// Whether `stap` ends by one of them.
    deadly: bool,
}

impl Program {
    /// Finds a program as a shell does, and reads its notes. Probes are left out that can never be hit, those whose names no
    /// script can hold, and those of more than 12 arguments, which `stap` does not survive.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Io`], [`Error::Notes`], [`Error::NoProbes`].
    pub fn find(binary: &Path) -> Result<Self, Error> {
        let found = if binary.as_os_str().as_encoded_bytes().contains(&b'/') {
            binary.to_owned()
        } else {
            let path = env::var_os("PATH").unwrap_or_default();
            let mut paths = env::split_paths(&path).map(|folder| folder.join(binary));
            paths.find(|path| is_program(path)).ok_or_else(|| Error::NotFound(binary.to_owned()))?
        };
        let path =
            found.canonicalize().map_err(|source| Error::Io { call: "realpath", path: found, source })?;
        let mut probes: BTreeMap<Name, Arguments> = BTreeMap::new();
        let sites = usdt::probes(&path)?;
        let base = layout::base(&path)?;
        for site in sites {
            let Some(offset) = site.site.offset else { continue };
            if !is_mark_name(&site.name) || !is_mark_name(&site.provider) {
                continue;
            }
            let misplaced = site.site.address.wrapping_sub(offset) != base;
            let arguments = Arguments { misplaced, ..Arguments::of(&site) };
            let name = Name { name: site.name, provider: site.provider };
            probes.entry(name).and_modify(|before| before.meet(&arguments)).or_insert(arguments);
        }
        probes.retain(|_, arguments| !arguments.deadly);
        for arguments in probes.values_mut() {
            let numbers = arguments.numbers.iter().enumerate();
            arguments.unread = numbers.filter(|(_, number)| number.is_none()).map(|(at, _)| at).collect();
        }
        if probes.is_empty() {
            return Err(Error::NoProbes(path));
        }
        Ok(Self { path, probes })
    }

    /// Its path, without symbolic links.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The scripts that are installed for it, where QEMU's build installs its own: `../share/systemtap/tapset` beside the
    /// program's folder. The folder, all that lies in it and the folders above must be root's or the caller's, and nobody else
    /// may write there.
    ///
    /// # Errors
    /// [`Error::Untrusted`]; [`Error::Io`] if there are scripts that cannot be read.
    pub fn installed(&self) -> Result<Option<Tapset>, Error> {
        tapset::installed(&self.path)
    }

    /// The scripts for it in a folder that the caller answers for: what they hold may run in the kernel.
    ///
    /// # Errors
    /// [`Error::NoScripts`]; [`Error::Io`] if there are scripts that cannot be read.
    pub fn tapset(&self, folder: &Path) -> Result<Tapset, Error> {
        tapset::named(&self.path, folder)
    }

    /// The names of the probes that match one of the patterns, or of all if there is none, each once, in order.
    ///
    /// # Errors
    /// [`Error::NoMatch`].
    pub fn list(&self, texts: &Texts, patterns: &[String]) -> Result<Vec<&str>, Error> {
        let chosen = self.choose(texts, patterns)?;
        let mut names: Vec<&str> = chosen.into_iter().map(|(name, _)| name.name.as_str()).collect();
        names.dedup();
        Ok(names)
    }

    /// The probes that match one of the patterns, or all if there is none.
    pub(crate) fn choose(
        &self,
        texts: &Texts,
        patterns: &[String],
    ) -> Result<Vec<(&Name, &Arguments)>, Error> {
        let known: Vec<_> = self.probes.iter().filter(|(name, _)| texts.has(&name.name)).collect();
        let fits = |pattern: &String, name: &Name| vmtrace::matches(pattern, &name.name);
        for pattern in patterns {
            if !known.iter().any(|(name, _)| fits(pattern, name)) {
                let (pattern, program) = (pattern.clone(), self.path.clone());
                return Err(Error::NoMatch { pattern, program, count: known.len() });
            }
        }
        let mut chosen = known;
        chosen.retain(|(name, _)| patterns.is_empty() || patterns.iter().any(|pattern| fits(pattern, name)));
        Ok(chosen)
    }
}

impl Arguments {
    fn of(site: &usdt::Probe) -> Self {
        let numbers = argument::numbers(&site.arguments);
        let deadly = numbers.is_none();
        Self { numbers: numbers.unwrap_or_default(), unread: Vec::new(), misplaced: false, deadly }
    }

    /// What this and another site both have; an argument that differs is as wide as the widest, and has a sign if one has.
    fn meet(&mut self, other: &Self) {
        self.misplaced |= other.misplaced;
        self.deadly |= other.deadly;
        self.numbers.truncate(other.numbers.len());
        for (number, other) in self.numbers.iter_mut().zip(&other.numbers) {
            *number = number.zip(*other).map(|(number, other)| Number {
                bytes: number.bytes.max(other.bytes),
                signed: number.signed || other.signed,
            });
        }
    }
}

/// Whether a shell would run it.
fn is_program(path: &Path) -> bool {
    path.is_file() && eaccess(path, AccessFlags::X_OK).is_ok()
}
