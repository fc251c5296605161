//! The real `stap` takes every default script, to the end of its second pass, against a binary with the marks.

use stap_gen::{Options, Script, generate};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use trace_events::Event;

/// Names that are reserved or SystemTap's own, and conversions that its `printf` refuses or has another meaning for.
const EVENTS: &str = include_str!("stap.trace-events");

#[test]
fn takes_every_script() {
    let file = trace_events::parse("stap.trace-events", EVENTS.as_bytes());
    assert!(!file.has_errors(), "{:#?}", file.diagnostics);
    check("takes_every_script", &file.events);
}

/// A third of QEMU's folders: none of their events needs what SystemTap has not.
#[test]
fn takes_qemus_events() {
    let conformance = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/qemu-10.2");
    if !conformance.is_dir() {
        eprintln!("SKIP takes_qemus_events: no ../shared/conformance");
        return;
    }
    for folder in ["keywords", "hw_usb", "random_1_003", "random_1_017"] {
        let source = fs::read(conformance.join(folder).join("trace-events")).unwrap();
        let mut events = trace_events::parse(folder, &source).events;
        events.retain(|event| !event.properties.disable);
        check("takes_qemus_events", &events);
    }
}

/// QEMU's script of each of these is refused, with the words that are given.
#[test]
fn refuses_qemus_scripts() {
    let cases = [
        ("(int private) \"%d\"", "parse error: expected statement"),
        ("(int printf) \"%d\"", "parse error: expected '('"),
        ("(int argv) \"%d\"", "inconsistent arity"),
        ("(const char *x, int argx_str) \"%s %d\"", "type mismatch"),
        ("(uint8_t x) \"%hhx\"", "invalid or missing conversion specifier"),
        ("(long long x) \"%llX\"", "invalid or missing conversion specifier"),
        ("(ptrdiff_t x) \"%td\"", "invalid or missing conversion specifier"),
        ("(int x) \"%-+5d\"", "invalid or missing conversion specifier"),
        ("(int w, int x) \"%+0*d\"", "invalid or missing conversion specifier"),
        ("(char const *x) \"%s\"", "type mismatch"),
        ("(const char *x) \"%p\"", "type mismatch"),
        ("(char *const x) \"%s\"", "parse error"),
    ];
    let Some(stap) = Stap::new("refuses_qemus_scripts") else { return };
    let mut all = Vec::new();
    for (number, (declaration, words)) in cases.iter().enumerate() {
        let file = trace_events::parse("trace-events", format!("event_{number}{declaration}\n").as_bytes());
        let binary = stap.binary("one", &file.events);
        let told = stap.pass_2(Script::LogStap, &file.events, &binary, true).expect_err(declaration);
        assert!(told.contains(words), "{declaration}: {told}");
        all.extend(file.events);
    }
    let binary = stap.binary("all", &all);
    stap.pass_2(Script::LogStap, &all, &binary, false).unwrap();
    stap.pass_2(Script::SimpletraceStap, &all, &binary, false).unwrap();
}

/// A path that needs escapes is found; a pattern would find it as well.
#[test]
fn finds_odd_paths() {
    let file = trace_events::parse("trace-events", b"a(int x) \"%d\"\n");
    let Some(stap) = Stap::new("finds_odd_paths") else { return };
    for name in ["a b", "a\"b", "a\\b", "a%db", "$a", "é", "a\tb", "a'b"] {
        let binary = stap.binary(name, &file.events);
        stap.pass_2(Script::LogStap, &file.events, &binary, false).unwrap();
    }
}

fn check(test: &str, events: &[Event]) {
    let Some(stap) = Stap::new(test) else { return };
    let binary = stap.binary("vmm", events);
    for script in [Script::LogStap, Script::SimpletraceStap] {
        stap.pass_2(script, events, &binary, false).unwrap();
    }
}

/// A private folder, with as much of a kernel's build folder as the first two passes look at.
struct Stap {
    folder: PathBuf,
}

