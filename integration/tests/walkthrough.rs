//! `docs/walkthrough.md`, done: the project is made of the page, and what is typed there is typed here.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PAGE: &str = include_str!("../../docs/walkthrough.md");
/// Where `cargo xtask test` installs it.
const QEMU_QMP: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/python/qemu.qmp-0.0.6");
const PATIENCE: Duration = Duration::from_secs(20);

/// A fenced block, and the line before it, which names a file or tells what is typed.
struct Block {
    before: &'static str,
    text: String,
}

fn blocks() -> Vec<Block> {
    let (mut blocks, mut before, mut open) = (Vec::new(), "", None);
    for line in PAGE.lines() {
        match (&mut open, line.starts_with("```")) {
            (None, true) => open = Some(String::new()),
            (None, false) if line.is_empty() => {}
            (None, false) => before = line,
            (Some(_), true) => blocks.extend(open.take().map(|text| Block { before, text })),
            (Some(text), false) => text.extend([line, "\n"]),
        }
    }
    blocks
}

/// A session at a prompt: what is typed, and all that is shown.
fn session(command: &str) -> (String, String) {
    let blocks = blocks();
    let shown = blocks.iter().find_map(|block| block.text.strip_prefix(&format!("$ {command}\n")));
    let shown = shown.unwrap_or_else(|| panic!("the page has no `$ {command}`")).to_owned();
    let typed = |line: &str| {
        let typed = line.strip_prefix("(QEMU) ").or_else(|| line.starts_with("{\"execute\"").then_some(line));
        typed.map(|line| format!("{line}\n"))
    };
    (shown.lines().filter_map(typed).collect(), shown)
}

/// A private folder, which goes with it, and the program that runs in it.
struct Project {
    folder: PathBuf,
    program: Option<Child>,
}

impl Project {
    /// Makes the project that the page describes.
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("vmtrace-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("src")).unwrap();
        let project = Self { folder, program: None };
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let mut files = 0;
        for Block { before, text } in blocks() {
            if let Some(path) = before.strip_prefix('`').and_then(|rest| rest.strip_suffix("`:")) {
                fs::write(project.folder.join(path), text.replace('…', root)).unwrap();
                files += 1;
            }
        }
        assert_eq!(files, 4, "Cargo.toml, trace-events, build.rs and src/main.rs");
        fs::copy(Path::new(root).join("Cargo.lock"), project.folder.join("Cargo.lock")).unwrap();
        project
    }

    /// Builds it, with nothing that is not on this machine.
    fn build(&self) -> PathBuf {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("walkthrough");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--offline", "--target-dir"]).arg(&target);
        succeeds(cargo.current_dir(&self.folder), "");
        target.join("debug/demo")
    }

    /// A command in this folder, whose files are here and not in /tmp.
    fn types(&self, command: &mut Command, text: &str) -> String {
        let (here, log) = (self.folder.join("test.log").display().to_string(), "/tmp/test.log");
        succeeds(command.current_dir(&self.folder), &text.replace(log, &here)).replace(&here, log)
    }

    fn socket(&self) {
        let (socket, start) = (self.folder.join("qmp.sock"), Instant::now());
        while !socket.exists() {
            assert!(start.elapsed() < PATIENCE, "there is no {}", socket.display());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if let Some(program) = &mut self.program {
            _ = program.kill();
            _ = program.wait();
        }
        _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn from_an_empty_folder_to_a_line_in_the_log() {
    const NAME: &str = "from_an_empty_folder_to_a_line_in_the_log";
    let mut project = Project::new("walkthrough");
    let program = project.build();
    let mut command = Command::new(program);
    command.current_dir(&project.folder).env_remove("VMTRACE_INSTANCE").stderr(Stdio::piped());
    project.program = Some(command.stdin(Stdio::null()).spawn().unwrap());
    project.socket();

    if Path::new(QEMU_QMP).is_dir() {
        for options in ["", "-H "] {
            let (typed, shown) = session(&format!("qmp-shell {options}qmp.sock"));
            let mut python = Command::new("python3");
            python
                .env("PYTHONPATH", QEMU_QMP)
                .env("PYTHONDONTWRITEBYTECODE", "1")
                .env("HOME", &project.folder);
            python.args(["-m", "qemu.qmp.qmp_shell"]).args(options.split_whitespace()).arg("qmp.sock");
            let told = project.types(&mut python, &typed);
            // what is typed through a pipe is not shown
            let shown: String = shown
                .lines()
                .map(|line| match line.strip_prefix("(QEMU) ") {
                    Some(_) => "(QEMU) ".to_owned(),
                    None => format!("{line}\n"),
                })
                .collect();
            assert_eq!(words(&told), words(&(shown + "(QEMU) ")), "{told}");
        }
        let line = first_line(&project.folder.join("test.log"));
        let (stamp, text) = line.split_once(':').unwrap();
        let (thread, time) = stamp.split_once('@').unwrap();
        assert_eq!(thread.parse(), Ok(project.program.as_ref().unwrap().id()), "{line}");
        let (seconds, microseconds) = time.split_once('.').unwrap();
        assert!(seconds.parse::<u64>().unwrap() > 1_600_000_000 && microseconds.len() == 6, "{line}");
        let states =
            ["setup", "active", "completed"].map(|state| format!("migrate_set_state_user new state {state}"));
        assert!(states.iter().any(|state| state == text), "{line}");
    } else {
        eprintln!(
            "SKIP {NAME}: no qemu.qmp (python3 -m pip install --no-deps --target {QEMU_QMP} qemu.qmp==0.0.6)"
        );
    }

    if Command::new("socat").arg("-V").output().is_ok() {
        let (typed, shown) = session("socat - UNIX-CONNECT:qmp.sock");
        let told = project.types(Command::new("socat").args(["-t1", "-", "UNIX-CONNECT:qmp.sock"]), &typed);
        let read = |text: &str| -> Vec<serde_json::Value> {
            let answers = text.lines().filter(|line| !line.starts_with("{\"execute\""));
            answers.map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        assert_eq!(read(&told), read(&shown), "{told}");
    } else {
        eprintln!("SKIP {NAME}: no socat (apt-get install socat)");
    }
    assert!(project.program.as_mut().unwrap().try_wait().unwrap().is_none(), "it has ended");
}

/// Where a prompt ends its lines is the shell's business.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

fn first_line(path: &Path) -> String {
    let start = Instant::now();
    loop {
        let text = fs::read_to_string(path).unwrap_or_default();
        if let Some((line, _)) = text.split_once('\n') {
            return line.to_owned();
        }
        assert!(start.elapsed() < PATIENCE, "there is no line in {}", path.display());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Runs a command with a text on its standard input and gives back what it printed.
fn succeeds(command: &mut Command, input: &str) -> String {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    child.stdin.take().expect("it is a pipe").write_all(input.as_bytes()).unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{command:?}: {status}\n{told}{}", String::from_utf8_lossy(&stdout));
    String::from_utf8(stdout).unwrap()
}
