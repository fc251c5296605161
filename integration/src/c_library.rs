//! The library for C, as a program in C links it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What a C compiler is told to compile and link with the library that was built as these tests are: the shared one, found where it
/// lies.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn c_library() -> &'static [String] {
    static BUILT: OnceLock<Vec<String>> = OnceLock::new();
    BUILT.get_or_init(|| {
        let test = std::env::current_exe().expect("a test knows its program");
        let profile = test.ancestors().nth(2).expect("it lies in the target folder's deps");
        let target = profile.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        let headers = concat!(env!("CARGO_MANIFEST_DIR"), "/../capi/include");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["rustc", "--quiet", "--package", "vmtrace-capi", "--lib", "--crate-type", "cdylib"]);
        cargo.arg("--target-dir").arg(target).current_dir(env!("CARGO_MANIFEST_DIR"));
        crate::succeeds(&mut cargo, b"");
        let folder = profile.display();
        [format!("-I{headers}"), format!("-L{folder}"), "-lcapi".to_owned(), format!("-Wl,-rpath,{folder}")]
            .into()
    })
}
