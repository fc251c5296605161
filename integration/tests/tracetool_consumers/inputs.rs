//! The declarations that the tests compile: QEMU's, where they lie beside the project, and our own.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::{fs, thread};
use trace_events::Event;

/// The declarations of a group.
pub(crate) struct Input {
    /// As QEMU's build names a folder's group.
    pub(crate) group: String,
    /// The text of its `trace-events`.
    pub(crate) text: String,
    pub(crate) events: Vec<Event>,
}

impl Input {
    pub(crate) fn new(group: &str, text: String) -> Self {
        let file = trace_events::parse(group, text.as_bytes());
        assert!(!file.has_errors(), "{group}: {:?}", file.diagnostics);
        Self { group: group.to_owned(), text, events: file.events }
    }

    /// The events for which code is made.
    pub(crate) fn enabled(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(|event| !event.properties.disable)
    }
}

/// The files of `integration/tracetool`, one a group.
pub(crate) fn own() -> Vec<Input> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tracetool");
    read(fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).filter_map(|path| {
        let group = path.file_name()?.to_str()?.strip_suffix(".trace-events")?.to_owned();
        Some((group, path))
    }))
}

/// The folders of `shared/conformance`; none, and a word about it, where they are not there.
pub(crate) fn qemus(test: &str) -> Vec<Input> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/qemu-10.2");
    let Ok(folders) = fs::read_dir(&corpus) else {
        eprintln!("SKIP {test}: no ../shared/conformance");
        return Vec::new();
    };
    read(folders.map(|folder| {
        let folder = folder.unwrap();
        // `linux-user` is the group `linux_user`
        let group = folder.file_name().into_string().unwrap().replace('-', "_");
        (group, folder.path().join("trace-events"))
    }))
}

fn read(files: impl Iterator<Item = (String, PathBuf)>) -> Vec<Input> {
    let mut inputs: Vec<Input> =
        files.map(|(group, path)| Input::new(&group, fs::read_to_string(path).unwrap())).collect();
    inputs.sort_by(|a, b| a.group.cmp(&b.group));
    assert!(!inputs.is_empty());
    inputs
}

/// Does `work` for each item, on all cores, and panics with all that went wrong.
pub(crate) fn for_each<'a, T: Sync>(items: &'a [T], work: impl Fn(&'a T) -> Result<(), String> + Sync) {
    let next = Mutex::new(items.iter());
    let faults = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(|| {
                loop {
                    let Some(item) = next.lock().unwrap().next() else { break };
                    if let Err(fault) = work(item) {
                        faults.lock().unwrap().push(fault);
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{} of {} failed:\n{}", faults.len(), items.len(), faults.join("\n"));
}
