//! C that QEMU's backends made, outside of QEMU: every set of them writes to our sinks, under QEMU's own control.

#[path = "sinks/private.rs"]
#[allow(dead_code)] // it has more than a log
mod private;

use ::ftrace::{Instance, Tracefs};
use private::{dev_log, with_mounts};
use simpletrace::{Reader, Record};
use std::env;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/c-backends");

/// What the events of a run say, in order, without what the sink puts before them: before the sinks are opened, and after.
const EARLY: &str = "machine_start state early";
const TEXTS: [&str; 5] = [
    "machine_start state set\\nup",
    "machine_read 0x10: 7 bytes of (null) at 99",
    "machine_read 0x10: 7 bytes of disk at 99",
    "machine_idle ",
    "plugin_loaded 3 of plugin",
];

/// A folder with the program, removed when dropped.
struct Program(PathBuf);

impl Drop for Program {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

impl Program {
    /// Makes the C, compiles it, and links it with the library.
    fn build(name: &str, backends: &[&str]) -> Self {
        let folder = format!("c-backends-{}-{name}-{}", std::process::id(), backends.concat());
        let program = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder));
        fs::create_dir_all(&program.0).unwrap();
        let test = env::current_exe().unwrap();
        let tracetool = test.ancestors().nth(2).unwrap().join("tracetool");
        for group in ["machine", "plugin"] {
            for format in ["h", "c"] {
                let mut command = Command::new(&tracetool);
                command.arg(format!("--format={format}")).arg(format!("--backends={}", backends.join(",")));
                command.arg(format!("--group={group}")).arg(format!("{SOURCES}/{group}.trace-events"));
                program.succeeds(command.arg(format!("trace-{group}.{format}")));
            }
        }
        program.cc(&["vmm"], ["main.c", "trace-machine.c"]);
        program.cc(&["plugin.so", "-shared", "-fPIC"], ["plugin.c", "trace-plugin.c"]);
        program
    }

    fn succeeds(&self, command: &mut Command) -> Output {
        let output = command.current_dir(&self.0).output().unwrap();
        assert!(output.status.success(), "{command:?}: {output:?}");
        output
    }

    /// Compiles and links sources of ours with what was generated, and says where.
    fn cc(&self, output: &[&str], sources: [&str; 2]) {
        let mut command = Command::new("cc");
        // QEMU's C has events without a body
        command.args(["-std=gnu11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", "-I.", "-o"]);
        command.args(output);
        command.args(sources.map(|source| match source {
            generated if generated.starts_with("trace-") => generated.to_owned(),
            own => format!("{SOURCES}/{own}"),
        }));
        self.succeeds(command.args(integration::c_library()).args(["-lpthread", "-ldl"]));
    }

    fn run(&self, options: &[&str]) -> Command {
        let mut command = Command::new("./vmm");
        command.args(options).current_dir(&self.0);
        command
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The lines of a log without their stamps.
fn logged(stderr: &[u8]) -> Vec<String> {
    let line = |line: &str| line.split_once(':').map_or_else(|| line.to_owned(), |(_, text)| text.to_owned());
    text(stderr).lines().map(line).collect()
}

/// The names and arguments of a binary trace.
fn recorded(file: &Path) -> Vec<String> {
    let mut reader = Reader::new(fs::File::open(file).unwrap()).unwrap();
    let mut told = Vec::new();
    while let Some(record) = reader.next().unwrap() {
        let event = match record {
            Record::Event(event) => event,
            Record::Dropped(dropped) => {
                told.push(format!("dropped {}", dropped.count));
                continue;
            }
        };
        let mut arguments = event.arguments();
        told.push(match event.name() {
            "machine_start" => format!("machine_start {}", text(arguments.string().unwrap())),
            "machine_read" => {
                let (device, bytes) = (arguments.word().unwrap(), arguments.word().unwrap());
                let name = text(arguments.string().unwrap());
                format!("machine_read {device} {bytes} {name} {}", arguments.word().unwrap())
            }
            "plugin_loaded" => {
                let version = arguments.word().unwrap();
                format!("plugin_loaded {version} {}", text(arguments.string().unwrap()))
            }
            name => name.to_owned(),
        });
    }
    told
}

#[test]
fn every_set_of_backends_writes_to_its_sinks() {
    let instance = Tracefs::find_or_mount().and_then(|(tracefs, _)| Instance::create(&tracefs));
    let instance = instance
        .map_err(|why| eprintln!("SKIP every_set_of_backends_writes_to_its_sinks with ftrace: {why}"))
        .ok();
    with_mounts("every_set_of_backends_writes_to_its_sinks", move || {
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("c-backends-{}-dev", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let socket = folder.join("socket");
        let daemon = UnixDatagram::bind(&socket).unwrap();
        daemon.set_nonblocking(true).unwrap();
        dev_log(&folder, &socket);
        for set in 1_u32..16 {
            let all = ["log", "simple", "ftrace", "syslog"];
            let backends: Vec<&str> = (0..4).filter(|bit| set & 1 << bit != 0).map(|bit| all[bit]).collect();
            if backends.contains(&"ftrace") && instance.is_none() {
                continue;
            }
            writes(&backends, instance.as_ref(), &daemon);
        }
        _ = fs::remove_dir_all(&folder);
    });
}

fn writes(backends: &[&str], instance: Option<&Instance>, daemon: &UnixDatagram) {
    let program = Program::build("sets", backends);
    let has = |backend| backends.contains(&backend);
    let mut command = program.run(&["*", if has("simple") { "plugin_*,file=records" } else { "plugin_*" }]);
    if let Some(instance) = instance {
        instance.write("trace", "").unwrap();
        command.env(vmtrace::INSTANCE_VARIABLE, instance.path());
    }
    let output = program.succeeds(&mut command);
    // the first option is of a pattern that nothing has yet
    let mut lines = logged(&output.stderr);
    assert_eq!(
        lines.remove(0),
        " -trace plugin_*,file=records: warning: no trace event matches 'plugin_*'"
            .replace(",file=records", if has("simple") { ",file=records" } else { "" }),
        "{backends:?}"
    );
    let both: Vec<&str> = [EARLY].into_iter().chain(TEXTS).collect();
    assert_eq!(lines, if has("log") { both.as_slice() } else { &[] }, "{backends:?}");
    assert_eq!(
        text(&output.stdout),
        "errno 2\n\
         all: machine_start+ machine_read+ machine_idle+ machine_off plugin_loaded+\n\
         pattern: machine_read+\n\
         group: plugin_loaded+\n\
         on: 3 1, there: 0 0\n",
        "{backends:?}"
    );
    if has("simple") {
        let records = recorded(&program.0.join("records"));
        let expected = [
            "dropped 1", // that of the event before the sinks were opened
            "machine_start set\nup",
            "machine_read 16 7  99",
            "machine_read 16 7 disk 99",
            "machine_idle",
            "plugin_loaded 3 plugin",
        ];
        assert_eq!(records, expected, "{backends:?}");
    }
    if let Some(instance) = instance.filter(|_| has("ftrace")) {
        let trace = instance.read("trace").unwrap();
        let entries: Vec<&str> =
            trace.lines().filter_map(|line| Some(line.split_once("tracing_mark_write: ")?.1)).collect();
        assert_eq!(entries, TEXTS, "{backends:?}");
    }
    if has("syslog") {
        let mut room = [0; 2048];
        let both = both.iter().map(|line| line.replace("\\n", "\n"));
        for (index, line) in both.enumerate() {
            let len = daemon.recv(&mut room).unwrap();
            let datagram = text(&room[..len]);
            assert!(
                datagram.trim_end_matches('\0').ends_with(&format!(": {line}")),
                "{backends:?}: {datagram}"
            );
            // LOG_INFO of LOG_USER until openlog(3) has said LOG_DAEMON
            assert!(
                datagram.starts_with(if index == 0 { "<14>" } else { "<30>" }),
                "{backends:?}: {datagram}"
            );
            assert_eq!(datagram.contains("vmm["), index > 0, "{backends:?}: {datagram}");
        }
    }
    assert!(daemon.recv(&mut [0; 8]).is_err(), "{backends:?}");
}

#[test]
fn options_are_told_of_as_qemu_does() {
    let program = Program::build("options", &["log"]);
    fs::write(program.0.join("events"), "machine_idle\nnosuch\n# comment\n\n-machine_off\nmachine_re")
        .unwrap();
    let names = "machine_start\nmachine_read\nmachine_idle\nmachine_off\n";
    for (option, status, told) in [
        ("help", 0, ""),
        ("?", 0, ""),
        ("machine_idle", 0, ""),
        ("", 0, ""),
        ("nosuch", 0, "vmm: -trace nosuch: warning: trace event 'nosuch' does not exist\n"),
        ("-nosuch", 0, "vmm: -trace -nosuch: warning: trace event 'nosuch' does not exist\n"),
        ("nosuch*", 0, "vmm: -trace nosuch*: warning: no trace event matches 'nosuch*'\n"),
        ("machine_off", 0, "vmm: -trace machine_off: warning: trace event 'machine_off' is not traceable\n"),
        (
            "snk=log",
            1,
            "vmm: -trace snk=log: `snk` is none of enable, events, file, sink, ring, wait, log, syslog and flight\n",
        ),
        (
            "machine_idle,sink=nosuch",
            1,
            "vmm: -trace machine_idle,sink=nosuch: there is no trace sink `nosuch` in this program, which has: log, simple, ftrace, \
             syslog, flight\n",
        ),
        (
            "machine_*,sink=syslog,sink=simple",
            1,
            "vmm: -trace machine_*,sink=syslog,sink=simple: the events that match `machine_*` were built for other backends than \
             syslog, simple\n",
        ),
        ("machine_idle,sink=simple,sink=log", 0, ""),
        ("events=missing", 1, "vmm:missing: No such file or directory\n"),
        (
            "events=events",
            0,
            "vmm:events:2: warning: trace event 'nosuch' does not exist\n\
             vmm:events:5: warning: trace event 'machine_off' is not traceable\n\
             vmm:events:6: warning: trace event 'machine_re' does not exist\n",
        ),
        (
            "machine_idle,file=missing/log",
            1,
            "vmm: Error opening logfile missing/log: No such file or directory\n",
        ),
    ] {
        let output = program.run(&[option]).output().unwrap();
        let stderr: String =
            text(&output.stderr).split_inclusive('\n').filter(|line| !line.contains('@')).collect();
        assert_eq!((output.status.code(), stderr.as_str()), (Some(status), told), "{option}");
        if matches!(option, "help" | "?") {
            assert_eq!(text(&output.stdout), names);
        }
    }
    // nor is a library's event that comes later switched for a sink that it was not built for
    for (option, is_on) in [("plugin_*,sink=simple", false), ("plugin_*,sink=log", true)] {
        let told = text(&program.succeeds(&mut program.run(&[option])).stdout);
        assert_eq!(told.contains("plugin_loaded+"), is_on, "{option}: {told}");
    }
    let output = program.succeeds(&mut program.run(&["machine_idle,file=lines-%d"]));
    assert_eq!(text(&output.stderr), "");
    let file = fs::read_dir(&program.0).unwrap().map(|entry| entry.unwrap().path());
    let mut file = file.filter(|path| path.to_str().unwrap().contains("lines-"));
    assert_eq!(logged(&fs::read(file.next().unwrap()).unwrap()), ["machine_idle "]);
}

#[test]
fn a_sink_that_cannot_be_had_keeps_nobody_from_starting() {
    let program = Program::build("missing", &["ftrace"]);
    let mut command = program.run(&["*"]);
    let output = program.succeeds(command.env(vmtrace::INSTANCE_VARIABLE, "/nonexistent"));
    let told = text(&output.stderr);
    assert!(
        told.starts_with("vmm: warning: trace sink `ftrace` is not available: ")
            && told.contains("/nonexistent"),
        "{told}"
    );
    assert_eq!(told.lines().count(), 1, "{told}");
    // and where there is no file, none can be named
    let output = program.run(&["*,file=x"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.ends_with("option not supported by the selected tracing backends\n"), "{told}");
}

/// NULLs, events that nobody registered, records that begin within others or are not what they were said to be.
#[test]
fn what_generated_code_never_does_is_survived_and_counted() {
    let program = Program::build("hostile", &["log", "simple", "ftrace"]);
    program.cc(&["hostile"], ["hostile.c", "trace-machine.c"]);
    let output = program.succeeds(Command::new("./hostile").env(vmtrace::INSTANCE_VARIABLE, "/nonexistent"));
    assert_eq!(text(&output.stdout), "Trace file \"missing/x\" off.\n");
    let told = text(&output.stderr);
    let said: Vec<&str> = told.lines().filter(|line| line.starts_with("hostile:")).collect();
    let missing = "hostile: warning: trace sink `ftrace` is not available: open /nonexistent: \
                   No such file or directory (os error 2) (named by VMTRACE_INSTANCE)";
    let expected = [
        "hostile: tracing has not begun: there is no trace file yet",
        missing,
        missing,
        "hostile: trace file missing/x: No such file or directory (os error 2)",
    ];
    assert_eq!(said, expected);
    let lines =
        logged(told.lines().filter(|line| line.contains('@')).collect::<Vec<_>>().join("\n").as_bytes());
    assert_eq!(lines[0], "");
    assert!(lines[1].starts_with("abc|(null)|"), "{}", lines[1]);
    assert!(lines[2].starts_with("xxxx") && lines[2].ends_with("x…"), "{}", lines[2]);
    assert_eq!(lines[3..].len(), 3, "{lines:?}");
    // of the lost ones the trace tells before the next that comes
    let records = recorded(&program.0.join("records"));
    let dropped: u64 =
        records.iter().filter_map(|record| record.strip_prefix("dropped ")?.parse::<u64>().ok()).sum();
    let kept: Vec<&str> =
        records.iter().map(String::as_str).filter(|record| !record.starts_with("dropped")).collect();
    let expected =
        ["first", "within", "inner", "outer", "last"].map(|state| format!("machine_start {state}"));
    assert_eq!(kept, expected);
    assert_eq!(dropped, 4, "{records:?}");
}
