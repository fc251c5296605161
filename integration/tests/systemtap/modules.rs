//! Scripts, made into modules on the host: under emulation a compiler takes minutes.

use crate::kernel::Kernel;
use stap_gen::{Options, Script, generate};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

/// Of the three strings that `converted` hits beside its declared events.
const STRINGS: &str = "strings(const char *a, const char *b, const char *c, const char *d) \"%s|%s|%s|%s\"\n";

/// The programs, and the folder for all that is made.
pub(crate) struct Parts {
    pub(crate) folder: PathBuf,
    /// As it would be installed, with its scripts.
    pub(crate) converted: PathBuf,
    /// All that `converted` declares, in one file.
    pub(crate) declarations: PathBuf,
    pub(crate) demo_vmm: PathBuf,
    pub(crate) vmtrace: PathBuf,
}

impl Parts {
    /// Installs `converted`. The folder is the same each time, so that `stap` finds what it has compiled before.
    pub(crate) fn install(folder: &Path, programs: &Path) -> Result<Self, String> {
        let parts = Self {
            folder: folder.to_owned(),
            converted: folder.join("bin/conv-erted"),
            declarations: folder.join("trace-events-all"),
            demo_vmm: programs.join("demo-vmm"),
            vmtrace: programs.join("vmtrace"),
        };
        let built = programs.join("converted");
        for program in [&parts.demo_vmm, &parts.vmtrace, &built] {
            if !program.is_file() {
                return Err(format!("no {}: cargo build --workspace --bins", program.display()));
            }
        }
        let tapset = parts.tapset();
        for path in [&folder.join("bin"), &tapset] {
            fs::create_dir_all(path).unwrap();
        }
        // as programs are installed; and stap would read all that debuggers want to know, in the VM too
        let stripped = folder.join("stripped");
        let strip = Command::new("strip").arg("--strip-debug").arg("-o").args([&stripped, &built]).status();
        if !strip.is_ok_and(|status| status.success()) {
            return Err("no strip: apt-get install binutils".to_owned());
        }
        // the time of a program's file is a part of what stap finds a module by
        if fs::read(&stripped).unwrap() != fs::read(&parts.converted).unwrap_or_default() {
            fs::rename(&stripped, &parts.converted).unwrap();
        }
        fs::write(&parts.declarations, include_str!("../../trace-events").to_owned() + STRINGS).unwrap();
        for (name, script) in [
            ("conv-erted.stp", Script::Stap),
            ("conv-erted-log.stp", Script::LogStap),
            ("conv-erted-simpletrace.stp", Script::SimpletraceStap),
        ] {
            fs::write(tapset.join(name), parts.script(script)).unwrap();
        }
        Ok(parts)
    }

    /// Named, since the target folder may lie where everyone may write.
    fn tapset(&self) -> PathBuf {
        self.folder.join("share/systemtap/tapset")
    }

    fn script(&self, script: Script) -> String {
        let file = trace_events::parse("trace-events-all", &fs::read(&self.declarations).unwrap());
        let options = Options {
            binary: self.converted.to_str().unwrap(),
            probe_prefix: "conv.erted",
            bug_compatible: false,
        };
        generate(script, &file.events, &options).unwrap()
    }

    /// What `vmtrace stap` prints.
    fn vmtrace(&self, arguments: &[&str], program: &Path) -> String {
        let mut command = Command::new(&self.vmtrace);
        command.arg("stap").args(arguments).arg(program).arg("*");
        let printed = command.output().unwrap();
        assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
        String::from_utf8(printed.stdout).unwrap()
    }

    /// Builds every module that runs in the VM, by its name; the one without a name is what `vmtrace stap run` finds there.
    pub(crate) fn build(&self, kernel: &Kernel) {
        let declarations = self.declarations.to_str().unwrap();
        let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo-vmm/");
        let [root, accel] = ["trace-events", "accel/trace-events"].map(|path| format!("{demo}{path}"));
        let tapset = self.tapset();
        let installed = ["run", "--script", "--tapset", tapset.to_str().unwrap()];
        let modules = [
            ("", self.vmtrace(&installed, &self.converted)),
            ("session", self.vmtrace(&["run", "--script", "--events", declarations], &self.converted)),
            ("simple", "probe conv.erted.simpletrace.* {}\n".to_owned()),
            ("lineup", self.vmtrace(&["lineup", "-e", &root, "-e", &accel], &self.demo_vmm)),
        ];
        // the first one finds out, for all, what the kernel has
        let ((name, script), rest) = modules.split_first().unwrap();
        self.module(kernel, name, script);
        thread::scope(|scope| {
            for (name, script) in rest {
                scope.spawn(move || self.module(kernel, name, script));
            }
        });
    }

    fn module(&self, kernel: &Kernel, name: &str, script: &str) {
        let mut command = Command::new("stap");
        // as `vmtrace stap run` has it, for what is to be found again
        command.args(["-s", "8", "-I"]).arg(self.tapset());
        command.args(["-p4"]);
        if !name.is_empty() {
            command.args(["-m", name]);
        }
        command.arg("-").current_dir(&self.folder).stdin(Stdio::piped());
        for (name, value) in self.environment(kernel) {
            command.env(name, value);
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success(), "{name}:\n{script}\n{}", String::from_utf8_lossy(&ended.stderr));
    }

    /// What `stap` takes from the environment in place of options.
    pub(crate) fn environment(&self, kernel: &Kernel) -> [(&'static str, PathBuf); 3] {
        [
            ("SYSTEMTAP_DIR", self.folder.join("cache")),
            ("SYSTEMTAP_RELEASE", kernel.build.clone()),
            ("SYSTEMTAP_RUNTIME", kernel.runtime.clone()),
        ]
    }
}
