//! Options, sinks and what a user is told, seen from outside a program.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

struct Ran {
    told: String,
    stderr: String,
    pid: u32,
    success: bool,
}

/// Runs the program with `-trace` options.
fn probe(group: &str, options: &[&str], environment: &[(&str, &str)]) -> Ran {
    let arguments: Vec<&str> = options.iter().flat_map(|&option| ["-trace", option]).collect();
    run(group, &arguments, environment)
}

fn run(group: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
    command
        .arg(group)
        .args(arguments)
        .env_remove(vmtrace::INSTANCE_VARIABLE)
        .envs(environment.iter().copied());
    let child =
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { told: text(stdout), stderr: text(stderr), pid, success: status.success() }
}

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("vmtrace-control-{name}-{}", std::process::id()))
}

#[test]
fn everything_is_off_unless_asked_for() {
    let ran = probe("conversions", &[], &[]);
    assert_eq!((ran.told.as_str(), ran.stderr.as_str(), ran.success), ("on: \n", "", true));
}

#[test]
fn the_log_is_qemus_and_a_guest_stays_on_its_line() {
    let ran = probe("conversions", &["conv_mixed"], &[]);
    let (stamp, text) = ran.stderr.split_once(':').unwrap();
    let (tid, time) = stamp.split_once('@').unwrap();
    assert_eq!(tid, ran.pid.to_string());
    let (seconds, microseconds) = time.split_once('.').unwrap();
    assert!(seconds.parse::<u64>().unwrap() > 1_600_000_000 && microseconds.len() == 6);
    assert_eq!(text, "conv_mixed 1a\\nb\\x1b2c\n");
}

#[test]
fn a_log_file_takes_the_place_of_standard_error() {
    let path = scratch("file");
    let ran = probe("conversions", &[&format!("conv_octal,file={}", path.display())], &[]);
    assert_eq!((ran.stderr.as_str(), ran.told.as_str()), ("", "on: conv_octal\n"));
    assert!(fs::read_to_string(&path).unwrap().ends_with(":conv_octal 10 0100\n"));
    fs::remove_file(path).unwrap();
}

#[test]
fn a_text_beyond_all_bounds_is_cut_and_marked() {
    let ran = probe("conversions", &["conv_strings"], &[]);
    assert!(ran.stderr.ends_with("éé…\n") && ran.stderr.len() < 4200, "{}", ran.stderr.len());
    assert_eq!(ran.stderr.matches('\n').count(), 1);
}

#[test]
fn patterns_switch_in_order() {
    for (options, on) in [
        (&["conv_n*"][..], "conv_none"),
        (&["conv_n*", "-conv_none"], ""),
        (&["-conv_none", "conv_none"], "conv_none"),
        (&["conv_*,enable=-conv_?*", "conv_octal"], "conv_octal"),
        (&["enable=conv_o?tal"], "conv_octal"),
    ] {
        let ran = probe("conversions", options, &[]);
        assert_eq!(ran.told, format!("on: {on}\n"), "{options:?}");
    }
}

#[test]
fn an_events_file_may_lack_its_last_newline() {
    let path = scratch("events");
    fs::write(&path, "# comment\n\nconv_o*\n-conv_none\nconv_hex").unwrap();
    let ran = probe("conversions", &["conv_none", &format!("events={}", path.display())], &[]);
    assert_eq!(ran.told, "on: conv_hex conv_octal\n");
    fs::write(&path, "conv_hex\nnosuch*\n").unwrap();
    let ran = probe("conversions", &[&format!("events={}", path.display())], &[]);
    assert_eq!(
        ran.told,
        format!("error: {}:2: no trace event matches `nosuch*` (-trace help lists them)\n", path.display())
    );
    fs::remove_file(path).unwrap();
}

#[test]
fn a_mistake_is_named() {
    for (group, options, expected) in [
        ("conversions", "nosuch", "-trace nosuch: there is no trace event `nosuch` (-trace help lists them)"),
        (
            "conversions",
            "conv_disabled",
            "-trace conv_disabled: `conv_disabled` matches only events that are declared \
                                          `disable`, or built without backends: conv_disabled",
        ),
        (
            "conversions",
            "conv_none,sink=nosuch",
            "-trace conv_none,sink=nosuch: there is no trace sink `nosuch` in this \
                                                  program, which has: log, simple, ftrace, syslog, flight",
        ),
        (
            "conversions",
            "conv_none,colour=red",
            "-trace conv_none,colour=red: `colour` is none of enable, events, file, \
                                                 sink, ring, wait, log, syslog and flight",
        ),
        ("conversions", "events=/nowhere", "-trace events=/nowhere: No such file or directory (os error 2)"),
        (
            "nop",
            "conv_n*",
            "-trace conv_n*: `conv_n*` matches only events that are declared `disable`, or built without \
                            backends: conv_none",
        ),
        (
            "ftrace_only",
            "conv_none,sink=log",
            "-trace conv_none,sink=log: the events that match `conv_none` were built for \
                                               other backends than log",
        ),
    ] {
        let ran = probe(group, &[options], &[]);
        assert_eq!((ran.told, ran.success), (format!("error: {expected}\n"), false));
    }
}

#[test]
fn help_lists_what_is_compiled() {
    let ran = probe("conversions", &["help"], &[]);
    assert_eq!(ran.told.lines().count(), 19);
    assert!(ran.told.starts_with("conv_none\nconv_text\n") && !ran.told.contains("conv_disabled"));
}

