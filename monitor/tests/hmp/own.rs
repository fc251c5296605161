//! Commands of the VMM's own, in both languages.

use crate::vmm;
use monitor::{Arguments, CommandError, ErrorClass, Json, Monitor, Prompt};

fn monitor() -> Monitor {
    Monitor::new(vmm::tracing())
        .name("vmm")
        .human_command("quit", "[status]", "quit the VMM", |rest| format!("quitting with {rest:?}\n"))
        .human_command("quake", "", "fail", |_| panic!("at the monitor's prompt"))
        .command("query-status", |mut arguments| {
            let detail = arguments.optional_integer("detail")?;
            arguments.finish()?;
            Ok(Json::object([("detail", detail.unwrap_or(0).into())]))
        })
        .command("quake", |_| panic!("in a command"))
}

#[test]
fn lines() {
    let monitor = monitor();
    for (line, expected) in [
        (" quit  1 2 ", "quitting with \"1 2\"\r\n"),
        ("help quit", "quit [status] -- quit the VMM\r\n"),
        ("quake", "the VMM's own command panicked\r\n"),
        ("quit", "quitting with \"\"\r\n"),
        ("qui", "unknown command: 'qui'\r\n"),
    ] {
        assert_eq!(monitor.human(line), expected, "{line}");
    }
    let help = monitor.human("help");
    assert!(
        help.contains("logfile") && help.ends_with("quake  -- fail\r\nquit [status] -- quit the VMM\r\n"),
        "{help}"
    );

    let (mut prompt, mut out) = (Prompt::new(&monitor), Vec::new());
    assert_eq!(prompt.feed(&monitor, b"qui\t", &mut out), 4);
    assert_eq!(prompt.feed(&monitor, b"3\r", &mut out), 2);
    assert!(String::from_utf8_lossy(&out).contains("quitting with \"3\""));
}

#[test]
fn commands() {
    let monitor = monitor();
    for (command, answer) in [
        (r#"{"execute": "query-status", "arguments": {"detail": -3}}"#, r#"{"return": {"detail": -3}}"#),
        (
            r#"{"execute": "query-status", "arguments": {"level": 3}, "id": 1}"#,
            r#"{"error": {"class": "GenericError", "desc": "Parameter 'level' is unexpected"}, "id": 1}"#,
        ),
        (
            r#"{"execute": "quake", "id": 2}"#,
            r#"{"error": {"class": "GenericError", "desc": "the VMM's own command panicked"}, "id": 2}"#,
        ),
        (r#"{"execute": "qmp_capabilities"}"#, r#"{"return": {}}"#),
        (r#"{"execute": "query-name"} {"execute": "query-name"}"#, r#"{"return": {"name": "vmm"}}"#),
        (
            r#"{"execute": "query-name""#,
            r#"{"error": {"class": "GenericError", "desc": "JSON parse error, premature EOI"}}"#,
        ),
    ] {
        assert_eq!(monitor.answer(command.as_bytes()), answer);
    }
    assert!(monitor.commands().contains(&"query-status"));
    let nobodys: CommandError = monitor.execute("stop", Arguments::default()).unwrap_err();
    assert_eq!(
        (nobodys.class, nobodys.desc.as_str()),
        (ErrorClass::CommandNotFound, "The command stop has not been found")
    );
}
