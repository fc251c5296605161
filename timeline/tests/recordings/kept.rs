//! The recordings of `tests/data`, and copies of them to be changed.

use recording::Recording;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use timeline::{Options, Timeline};

pub(crate) const NAMES: [&str; 2] = ["demo", "qemu-7.2"];

pub(crate) fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

pub(crate) fn open(name: &str) -> Timeline {
    Timeline::open(&Recording::open(&data().join(name)).unwrap()).unwrap()
}

pub(crate) fn text(timeline: &Timeline, options: &Options) -> String {
    let mut out = Vec::new();
    timeline.report(options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A copy of a recording, gone when this is.
pub(crate) struct Copy {
    pub(crate) dir: PathBuf,
}

impl Copy {
    pub(crate) fn of(name: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("timeline-copy-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        copy(&data().join(name), &dir);
        Self { dir }
    }

    pub(crate) fn open(&self) -> Result<Timeline, timeline::Error> {
        Timeline::open(&Recording::open(&self.dir)?)
    }

    pub(crate) fn recording(&self) -> Recording {
        Recording::open(&self.dir).unwrap()
    }

    /// All files but the manifest, sorted.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        walk(&self.dir, &mut found);
        found.retain(|path| !path.ends_with("manifest.json"));
        found.sort();
        found
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}
