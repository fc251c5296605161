//! Clients that no one here wrote: QEMU's `qemu.qmp` with its shell, and socat.

use crate::peer::Peer;
use crate::screen;
use integration::succeeds;
use std::ffi::{OsStr, OsString};
use std::process::Command;

/// Python with `qemu.qmp`.
fn python(test: &str) -> Option<Command> {
    integration::qemu_qmp(test, env!("CARGO_TARGET_TMPDIR"))
}

/// Runs one of the functions of `client.py`.
fn client(function: &str) {
    let Some(mut python) = python(function) else { return };
    let mut ours = Peer::ours();
    ours.connect("qmp");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/qmp_from_outside/client.py");
    succeeds(python.arg(script).arg(function).arg(ours.socket("qmp")), b"");
    assert!(ours.lives());
}

#[test]
fn qemus_client_has_sessions() {
    client("session");
}

#[test]
fn qemus_clients_come_eight_at_once() {
    client("crowd");
}

#[test]
fn qemus_older_client_works() {
    client("legacy");
}

#[test]
fn qemus_shell_works() {
    let Some(mut python) = python("qemus_shell_works") else { return };
    let mut ours = Peer::ours();
    ours.connect("qmp");
    shell(&mut python, &ours, &[]);
    let typed = b"query-name\n\
        trace-event-get-state name=cpu_out\n\
        trace-event-set-state name=cpu_out enable=true\n\
        trace-event-get-state name=cpu_out\n\
        nosuch\n\
        human-monitor-command command-line=logfile\n";
    let told = succeeds(&mut python, typed);
    let answers: Vec<&str> = told.lines().filter_map(|line| line.strip_prefix("(QEMU) ")).collect();
    assert!(told.starts_with("Welcome to the QMP low-level shell!\nConnected to QEMU 1.2.3\n\n"), "{told}");
    assert_eq!(
        answers[1..6],
        [
            r#"{"return": [{"name": "cpu_out", "state": "disabled"}]}"#,
            r#"{"return": {}}"#,
            r#"{"return": [{"name": "cpu_out", "state": "enabled"}]}"#,
            r#"{"error": {"class": "CommandNotFound", "desc": "The command nosuch has not been found"}}"#,
            r#"{"return": "logfile: filename expected\r\nTry \"help logfile\" for more information\r\n"}"#,
        ],
        "{told}"
    );
}

/// It asks for `help` and `info` before it prompts, to complete from.
#[test]
fn qemus_shell_for_people_works() {
    let Some(mut python) = python("qemus_shell_for_people_works") else { return };
    let mut ours = Peer::ours();
    ours.connect("qmp");
    shell(&mut python, &ours, &["-H"]);
    let log = ours.folder().join("log");
    let typed = format!(
        "info trace-events cpu_out\nlogfile {}\ntrace-event monitored_tick on\ninfo trace-events *tick\nnosuch\n",
        log.display()
    );
    let told = succeeds(&mut python, typed.as_bytes());
    for part in ["cpu_out : state 0\r\n", "monitored_tick : state 1\r\n", "unknown command: 'nosuch'\r\n"] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    let logged = std::fs::read_to_string(log).unwrap();
    assert!(logged.contains(":monitored_tick count "), "{logged}");
}

fn shell(python: &mut Command, ours: &Peer, options: &[&str]) {
    // it keeps what was typed in the home folder
    python
        .env("HOME", ours.folder())
        .args(["-m", "qemu.qmp.qmp_shell"])
        .args(options)
        .arg(ours.socket("qmp"));
}

#[test]
fn socat_speaks_qmp() {
    let Some(mut ours) = socat_and_ours("socat_speaks_qmp") else { return };
    let told = socat(
        &mut ours,
        "qmp",
        b"{\"execute\": \"qmp_capabilities\"}\n\
          {\"execute\": \"trace-event-get-state\", \"arguments\": {\"name\": \"cpu_in\"}, \"id\": 1}\n\
          {\"execute\": \"nosuch\"",
    );
    let lines: Vec<&str> = told.lines().collect();
    let [greeting, negotiated, state] = lines[..] else { panic!("{told}") };
    assert!(greeting.starts_with("{\"QMP\": {"), "{told}");
    assert_eq!(negotiated, "{\"return\": {}}");
    let state: serde_json::Value = serde_json::from_str(state).unwrap();
    let expected = serde_json::json!({"return": [{"name": "cpu_in", "state": "disabled"}], "id": 1});
    assert_eq!(state, expected);
    assert!(ours.lives());
}

