//! The library for C, installed as a user installs it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The folder of what `cargo xtask install` installs, in the target folder's `tmp`, built as these tests are.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn installed() -> &'static Path {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let test = std::env::current_exe().expect("a test knows its program");
        let profile = test.ancestors().nth(2).expect("it lies in the target folder's deps");
        let target = profile.parent().expect("a profile has its folder in the target folder");
        let prefix = target.join("tmp/installed");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["xtask", "install", "--profile", "dev", "--prefix"]).arg(&prefix);
        cargo.env("CARGO_TARGET_DIR", target).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        crate::succeeds(&mut cargo, b"");
        prefix
    })
}

/// What a C compiler is told to compile and link with it: the shared library, found where it lies.
///
/// # Panics
/// As [`installed`].
#[must_use]
pub fn c_library() -> &'static [String] {
    static FLAGS: OnceLock<Vec<String>> = OnceLock::new();
    FLAGS.get_or_init(|| {
        let mut told = pkg_config(&["--cflags", "--libs"]);
        told.push(format!("-Wl,-rpath,{}/lib", installed().display()));
        told
    })
}

/// What pkg-config says of the library.
///
/// # Panics
/// As [`installed`], and if there is no pkg-config.
#[must_use]
pub fn pkg_config(asked: &[&str]) -> Vec<String> {
    let mut pkg_config = Command::new("pkg-config");
    pkg_config.args(asked).arg("vmtrace").env("PKG_CONFIG_PATH", installed().join("lib/pkgconfig"));
    crate::succeeds(&mut pkg_config, b"").split_whitespace().map(str::to_owned).collect()
}
