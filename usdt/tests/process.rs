//! The probes of running processes. They are this test's own program, which has probes, run again.
#![cfg(feature = "read")]

mod common;

use common::Folder;
use std::io::{Read as _, Write as _, stdin};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::{env, fs};
use usdt::{Error, Mapped};

usdt::semaphore!(static WAITS);

#[inline(never)]
fn hit(count: u32) {
    usdt::probe!("reader", "waits", if WAITS; count: u32);
    usdt::probe!("reader", "goes_on"; count: u32);
}

const WAITER: &str = "VMTRACE_USDT_TEST_WAITS";

/// What the other tests run: it waits until its input ends. By itself it does nothing.
#[test]
fn waits() {
    hit(1);
    if env::var_os(WAITER).is_some() {
        // The loader has done its work by now.
        println!("waiting");
        let _ = stdin().read(&mut [0]);
    }
}

/// A process that waits, and ends with this.
struct Waiting(Child, Option<ChildStdin>);

impl Waiting {
    fn new(program: &Path, before: &[&str]) -> Self {
        let words: Vec<_> = before.iter().map(|word| word.as_ref()).chain([program.as_os_str()]).collect();
        let mut child = Command::new(words[0])
            .args(&words[1..])
            .args(["waits", "--exact", "--nocapture"])
            .env(WAITER, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let (input, mut output) = (child.stdin.take(), child.stdout.take().expect("a pipe"));
        let mut said = Vec::new();
        while !said.ends_with(b"waiting\n") {
            let mut byte = [0];
            output.read_exact(&mut byte).expect("it waits");
            said.extend(byte);
        }
        Self(child, input)
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }

    /// The file of that name among those that it has mapped.
    fn mapped(&self, name: &str) -> Mapped {
        let files = usdt::probes_of(self.pid()).unwrap_or_else(|error| panic!("{error}"));
        let file = files.into_iter().find(|mapped| mapped.path.file_name() == Some(name.as_ref()));
        file.unwrap_or_else(|| panic!("it has not mapped {name}"))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.1.take());
        let _ = self.0.wait();
    }
}

/// This program, as a file of a name that no other has.
fn program(folder: &Folder, name: &str) -> PathBuf {
    let to = folder.0.join(name);
    fs::copy(env::current_exe().expect("this program"), &to).expect("a copy");
    to
}
