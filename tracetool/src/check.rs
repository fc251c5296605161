//! What is wrong with the `trace-events` files of a tree, and worth a look: all diagnostics of the language, of groups
//! together, and of the events against the sources that name them.
//!
//! ```no_run
//! use tracetool::check::{Check, Level, Levels};
//!
//! let mut levels = Levels::default();
//! levels.set("unused-event", Level::Allow)?;
//! let report = Check { paths: vec!["path/to/qemu".into()], sources: vec![], levels }.run();
//! for found in &report.diagnostics {
//!     println!("{found}");
//! }
//! # Ok::<(), tracetool::Error>(())
//! ```
//!
//! A tree may be hostile: no symbolic link is followed, nothing but regular files is opened, and time and memory are
//! linear in what is read, of which there is a limit a file.

mod code;
mod levels;
mod names;
mod spelling;
mod tree;
mod usage;

pub use levels::{Level, Levels, is_lint};
pub use tree::Trouble;

use levels::Allowed;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use trace_events::{Diagnostic, File, Rule, Severity, lint_groups, lint_style, lint_tcg, parse};
use tree::Tree;
use usage::{Declared, Groups};

/// What is to be checked.
#[derive(Clone, Debug, Default)]
pub struct Check {
    /// `trace-events` files, and folders: every file of that name below them is checked, and the sources below them are
    /// read for the events that they name. A folder without any is a [`Trouble`].
    pub paths: Vec<PathBuf>,
    /// More sources: files, and folders.
    pub sources: Vec<PathBuf>,
    /// How much each rule counts.
    pub levels: Levels,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Report {
    /// All that is to be told, by file and line, each with the severity that its rule's level gives it.
    pub diagnostics: Vec<Diagnostic>,
    /// How many `trace-events` files were read.
    pub files: usize,
    /// How many events they declare.
    pub events: usize,
    /// How many source files were read for them.
    pub sources: usize,
    /// What could not be read, or had nothing to read: the rest may be wrong about what is in there.
    pub troubles: Vec<Trouble>,
}

impl Report {
    /// How many diagnostics are of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|found| found.severity == severity).count()
    }
}

/// A file of declarations, read.
struct Parsed {
    path: PathBuf,
    name: Arc<str>,
    source: Vec<u8>,
    file: File,
    allowed: Allowed,
}

impl Check {
    /// Reads everything and finds what is wrong.
    #[must_use]
    pub fn run(&self) -> Report {
        let mut tree = Tree::default();
        for path in &self.paths {
            tree.add(path);
        }
        tree.tell_empty();
        for path in &self.sources {
            tree.add_sources(path);
        }
        let mut report = Report { troubles: std::mem::take(&mut tree.troubles), ..Report::default() };
        let mut found = Vec::new();
        let mut files = Vec::new();
        for path in &tree.declarations {
            match tree::read_declarations(path) {
                Ok(source) => files.push(Parsed::new(path, source, &mut found)),
                Err(error) => report.troubles.push(Trouble { path: path.clone(), error }),
            }
        }
        report.files = files.len();
        report.events = files.iter().map(|parsed| parsed.file.events.len()).sum();
        for parsed in &files {
            found.extend(parsed.file.diagnostics.iter().cloned());
            found.extend(lint_tcg(&parsed.name, &parsed.file));
            found.extend(lint_style(&parsed.name, &parsed.file));
            found.extend(names::prefixes(&parsed.name, &parsed.source, &parsed.file));
        }
        found.extend(together(&files));
        let wants_sources = [Rule::UnusedEvent, Rule::UndeclaredEvent]
            .iter()
            .any(|&rule| self.levels.get(rule) != Level::Allow);
        let has_sources = !tree.roots.is_empty() || !self.sources.is_empty();
        if wants_sources && has_sources && !files.is_empty() {
            found.extend(against_sources(&tree, &files, &mut report));
        }
        let allowed: HashMap<&str, &Allowed> =
            files.iter().map(|parsed| (&*parsed.name, &parsed.allowed)).collect();
        found.retain(|found| {
            let by_file = allowed.get(&*found.place.file);
            !is_lint(found.rule) || !by_file.is_some_and(|allowed| allowed.holds(found))
        });
        self.levels.apply(&mut found);
        found.sort_by(|one, other| {
            let place = |found: &Diagnostic| (found.place.line, found.place.column);
            Path::new(&*one.place.file)
                .cmp(Path::new(&*other.place.file))
                .then_with(|| place(one).cmp(&place(other)))
        });
        report.diagnostics = found;
        report
    }
}

impl Parsed {
    fn new(path: &Path, source: Vec<u8>, found: &mut Vec<Diagnostic>) -> Self {
        let name: Arc<str> = tree::name(path).into();
        let (allowed, faults) = Allowed::read(&name, &source);
        found.extend(faults);
        let file = parse(&name, &source);
        Self { path: path.to_path_buf(), name, source, file, allowed }
    }

    /// The folder, which is the group.
    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }
}

/// What is wrong with several files together.
fn together(files: &[Parsed]) -> Vec<Diagnostic> {
    let mut groups: Vec<(String, Vec<&Parsed>)> = Vec::new();
    let mut group_of: HashMap<&Path, usize> = HashMap::new();
    for parsed in files {
        let at = *group_of.entry(parsed.folder()).or_insert_with(|| {
            groups.push((parsed.folder().display().to_string(), Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(parsed);
    }
    let named: Vec<(&str, Vec<(&str, &File)>)> = groups
        .iter()
        .map(|(group, files)| {
            (group.as_str(), files.iter().map(|parsed| (&*parsed.name, &parsed.file)).collect())
        })
        .collect();
    let named: Vec<(&str, &[(&str, &File)])> =
        named.iter().map(|(group, files)| (*group, files.as_slice())).collect();
    let mut found = lint_groups(&named);
    for (_, files) in &groups {
        let files: Vec<(Arc<str>, &File)> =
            files.iter().map(|parsed| (Arc::clone(&parsed.name), &parsed.file)).collect();
        found.extend(names::collisions(&files));
    }
    found
}

/// The events against the sources.
fn against_sources(tree: &Tree, files: &[Parsed], report: &mut Report) -> Vec<Diagnostic> {
    let events =
        || files.iter().flat_map(|parsed| parsed.file.events.iter().map(move |event| (&parsed.name, event)));
    let declared = Declared {
        events: events().map(|(_, event)| (event.name.as_str(), event)).collect(),
        groups: Groups::new(files.iter().map(Parsed::folder).collect(), &tree.roots),
    };
    let mut usage = usage::read(&tree.sources, &declared);
    report.sources = tree.sources.len() - usage.troubles.len();
    report.troubles.append(&mut usage.troubles);
    // a name that could not be read is no reason to call its calls undeclared
    let mut spoiled = HashSet::new();
    for parsed in files.iter().filter(|parsed| parsed.file.has_errors()) {
        let is_error = |found: &&Diagnostic| found.severity == Severity::Error;
        let lines: HashSet<u32> =
            parsed.file.diagnostics.iter().filter(is_error).map(|found| found.place.line).collect();
        for (number, line) in (1u32..).zip(parsed.source.split(|&byte| byte == b'\n')) {
            if lines.contains(&number) {
                spoiled.extend(code::all_words(line).map(|word| String::from_utf8_lossy(word).into_owned()));
            }
        }
    }
    let mut found = usage.undeclared(&spoiled);
    for (name, event) in events().filter(|(_, event)| !usage.uses(event)) {
        let message = format!("no source file names `trace_{}`", event.name);
        found.push(event.diagnostic(name, Rule::UnusedEvent, &message));
    }
    found
}
