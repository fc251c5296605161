//! What a `build.rs` gets, from good declarations and from bad ones.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tracetool::{Backend, Build, Error};

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn the_same_input_gives_the_same_bytes_and_leaves_the_file_alone() {
    let folder = scratch("same");
    let build = Build::new().source("a", "f(int a, const char *b) \"%d %s\"\n").group("g").out_dir(&folder);
    build.clone().compile().unwrap();
    let file = folder.join("trace-g.rs");
    let (first, written) =
        (fs::read_to_string(&file).unwrap(), fs::metadata(&file).unwrap().modified().unwrap());
    build.clone().compile().unwrap();
    assert_eq!(first, build.generate().unwrap());
    assert_eq!(written, fs::metadata(&file).unwrap().modified().unwrap());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn nothing_is_compiled_for_disabled_events_and_for_nop() {
    let source = "on(int a) \"%d\"\ndisable off(int a) \"%d\"\n";
    let all = Build::new().source("a", source).group("g").generate().unwrap();
    assert!(all.contains("EVENT_on") && !all.contains("EVENT_off") && !all.contains("STATE_off"));
    let nop = Build::new().source("a", source).group("g").backends([Backend::Nop]).generate().unwrap();
    assert!(!nop.contains("EVENT_") && !nop.contains("STATE_") && nop.contains("pub fn trace_on(a: i32) {}"));
}

#[test]
fn bad_input_is_an_error_that_names_it() {
    let folder = scratch("bad");
    fs::write(folder.join("absurd"), [0xff, 0, b'(', b'"', b'%', b'\n', 0x80]).unwrap();
    fs::write(folder.join("twice"), "f(void) \"\"\n").unwrap();
    let at = |name: &str| folder.join(name);
    let cases: &[(Build, &str)] = &[
        (Build::new().events(at("missing")).group("g"), "No such file"),
        (Build::new().events(&folder).group("g"), "Is a directory"),
        (Build::new().events(at("absurd")).group("g"), "[not-utf8]"),
        (Build::new().events(at("twice")).source("b", "f(void) \"\"\n").group("g"), "[duplicate-event]"),
        (
            Build::new().source("a", "f(void) \"\"").group("g"),
            "a:1:11: error: the file ends without a newline",
        ),
        (
            Build::new().source("a", "x(void) \"\"\nx_enabled(void) \"\"\n").group("g"),
            "a:2: the event `x_enabled`",
        ),
        (Build::new().source("a", "f(void) \"\"\n"), "name the group"),
        (Build::new().source("a", "f(void) \"\"\n").group("../g"), "cannot be the name of a group"),
    ];
    for (build, expected) in cases {
        let error = build.generate().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let error = Build::new().group("g").out_dir(at("nowhere")).compile().unwrap_err();
    assert!(matches!(error, Error::Io { call: "create", .. }));
    fs::remove_dir_all(folder).unwrap();
}

/// cargo shows each fault with its caret, and no panic.
#[test]
fn a_bad_file_fails_the_build_with_its_diagnostics() {
    let folder = scratch("package");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("src/lib.rs"), "").unwrap();
    fs::write(folder.join("trace-events"), "good(int a) \"%d\"\nbad(int a) \"%s\"\nworse(hwaddr a) \"%p\"\n")
        .unwrap();
    fs::copy(root.join("../Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let manifest = format!(
        "[package]\nname = \"bad\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [build-dependencies]\ntracetool = {{ path = {root:?} }}\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    let build = "fn main() -> Result<(), tracetool::Error> {\n    \
                 tracetool::Build::new().events(\"trace-events\").group(\"g\").compile()\n}\n";
    fs::write(folder.join("build.rs"), build).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    let output =
        cargo.args(["build", "--quiet", "--target-dir", "target"]).current_dir(&folder).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    for expected in [
        "trace-events:2:13: error: %s takes a string, but `a` is int [conversion-kind]",
        "  bad(int a) \"%s\"\n",
        "trace-events:3:7: error: the type of `a`: `hwaddr` is not one of the types",
        "^^^^^^^^",
    ] {
        assert!(told.contains(expected), "{expected} in {told}");
    }
    assert!(!told.contains("panicked"), "{told}");
    fs::remove_dir_all(folder).unwrap();
}
