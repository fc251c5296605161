//! The script for some of a program's probes.

use crate::program::{Arguments as Found, Name};
use crate::{Error, Program, Texts};
use stap_gen::{Arguments, Mark};
use std::fmt::Write as _;
use std::path::PathBuf;

/// A script, and what `stap` needs to know for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The script.
    pub text: String,
    /// The folder for `stap -I`, where the script is of use with it alone.
    pub tapset: Option<PathBuf>,
}

impl Program {
    /// The script that prints the probes that match.
    ///
    /// # Errors
    /// [`Error::NoPattern`], [`Error::NoMatch`], [`Error::Misplaced`], [`Error::Arity`], [`Error::Script`], [`Error::NotUtf8`].
    pub fn script(&self, texts: &Texts, patterns: &[String]) -> Result<Script, Error> {
        self.check(texts, patterns)?;
        match texts {
            Texts::Installed(tapset) => {
                let mut text = String::new();
                for name in self.list(texts, patterns)? {
                    _ = writeln!(text, "probe {}.{name} {{}}", tapset.prefix);
                }
                Ok(Script { text, tapset: Some(tapset.folder.clone()) })
            }
            Texts::Declared(_) => {
                let text = stap_gen::session(self.utf8()?, &self.marks(texts, patterns)?)?;
                Ok(Script { text, tapset: None })
            }
        }
    }

    /// The script that prints the probes that match and KVM's events, on one clock ([`stap_gen::lineup`]).
    ///
    /// # Errors
    /// As [`Program::script`].
    pub fn lineup(&self, texts: &Texts, patterns: &[String]) -> Result<Script, Error> {
        self.check(texts, patterns)?;
        let text = stap_gen::lineup(self.utf8()?, &self.marks(texts, patterns)?)?;
        Ok(Script { text, tapset: None })
    }

    fn check(&self, texts: &Texts, patterns: &[String]) -> Result<(), Error> {
        if patterns.is_empty() {
            return Err(Error::NoPattern);
        }
        let chosen = self.choose(texts, patterns)?;
        match chosen.into_iter().find(|(_, arguments)| arguments.misplaced) {
            Some((name, _)) => {
                Err(Error::Misplaced { probe: name.name.clone(), program: self.path().to_owned() })
            }
            None => Ok(()),
        }
    }

    fn utf8(&self) -> Result<&str, Error> {
        self.path().to_str().ok_or_else(|| Error::NotUtf8(self.path().to_owned()))
    }

    fn marks<'a>(&'a self, texts: &'a Texts, patterns: &[String]) -> Result<Vec<Mark<'a>>, Error> {
        let chosen = self.choose(texts, patterns)?;
        chosen.into_iter().map(|(name, found)| self.mark(texts, name, found)).collect()
    }

    fn mark<'a>(&self, texts: &'a Texts, name: &'a Name, found: &'a Found) -> Result<Mark<'a>, Error> {
        let declared = match texts {
            Texts::Declared(events) => events.get(&name.name),
            Texts::Installed(_) => None,
        };
        let arguments = match declared {
            None => Arguments::Bare(&found.numbers),
            Some(event) if event.args.len() == found.numbers.len() => {
                Arguments::Declared { event, unread: &found.unread }
            }
            Some(event) => {
                return Err(Error::Arity {
                    event: event.name.clone(),
                    program: self.path().to_owned(),
                    found: found.numbers.len(),
                    declared: event.args.len(),
                });
            }
        };
        Ok(Mark { provider: &name.provider, name: &name.name, arguments })
    }
}
