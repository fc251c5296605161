//! The program, and its probes by name.

use crate::{Error, Tapset, Texts, layout, tapset};
use stap_gen::{Number, is_mark_name};
use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use usdt::Kind;

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
    /// How many there are.
    pub(crate) count: usize,
    /// Those up to the first that is no integer, which SystemTap cannot read.
    pub(crate) numbers: Vec<Number>,
    /// Whether SystemTap takes the place of one for another.
    pub(crate) misplaced: bool,
}

impl Program {
    /// Finds a program as a shell does, and reads its notes. Probes are left out that can never be hit, and those whose names no
    /// script can hold.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Io`], [`Error::Notes`], [`Error::NoProbes`].
    pub fn find(binary: &Path) -> Result<Self, Error> {
        let found = if binary.as_os_str().as_encoded_bytes().contains(&b'/') {
            binary.to_owned()
        } else {
            let path = env::var_os("PATH").unwrap_or_default();
            let mut paths = env::split_paths(&path).map(|folder| folder.join(binary));
            paths.find(|path| path.is_file()).ok_or_else(|| Error::NotFound(binary.to_owned()))?
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
    /// program's folder.
    ///
    /// # Errors
    /// [`Error::Io`] if there are scripts that cannot be read.
    pub fn installed(&self) -> Result<Option<Tapset>, Error> {
        tapset::installed(&self.path)
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
        let numbers = site.arguments.iter().map_while(|argument| {
            let signed = argument.kind == Kind::Signed;
            (argument.kind != Kind::Float && argument.size <= 8)
                .then_some(Number { bytes: argument.size, signed })
        });
        Self { count: site.arguments.len(), numbers: numbers.collect(), misplaced: false }
    }

    /// What this and another site both have; an argument that differs is as wide as the widest, and has a sign if one has.
    fn meet(&mut self, other: &Self) {
        self.misplaced |= other.misplaced;
        self.count = self.count.min(other.count);
        self.numbers.truncate(other.numbers.len());
        for (number, other) in self.numbers.iter_mut().zip(&other.numbers) {
            *number = Number { bytes: number.bytes.max(other.bytes), signed: number.signed || other.signed };
        }
    }
}
