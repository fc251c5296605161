//! `vmtrace stap`, as far as no kernel is needed.

use crate::scratch::{Ran, Scratch, VMTRACE, lacks};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// The demo VMM: a Rust program whose events have probes. It is in the program under test.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo-vmm/trace-events");

#[test]
fn a_list_is_the_notes_in_order() {
    let scratch = Scratch::new("stap-list");
    let all = scratch.run(&["stap", "list", VMTRACE]);
    assert_eq!(all.status, Some(0), "{all:?}");
    assert!(all.out.lines().is_sorted(), "{all:?}");
    let machine: Vec<&str> = all.out.lines().filter(|name| name.starts_with("machine_")).collect();
    assert!(machine.contains(&"machine_start"), "{all:?}");
    let some = scratch.run(&["stap", "list", VMTRACE, "machine_s*p", "machine_?ound", "machine_stop"]);
    assert_eq!(some.out, "machine_round\nmachine_stop\n", "{some:?}");
}

#[test]
fn a_script_has_the_declared_text_or_numbers() {
    let scratch = Scratch::new("stap-script");
    let bare = scratch.run(&["stap", "run", "--script", VMTRACE, "machine_round"]);
    assert!(bare.out.contains("machine_round arg1=%u arg2=0x%x"), "{bare:?}");
    let declared = scratch.run(&["stap", "run", "--script", "-e", ROOT, VMTRACE, "machine_round"]);
    assert!(declared.out.contains("round %u done after %u exits"), "{declared:?}");
    assert_eq!(declared.out.matches(".mark(").count(), 1, "{declared:?}");
    let lineup = scratch.run(&["stap", "lineup", "-e", ROOT, VMTRACE, "machine_round"]);
    assert!(lineup.out.contains("round %u done after %u exits"), "{lineup:?}");
    assert!(lineup.out.contains(r#"kernel.trace("kvm:kvm_exit")"#), "{lineup:?}");
}

/// As QEMU's build installs it: the name's `-` is a `.`, and what has no script does not exist. What a stranger could have put
/// there is used only if it is named.
#[test]
fn installed_scripts_are_found() {
    let scratch = Scratch::new("stap-installed");
    let [bin, tapset] = ["bin", "share/systemtap/tapset"].map(|folder| scratch.0.join(folder));
    fs::create_dir_all(&bin).unwrap();
    fs::create_dir_all(&tapset).unwrap();
    let program = bin.join("my-vmm");
    fs::copy(VMTRACE, &program).unwrap();
    let text = "\
probe my.vmm.machine_stop = process(\"x\").mark(\"machine_stop\")
probe my.vmm.log.machine_stop = my.vmm.machine_stop ?
probe my.vmm.log.no_such_mark = my.vmm.no_such_mark ?
probe my.vmm.x.log.machine_start = my.vmm.x.machine_start ?
";
    fs::write(tapset.join("my-vmm-log.stp"), text).unwrap();
    fs::write(tapset.join("another"), "probe my.vmm.log.machine_round = x ?\n").unwrap();
    let program = program.to_str().unwrap();
    // the scratch folder is open to everyone
    for refused in
        [&["stap", "list", program][..], &["stap", "run", program, "*"], &["stap", "lineup", program, "*"]]
    {
        let ran = scratch.run(refused);
        assert_eq!((ran.out.as_str(), ran.status), ("", Some(1)), "{ran:?}");
        for told in ["may be written by its group or by others", "--events", "--tapset"] {
            assert!(ran.told.contains(told), "{ran:?}");
        }
    }
    let named = tapset.to_str().unwrap();
    let listed = scratch.run(&["stap", "-v", "list", "--tapset", named, program]);
    assert_eq!((listed.out.as_str(), listed.status), ("machine_stop\n", Some(0)), "{listed:?}");
    assert!(listed.told.contains("with the scripts in "), "{listed:?}");
    let script = scratch.run(&["stap", "run", "--script", "--tapset", named, program, "*"]);
    assert_eq!(script.out, "probe my.vmm.log.machine_stop {}\n", "{script:?}");
    // declarations come first
    let declared = scratch.run(&["stap", "run", "--script", "-e", ROOT, program, "machine_stop"]);
    assert!(declared.out.contains("%u exits"), "{declared:?}");
}

/// Where only root may write, they need not be named.
#[test]
fn roots_scripts_are_found() {
    if lacks("roots_scripts_are_found", &["/run"]) {
        return;
    }
    let root = Path::new("/run").join(format!("vmtrace-cli-stap-{}", std::process::id()));
    let [bin, tapset] = ["bin", "share/systemtap/tapset"].map(|folder| root.join(folder));
    fs::create_dir_all(&bin).unwrap();
    fs::create_dir_all(&tapset).unwrap();
    fs::write(tapset.join("vmm.stp"), "probe vmm.log.machine_stop = vmm.machine_stop ?\n").unwrap();
    // room in /run is scarce
    let program = bin.join("vmm");
    let copied = fs::copy(VMTRACE, &program);
    let ran = Ran::of(Command::new(VMTRACE).args(["stap", "list"]).arg(&program));
    fs::remove_dir_all(&root).unwrap();
    if copied.is_err() {
        eprintln!("SKIP roots_scripts_are_found: no room in /run");
        return;
    }
    assert_eq!((ran.out.as_str(), ran.status), ("machine_stop\n", Some(0)), "{ran:?}");
}

/// A path is a pattern in a script, and there is no escaping it.
#[test]
fn a_path_that_is_a_pattern_is_refused() {
    let scratch = Scratch::new("stap-pattern");
    fs::copy(VMTRACE, scratch.0.join("a*")).unwrap();
    for command in [&["stap", "run", "--script"][..], &["stap", "run"], &["stap", "lineup"]] {
        let ran = scratch.run(&[command, &["./a*", "*"]].concat());
        assert_eq!((ran.out.as_str(), ran.status), ("", Some(1)), "{ran:?}");
        assert!(ran.told.contains("for a pattern, which names other files: rename it"), "{ran:?}");
    }
}

/// In a shell's order, and what is no program is passed over.
#[test]
fn a_program_in_path_is_one_that_runs() {
    let scratch = Scratch::new("stap-path");
    let folders = ["first", "second"].map(|folder| scratch.0.join(folder));
    for folder in &folders {
        fs::create_dir(folder).unwrap();
    }
    fs::write(folders[0].join("vmm"), "no program").unwrap();
    fs::copy(VMTRACE, folders[1].join("vmm")).unwrap();
    let path = std::env::join_paths(&folders).unwrap();
    let ran = Ran::of(Command::new(VMTRACE).args(["stap", "list", "vmm", "machine_stop"]).env("PATH", path));
    assert_eq!((ran.out.as_str(), ran.status), ("machine_stop\n", Some(0)), "{ran:?}");
}

/// What `stap` leaves behind may hold its standard error for ever.
#[test]
fn a_run_ends_with_stap() {
    let scratch = Scratch::new("stap-leaves");
    // no real `stap` does it on demand
    let stap = "#!/bin/sh\ncat > script\necho words >&2\nsleep 600 &\necho $! > left\nexit 7\n";
    let program = scratch.0.join("stap");
    fs::write(&program, stap).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", scratch.0.display());
    let told = scratch.0.join("told");
    let mut command = Command::new(VMTRACE);
    command.args(["stap", "run", VMTRACE, "machine_stop"]).env("PATH", path).current_dir(&scratch.0);
    let status = command.stdin(Stdio::null()).stderr(fs::File::create(&told).unwrap()).status().unwrap();
    let left = fs::read_to_string(scratch.0.join("left")).unwrap();
    // it still runs: this one has not waited for it
    let ended = Command::new("kill").arg(left.trim()).status().unwrap();
    assert!(ended.success());
    assert_eq!((status.code(), fs::read_to_string(told).unwrap().as_str()), (Some(7), "words\n"));
    let script = scratch.run(&["stap", "run", "--script", VMTRACE, "machine_stop"]).out;
    assert_eq!(fs::read_to_string(scratch.0.join("script")).unwrap(), script);
}

#[test]
fn what_is_wrong_is_named() {
    let scratch = Scratch::new("stap-wrong");
    assert!(Command::new("mkfifo").arg(scratch.0.join("fifo")).status().unwrap().success());
    let file = |name: &str, text: &str| {
        fs::write(scratch.0.join(name), text).unwrap();
        scratch.0.join(name).to_str().unwrap().to_owned()
    };
    let other = file("other", "machine_stop(int a, int b) \"%d %d\"\n");
    let broken = file("broken", "machine_stop(int a \"%d\"\n");
    for (arguments, status, told) in [
        (&["stap"][..], 2, "Usage:"),
        (&["stap", "list"], 2, "<BINARY>"),
        (&["stap", "run", VMTRACE], 2, "<PATTERN>"),
        (&["stap", "run", "--pid", "0", VMTRACE, "*"], 2, "0 is not in"),
        (&["stap", "list", "no-such-program"], 1, "no such program in PATH"),
        (&["stap", "list", "./no-such-program"], 1, "No such file or directory"),
        (&["stap", "list", "/dev/null"], 1, "no regular file"),
        (&["stap", "list", &other], 1, "no ELF file"),
        (&["stap", "list", "/bin/true"], 1, "has no USDT probes: build it with the backend dtrace"),
        (&["stap", "list", VMTRACE, "machine_*", "nonsense*"], 1, "`nonsense*` matches none of the "),
        (&["stap", "run", "-e", "fifo", VMTRACE, "*"], 1, "read fifo: it is no regular file"),
        (&["stap", "run", "-e", "/dev/zero", VMTRACE, "*"], 1, "it is no regular file"),
        (&["stap", "list", "--tapset", ".", VMTRACE], 1, "has no scripts for "),
        (
            &["stap", "list", "--tapset", "no-such-folder", VMTRACE],
            1,
            "realpath no-such-folder: No such file",
        ),
        (&["stap", "run", "-e", "no-such-file", VMTRACE, "*"], 1, "read no-such-file: No such file"),
        (&["stap", "run", "-e", &broken, VMTRACE, "*"], 1, "broken:1:"),
        (&["stap", "run", "-e", &other, VMTRACE, "*"], 1, "has 1 arguments, and its declaration has 2"),
    ] {
        let ran = scratch.run(arguments);
        assert_eq!(ran.status, Some(status), "{arguments:?}: {ran:?}");
        assert!(ran.told.contains(told) && ran.out.is_empty(), "{arguments:?}: {ran:?}");
    }
}

/// QEMU's own script ends with 0.
#[test]
fn a_stap_that_fails_or_is_not_there() {
    let scratch = Scratch::new("stap-fails");
    let run = |path: &Path| {
        let mut command = Command::new(VMTRACE);
        // a folder that is no kernel's
        command.args(["stap", "run", VMTRACE, "machine_stop"]).env("PATH", path);
        command.env("SYSTEMTAP_RELEASE", &scratch.0).env("SYSTEMTAP_DIR", scratch.0.join("cache"));
        let ran = command.stdin(Stdio::null()).output().unwrap();
        (ran.status.code(), String::from_utf8(ran.stderr).unwrap())
    };
    let (status, told) = run(&scratch.0);
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("stap cannot be started") && told.contains("apt-get install systemtap"), "{told}");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let Some(folder) = std::env::split_paths(&path).find(|folder| folder.join("stap").is_file()) else {
        eprintln!("SKIP a_stap_that_fails_or_is_not_there: no stap");
        return;
    };
    let (status, told) = run(&folder);
    assert_eq!(status, Some(1), "{told}");
    assert!(!told.starts_with("vmtrace:"), "these are stap's own words: {told}");
}
