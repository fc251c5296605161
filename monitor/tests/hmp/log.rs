//! The log's file and its items: one test, since a process has one log.

use crate::vmm::{check, scratch};
use std::fs;

#[test]
fn the_log() {
    let (path, spaced) = (scratch("log"), scratch("two words"));
    let (name, quoted) = (path.to_str().unwrap(), format!("logfile \"{}\"", spaced.display()));
    check(&[
        (&format!("logfile {name}"), ""),
        (&quoted, ""),
        ("logfile /nowhere/x", "Error opening logfile /nowhere/x: No such file or directory\n"),
        ("logfile \"\"", "Error opening logfile : No such file or directory\n"),
        ("logfile /tmp/%d%d", "Bad logfile template: /tmp/%d%d\n"),
        ("log trace:log_one,trace:log_t*", ""),
        ("info trace-routes log_*", "log_one : log\nlog_two : log\n"),
        ("log trace:-log_two", ""),
        ("info trace-events log_*", "log_one : state 1 (log)\nlog_two : state 0\n"),
        ("log none", ""),
        ("info trace-events log_*", "log_one : state 0\nlog_two : state 0\n"),
        ("log trace:nosuch", "unknown event \"nosuch\"\n"),
        // QEMU lists the items and does not say which it does not know
        (
            "log nosuch",
            "log: there is no log item `nosuch`: there are trace:PATTERN, for trace events, tid and none\n\
             Log items (comma separated):\nnone            remove all logs\n\
             tid             open a separate log file per thread; filename must contain '%d'\n\
             trace:PATTERN   enable trace events\n\n\
             Use \"log trace:help\" to get a list of trace events.\n\n",
        ),
    ]);
    assert!(path.exists() && spaced.exists());
    fs::remove_file(path).unwrap();
    fs::remove_file(spaced).unwrap();
}
