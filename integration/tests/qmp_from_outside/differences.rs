//! Where our answers differ from QEMU's, each by its name and with the reason. What is listed must occur.

use crate::answer::Answer;
use crate::changes::{
    commands, digits, help, human, log_items, long_argument, long_stray, long_word, no_log_item, order,
    too_deep, too_long, vcpu, vcpu_help,
};
use crate::oracle::Exchange;
use std::ops::RangeInclusive;

macro_rules! error {
    ($desc:literal) => {
        concat!(r#"{"error": {"class": "GenericError", "desc": ""#, $desc, r#""}}"#)
    };
}

macro_rules! string_expected {
    ($command:literal) => {
        concat!($command, ": string expected\r\nTry \"help ", $command, "\" for more information\r\n")
    };
}

macro_rules! extraneous {
    ($command:literal, $help:literal) => {
        concat!(
            $command,
            ": extraneous characters at the end of line\r\nTry \"help ",
            $help,
            "\" for more information\r\n"
        )
    };
}

/// A difference.
pub(crate) struct Difference {
    pub(crate) name: &'static str,
    /// The major versions of QEMU that have it.
    pub(crate) versions: RangeInclusive<u64>,
    pub(crate) mend: Mend,
}

/// What makes of QEMU's answers what ours are to be.
pub(crate) enum Mend {
    /// Changes them, and tells whether that changed anything.
    Change(fn(&mut Exchange<'_>) -> bool),
    /// Cases, and what the first answer is to be.
    Answers(&'static [(&'static str, &'static str)]),
    /// Lines of the human monitor, and what they are to print.
    Human(&'static [(&'static str, &'static str)]),
}

use Mend::{Answers, Change, Human};

const ALL: RangeInclusive<u64> = 7..=u64::MAX;

/// All of them.
pub(crate) const DIFFERENCES: &[Difference] = &[
    // QEMU had events of a vcpu until 9.x, and told of each event whether it is one
    Difference { name: "vcpu", versions: 7..=8, mend: Change(vcpu) },
    Difference {
        name: "the argument vcpu",
        versions: 7..=8,
        mend: Answers(&[("get-state: a vcpu", error!("Parameter 'vcpu' is unexpected"))]),
    },
    // QEMU prepends to a list, so that events come in the reverse of their declaration
    Difference { name: "the order of events", versions: ALL, mend: Change(order) },
    // QEMU holds a name with ? for a pattern only where there is a * as well
    Difference {
        name: "patterns of ?",
        versions: ALL,
        mend: Answers(&[
            ("get-state: a pattern with ?", r#"{"return": [{"name": "cpu_in", "state": "disabled"}]}"#),
            ("set-state: a pattern with ?, on again", r#"{"return": {}}"#),
        ]),
    },
    // QEMU says nothing, and did nothing
    Difference {
        name: "a pattern that matches nothing, switched",
        versions: ALL,
        mend: Answers(&[
            ("set-state: a pattern that matches nothing", error!("no trace event matches \\\"nosuch*\\\"")),
            (
                "set-state: a pattern that matches nothing, off",
                error!("no trace event matches \\\"nosuch*\\\""),
            ),
        ]),
    },
    Difference {
        name: "a pattern that matches nothing, typed",
        versions: ALL,
        mend: Human(&[
            ("trace-event nosuch* on", "no trace event matches \"nosuch*\"\r\n"),
            ("trace-event nosuch* off", "no trace event matches \"nosuch*\"\r\n"),
            ("info trace-events nosuch*", "no trace event matches \"nosuch*\"\r\n"),
            ("log trace:nosuch*", "no trace event matches \"nosuch*\"\r\n"),
            ("log trace:nosuch", "unknown event \"nosuch\"\r\n"),
        ]),
    },
    Difference {
        name: "a pattern that matches what is not available, and is to be ignored",
        versions: ALL,
        mend: Answers(&[(
            "unavailable: a pattern, off, ignored",
            error!("no trace event matches \\\"qxl_io_write_v*\\\""),
        )]),
    },
    // QEMU says nothing, and did nothing
    Difference {
        name: "what is not available, switched by a line",
        versions: ALL,
        mend: Answers(&[
            ("unavailable: on, typed", r#"{"return": "event \"qxl_io_write_vga\" is disabled\r\n"}"#),
            ("unavailable: off, typed", r#"{"return": "event \"qxl_io_write_vga\" is disabled\r\n"}"#),
        ]),
    },
    // a line of QEMU's may end with the number of a vcpu, which has long had no effect
    Difference {
        name: "a vcpu's number, typed",
        versions: ALL,
        mend: Human(&[
            ("trace-event cpu_out on nosuch", extraneous!("trace-event", "trace-event")),
            ("trace-event cpu_out off off", extraneous!("trace-event", "trace-event")),
            ("info trace-events cpu_out x", extraneous!("trace-events", "info trace-events")),
        ]),
    },
    Difference { name: "a vcpu's number, in the help", versions: ALL, mend: Change(vcpu_help) },
    // the oracle has no cpu; no command of ours asks for one, but QEMU's qmp-shell always names the first
    Difference {
        name: "cpu-index",
        versions: ALL,
        mend: Answers(&[(
            "human-monitor-command: cpu-index",
            r#"{"return": "unknown command: 'nosuch'\r\n"}"#,
        )]),
    },
    // a command of QEMU's ends at a /, which is for the formats of commands that ours does not have
    Difference {
        name: "a / behind a command",
        versions: ALL,
        mend: Human(&[
            ("nosuch/x", "unknown command: 'nosuch/x'\r\n"),
            ("trace-event/x", "unknown command: 'trace-event/x'\r\n"),
            ("help/x", "unknown command: 'help/x'\r\n"),
        ]),
    },
    // QEMU says nothing to a line of more than 16 words
    Difference {
        name: "help of many words",
        versions: ALL,
        mend: Human(&[("help x x x x x x x x x x x x x x x x x x x x ", "unknown command: 'x'\r\n")]),
    },
    // QEMU runs a line of any length
    Difference { name: "lines that are too long", versions: ALL, mend: Change(too_long) },
    // QEMU tells why on its own standard error, where who types does not see it
    Difference {
        name: "why a string is none",
        versions: ALL,
        mend: Human(&[
            ("trace-event \"cpu_out on", concat!("unterminated string\r\n", string_expected!("trace-event"))),
            (
                "trace-event \"cpu_out\\\" on",
                concat!("unterminated string\r\n", string_expected!("trace-event")),
            ),
            (
                "trace-event \"a\\xb\" on",
                concat!("unsupported escape code: '\\x'\r\n", string_expected!("trace-event")),
            ),
            (
                "info trace-events \"cpu_out",
                concat!(
                    "unterminated string\r\n",
                    "trace-events: string expected\r\nTry \"help info trace-events\" for more information\r\n"
                ),
            ),
        ]),
    },
    // QEMU prints a fraction with 17 digits, which is 0.1 as 0.10000000000000001; ours has the fewest that are the same
    Difference { name: "the digits of a number", versions: ALL, mend: Change(digits) },
    // QEMU answers inf, which is no JSON
    Difference {
        name: "numbers that are too large",
        versions: ALL,
        mend: Answers(&[
            ("value: 1e999", error!("JSON parse error, number out of range '1e999'")),
            ("value: -1e999", error!("JSON parse error, number out of range '-1e999'")),
        ]),
    },
    // QEMU loses the name of a list's element
    Difference {
        name: "the parameter null",
        versions: ALL,
        mend: Answers(&[(
            "before: enable what there is not",
            error!("Parameter 'enable[0]' does not accept value 'nosuch'"),
        )]),
    },
    // QEMU's message shows four bytes behind \u, whatever they are
    Difference {
        name: "what is shown of a wrong escape",
        versions: ALL,
        mend: Answers(&[
            ("value: three digits", error!("JSON parse error, \\\\u123 is not a valid Unicode character")),
            ("value: no digits", error!("JSON parse error, \\\\u is not a valid Unicode character")),
        ]),
    },
    // QEMU takes Java's modified UTF-8, in which two bytes are NUL
    Difference {
        name: "modified UTF-8",
        versions: ALL,
        mend: Answers(&[(
            "value: an overlong NUL",
            error!("JSON parse error, invalid UTF-8 sequence in string"),
        )]),
    },
    // QEMU's message repeats up to 1 KiB of what the client sent
    Difference { name: "a long word is cut short in the message", versions: ALL, mend: Change(long_word) },
    Difference {
        name: "what is stray and long is cut short in the message",
        versions: ALL,
        mend: Change(long_stray),
    },
    // QEMU cuts an argument that is typed at 1023 bytes, without a word
    Difference { name: "a long argument is not cut", versions: ALL, mend: Change(long_argument) },
    // QEMU begins anew in the middle of what was too deep, and finds fault with each bracket that closes
    Difference { name: "what follows what was too deep", versions: ALL, mend: Change(too_deep) },
    // it is another program
    Difference {
        name: "the program's version",
        versions: ALL,
        mend: Answers(&[(
            "request: query-version",
            r#"{"return": {"package": "monitored", "qemu": {"major": 1, "micro": 3, "minor": 2}}}"#,
        )]),
    },
    Difference {
        name: "the program's version, typed",
        versions: ALL,
        mend: Human(&[("info version", "1.2.3\r\n")]),
    },
    // of a VMM's commands, ours has those of tracing
    Difference { name: "commands", versions: ALL, mend: Change(commands) },
    Difference { name: "commands, in the help", versions: ALL, mend: Change(help) },
    // of a VMM's log items, ours has those of tracing
    Difference { name: "log items", versions: ALL, mend: Change(log_items) },
    Difference { name: "log items that are none here", versions: ALL, mend: Change(no_log_item) },
    // QEMU keeps on what `log trace:` switched on
    Difference {
        name: "log none",
        versions: ALL,
        mend: Human(&[("info trace-events cpu_ou*", "cpu_out : state 0\r\n")]),
    },
];

impl Difference {
    /// Whether it shows only where QEMU has an event that is not available.
    pub(crate) fn is_of_unavailable_events(&self) -> bool {
        matches!(self.mend, Answers(cases) if cases.iter().all(|(case, _)| case.starts_with("unavailable: ")))
    }

    /// Makes of QEMU's answers what ours are to be as far as this goes, and tells whether that changed anything.
    pub(crate) fn mend(&self, exchange: &mut Exchange<'_>) -> bool {
        let name = exchange.case.name.as_str();
        let (cases, name) = match &self.mend {
            Change(change) => return change(exchange),
            Answers(cases) => (cases, Some(name)),
            Human(cases) => (cases, name.strip_prefix("human: ")),
        };
        let Some((_, ours)) = cases.iter().find(|(case, _)| Some(*case) == name) else { return false };
        let answer = match &self.mend {
            Human(_) => human(ours),
            _ => Answer::read(ours.as_bytes()).expect("JSON of ours"),
        };
        std::mem::replace(&mut exchange.qemu[0], answer) != exchange.qemu[0]
    }
}
