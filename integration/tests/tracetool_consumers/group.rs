//! A group of events as a build has it: its folder, the files that `tracetool` and `dtrace` make, what `cc` makes of
//! them. File names are those of QEMU's `trace/meson.build`.

use crate::inputs::Input;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs};

/// The test's own VMM.
const VMM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tracetool");

/// What generated C includes.
const HEADERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../capi/include");

/// Every warning is an error. QEMU's C has functions without a body, of events that are declared `disable`; ours warns of nothing.
const WARNINGS: &[&str] = &["-Wall", "-Wextra", "-Werror"];
const NOT_OF_QEMUS: &str = "-Wno-unused-parameter";

/// What ends a program that has a wrong access, or arithmetic that C does not define.
const SANITIZERS: &[&str] = &["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/// A group's build folder, removed when dropped.
pub(crate) struct Group<'a> {
    pub(crate) input: &'a Input,
    pub(crate) backends: Vec<&'a str>,
    /// What else the command is asked for.
    options: Vec<&'a str>,
    pub(crate) folder: PathBuf,
}

impl<'a> Group<'a> {
    /// Generates the files that the backends need.
    pub(crate) fn generate(
        input: &'a Input,
        backends: &[&'a str],
        options: &[&'a str],
    ) -> Result<Self, String> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = format!("tracetool-{}-{number}-{}", std::process::id(), input.group);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        fs::create_dir_all(&folder).unwrap();
        let made = Self { input, backends: backends.to_vec(), options: options.to_vec(), folder };
        made.write("trace-events", &input.text);
        let group = &input.group;
        made.tracetool("h", group, &format!("trace-{group}.h"))?;
        made.tracetool("c", group, &format!("trace-{group}.c"))?;
        if made.has("dtrace") {
            let (d, h) = (format!("trace-dtrace-{group}.dtrace"), format!("trace-dtrace-{group}.h"));
            made.tracetool("d", group, &d)?;
            made.dtrace_header(&d, &h)?;
        }
        if made.has("ust") {
            made.tracetool("ust-events-h", group, &format!("trace-ust-{group}.h"))?;
            made.tracetool("ust-events-h", "all", "trace-ust-all.h")?;
            made.tracetool("ust-events-c", "all", "trace-ust-all.c")?;
        }
        Ok(made)
    }

    pub(crate) fn has(&self, backend: &str) -> bool {
        self.backends.contains(&backend)
    }

    /// Runs the command, as a build does: in the folder of the outputs, with relative names.
    pub(crate) fn tracetool(&self, format: &str, group: &str, output: &str) -> Result<(), String> {
        let mut command = Command::new(tracetool());
        command.arg(format!("--format={format}")).arg(format!("--backends={}", self.backends.join(",")));
        self.run(command.args(&self.options).arg(format!("--group={group}")).args(["trace-events", output]))
            .map(drop)
    }

    /// `dtrace -h`, which takes a tenth of a second: the same `.d` of other backends is not given to it again.
    fn dtrace_header(&self, d: &str, h: &str) -> Result<(), String> {
        static MADE: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
        let read = |name: &str| fs::read_to_string(self.folder.join(name)).unwrap();
        let declared = read(d);
        let made = MADE.lock().unwrap().get(&declared).cloned();
        if let Some(header) = made {
            self.write(h, &header);
        } else {
            self.run(Command::new("dtrace").args(["-DSTAP_SDT_V2", "-h", "-s", d, "-o", h]))?;
            MADE.lock().unwrap().insert(declared, read(h));
        }
        Ok(())
    }

    /// Compiles a file of the folder or of the VMM, with every warning an error.
    pub(crate) fn compile(&self, compiler: &str, flags: &[&str], source: &str) -> Result<(), String> {
        let mut command = Command::new(compiler);
        command
            .args(WARNINGS)
            .args((!self.has("vmtrace")).then_some(NOT_OF_QEMUS))
            .args(flags)
            .args(["-I", ".", "-I", VMM, "-I", HEADERS]);
        self.run(command.arg(source)).map(drop)
    }

    /// Compiles and links the group, what its backends need, the VMM and `main`, a C text, and returns the program.
    pub(crate) fn link(&self, main: &str) -> Result<PathBuf, String> {
        self.write("main.c", main);
        let group = &self.input.group;
        let runtime = if self.has("vmtrace") { "ours" } else { "runtime" };
        let mut sources = vec![format!("trace-{group}.c"), "main.c".to_owned()];
        sources.extend(["values", runtime].map(|source| format!("{VMM}/{source}.c")));
        let mut objects = Vec::new();
        let mut libraries: Vec<&str> = Vec::new();
        if self.has("vmtrace") {
            libraries.extend(integration::c_library().iter().map(String::as_str));
        }
        if self.has("ust") {
            sources.push("trace-ust-all.c".to_owned());
            libraries.extend(["-llttng-ust", "-ldl"]);
        }
        if self.has("dtrace") {
            let (d, o) = (format!("trace-dtrace-{group}.dtrace"), format!("trace-dtrace-{group}.o"));
            self.run(Command::new("dtrace").args(["-DSTAP_SDT_V2", "-G", "-s", &d, "-o", &o]))?;
            objects.push(o);
        }
        // with our own library the program is a VMM's, whole: what finds wrong accesses and undefined arithmetic ends it
        let sanitizers: &[&str] = if self.has("vmtrace") && !self.has("ust") { SANITIZERS } else { &[] };
        for (number, source) in sources.iter().enumerate() {
            let object = format!("{number}.o");
            self.compile("cc", &[sanitizers, &["-std=gnu11", "-c", "-o", &object]].concat(), source)?;
            objects.push(object);
        }
        self.run(Command::new("cc").args(sanitizers).args(&objects).args(&libraries).args(["-o", "vmm"]))?;
        Ok(self.folder.join("vmm"))
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).unwrap();
    }

    /// Runs a command in the folder; an error holds what it said.
    pub(crate) fn run(&self, command: &mut Command) -> Result<Output, String> {
        command.current_dir(&self.folder);
        let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
        if output.status.success() {
            return Ok(output);
        }
        let told = [output.stderr, output.stdout].concat();
        let told: Vec<_> = String::from_utf8_lossy(&told).lines().take(12).map(str::to_owned).collect();
        let Self { input, backends, .. } = self;
        let (group, backends) = (&input.group, backends.join(","));
        Err(format!("{group} with {backends}: {command:?}: {}\n{}", output.status, told.join("\n")))
    }
}

impl Drop for Group<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The command, which `cargo build --workspace --bins` has put beside the tests' folder.
fn tracetool() -> PathBuf {
    let test = env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().join("tracetool")
}
