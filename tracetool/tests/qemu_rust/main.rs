//! Format `rs`: that it compiles and prints what C prints, and each place where it is not QEMU's, held by a test.

mod compiles;
mod differences;
mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tracetool::{Backend, Format, Group, Request};

const TEXTS: [Backend; 4] = [Backend::Log, Backend::Simple, Backend::Ftrace, Backend::Syslog];

fn group(declarations: &str) -> Group {
    Group::new("g", vec![("events".to_owned(), trace_events::parse("events", declarations.as_bytes()))])
}

fn generate(group: &Group, backends: &[Backend], bug_compatible: bool) -> String {
    let request = Request { bug_compatible, ..Request::new(group, Format::Rs, backends) };
    request.generate().unwrap_or_else(|error| panic!("{error}"))
}

/// A folder that goes when it is done with.
struct Scratch(PathBuf);

impl Scratch {
    /// With the crates that QEMU's Rust calls, as libraries of `edition`.
    fn new(name: &str, edition: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("rs-{name}-{edition}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let scratch = Self(folder);
        for (library, source) in [("util", UTIL), ("trace", TRACE)] {
            scratch.write(&format!("{library}.rs"), source);
            scratch.rustc(edition, &["--crate-type=rlib", &format!("{library}.rs")]);
        }
        scratch
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    fn rustc(&self, edition: &str, args: &[&str]) {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        self.run(Command::new(rustc).args(["--edition", edition, "-L", "."]).args(args));
    }

    fn run(&self, command: &mut Command) -> String {
        let output =
            command.current_dir(&self.0).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}\n{}", told.chars().take(6000).collect::<String>());
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The groups of `../shared/conformance`; `None`, told, where that is not there.
fn folders(test: &str) -> Option<Vec<Group>> {
    let material = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/qemu-10.2");
    if !material.is_dir() {
        eprintln!("SKIP {test}: no ../shared/conformance");
        return None;
    }
    let folders = fs::read_dir(material).unwrap().map(|folder| folder.unwrap().path().join("trace-events"));
    let groups: Vec<Group> = folders.map(|file| group(&fs::read_to_string(file).unwrap())).collect();
    assert!(groups.len() >= 50, "only {} folders", groups.len());
    Some(groups)
}

/// As bindgen makes them of QEMU's headers, in the crate `util`.
const UTIL: &str = r#"
#![allow(unknown_lints, missing_unsafe_on_extern, non_upper_case_globals)]
pub mod bindings {
    pub const LOG_TRACE: u32 = 1 << 15;
    unsafe extern "C" {
        pub static mut qemu_loglevel: ::std::ffi::c_uint;
        pub fn qemu_log(fmt: *const ::std::ffi::c_char, ...);
        pub fn ftrace_write(fmt: *const ::std::ffi::c_char, ...);
    }
}
"#;

/// QEMU's crate `trace` has these from libc.
const TRACE: &str = r#"
pub const LOG_INFO: ::std::ffi::c_int = 6;
unsafe extern "C" {
    pub fn syslog(priority: ::std::ffi::c_int, message: *const ::std::ffi::c_char, ...);
}
"#;
