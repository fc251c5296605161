//! `docs/walkthrough.md`, done: the project is made of the page, and what is typed there is typed here. So is the README's.

mod kernel;
mod page;
mod project;

use page::Session;
use project::Project;
use std::fs;
use std::path::Path;
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
        at_qemus_shell(
            &project,
            shell.arg("qmp.sock"),
            &page::session(page::WALKTHROUGH, "qmp-shell qmp.sock"),
        );
    }
    if let Some(mut shell) = qmp_shell(NAME) {
        at_qemus_shell(
            &project,
            shell.args(["-H", "qmp.sock"]),
            &page::session(page::WALKTHROUGH, "qmp-shell -H qmp.sock"),
        );
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
        let session = page::session(page::WALKTHROUGH, "socat - UNIX-CONNECT:qmp.sock");
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
    let (mut files, _) = readmes_files();
    assert_eq!(paths(&files), ["Cargo.toml", "build.rs", "src/main.rs"]);
    files.push(declaration());
    let program = project.build(files).join("my-vmm");
    does_what_the_readme_says(&project, &program);
}

#[test]
fn the_readmes_program_in_c_does_so_too() {
    let project = Project::new("readme-c");
    let (_, mut files) = readmes_files();
    assert_eq!(paths(&files), ["Makefile", "main.c"]);
    files.push(declaration());
    for file in files {
        fs::write(project.folder().join(file.path), file.text).unwrap();
    }
    let installed = integration::installed();
    let path = std::env::var("PATH").unwrap();
    let mut make = Command::new("make");
    make.arg("--silent").current_dir(project.folder());
    make.env("PATH", format!("{}/bin:{path}", installed.display()));
    make.env("PKG_CONFIG_PATH", installed.join("lib/pkgconfig"));
    make.env("LD_RUN_PATH", installed.join("lib")); // where the program finds the library
    integration::succeeds(&mut make, b"");
    does_what_the_readme_says(&project, &project.folder().join("demo"));
}

/// The README's files: Rust's, and C's.
fn readmes_files() -> (Vec<page::File>, Vec<page::File>) {
    page::files(page::README).into_iter().partition(|file| !["Makefile", "main.c"].contains(&file.path))
}

/// Both programs'.
fn declaration() -> page::File {
    let declaration = page::README.lines().find(|line| line.starts_with("toy_disk_read(")).unwrap();
    page::File { path: "trace-events", text: format!("{declaration}\n") }
}

fn does_what_the_readme_says(project: &Project, program: &Path) {
    let mut program = integration::tied(program);
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

fn at_qemus_shell(project: &Project, shell: &mut Command, session: &Session) {
    session.is_told_by_qemus_shell(&project.types(shell, session));
}
