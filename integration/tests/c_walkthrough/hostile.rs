//! `hostile.c`, which emits events where nobody expects them: as it is, with sanitizers, and under valgrind.

use integration::{installed, pkg_config, succeeds, tied};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/c_walkthrough");

/// What finds a wrong access, or arithmetic that C does not define, ends the program.
pub(crate) const SANITIZERS: [&str; 3] =
    ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];

/// A folder that goes with this.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

fn folder(name: &str) -> Folder {
    let folder = std::env::temp_dir().join(format!("vmtrace-c-hostile-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    Folder(folder)
}

/// Compiles it with some backends.
fn make(folder: &Path, backends: &str, flags: &[&str]) {
    for format in ["h", "c"] {
        let mut tracetool = Command::new(installed().join("bin/tracetool"));
        tracetool.arg(format!("--format={format}")).arg(format!("--backends={backends}"));
        tracetool.arg("--group=hostile").arg(format!("{HERE}/hostile.trace-events"));
        succeeds(tracetool.arg(folder.join(format!("trace-hostile.{format}"))), b"");
    }
    let mut cc = Command::new("cc");
    cc.args(["-std=c11", "-D_GNU_SOURCE", "-O1", "-g", "-Wall", "-Wextra", "-Werror"]).args(flags);
    // QEMU's C has events without a body
    cc.args((backends != "vmtrace").then_some("-Wno-unused-parameter"));
    cc.args(pkg_config(&["--cflags"])).args(["-I.", "-o", "hostile"]).arg(format!("{HERE}/hostile.c"));
    cc.arg("trace-hostile.c").arg(installed().join("lib/libvmtrace.a")).args(["-lpthread", "-ldl", "-lm"]);
    succeeds(cc.current_dir(folder), b"");
}

/// Runs it, and gives back what its log holds, without stamps.
fn run(folder: &Path, args: &[&str]) -> Vec<String> {
    run_by(tied(&folder.join("hostile")), folder, args)
}

/// The same with a program that runs it.
fn run_by(mut program: Command, folder: &Path, args: &[&str]) -> Vec<String> {
    program.args(["-D", "log"]).args(args).current_dir(folder).env_remove(vmtrace::INSTANCE_VARIABLE);
    program.env("ASAN_OPTIONS", "detect_stack_use_after_return=1").env("UBSAN_OPTIONS", "print_stacktrace=1");
    assert_eq!(succeeds(&mut program, b""), "", "{args:?}");
    // what is no text stays what it is
    let log = fs::read(folder.join("log")).unwrap();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<String> = log
        .lines()
        .map(|line| {
            let (stamp, text) = line.split_once(':').unwrap_or_else(|| panic!("{line}"));
            let (thread, time) = stamp.split_once('@').unwrap_or_else(|| panic!("{line}"));
            assert!(thread.parse::<u32>().is_ok() && time.parse::<f64>().is_ok(), "{line}");
            text.to_owned()
        })
        .collect();
    lines
}

/// Holds the lines against what was emitted, and gives back those that are the same each time.
fn check(lines: &[String]) -> Vec<&str> {
    let of = |name: &str| {
        let head = format!("{name} ");
        lines.iter().filter_map(move |line| line.strip_prefix(&*head)).collect::<Vec<_>>()
    };
    let mut next = BTreeMap::new();
    for line in of("hostile_many") {
        let words: Vec<&str> = line.split(' ').collect();
        let number: u32 = words[3].parse().unwrap();
        assert_eq!(words[4], if number.is_multiple_of(7) { "(null)" } else { "short" });
        let next = next.entry(words[1].to_owned()).or_insert(0);
        assert_eq!(number, *next, "{line}");
        *next += 1;
    }
    assert!(next.len() == 3 && next.values().all(|&count| count == 3000), "{next:?}");
    assert!(of("hostile_signal").contains(&"signal 14 in a handler"));
    let [long] = of("hostile_long")[..] else { panic!("one long line") };
    assert!(long.starts_with("long xxx") && long.len() < 4100, "{long}");
    for child in ["child 1 goes on", "child 2 goes on"] {
        assert!(of("hostile_child").contains(&child), "{child}");
    }
    let is_same = |line: &&String| {
        ["hostile_number", "hostile_text", "hostile_wide"].iter().any(|name| line.starts_with(name))
    };
    lines.iter().filter(is_same).map(String::as_str).collect()
}

/// Whether the compiler has them.
pub(crate) fn has_sanitizers(test: &str) -> bool {
    let mut cc = Command::new("cc");
    cc.args(SANITIZERS).args(["-x", "c", "-", "-o", "/dev/null"]).stdin(Stdio::piped()).stderr(Stdio::null());
    let program = b"int main(void) { return 0; }";
    let linked = cc.spawn().and_then(|mut cc| {
        cc.stdin.take().map_or(Ok(()), |mut input| input.write_all(program))?;
        cc.wait()
    });
    let has = linked.as_ref().is_ok_and(ExitStatus::success);
    if !has {
        eprintln!("SKIP {test} with sanitizers: cc does not link a program with {SANITIZERS:?}: {linked:?}");
    }
    has
}

#[test]
fn events_where_nobody_expects_them() {
    let mut ways: Vec<(&str, &[&str])> = vec![("plain", &[])];
    if has_sanitizers("events_where_nobody_expects_them") {
        ways.push(("sanitized", &SANITIZERS));
    }
    for (way, flags) in ways {
        let mut texts = Vec::new();
        for backends in ["vmtrace", "log"] {
            let folder = folder(&format!("{way}-{backends}"));
            make(&folder.0, backends, flags);
            let lines = run(&folder.0, &[]);
            let same: Vec<String> = check(&lines).into_iter().map(str::to_owned).collect();
            for phase in ["phase 1 ", "phase 2 ", "phase 100 "] {
                assert!(same.iter().any(|line| line.contains(phase)), "{backends}: {phase}");
            }
            texts.push(same);
            if backends == "vmtrace" {
                // queued, the same comes; what children do with their parent's queue is a test of the sinks'
                let queued = run(&folder.0, &["-trace", "log=queued,wait=on,ring=64M"]);
                assert!(queued.iter().any(|line| line.contains("phase 2 ")));
            }
        }
        assert_eq!(texts[0], texts[1], "our backend and QEMU's, {way}");
    }
}

#[test]
fn valgrind_finds_nothing() {
    if let Err(error) = Command::new("valgrind").arg("--version").output() {
        return eprintln!("SKIP valgrind_finds_nothing: valgrind: {error}");
    }
    let folder = folder("valgrind");
    make(&folder.0, "vmtrace", &[]);
    let mut valgrind = tied(Path::new("valgrind"));
    valgrind.args(["--quiet", "--error-exitcode=9", "./hostile"]);
    check(&run_by(valgrind, &folder.0, &[]));
}