#[test]
fn a_program_starts_without_its_sinks_and_says_so() {
    let ran = probe("conversions", &["conv_none,file=/nowhere/log"], &[]);
    assert!(ran.success && ran.stderr.is_empty(), "{}", ran.stderr);
    assert!(
        ran.told.contains("trace sink `log` is not available: Error opening logfile /nowhere/log: No such file or directory\n"),
        "{}",
        ran.told
    );

    let ran = probe("conversions", &["conv_none"], &[(vmtrace::INSTANCE_VARIABLE, "/nowhere/instance")]);
    assert!(ran.success && ran.stderr.is_empty(), "{}", ran.stderr);
    assert!(ran.told.contains("trace sink `ftrace` is not available: "), "{}", ran.told);
    assert!(ran.told.contains("/nowhere/instance"), "{}", ran.told);
}

#[test]
fn what_a_sink_loses_is_counted() {
    let ran = probe("conversions", &["conv_*,file=/dev/full"], &[]);
    assert!(ran.told.contains("lost: log 4 Some(\"No space left on device (os error 28)\")"), "{}", ran.told);
}

/// What each argument switches on, and what goes to standard error.
#[test]
fn arguments_of_qemu() {
    let octal = ":conv_octal 10 0100\n";
    for (line, told, stderr) in [
        ("-d trace:conv_octal", "on: conv_octal\n", octal),
        ("-d none", "on: \n", ""),
        ("-trace conv_octal -d none", "on: \n", ""),
        ("-d none,trace:conv_octal", "on: conv_octal\n", octal),
        ("-d trace:conv_*,trace:-conv_* --trace=conv_octal", "on: conv_octal\n", octal),
        ("-m 512 -trace conv_octal disk", "left: [\"-m\", \"512\", \"disk\"]\non: conv_octal\n", octal),
        ("-- -trace conv_octal", "left: [\"--\", \"-trace\", \"conv_octal\"]\non: \n", ""),
        ("-d trace:conv_octal -msg timestamp=on", "on: conv_octal\n", octal),
        ("-trace conv_octal -msg timestamp=off,guest-name=off", "on: conv_octal\n", "conv_octal 10 0100\n"),
    ] {
        let ran = run("conversions", &line.split(' ').collect::<Vec<_>>(), &[]);
        assert_eq!(ran.told, told, "{line}");
        let has_stamp = stderr.starts_with(':');
        assert!(
            ran.stderr.ends_with(stderr) && (ran.stderr != stderr) == has_stamp,
            "{line}: {}",
            ran.stderr
        );
    }
}

#[test]
fn the_last_argument_names_the_logs_file() {
    let (one, two) = (scratch("one"), scratch("two"));
    let (one_, two_) = (one.to_str().unwrap(), two.to_str().unwrap());
    let traced = format!("conv_octal,file={one_}");
    for arguments in [
        ["-D", one_, "-D", two_, "-trace", "conv_octal"],
        ["-trace", &traced, "-D", two_, "-d", "none,trace:conv_octal"],
    ] {
        let ran = run("conversions", &arguments, &[]);
        assert!(ran.success && ran.stderr.is_empty() && !one.exists(), "{}", ran.told);
        assert!(fs::read_to_string(&two).unwrap().ends_with(":conv_octal 10 0100\n"));
        fs::remove_file(&two).unwrap();
    }
    let template = std::env::temp_dir().join("vmtrace-control-pid-%d");
    let ran = run("conversions", &["-D", template.to_str().unwrap(), "-d", "trace:conv_octal"], &[]);
    fs::remove_file(template.to_str().unwrap().replace("%d", &ran.pid.to_string())).unwrap();
}

#[test]
fn a_file_a_thread_as_qemu_has_it() {
    let template = scratch("tid-%d");
    let line = ["-d", "tid,trace:conv_octal", "-msg", "timestamp=iso8601", "-D", template.to_str().unwrap()];
    let ran = run("conversions", &line, &[]);
    assert_eq!((ran.told.as_str(), ran.stderr.as_str()), ("on: conv_octal\n", ""));
    let path = template.to_str().unwrap().replace("%d", &ran.pid.to_string());
    let text = fs::read_to_string(&path).unwrap();
    let (time, text) = text.split_once(' ').unwrap();
    assert!(time.len() == 27 && time.ends_with('Z') && time.contains('T'), "{time}");
    assert_eq!(text, "conv_octal 10 0100\n");
    fs::remove_file(path).unwrap();
}

#[test]
fn a_mistaken_argument_is_named() {
    for (line, expected) in [
        ("-trace", "-trace: needs a value: [enable=]PATTERN"),
        (
            "-d in_asm",
            "-d in_asm: there is no log item `in_asm`: there are trace:PATTERN, for trace events, tid and none",
        ),
        (
            "-d none,trace:nosuch",
            "-d none,trace:nosuch: there is no trace event `nosuch` (-trace help lists them)",
        ),
        ("-msg timestamp=1", "-msg timestamp=1: `timestamp` is on, off or iso8601, not `1`"),
        ("-d tid -D /tmp/log", "-d tid: Filename template with '%d' required for 'tid'"),
        (
            "-D /nowhere/x -d trace:nosuch*",
            "-d trace:nosuch*: no trace event matches `nosuch*` (-trace help lists them)",
        ),
    ] {
        let ran = run("conversions", &line.split(' ').collect::<Vec<_>>(), &[]);
        assert_eq!((ran.told, ran.success), (format!("error: {expected}\n"), false));
    }
    let ran = run("conversions", &["-D", "/tmp/%s", "-d", "trace:conv_none"], &[]);
    assert!(
        ran.told.contains("trace sink `log` is not available: Bad logfile template: /tmp/%s\n"),
        "{}",
        ran.told
    );
}

#[test]
fn log_items_are_listed() {
    let items = run("conversions", &["-d", "help"], &[]).told;
    assert_eq!(items, vmtrace::log_help("-d"));
    assert_eq!(run("conversions", &["-d", "trace:help"], &[]).told.lines().count(), 19);
}
