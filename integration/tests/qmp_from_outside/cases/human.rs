//! Lines of the human monitor, by way of `human-monitor-command`.

use super::Case;

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = LINES.iter().map(|line| line_case(line)).collect();
    cases.push(line_case(&format!("trace-event {} on", "x".repeat(300))));
    cases.push(line_case(&format!("trace-event {} on", "x".repeat(2000))));
    cases.push(line_case(&format!("logfile /{}", "x".repeat(300))));
    cases.push(line_case(&"x".repeat(300)));
    cases.push(line_case(&format!("trace-event cpu_out on {}", " ".repeat(5000))));
    cases.push(line_case(&format!("help {}", "x ".repeat(20))));
    for (name, arguments) in ARGUMENTS {
        let request = format!(r#"{{"execute": "human-monitor-command", "arguments": {arguments}}}"#);
        cases.push(Case::new("human-monitor-command", name, request));
    }
    cases
}

fn line_case(line: &str) -> Case {
    let quoted = serde_json::to_string(line).expect("a string can be written");
    let arguments = format!(r#"{{"command-line": {quoted}}}"#);
    let request = format!(r#"{{"execute": "human-monitor-command", "arguments": {arguments}}}"#);
    Case::new("human", line, request)
}

const LINES: &[&str] = &[
    "",
    " ",
    "nosuch",
    "nosuch with arguments",
    "nosuch/x",
    "trace-event/x",
    "help/x",
    " nosuch",
    "no\u{e9}such",
    "trace",
    "trace-event",
    "trace-event ",
    "trace-event cpu_out",
    "trace-event cpu_out ",
    "trace-event cpu_out on",
    "info trace-events cpu_out",
    "trace-event cpu_out off",
    "info trace-events cpu_out",
    "  trace-event   cpu_out   on  ",
    "info trace-events cpu_o*",
    "trace-event \"cpu_out\" off",
    "info trace-events \"cpu_out\"",
    "trace-event 'cpu_out' off",
    "trace-event\tcpu_out\ton",
    "trace-event cpu_out 1",
    "trace-event cpu_out ON",
    "trace-event cpu_out onn",
    "trace-event cpu_out on nosuch",
    "trace-event cpu_out on 1 2",
    "trace-event cpu_out off off",
    "trace-event cpu_out off",
    "trace-event flatview_* on",
    "info trace-events flatview_*",
    "trace-event flatview_?e* off",
    "info trace-events flatview_*",
    "trace-event flatview_* off",
    "trace-event nosuch on",
    "trace-event nosuch off",
    "trace-event nosuch* on",
    "trace-event nosuch* off",
    "trace-event \"\" on",
    "trace-event \"cpu_out on",
    "trace-event \"cpu_out\\\" on",
    "trace-event \"a\\nb\\\\c\\\"d\" on",
    "trace-event \"a\\xb\" on",
    "trace-event cpu_out\"x\" on",
    "trace-event -cpu_out on",
    "info",
    "info ",
    "info nosuch",
    "info nosuch x",
    "info trace-events nosuch",
    "info trace-events nosuch*",
    "info trace-events cpu_out x",
    "info trace-events \"cpu_out",
    "info name",
    "info version",
    "info name x",
    "help trace-event",
    "help logfile",
    "help log",
    "help help",
    "help info",
    "help nosuch",
    "help trace",
    "help info trace-events",
    "help info nosuch",
    "help trace-event x",
    "help \"trace-event\"",
    "? trace-event",
    "?",
    "help",
    "logfile",
    "logfile ",
    "logfile @FOLDER@/test.log",
    "logfile @FOLDER@/test.log x",
    "logfile \"@FOLDER@/test.log\"",
    "logfile @FOLDER@/nosuch/test.log",
    "logfile @FOLDER@",
    "logfile @FOLDER@/a%b",
    "logfile @FOLDER@/a%d%d",
    "logfile @FOLDER@/a%db%d",
    "logfile @FOLDER@/a%db",
    "logfile \"\"",
    "logfile @FOLDER@/test.log",
    "log",
    "log help",
    "log none",
    "log trace:cpu_out",
    "info trace-events cpu_out",
    "log none",
    "info trace-events cpu_ou*",
    "trace-event cpu_out off",
    "log trace:nosuch",
    "log trace:nosuch*",
    "log bogus",
    "log bogus,none",
    "log trace",
    "log trace:",
    "log ,",
    "log cpu",
    "log none x",
    "log none,none",
    "log all",
    "log none",
    "trace-event cpu_out off",
];

const ARGUMENTS: &[(&str, &str)] = &[
    ("nothing", "{}"),
    ("command-line is a number", r#"{"command-line": 1}"#),
    ("command-line is null", r#"{"command-line": null}"#),
    ("command-line is missing", r#"{"cpu-index": 0}"#),
    ("an argument too many", r#"{"command-line": "nosuch", "nosuch": 1}"#),
    ("two lines", r#"{"command-line": "nosuch\nnosuch"}"#),
    ("a line's end", r#"{"command-line": "trace-event cpu_out off\n"}"#),
    ("cpu-index", r#"{"command-line": "nosuch", "cpu-index": 0}"#),
    ("cpu-index is a string", r#"{"command-line": "nosuch", "cpu-index": "x"}"#),
    ("a tab and more", r#"{"command-line": "no\tsuch\u0007\u007f"}"#),
];
