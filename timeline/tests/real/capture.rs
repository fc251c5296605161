//! Recordings of this machine, made in a private instance for a test: what `vmtrace record` does, as plainly
//! as can be.

use recording::{ClockPair, CpuRing, EventChoice, Kernel, LogFile, LogForm, Manifest, Recording};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const TRACEFS: &str = "/sys/kernel/tracing";
const O_NONBLOCK: i32 = 0o4000;

/// A private instance that records.
pub(crate) struct Capture {
    instance: PathBuf,
    events: Vec<(String, String)>,
    buffer_kb: u64,
    clocks: Vec<ClockPair>,
}

/// What was recorded.
pub(crate) struct Captured {
    pub(crate) recording: Recording,
    /// The kernel's own text.
    pub(crate) trace: String,
}

impl Capture {
    /// Records `events` (`SYSTEM:EVENT`, `SYSTEM:*`, `SYSTEM:EVENT/FILTER`) until it is finished. The error says what
    /// this machine lacks.
    pub(crate) fn start(events: &[&str], buffer_kb: u64) -> Result<Self, String> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        remove_stale();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("timeline-test-{}-{number}", std::process::id());
        let instance = Path::new(TRACEFS).join("instances").join(name);
        fs::create_dir(&instance).map_err(|error| format!("no private instance in {TRACEFS}: {error}"))?;
        let mut capture = Self { instance, events: Vec::new(), buffer_kb, clocks: Vec::new() };
        capture.write("trace_clock", "mono")?;
        capture.write("buffer_size_kb", &buffer_kb.to_string())?;
        // this thread and what it starts, so that other tests do not fill the rings
        capture.write("options/event-fork", "1")?;
        capture.write("set_event_pid", &nix::unistd::gettid().to_string())?;
        for event in events {
            let (event, filter) =
                event.split_once('/').map_or((*event, None), |(event, filter)| (event, Some(filter)));
            let (system, name) = event.split_once(':').ok_or("SYSTEM:EVENT")?;
            let folder = capture.instance.join("events").join(system);
            let names = match name {
                "*" => folders(&folder),
                name => vec![name.to_owned()],
            };
            for name in names {
                if let Some(filter) = filter {
                    capture.write(&format!("events/{system}/{name}/filter"), filter)?;
                }
                // some need more than this machine has
                let enabled = capture.write(&format!("events/{system}/{name}/enable"), "1").is_ok();
                let event = (system.to_owned(), name);
                if enabled && !capture.events.contains(&event) {
                    capture.events.push(event);
                }
            }
        }
        capture.clocks.push(read_clocks());
        Ok(capture)
    }

    /// Has `%p` printed as it is: where it is hashed, the text cannot be made from the event.
    pub(crate) fn show_pointers(&self) -> Result<(), String> {
        self.write("options/hash-ptr", "0")
    }

    pub(crate) fn mark(&self, text: &str) {
        fs::write(self.instance.join("trace_marker"), text).unwrap();
    }

    /// Stops, and writes everything to `dir`. `log` is a file that QEMU wrote there.
    pub(crate) fn finish(mut self, dir: &Path, log: Option<(&str, LogForm)>) -> Captured {
        self.write("tracing_on", "0").unwrap();
        self.clocks.push(read_clocks());
        let trace = fs::read(self.instance.join("trace")).unwrap();
        let recording = Recording::create(dir).unwrap();
        let copy = |from: &Path, to: &Path| {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            // header_page gives what one read takes, and nothing after it
            let mut bytes = vec![0; 1 << 16];
            let count = File::open(from).unwrap().read(&mut bytes).unwrap();
            assert!(count < bytes.len());
            let more = if to.ends_with("header_page") { Vec::new() } else { fs::read(from).unwrap() };
            fs::write(to, if more.is_empty() { &bytes[..count] } else { &more }).unwrap();
        };
        let tracefs = Path::new(TRACEFS);
        copy(&tracefs.join("events/header_page"), &recording.header_page_path());
        copy(&tracefs.join("saved_cmdlines"), &recording.comms_path());
        self.events.extend([("ftrace".into(), "print".into())]);
        for (system, name) in &self.events {
            let from = tracefs.join("events").join(system).join(name).join("format");
            copy(&from, &recording.events_dir().join(system).join(name).join("format"));
        }
        let mut cpus = Vec::new();
        for name in folders(&self.instance.join("per_cpu")) {
            let cpu = name.strip_prefix("cpu").unwrap().parse().unwrap();
            let ring = self.instance.join("per_cpu").join(&name);
            drain(&ring.join("trace_pipe_raw"), &recording.cpu_path(cpu));
            let stats = fs::read_to_string(ring.join("stats")).unwrap();
            let count = |key: &str| {
                stats.lines().find_map(|line| line.strip_prefix(key)?.trim().parse().ok()).unwrap()
            };
            cpus.push(CpuRing { cpu, overrun: count("overrun:"), dropped: count("dropped events:") });
        }
        let logs = log
            .map(|(name, form)| {
                fs::rename(dir.with_extension("log"), recording.log_dir().join(name)).unwrap();
                LogFile { path: Path::new("log").join(name), form }
            })
            .into_iter()
            .collect();
        let events = self
            .events
            .iter()
            .map(|(system, name)| EventChoice {
                system: system.clone(),
                name: name.clone(),
                ..Default::default()
            })
            .collect();
        let kernel = Kernel { clock: "mono".into(), buffer_kb: self.buffer_kb, events, cpus };
        recording
            .save(&Manifest {
                kernel: Some(kernel),
                logs,
                clocks: std::mem::take(&mut self.clocks),
                ..Manifest::default()
            })
            .unwrap();
        Captured { recording, trace: String::from_utf8_lossy(&trace).into_owned() }
    }

    fn write(&self, file: &str, text: &str) -> Result<(), String> {
        let path = self.instance.join(file);
        let opened = OpenOptions::new().write(true).open(&path);
        opened
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|error| format!("{}: {error}", path.display()))
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = self.write("tracing_on", "0");
        let _ = fs::remove_dir(&self.instance);
    }
}