/// What is typed at the prompt, with TAB, arrows and control keys, shows what it does at QEMU's.
#[test]
fn the_prompt_shows_what_qemus_does() {
    let Some(mut ours) = socat_and_ours("the_prompt_shows_what_qemus_does") else { return };
    let Some(mut qemu) = Peer::qemu("the_prompt_shows_what_qemus_does") else { return };
    let mut shown = |typed: &str| {
        [(&mut qemu, "QEMU "), (&mut ours, "monitored ")].map(|(peer, name)| {
            let shown = screen::shown(socat(peer, "monitor", typed.as_bytes()).as_bytes());
            let (banner, prompted) = shown.split_once('\n').expect("a banner");
            assert!(banner.starts_with(name), "{banner}");
            assert!(banner.ends_with(" monitor - type 'help' for more information"), "{banner}");
            prompted.replace("(monitored)", "(qemu)")
        })
    };
    let mut failures = Vec::new();
    for typed in TYPED {
        let [qemu, ours] = shown(typed);
        if qemu != ours {
            failures.push(format!("{typed:?}\nQEMU:\n{qemu}\nours:\n{ours}"));
        }
    }
    for (typed, expected) in TYPED_AND_DIFFERENT {
        let [qemu, ours] = shown(typed);
        if qemu == ours || ours != *expected {
            failures.push(format!("{typed:?}\nQEMU:\n{qemu}\nours:\n{ours}\nexpected:\n{expected}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Each ends with its newline, so that no half line is left.
const TYPED: &[&str] = &[
    "\n",
    "info trace-events cpu_out\n",
    "info trace-events cpu_out\r",
    "nosuch\n",
    "trace-ev\tcpu_o\ton\ninfo trace-events cpu_out\ntrace-event cpu_out off\n",
    "trace-event flatview_\t\n",
    "trace-event cpu_out o\t\n",
    "trace-event nosuch\t\n",
    "info trace-e\tcpu_ou\t\n",
    "logf\t\n",
    "nosuch\t\n",
    "inof\x08\x08fo trace-events cpu_in\n",
    "inof\x7f\x7ffo trace-events cpu_in\n",
    "trace-events cpu_in\x01info \n",
    "nfo trace-events cpu_in\x1b[1~i\n",
    "info trace-events cpu_\x1b[1~\x1b[4~in\n",
    "info trace-events cpu_in xyz\x17\n",
    "info trace-events cpu_xin\x1b[D\x1b[D\x08\x05 \n",
    "info trace-events cpu_xin\x1b[D\x1b[D\x1b[D\x1b[C\x08\n",
    "info trace-events cpu_in\n\x1b[A\n",
    "info trace-events cpu_in\ninfo trace-events cpu_out\n\x1b[A\x1b[A\n",
    "info trace-events cpu_in\ninfo trace-events cpu_out\n\x1b[A\x1b[A\x1b[B\n",
    "xinfo trace-events cpu_in\x01\x1b[3~\n",
    "xinfo trace-events cpu_in\x01\x04\n",
    "abc\x03\n",
];

/// What we show that QEMU does not.
const TYPED_AND_DIFFERENT: &[(&str, &str)] = &[
    // the two bytes of a line's end are one end
    ("info trace-events cpu_out\r\n", "(qemu) info trace-events cpu_out\ncpu_out : state 0\n(qemu)"),
    // what TAB can add it adds, and lists nothing then
    (
        "info trace-events flatview_d\t\n",
        "(qemu) info trace-events flatview_destroy\nflatview_destroy : state 0\n(qemu)",
    ),
    // keys of a shell that QEMU's prompt does not have
    ("info trace-events cpu_in\x1b[Hx\x06\x0b\n", "(qemu) xi\nunknown command: 'xi'\n(qemu)"),
];

fn socat_and_ours(test: &str) -> Option<Peer> {
    integration::socat(test).map(|_| Peer::ours())
}

/// Sends bytes by socat, which says that there will be no more and waits for what comes.
fn socat(peer: &mut Peer, monitor: &str, bytes: &[u8]) -> String {
    peer.connect(monitor);
    let mut address = OsString::from("UNIX-CONNECT:");
    address.push(peer.socket(monitor));
    succeeds(Command::new("socat").args([OsStr::new("-t20"), OsStr::new("-"), &address]), bytes)
}
