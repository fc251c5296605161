//! How much each rule counts: by itself, as the command line says, and as comments in a file say.

use crate::Error;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use trace_events::{Diagnostic, Line, Rule, Severity};

/// How much a rule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Not told.
    Allow,
    /// Told.
    Warn,
    /// Told, and an error.
    Deny,
}

impl Level {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }

    /// What a rule counts if nothing is said.
    #[must_use]
    pub fn of(rule: Rule) -> Self {
        if rule.severity() == Severity::Error { Self::Deny } else { Self::Warn }
    }
}

/// Whether a rule is a lint: one that can be switched off. The others are errors without which code could be made of
/// nothing; QEMU 5's TCG events are the exception, since some formats take them.
#[must_use]
pub fn is_lint(rule: Rule) -> bool {
    rule.severity() == Severity::Warning || rule == Rule::Tcg
}

/// The level of every rule.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    set: HashMap<Rule, Level>,
    deny_warnings: bool,
}

impl Levels {
    /// Sets the level of a rule, of `all` lints, or with [`Level::Deny`] of `warnings`: all that is only told otherwise.
    /// What is set later counts.
    ///
    /// # Errors
    /// [`Error::NoSuchRule`], [`Error::NoLint`]
    pub fn set(&mut self, name: &str, level: Level) -> Result<(), Error> {
        if name == "warnings" && level == Level::Deny {
            self.deny_warnings = true;
            return Ok(());
        }
        for rule in named(name)? {
            self.set.insert(rule, level);
        }
        Ok(())
    }

    /// The level of a rule.
    #[must_use]
    pub fn get(&self, rule: Rule) -> Level {
        match self.set.get(&rule).copied().unwrap_or_else(|| Level::of(rule)) {
            Level::Warn if self.deny_warnings => Level::Deny,
            level => level,
        }
    }

    /// Keeps what is to be told, with the severity it is told with.
    pub(super) fn apply(&self, found: &mut Vec<Diagnostic>) {
        found.retain_mut(|found| {
            let level = self.get(found.rule);
            found.severity = if level == Level::Deny { Severity::Error } else { Severity::Warning };
            level != Level::Allow
        });
    }
}

/// The rules of a name that can be switched.
fn named(name: &str) -> Result<Vec<Rule>, Error> {
    if name == "all" {
        return Ok(Rule::ALL.iter().copied().filter(|&rule| is_lint(rule)).collect());
    }
    match Rule::from_name(name) {
        Some(rule) if is_lint(rule) => Ok(vec![rule]),
        Some(_) => Err(Error::NoLint(name.to_owned())),
        None => Err(Error::NoSuchRule(name.to_owned())),
    }
}

/// What a file's own comments allow:
///
/// ```text
/// # tracetool: allow-file hex-prefix
///
/// # tracetool: allow signed-hex, unused-event
/// nvme_raw(int a) "0x%x"
/// ```
///
/// `allow` holds for the next declaration, `allow-file` for the whole file, wherever it stands.
#[derive(Debug, Default)]
pub(super) struct Allowed {
    everywhere: HashSet<Rule>,
    on_line: HashMap<u32, HashSet<Rule>>,
}

impl Allowed {
    /// Reads a file's comments, and tells what of them has no meaning.
    pub(super) fn read(name: &Arc<str>, source: &[u8]) -> (Self, Vec<Diagnostic>) {
        let (mut allowed, mut faults) = (Self::default(), Vec::new());
        let mut next = HashSet::new();
        for (number, bytes) in (1u32..).zip(source.split(|&byte| byte == b'\n')) {
            let bytes = bytes.trim_ascii();
            let Some(comment) = bytes.strip_prefix(b"#") else {
                if !bytes.is_empty() && !next.is_empty() {
                    allowed.on_line.insert(number, std::mem::take(&mut next));
                }
                continue;
            };
            let Some(said) = said_in(comment) else { continue };
            let (text, said) = (String::from_utf8_lossy(bytes), String::from_utf8_lossy(said));
            let mut words = said.split([',', ' ', '\t']).filter(|word| !word.is_empty());
            let rules = match words.next() {
                Some("allow") => &mut next,
                Some("allow-file") => &mut allowed.everywhere,
                _ => {
                    let line = Line { file: name, number, text: &text };
                    let why = "a comment for tracetool says `allow RULE` or `allow-file RULE`";
                    faults.push(Diagnostic::new(&line, 0, text.len(), Rule::UnknownLint, why));
                    continue;
                }
            };
            // a comment of any length has few words that are worth reading
            for word in words.take(MOST_WORDS) {
                match named(word) {
                    Ok(named) => rules.extend(named),
                    Err(error) => {
                        let line = Line { file: name, number, text: &text };
                        let at = text.find(word).unwrap_or(0);
                        let why = error.to_string();
                        faults.push(Diagnostic::new(&line, at, at + word.len(), Rule::UnknownLint, &why));
                    }
                }
            }
        }
        (allowed, faults)
    }

    /// Whether a comment, behind its `#`, is for tracetool.
    pub(super) fn is_said_in(comment: &[u8]) -> bool {
        said_in(comment).is_some()
    }

    /// Whether a lint of this line is to be passed over.
    pub(super) fn holds(&self, found: &Diagnostic) -> bool {
        self.everywhere.contains(&found.rule)
            || self.on_line.get(&found.place.line).is_some_and(|rules| rules.contains(&found.rule))
    }
}

fn said_in(comment: &[u8]) -> Option<&[u8]> {
    comment.trim_ascii_start().strip_prefix(b"tracetool:")
}

/// The most rules that a comment names.
const MOST_WORDS: usize = 20;