/// QEMU on its firmware for a while, logging to `DIR.log`; `None` if this machine cannot.
pub(crate) fn boot_qemu(dir: &Path, arguments: &[&str], time: Duration) -> Option<()> {
    if !Path::new("/dev/kvm").exists() {
        return None;
    }
    let mut qemu = Command::new("qemu-system-x86_64");
    qemu.args(["-accel", "kvm", "-m", "64", "-display", "none", "-monitor", "none", "-serial", "none"]);
    qemu.args(["-msg", "timestamp=on", "-D"]).arg(dir.with_extension("log")).args(arguments);
    let child = qemu.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
    let mut guard = Guard(child);
    std::thread::sleep(time);
    let running = guard.0.try_wait().ok()?.is_none();
    running.then_some(())
}

struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        // SIGTERM, so that QEMU writes the rest of its log
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        for _ in 0..100 {
            if matches!(self.0.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder of the test's own; it is removed when it goes.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("timeline-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn read_clocks() -> ClockPair {
    use nix::time::{ClockId, clock_gettime};
    let read = |clock| {
        let time = clock_gettime(clock).unwrap();
        u64::try_from(time.tv_sec()).unwrap() * 1_000_000_000 + u64::try_from(time.tv_nsec()).unwrap()
    };
    let mono_before = read(ClockId::CLOCK_MONOTONIC);
    let wall = read(ClockId::CLOCK_REALTIME);
    ClockPair { mono_before, wall, mono_after: read(ClockId::CLOCK_MONOTONIC) }
}

fn folders(path: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(path)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            entry.file_type().ok()?.is_dir().then(|| entry.file_name().to_string_lossy().into_owned())
        })
        .collect();
    names.sort();
    names
}

fn drain(from: &Path, to: &Path) {
    let mut pipe = OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open(from).unwrap();
    let mut file = File::create(to).unwrap();
    let mut page = vec![0; 4096];
    loop {
        match pipe.read(&mut page) {
            Ok(0) => return,
            Ok(count) => file.write_all(&page[..count]).unwrap(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(error) => panic!("{}: {error}", from.display()),
        }
    }
}

/// Removes the instances of test runs that were killed.
fn remove_stale() {
    let instances = Path::new(TRACEFS).join("instances");
    for name in folders(&instances) {
        let pid = name.strip_prefix("timeline-test-").and_then(|rest| rest.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            let _ = fs::remove_dir(instances.join(name));
        }
    }
}
