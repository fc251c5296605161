//! What the folder takes, refuses and leaves alone.

use recording::{Command, Error, Manifest, Recording};
use std::fs;
use std::path::PathBuf;

/// A folder of this test's own, gone when it ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("recording-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn manifest(program: &str) -> Manifest {
    Manifest { command: Command { argv: vec![program.into()], ..Command::default() }, ..Manifest::default() }
}

#[test]
fn an_earlier_recording_is_replaced() {
    let scratch = Scratch::new("replace");
    let dir = scratch.0.join("run");
    let first = Recording::create(&dir).unwrap();
    first.save(&manifest("first")).unwrap();
    fs::write(first.cpu_path(0), b"page").unwrap();

    let second = Recording::create(&dir).unwrap();
    assert!(!second.cpu_path(0).exists());
    assert!(
        matches!(Recording::open(&dir), Err(Error::NoRecording { .. })),
        "no manifest without a recording"
    );
    second.save(&manifest("second")).unwrap();
    assert_eq!(Recording::open(&dir).unwrap().load().unwrap(), manifest("second"));
}

#[test]
fn a_recording_without_its_manifest_is_still_ours() {
    let scratch = Scratch::new("halfway");
    let dir = scratch.0.join("run");
    Recording::create(&dir).unwrap();
    Recording::create(&dir).unwrap();
}

#[test]
fn another_ones_folder_is_refused_and_left_alone() {
    let scratch = Scratch::new("others");
    fs::write(scratch.0.join("thesis.tex"), b"years of work").unwrap();
    assert!(matches!(Recording::create(&scratch.0), Err(Error::NotOurs { .. })));
    assert_eq!(fs::read(scratch.0.join("thesis.tex")).unwrap(), b"years of work");
    assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 1);
}

#[test]
fn removal_takes_the_recording_and_nothing_else() {
    let scratch = Scratch::new("remove");
    let dir = scratch.0.join("run");
    let made = Recording::create(&dir).unwrap();
    made.save(&manifest("true")).unwrap();
    fs::write(dir.join("notes"), b"mine").unwrap();
    made.remove().unwrap();
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "the operator's notes stay");

    fs::remove_file(dir.join("notes")).unwrap();
    Recording::create(&dir).unwrap().remove().unwrap();
    assert!(!dir.exists());
}

#[test]
fn no_file_is_written_through_a_link() {
    let scratch = Scratch::new("link");
    let target = scratch.0.join("target");
    fs::write(&target, b"untouched").unwrap();
    let made = Recording::create(&scratch.0.join("run")).unwrap();
    std::os::unix::fs::symlink(&target, made.cpu_path(0)).unwrap();
    Recording::create_file(&made.cpu_path(0)).unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"untouched");
}

#[test]
fn a_manifest_that_is_not_one_is_an_error_that_names_it() {
    let scratch = Scratch::new("manifest");
    let made = Recording::create(&scratch.0.join("run")).unwrap();
    for (text, expect) in [
        ("", "manifest.json: EOF"),
        ("[]", "manifest.json: invalid"),
        ("{\"version\":1}", "manifest.json: missing field"),
        ("{\"version\":99,\"whatever\":1}", "later vmtrace (layout 99"),
    ] {
        fs::write(made.manifest_path(), text).unwrap();
        let error = made.load().unwrap_err().to_string();
        assert!(error.contains(expect), "{text:?}: {error}");
    }
}
