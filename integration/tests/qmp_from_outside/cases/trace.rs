//! `trace-event-get-state` and `trace-event-set-state`. Both programs declare `flatview_new`, `flatview_destroy`,
//! `flatview_destroy_rcu`, `cpu_in` and `cpu_out`, and no other event whose name begins with `flatview_`.

use super::Case;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, arguments) in GET {
        let request = format!(r#"{{"execute": "trace-event-get-state", "arguments": {arguments}}}"#);
        cases.push(Case::new("get-state", name, request));
    }
    // each is followed by what came of it
    let seen = r#"{"execute": "trace-event-get-state", "arguments": {"name": "flatview_*"}}
        {"execute": "trace-event-get-state", "arguments": {"name": "cpu_out"}}"#;
    for (name, arguments) in SET {
        let request = format!(r#"{{"execute": "trace-event-set-state", "arguments": {arguments}}} {seen}"#);
        cases.push(Case::new("set-state", name, request));
    }
    for (name, command, arguments) in UNAVAILABLE {
        let request = format!(r#"{{"execute": "{command}", "arguments": {arguments}}}"#);
        cases.push(Case::new("unavailable", name, request));
    }
    for command in ["trace-event-get-state", "trace-event-set-state"] {
        let request = format!(r#"{{"execute": "{command}"}}"#);
        cases.push(Case::new(command, "no arguments", request));
    }
    cases
}

const GET: &[(&str, &str)] = &[
    ("a name", r#"{"name": "cpu_out"}"#),
    ("a pattern", r#"{"name": "flatview_*"}"#),
    ("a pattern with ?", r#"{"name": "cpu_?n"}"#),
    ("a pattern with both", r#"{"name": "f?atview_*_rcu"}"#),
    ("a pattern of one event", r#"{"name": "flatview_ne*"}"#),
    ("a pattern that matches nothing", r#"{"name": "nosuch*"}"#),
    ("a name that there is not", r#"{"name": "nosuch"}"#),
    ("a name in capitals", r#"{"name": "CPU_OUT"}"#),
    ("a name with a blank", r#"{"name": "cpu_out "}"#),
    ("a name with a quote", r#"{"name": "a\"b\u00e9\\"}"#),
    ("no name", r#"{"name": ""}"#),
    ("a name that begins with -", r#"{"name": "-cpu_out"}"#),
    ("a class of characters", r#"{"name": "cpu_[io]*"}"#),
    ("name is missing", "{}"),
    ("name is a number", r#"{"name": 1}"#),
    ("name is null", r#"{"name": null}"#),
    ("name is true", r#"{"name": true}"#),
    ("name is a list", r#"{"name": ["cpu_out"]}"#),
    ("name is an object", r#"{"name": {}}"#),
    ("an argument too many", r#"{"name": "cpu_out", "nosuch": 1}"#),
    ("name is missing, another is there", r#"{"nosuch": 1}"#),
    ("a vcpu", r#"{"name": "cpu_out", "vcpu": 0}"#),
];

const SET: &[(&str, &str)] = &[
    ("a name, on", r#"{"name": "cpu_out", "enable": true}"#),
    ("a name, on again", r#"{"name": "cpu_out", "enable": true}"#),
    ("a name, off", r#"{"name": "cpu_out", "enable": false}"#),
    ("a name, off again", r#"{"name": "cpu_out", "enable": false}"#),
    ("a pattern, on", r#"{"name": "flatview_*", "enable": true}"#),
    ("a pattern, partly off", r#"{"name": "flatview_*_rcu", "enable": false}"#),
    ("a pattern with ?, on again", r#"{"name": "flatview_ne?", "enable": true}"#),
    ("enable first", r#"{"enable": true, "name": "cpu_out"}"#),
    ("a pattern, off", r#"{"name": "flatview_*", "enable": false}"#),
    ("a pattern that matches nothing", r#"{"name": "nosuch*", "enable": true}"#),
    ("a pattern that matches nothing, off", r#"{"name": "nosuch*", "enable": false}"#),
    ("a name that there is not", r#"{"name": "nosuch", "enable": true}"#),
    (
        "a name that there is not, ignored",
        r#"{"name": "nosuch", "enable": true, "ignore-unavailable": true}"#,
    ),
    ("a name in capitals", r#"{"name": "CPU_OUT", "enable": false}"#),
    ("no name", r#"{"name": "", "enable": true}"#),
    ("a name that begins with -", r#"{"name": "-cpu_out", "enable": true}"#),
    ("ignore-unavailable", r#"{"name": "cpu_out", "enable": false, "ignore-unavailable": true}"#),
    ("ignore-unavailable, not", r#"{"name": "flatview_new", "enable": true, "ignore-unavailable": false}"#),
    (
        "ignore-unavailable, a pattern",
        r#"{"name": "flatview_*", "enable": false, "ignore-unavailable": true}"#,
    ),
    ("ignore-unavailable is a number", r#"{"name": "cpu_out", "enable": true, "ignore-unavailable": 1}"#),
    ("ignore-unavailable is null", r#"{"name": "cpu_out", "enable": true, "ignore-unavailable": null}"#),
    ("nothing", "{}"),
    ("enable is missing", r#"{"name": "cpu_out"}"#),
    ("name is missing", r#"{"enable": true}"#),
    ("name is a number", r#"{"name": 1, "enable": true}"#),
    ("enable is a string", r#"{"name": "cpu_out", "enable": "on"}"#),
    ("enable is a number", r#"{"name": "cpu_out", "enable": 1}"#),
    ("enable is null", r#"{"name": "cpu_out", "enable": null}"#),
    ("both are wrong", r#"{"name": 1, "enable": 1}"#),
    ("a wrong one and one too many", r#"{"name": "cpu_out", "enable": 1, "nosuch": 1}"#),
    ("one too many", r#"{"name": "cpu_out", "enable": true, "nosuch": 1}"#),
    ("sink", r#"{"name": "cpu_out", "enable": true, "sink": "log"}"#),
    ("the end: all are off", r#"{"name": "cpu_out", "enable": false}"#),
];

/// Both declare `qxl_io_write_vga` as `disable`, QEMU where it has this device.
const UNAVAILABLE: &[(&str, &str, &str)] = &[
    ("its state", "trace-event-get-state", r#"{"name": "qxl_io_write_vga"}"#),
    ("a pattern's state", "trace-event-get-state", r#"{"name": "qxl_io_write_v*"}"#),
    ("on", "trace-event-set-state", r#"{"name": "qxl_io_write_vga", "enable": true}"#),
    ("off", "trace-event-set-state", r#"{"name": "qxl_io_write_vga", "enable": false}"#),
    ("a pattern, on", "trace-event-set-state", r#"{"name": "qxl_io_write_v*", "enable": true}"#),
    ("a pattern, off", "trace-event-set-state", r#"{"name": "qxl_io_write_v*", "enable": false}"#),
    (
        "on, ignored",
        "trace-event-set-state",
        r#"{"name": "qxl_io_write_vga", "enable": true, "ignore-unavailable": true}"#,
    ),
    (
        "a pattern, off, ignored",
        "trace-event-set-state",
        r#"{"name": "qxl_io_write_v*", "enable": false, "ignore-unavailable": true}"#,
    ),
    (
        "its state, typed",
        "human-monitor-command",
        r#"{"command-line": "info trace-events qxl_io_write_vga"}"#,
    ),
    ("on, typed", "human-monitor-command", r#"{"command-line": "trace-event qxl_io_write_vga on"}"#),
    ("off, typed", "human-monitor-command", r#"{"command-line": "trace-event qxl_io_write_vga off"}"#),
];
