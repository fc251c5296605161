//! Which events the sources name, and which they call that nobody declares.

use super::code::{self, Language, Role};
use super::spelling;
use super::tree::{self, Trouble};
use crate::file;
use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use trace_events::{Diagnostic, Event, Line, Rule};

/// How many undeclared events are told of one file, each once.
const MOST_A_FILE: usize = 100;

/// How far into a line a call is looked at: a line without end is none that someone reads.
const MOST_OF_A_LINE: usize = 1 << 16;

/// What the sources say.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// The words `trace_x` and `TRACE_X`.
    mentioned: HashSet<Vec<u8>>,
    /// What stands before a `##`, with the `trace_`.
    pasted: HashSet<Vec<u8>>,
    /// The words of files that paste whole names: `trace_##name`.
    bare: HashSet<Vec<u8>>,
    /// Whether a header pastes whole names, so that any file may have the other half.
    pastes_for_others: bool,
    /// What is declared or defined as something else than an event.
    declared: HashSet<Vec<u8>>,
    /// The calls to what is no event, with their names.
    calls: Vec<(String, Diagnostic)>,
    pub(super) troubles: Vec<Trouble>,
}

/// What is known before the sources are read.
#[derive(Debug)]
pub(super) struct Declared<'a> {
    /// The events by name.
    pub(super) events: HashMap<&'a str, &'a Event>,
    pub(super) groups: Groups<'a>,
}

/// The folders that hold `trace-events`, by every name that an include may give them.
#[derive(Debug)]
pub(super) struct Groups<'a> {
    folders: HashSet<&'a Path>,
    /// `hw/9pfs`, and `9pfs`.
    ends: HashSet<PathBuf>,
    /// `hw_9pfs`, and `9pfs`.
    names: HashSet<String>,
    /// Whether a folder that was named is one: its group is `root`.
    has_root: bool,
}

/// How deep below its tree a group lies at most; its name has all folders on the way.
const DEEPEST: usize = 16;

impl<'a> Groups<'a> {
    /// The groups of these folders, in trees with these roots.
    pub(super) fn new(folders: HashSet<&'a Path>, roots: &[PathBuf]) -> Self {
        let (mut ends, mut names) = (HashSet::new(), HashSet::new());
        for folder in &folders {
            let (mut end, mut name) = (PathBuf::new(), String::new());
            for component in folder.components().rev().take(DEEPEST) {
                let above = Path::new(component.as_os_str());
                end = if name.is_empty() { above.to_path_buf() } else { above.join(&end) };
                let underscore = if name.is_empty() { "" } else { "_" };
                name = format!("{}{underscore}{name}", words_of(&component.as_os_str().to_string_lossy()));
                ends.insert(end.clone());
                names.insert(name.clone());
            }
        }
        let has_root = roots.iter().any(|root| folders.contains(root.as_path()));
        Self { folders, ends, names, has_root }
    }
}

