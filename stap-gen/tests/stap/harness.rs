//! The real `stap`, without a kernel: a private folder, with programs that have marks, and as much of a kernel's build folder
//! as the first two passes look at.

use stap_gen::{Options, Script, generate};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use trace_events::Event;

pub(crate) struct Stap {
    folder: PathBuf,
}

/// Events, a program that has them as marks, and what the names of their probes begin with.
pub(crate) struct Group<'a> {
    pub(crate) binary: &'a Path,
    pub(crate) events: &'a [Event],
    pub(crate) prefix: &'a str,
}

impl Drop for Stap {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Stap {
    pub(crate) fn new(test: &str) -> Option<Self> {
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
    pub(crate) fn binary(&self, name: &str, events: &[Event]) -> PathBuf {
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

    /// Parses and resolves a script and its aliases; every event must come out as a probe. What `stap` said otherwise.
    pub(crate) fn pass_2(
        &self,
        script: Script,
        groups: &[Group<'_>],
        bug_compatible: bool,
    ) -> Result<(), String> {
        let mut text = String::new();
        for Group { binary, events, prefix } in groups {
            let options = Options { binary: binary.to_str().unwrap(), probe_prefix: prefix, bug_compatible };
            text += &generate(Script::Stap, *events, &options).unwrap();
            text += &generate(script, *events, &options).unwrap();
            let kind = if script == Script::LogStap { "log" } else { "simpletrace" };
            writeln!(text, "probe {prefix}.{kind}.* {{}}").unwrap();
        }
        let resolved = self.resolve(&text)?;
        let probes = resolved.lines().filter(|line| line.starts_with("process(")).count();
        let events: usize = groups.iter().map(|group| group.events.len()).sum();
        assert_eq!(probes, events, "probes that were resolved:\n{resolved}");
        let globals = resolved.lines().skip_while(|line| *line != "# globals").nth(1);
        assert_eq!(globals, None, "a variable of SystemTap's own library is used");
        Ok(())
    }

    /// What the second pass makes of a script, or what it has against it.
    pub(crate) fn resolve(&self, text: &str) -> Result<String, String> {
        let path = self.folder.join(format!("script-{:?}.stp", std::thread::current().id()));
        fs::write(&path, text).unwrap();
        let kernel = self.folder.join("kernel");
        let stap = Command::new("stap")
            .args(["-w", "-p2", "-r"])
            .args([&kernel, &path])
            .env("SYSTEMTAP_DIR", self.folder.join("cache"))
            .output()
            .unwrap();
        if stap.status.success() {
            Ok(String::from_utf8_lossy(&stap.stdout).into_owned())
        } else {
            Err(String::from_utf8_lossy(&stap.stderr).into_owned())
        }
    }
}
