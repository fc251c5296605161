//! Lines, and what they print. Where nothing else is said, QEMU 10.2 prints the same.

use crate::vmm::{check, monitor};

const USAGE: &str = "\
help|? [cmd] -- show the help
info [subcommand] -- show various information about the system state
log item1[,...] -- activate logging of the specified items
logfile filename -- output logs to 'filename'
trace-event name on|off -- changes status of a specific trace event (name: event name pattern)
trace-file on|off|flush|set [arg] -- open, close, or flush trace file, or set a new file name
trace-route name sink1[,...]|none -- sends trace events to these sinks and no other (name: event name pattern)
";

const INFO: &str = "\
info name  -- show the current VM name
info trace-events [name] -- show available trace-events & their state (name: event name pattern)
info trace-routes [name] -- show the trace-events that are on & their sinks (name: event name pattern)
info trace-sinks  -- show where trace-events can go, & what was lost there
info version  -- show the version of the VMM
";

const LOG: &str = "\
Log items (comma separated):
none            remove all logs
tid             open a separate log file per thread; filename must contain '%d'
trace:PATTERN   enable trace events

Use \"log trace:help\" to get a list of trace events.

";

const TRY: &str = "Try \"help trace-event\" for more information\n";

#[test]
fn nothing_and_the_unknown() {
    check(&[
        ("", ""),
        (" \t\r\n", ""),
        ("foo", "unknown command: 'foo'\n"),
        ("  foo bar", "unknown command: '  foo'\n"),
        ("info foo bar", "unknown command: 'info foo'\n"),
        ("info  help", "unknown command: 'info  help'\n"),
        ("\"info\" name", "unknown command: '\"info\"'\n"),
        ("fo\"o", "unknown command: 'fo\"o'\n"),
        ("info\u{a0}name", "unknown command: 'info\u{a0}name'\n"),
        // QEMU ends a name at `/`, and says: unknown command: ''
        ("/", "unknown command: '/'\n"),
        ("trace-event/ x on", "unknown command: 'trace-event/'\n"),
    ]);
}

#[test]
fn help() {
    check(&[
        ("help", USAGE),
        ("?", USAGE),
        (" help ", USAGE),
        ("help info", INFO),
        ("info", INFO),
        ("info ", INFO),
        ("help foo", "unknown command: 'foo'\n"),
        ("help foo bar", "unknown command: 'foo'\n"),
        ("help info foo", "unknown command: 'info foo'\n"),
        ("help info name", "info name  -- show the current VM name\n"),
        ("help  info  version  ", "info version  -- show the version of the VMM\n"),
        ("? ?", "help|? [cmd] -- show the help\n"),
        ("help \"logfile\"", "logfile filename -- output logs to 'filename'\n"),
        ("help logfile x", "logfile filename -- output logs to 'filename'\n"),
        ("help log", LOG),
        ("help log x", "log item1[,...] -- activate logging of the specified items\n"),
        // QEMU says nothing of these
        ("help \"x", "unterminated string\n"),
        ("help \"a\\qb\"", "unsupported escape code: '\\q'\n"),
        ("help a b c d e f g h i j k l m n o p q", "unknown command: 'a'\n"),
    ]);
}

#[test]
fn who_it_is() {
    check(&[
        ("info name", "vmm\n"),
        ("info  name ", "vmm\n"),
        ("info version", "1.2.3 (test)\n"),
        (
            "info name x",
            "name: extraneous characters at the end of line\nTry \"help info name\" for more information\n",
        ),
        (
            " info  version x y",
            "version: extraneous characters at the end of line\n\
             Try \"help  info  version\" for more information\n",
        ),
    ]);
}

