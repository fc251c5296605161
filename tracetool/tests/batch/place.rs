//! A folder of a test's own, with source trees in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder; gone with its value.
pub(crate) struct Place(pub(crate) PathBuf);

/// What came of a call.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) success: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new(test: &str) -> Self {
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("batch-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// With a tree of QEMU's kind of today in `src`.
    pub(crate) fn with_meson_tree(test: &str) -> Self {
        let place = Self::new(test);
        place.write("src/meson.build", MESON);
        place.write_events();
        place
    }

    /// With a tree of QEMU 5.1's kind in `src`.
    pub(crate) fn with_makefile_tree(test: &str) -> Self {
        let place = Self::new(test);
        place.write("src/Makefile.objs", MAKEFILE);
        place.write_events();
        place
    }

    fn write_events(&self) {
        for (folder, events) in EVENTS {
            self.write(&format!("src/{folder}trace-events"), events);
        }
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Every file below a folder, in order, but for its trees' own.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let top = self.0.join(folder);
        let mut files = Vec::new();
        let mut open = vec![top.clone()];
        while let Some(folder) = open.pop() {
            let Ok(entries) = fs::read_dir(folder) else { continue };
            for entry in entries {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    files.push(path.strip_prefix(&top).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        files.sort_unstable();
        files
    }

    /// `tracetool batch`, called from the folder.
    pub(crate) fn batch(&self, args: &[&str]) -> Came {
        self.batch_with_input(args, Stdio::null())
    }

    pub(crate) fn batch_with_input(&self, args: &[&str], input: impl Into<Stdio>) -> Came {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tracetool"));
        let output = command.current_dir(&self.0).arg("batch").args(args).stdin(input).output().unwrap();
        Came {
            success: output.status.success(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The same, which must succeed and say nothing on standard error.
    pub(crate) fn makes(&self, args: &[&str]) -> String {
        let came = self.batch(args);
        assert!(came.success && came.err.is_empty(), "{args:?}: {came:?}");
        came.out
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const MESON: &str = "\
project('vmm', ['c'], version: '1')
# trace_events_subdirs = [ 'not/this' ]
trace_events_subdirs = [
  'crypto',
]
if have_user
  trace_events_subdirs += [ 'linux-user' ]
endif
if have_system
  trace_events_subdirs += [
    'hw/usb', # it's one
  ]
endif
foreach item : [ '.' ] + trace_events_subdirs
endforeach
";

const MAKEFILE: &str = "\
util-obj-y = util/
trace-events-subdirs =
trace-events-subdirs += crypto
ifeq ($(CONFIG_USER_ONLY),y)
trace-events-subdirs += linux-user
else
trace-events-subdirs += hw/usb
endif
trace-events-files = $(SRC_PATH)/trace-events $(trace-events-subdirs:%=$(SRC_PATH)/%/trace-events)
";

/// Folders with their events.
pub(crate) const EVENTS: [(&str, &str); 4] = [
    ("", "# top\nvm_start(void) \"\"\n"),
    ("crypto/", "hash(const char *name, size_t length) \"%s %zu\"\n"),
    ("linux-user/", "signal(int number) \"%d\"\ndisable signal_noise(int number) \"%d\"\n"),
    ("hw/usb/", "usb_reset(uint64_t port) \"port 0x%\" PRIx64\n"),
];
