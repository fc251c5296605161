//! `docs/walkthrough.md`, done: the project is made of the page, and what is typed there is typed here. So is the README's.

mod kernel;
mod page;
mod project;

use page::Session;
use project::Project;
use std::fs;
use std::process::{Command, Stdio};

#[test]
fn from_an_empty_folder_to_a_line_in_the_log() {
    const NAME: &str = "from_an_empty_folder_to_a_line_in_the_log";
    let mut project = Project::new("walkthrough");
    let files = page::files(page::WALKTHROUGH);
    assert_eq!(paths(&files), ["Cargo.toml", "trace-events", "build.rs", "src/main.rs"]);
    let mut demo = integration::tied(&project.build(files).join("demo"));
    let id = project.runs(demo.env_remove(vmtrace::INSTANCE_VARIABLE).stderr(Stdio::null()));

    if let Some(mut shell) = qmp_shell(NAME) {
        at_qemus_shell(&project, shell.arg("qmp.sock"), &page::session("qmp-shell qmp.sock"));
    }
    if let Some(mut shell) = qmp_shell(NAME) {
        at_qemus_shell(&project, shell.args(["-H", "qmp.sock"]), &page::session("qmp-shell -H qmp.sock"));
        let line = project.until("a line in test.log", || {
            let text = fs::read_to_string(project.folder().join("test.log")).ok()?;
            Some(text.split_once('\n')?.0.to_owned())
        });
        let (stamp, text) = line.split_once(':').unwrap();
        let (thread, time) = stamp.split_once('@').unwrap();
        assert_eq!(thread.parse(), Ok(id), "{line}");
        let (seconds, microseconds) = time.split_once('.').unwrap();
        assert!(seconds.parse::<u64>().unwrap() > 1_600_000_000 && microseconds.len() == 6, "{line}");
        let state = text.strip_prefix("migrate_set_state_user new state ");
        assert!(matches!(state, Some("setup" | "active" | "completed")), "{line}");
    }
    if let Some(mut socat) = integration::socat(NAME) {
        let session = page::session("socat - UNIX-CONNECT:qmp.sock");
        let told = project.types(socat.args(["-t20", "-", "UNIX-CONNECT:qmp.sock"]), &session);
        let answers = |text: &str| -> Vec<serde_json::Value> {
            let lines = text.lines().filter(|line| !line.starts_with("{\"execute\""));
            lines.map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        assert_eq!(answers(&told), answers(&session.shown), "{told}");
    }
    assert!(project.lives(), "it has ended");
}

#[test]
fn the_readmes_program_does_what_the_readme_says() {
    let project = Project::new("readme");
    let mut files = page::files(page::README);
    assert_eq!(paths(&files), ["Cargo.toml", "build.rs", "src/main.rs"]);
    let declaration = page::README.lines().find(|line| line.starts_with("toy_disk_read(")).unwrap();
    files.push(page::File { path: "trace-events", text: format!("{declaration}\n") });
    let mut program = integration::tied(&project.build(files).join("my-vmm"));
    program.env_remove(vmtrace::INSTANCE_VARIABLE).current_dir(project.folder());
    program.args(["-trace", "toy_disk_*", "-D", "test.log"]);
    assert_eq!(integration::succeeds(&mut program, b""), "");
    let log = fs::read_to_string(project.folder().join("test.log")).unwrap();
    let (_, text) = log.trim_end().split_once(':').unwrap();
    assert!(page::README.contains(&format!(":{text}`.")), "{log}");
}

fn paths(files: &[page::File]) -> Vec<&str> {
    files.iter().map(|file| file.path).collect()
}

/// QEMU's shell.
fn qmp_shell(test: &str) -> Option<Command> {
    let mut python = integration::qemu_qmp(test, env!("CARGO_TARGET_TMPDIR"))?;
    python.args(["-m", "qemu.qmp.qmp_shell"]);
    Some(python)
}

/// What the shell shows must be what the page shows, but for what is typed: that is not shown where it comes by a pipe.
fn at_qemus_shell(project: &Project, shell: &mut Command, session: &Session) {
    let told = project.types(shell, session);
    let mut shown = Vec::new();
    for line in session.shown.lines() {
        match line.strip_prefix("(QEMU) ") {
            Some(_) => shown.push("(QEMU)"),
            None => shown.extend(line.split_whitespace()),
        }
    }
    shown.push("(QEMU)");
    assert_eq!(told.split_whitespace().collect::<Vec<_>>(), shown, "{told}");
}