#[test]
fn arguments() {
    let wrong = |why: &str| format!("{why}\n{TRY}");
    for (line, why) in [
        ("trace-event", "trace-event: string expected"),
        ("trace-event ", "trace-event: string expected"),
        ("trace-event x", "Expected 'on' or 'off'"),
        ("trace-event x y", "Expected 'on' or 'off'"),
        ("trace-event x \"on\"", "Expected 'on' or 'off'"),
        ("trace-event x o\u{1}n", "Expected 'on' or 'off'"),
        ("trace-event x on y", "trace-event: extraneous characters at the end of line"),
        // QEMU takes the number of a vcpu here, and does nothing with it
        ("trace-event x on 1", "trace-event: extraneous characters at the end of line"),
        // QEMU prints the first line on its standard output
        ("trace-event \"", "unterminated string\ntrace-event: string expected"),
        ("trace-event \"x on", "unterminated string\ntrace-event: string expected"),
        ("trace-event \"x\\", "unterminated string\ntrace-event: string expected"),
        ("trace-event \"a\\tb\" on", "unsupported escape code: '\\t'\ntrace-event: string expected"),
    ] {
        check(&[(line, &wrong(why))]);
    }
    check(&[
        ("logfile", "logfile: filename expected\nTry \"help logfile\" for more information\n"),
        (
            "logfile \"",
            "unterminated string\nlogfile: filename expected\nTry \"help logfile\" for more information\n",
        ),
        (
            "logfile x y",
            "logfile: extraneous characters at the end of line\nTry \"help logfile\" for more information\n",
        ),
        ("log", "log: string expected\nTry \"help log\" for more information\n"),
        ("log x y", "log: extraneous characters at the end of line\nTry \"help log\" for more information\n"),
        (
            "info trace-events \"a",
            "unterminated string\ntrace-events: string expected\n\
             Try \"help info trace-events\" for more information\n",
        ),
        ("trace-route x", "trace-route: string expected\nTry \"help trace-route\" for more information\n"),
    ]);
}

#[test]
fn events_are_switched() {
    check(&[
        ("info trace-events switch_one", "switch_one : state 0\n"),
        ("trace-event switch_one on", ""),
        ("info trace-events switch_one", "switch_one : state 1\n"),
        ("trace-event\t\"switch_one\"off", ""),
        ("info trace-events \"switch_one\"", "switch_one : state 0\n"),
        ("trace-event switch_* on", ""),
        ("trace-event switch_two off", ""),
        (
            "info trace-events switch_*",
            "switch_one : state 1\nswitch_two : state 0\nswitch_disabled : state 0\n",
        ),
        ("trace-event switch_* off\n", ""),
        ("trace-event \"a\\nb\" on", "unknown event \"a\nb\"\n"),
        ("trace-event é on", "unknown event \"é\"\n"),
        ("trace-event \"\" on", "unknown event \"\"\n"),
        ("info trace-events nosuch", "unknown event \"nosuch\"\n"),
        ("info trace-events \"\" ", "unknown event \"\"\n"),
        // QEMU says nothing of these
        ("trace-event nosuch* on", "no trace event matches \"nosuch*\"\n"),
        ("info trace-events nosuch?", "no trace event matches \"nosuch?\"\n"),
        ("trace-event switch_disabled on", "event \"switch_disabled\" is disabled\n"),
        ("trace-event switch_d* on", "no trace event matches \"switch_d*\"\n"),
    ]);
}

#[test]
fn events_are_listed_in_order_of_declaration() {
    // QEMU turns the order round
    check(&[("info trace-events list_*", "list_two : state 0\nlist_one : state 0\n")]);
    let all = monitor().human("info trace-events");
    assert!(all.starts_with("list_two : state 0\r\nlist_one : state 0\r\n"), "{all}");
}

#[test]
fn events_are_routed() {
    check(&[
        ("trace-route route_* keep", ""),
        ("trace-route route_two \"none\"", ""),
        ("info trace-routes route_*", "route_one : keep\n"),
        ("trace-route route_two keep,keep", ""),
        ("info trace-routes route_*", "route_one : keep\nroute_two : keep\n"),
        ("trace-route route_* none", ""),
        ("info trace-routes route_*", ""),
        ("info trace-routes route_one", ""),
        ("info trace-routes nosuch", "unknown event \"nosuch\"\n"),
        ("trace-route nosuch none", "unknown event \"nosuch\"\n"),
        (
            "trace-route route_one keep,nosuch",
            "route: there is no trace sink `nosuch` in this program, which has: log, simple, ftrace, syslog, flight, keep\n",
        ),
    ]);
    let sinks = monitor().human("info trace-sinks");
    assert!(sinks.ends_with("keep : available, 0 records, 3 lost: it was late\r\n"), "{sinks}");
    assert!(sinks.starts_with("log : ") && sinks.contains("\r\nftrace : "), "{sinks}");
}

#[test]
fn a_long_line_is_refused() {
    let longest = format!("info name{}", " ".repeat(4095 - 9));
    check(&[(&longest, "vmm\n"), (&(longest.clone() + " "), "line too long: 4096 bytes, at most 4095\n")]);
    // QEMU cuts a word at 1023 bytes
    let name = "x".repeat(4000);
    check(&[(&format!("info trace-events {name}"), &format!("unknown event \"{name}\"\n"))]);
}