/// A text as C has it in names.
fn words_of(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// Reads the sources, on all cores.
pub(super) fn read(sources: &[PathBuf], declared: &Declared<'_>) -> Usage {
    let mut usage = on_all_cores(sources, |usage, path, bytes| usage.read(path, bytes, declared));
    if usage.pastes_for_others {
        let second = on_all_cores(sources, |usage, path, bytes| {
            code::blank(bytes, language(path));
            let words = code::all_words(bytes).filter(|word| {
                std::str::from_utf8(word).is_ok_and(|word| declared.events.contains_key(word))
            });
            usage.bare.extend(words.map(<[u8]>::to_vec));
        });
        usage.bare.extend(second.bare);
    }
    usage
}

fn on_all_cores(sources: &[PathBuf], each: impl Fn(&mut Usage, &Path, &mut Vec<u8>) + Sync) -> Usage {
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut usage, mut bytes) = (Usage::default(), Vec::new());
        while let Some(path) = sources.get(next.fetch_add(1, Ordering::Relaxed)) {
            match tree::read_source(path, &mut bytes) {
                Ok(()) => each(&mut usage, path, &mut bytes),
                Err(error) => usage.troubles.push(Trouble { path: path.clone(), error }),
            }
        }
        usage
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(sources.len().div_ceil(100));
    let mut sum = Usage::default();
    thread::scope(|scope| {
        // where no more threads are to be had, those that are do all
        let others: Vec<_> =
            (1..threads).map_while(|_| thread::Builder::new().spawn_scoped(scope, work).ok()).collect();
        sum.add(work());
        for other in others {
            match other.join() {
                Ok(usage) => sum.add(usage),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    sum
}

fn language(path: &Path) -> Language {
    if path.extension().is_some_and(|end| end == "rs") { Language::Rust } else { Language::C }
}

impl Usage {
    fn add(&mut self, other: Self) {
        self.mentioned.extend(other.mentioned);
        self.pasted.extend(other.pasted);
        self.bare.extend(other.bare);
        self.pastes_for_others |= other.pastes_for_others;
        self.declared.extend(other.declared);
        self.calls.extend(other.calls);
        self.troubles.extend(other.troubles);
    }

    /// Takes in one file.
    fn read(&mut self, path: &Path, bytes: &mut [u8], known: &Declared<'_>) {
        // what was made from the declarations names every event
        if file::is_generated(bytes) || !code::may_name_events(bytes) {
            return;
        }
        let calls_events = language(path) == Language::C && calls_events(path, bytes, known);
        let text = calls_events.then(|| bytes.to_vec());
        code::blank(bytes, language(path));
        let mut places = text.as_deref().map(|text| Places::new(path, text));
        let mut pastes = false;
        for word in code::words(bytes) {
            match word.role {
                Role::Pasting => {
                    pastes |= word.text == b"trace_" || word.text == b"TRACE_";
                    insert(&mut self.pasted, word.text);
                    continue;
                }
                Role::Declaration => insert(&mut self.declared, word.text),
                Role::Call => {
                    if let Some(places) = &mut places
                        && let Some(call) = places.undeclared(&word, known)
                    {
                        self.calls.push(call);
                    }
                }
                Role::Mention => {}
            }
            insert(&mut self.mentioned, word.text);
        }
        if pastes {
            self.bare.extend(code::all_words(bytes).map(<[u8]>::to_vec));
            let is_header = path.extension().is_some_and(|end| end != "c" && end != "rs");
            self.pastes_for_others |= is_header;
        }
    }

    /// Whether an event is named anywhere.
    pub(super) fn uses(&self, event: &Event) -> bool {
        let mentions = |start: &str, name: &str, end: &str| {
            self.mentioned.contains(format!("{start}{name}{end}").as_bytes())
        };
        let name = &event.name;
        let is_of_tcg = event.properties.tcg || event.properties.vcpu;
        ENDS_OF_FUNCTIONS.iter().any(|end| mentions("trace_", name, end))
            || (is_of_tcg && ENDS_OF_TCG.iter().any(|end| mentions("trace_", name, end)))
            || self.bare.contains(name.as_bytes())
            || self.pasted_together(format!("trace_{name}").as_bytes())
            || {
                let upper = name.to_uppercase();
                ENDS_OF_MACROS.iter().any(|end| mentions("TRACE_", &upper, end))
                    || self.pasted_together(format!("TRACE_{upper}").as_bytes())
            }
    }

    /// Whether it may come of a `trace_x_##y`.
    fn pasted_together(&self, word: &[u8]) -> bool {
        ("trace_x".len()..=word.len()).any(|end| self.pasted.contains(&word[..end]))
    }

    /// The calls to events that nobody declares. `spoiled` are the words of lines that could not be read.
    pub(super) fn undeclared(&mut self, spoiled: &HashSet<String>) -> Vec<Diagnostic> {
        let calls = std::mem::take(&mut self.calls).into_iter();
        let is_event = |name: &str| {
            let event = name.strip_prefix("trace_").unwrap_or(name);
            !self.declared.contains(name.as_bytes()) && !spoiled.contains(event)
        };
        calls.filter(|(name, _)| is_event(name)).map(|(_, found)| found).collect()
    }
}

/// What is made for an event, by QEMU or by vmtrace.
const ENDS_OF_FUNCTIONS: &[&str] = &["", "_enabled", "_backend_dstate"];
const ENDS_OF_TCG: &[&str] = &["_tcg", "_exec", "_trans"];
const ENDS_OF_MACROS: &[&str] = &["", "_ENABLED", "_BACKEND_DSTATE", "_DSTATE", "_EVENT"];

/// What QEMU's `trace/control.h` declares, which need not lie below the folder that is checked.
const OF_THE_RUNTIME: &[&str] =
    &["trace_event_", "trace_init_", "trace_fini_", "trace_opt_", "trace_enable_events", "trace_list_events"];

fn insert(set: &mut HashSet<Vec<u8>>, word: &[u8]) {
    if !set.contains(word) {
        set.insert(word.to_vec());
    }
}

/// Whether a C file includes headers of events, all of them of groups that are checked.
fn calls_events(path: &Path, text: &[u8], known: &Declared<'_>) -> bool {
    let mut includes_one = false;
    for include in code::includes(text) {
        let include = Path::new(include);
        let Some(name) = include.file_name().and_then(|name| name.to_str()) else { continue };
        let Some(group) = name.strip_prefix("trace").and_then(|name| name.strip_suffix(".h")) else {
            continue;
        };
        let groups = &known.groups;
        let is_known = match (group.strip_prefix('-'), include.parent()) {
            (Some("root"), _) => groups.has_root,
            (Some(group), _) => groups.names.contains(&words_of(group)),
            // beside the file, or wherever the build's own folders are
            (None, None) => true,
            (None, Some(of)) if of.as_os_str().is_empty() => true,
            (None, Some(of)) => {
                groups.ends.contains(of)
                    || groups.folders.contains(joined(path.parent().unwrap_or(Path::new("")), of).as_path())
            }
        };
        // `trace.h` and `trace-GROUP.h`, not `tracepoint.h`
        if group.is_empty() || group.starts_with('-') {
            if !is_known {
                return false;
            }
            includes_one = true;
        }
    }
    includes_one
}

fn joined(folder: &Path, of: &Path) -> PathBuf {
    let mut joined = folder.to_path_buf();
    for component in of.components() {
        match component {
            Component::ParentDir => {
                joined.pop();
            }
            Component::CurDir => {}
            component => joined.push(component),
        }
    }
    joined
}

/// Lines of a source file, found from its beginning to its end.
struct Places<'a> {
    file: Arc<str>,
    text: &'a [u8],
    /// A place, its line's number and beginning.
    at: (usize, u32, usize),
    told: HashSet<&'a [u8]>,
}

impl<'a> Places<'a> {
    fn new(path: &Path, text: &'a [u8]) -> Self {
        Self { file: tree::name(path).into(), text, at: (0, 1, 0), told: HashSet::new() }
    }

    /// A call to what is no event, unless this file has been told of it.
    fn undeclared(&mut self, word: &code::Word<'_>, known: &Declared<'_>) -> Option<(String, Diagnostic)> {
        let text = std::str::from_utf8(word.text).ok()?;
        let name = text.strip_prefix("trace_").filter(|name| !name.is_empty())?;
        let is_event = ENDS_OF_FUNCTIONS
            .iter()
            .chain(ENDS_OF_TCG)
            .any(|end| name.strip_suffix(end).is_some_and(|name| known.events.contains_key(name)));
        if is_event || OF_THE_RUNTIME.iter().any(|start| text.starts_with(start)) {
            return None;
        }
        let end = word.at + word.text.len();
        if self.told.len() == MOST_A_FILE || !self.told.insert(&self.text[word.at..end]) {
            return None;
        }
        let (from, mut number, mut start) = self.at;
        for (offset, _) in self.text[from..word.at].iter().enumerate().filter(|&(_, &byte)| byte == b'\n') {
            number = number.saturating_add(1);
            start = from + offset + 1;
        }
        self.at = (word.at, number, start);
        if end - start > MOST_OF_A_LINE {
            return None;
        }
        let line = &self.text[start..self.text.len().min(start + MOST_OF_A_LINE)];
        let line = line.split(|&byte| byte == b'\n').next().unwrap_or_default();
        // bytes that are no text take three in its place, so the call is looked for where it stands in the text
        let before = String::from_utf8_lossy(&line[..word.at - start]).len();
        let line = String::from_utf8_lossy(line);
        let meant = spelling::meant(name, |name| known.events.contains_key(name));
        let meant = meant.map_or(String::new(), |meant| format!("; `{meant}` is declared"));
        let message = format!("no trace-events file declares `{name}`{meant}");
        let line = Line { file: &self.file, number, text: line.trim_end_matches('\r') };
        let found = Diagnostic::new(&line, before, before + word.text.len(), Rule::UndeclaredEvent, &message);
        Some((text.to_owned(), found))
    }
}