impl Drop for Stap {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Stap {
    fn new(test: &str) -> Option<Self> {
        let works = |program: &str, args: &[&str]| {
            Command::new(program).args(args).output().is_ok_and(|output| output.status.success())
        };
        for (what, program, args) in [
            ("stap", "stap", ["--version"].as_slice()),
            ("cc", "cc", &["--version"]),
            ("sys/sdt.h", "cc", &["-E", "-include", "sys/sdt.h", "-x", "c", "/dev/null"]),
        ] {
            if !works(program, args) {
                eprintln!("SKIP {test}: no {what}");
                return None;
            }
        }
        let unique = format!("stap-gen-{}-{:?}", std::process::id(), std::thread::current().id());
        let folder = std::env::temp_dir().join(unique.replace(['(', ')'], ""));
        let kernel = folder.join("kernel");
        fs::create_dir_all(kernel.join("include/config")).unwrap();
        let exports = ["uprobe_register", "uprobe_unregister"]
            .map(|name| format!("0x0\t{name}\tvmlinux\tEXPORT_SYMBOL_GPL\t\n"));
        for (file, text) in [
            (".config", "CONFIG_UPROBES=y\nCONFIG_ARCH_SUPPORTS_UPROBES=y\nCONFIG_TRACEPOINTS=y\n"),
            ("Module.symvers", &exports.concat()),
            ("Makefile", ""),
            ("System.map", ""),
            ("include/config/kernel.release", "6.1.0\n"),
        ] {
            fs::write(kernel.join(file), text).unwrap();
        }
        Some(Self { folder })
    }

    /// A program with a mark for each event.
    fn binary(&self, name: &str, events: &[Event]) -> PathBuf {
        let mut code =
            "#include <sys/sdt.h>\n#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n\
                        #include <sys/types.h>\n"
                .to_owned();
        for event in events {
            let types = event.args.iter().enumerate();
            let parameters: Vec<String> =
                types.clone().map(|(number, arg)| format!("{} a{number}", arg.ctype)).collect();
            let values: Vec<String> = types.map(|(number, _)| format!(", a{number}")).collect();
            let values = values.concat();
            let count = if event.args.is_empty() { String::new() } else { event.args.len().to_string() };
            let parameters = if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") };
            let name = &event.name;
            writeln!(code, "void f_{name}({parameters}) {{ STAP_PROBE{count}(vmm, {name}{values}); }}")
                .unwrap();
        }
        code.push_str("int main(void) { return 0; }\n");
        let (source, binary) = (self.folder.join("vmm.c"), self.folder.join(name));
        fs::write(&source, code).unwrap();
        let built = Command::new("cc").arg("-O1").arg("-o").arg(&binary).arg(&source).output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        binary
    }

    /// Parses and resolves a script; every event must come out as a probe. What `stap` said otherwise.
    fn pass_2(
        &self,
        script: Script,
        events: &[Event],
        binary: &Path,
        bug_compatible: bool,
    ) -> Result<(), String> {
        let options = Options { binary: binary.to_str().unwrap(), probe_prefix: "vmm.if", bug_compatible };
        let mut text = generate(Script::Stap, events, &options).unwrap();
        text += &generate(script, events, &options).unwrap();
        text += if script == Script::LogStap {
            "probe vmm.if.log.* {}\n"
        } else {
            "probe vmm.if.simpletrace.* {}\n"
        };
        let path = self.folder.join("script.stp");
        fs::write(&path, &text).unwrap();
        let kernel = self.folder.join("kernel");
        let stap = Command::new("stap")
            .args(["-w", "-p2", "-r"])
            .args([&kernel, &path])
            .env("SYSTEMTAP_DIR", self.folder.join("cache"))
            .output()
            .unwrap();
        if !stap.status.success() {
            return Err(String::from_utf8_lossy(&stap.stderr).into_owned());
        }
        let resolved = String::from_utf8_lossy(&stap.stdout);
        let probes = resolved.lines().filter(|line| line.starts_with("process(")).count();
        assert_eq!(probes, events.len(), "probes that were resolved:\n{resolved}");
        let globals = resolved.lines().skip_while(|line| *line != "# globals").nth(1);
        assert_eq!(globals, None, "a variable of SystemTap's own library is used");
        Ok(())
    }
}
