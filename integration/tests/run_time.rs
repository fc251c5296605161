//! Switching while the program runs, through the handle. One test, since a process sets up tracing once.

use integration::{conversions, ftrace_only, nop};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use vmtrace::{Error, EventState, Losses, Record, Setup, Sink, Tracing};

static KEPT: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Keep;

impl Sink for Keep {
    fn name(&self) -> &'static str {
        "keep"
    }

    fn emit(&self, record: &Record<'_>) {
        KEPT.lock().unwrap().push(String::from_utf8_lossy(record.line()).into_owned());
    }

    /// It may ask for what else there is.
    fn losses(&self) -> Losses {
        let missing = vmtrace::tracing().map_or(0, |tracing| tracing.unavailable().count());
        Losses { records: 0, why: (missing > 1).then(|| "no test has two missing".to_owned()) }
    }
}

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("vmtrace-run-time-{name}-{}", std::process::id()))
}

/// `NAME STATE SINKS` of each event.
fn states(tracing: Tracing, pattern: &str) -> Vec<String> {
    let states = tracing.states(pattern).into_iter();
    states.map(|event| format!("{} {} {}", event.name, event.state.as_str(), event.sinks.join("+"))).collect()
}

#[test]
fn the_handle_at_run_time() {
    let groups = [&conversions::GROUP, &nop::GROUP, &ftrace_only::GROUP];
    let setup = groups.iter().fold(Setup::new(), |setup, group| setup.group(group));
    let tracing = setup.sink(Keep).unwrap().log_file("/nowhere/x").init().unwrap();

    everything_is_listed(tracing);
    a_mistake_is_of_its_kind(tracing);
    a_log_comes_up_and_moves(tracing);
    events_are_routed(tracing);
    log_items(tracing);
}

fn everything_is_listed(tracing: Tracing) {
    let all = tracing.states("*");
    assert!(all.iter().all(|event| event.sinks.is_empty() && event.state != EventState::Enabled));
    let compiled = tracing.events().count();
    assert_eq!(all.iter().filter(|event| event.state == EventState::Disabled).count(), compiled);
    assert_eq!(
        all.iter().position(|event| event.name == "conv_disabled"),
        Some(conversions::GROUP.events().len())
    );
    assert_eq!(states(tracing, "conv_disabled").len(), 3, "once a group");
    assert_eq!(
        states(tracing, "conv_none"),
        ["conv_none disabled ", "conv_none unavailable ", "conv_none disabled "]
    );
    for nothing in ["", "nosuch", "nosuch*", "conv_non"] {
        assert_eq!(tracing.states(nothing), []);
    }
}

fn a_mistake_is_of_its_kind(tracing: Tracing) {
    type Case<'a> = (&'a str, Result<(), Error>, fn(&Error) -> bool, &'a str);
    let cases: [Case<'_>; 12] = [
        (
            "name",
            tracing.disable("nosuch").map(drop),
            |error| matches!(error, Error::NoEvent { .. }),
            "disable: there is no trace event `nosuch`",
        ),
        (
            "pattern",
            tracing.route("nosuch*", &[]).map(drop),
            |error| matches!(error, Error::NoMatch { .. }),
            "route: no trace event matches `nosuch*`",
        ),
        (
            "disabled",
            tracing.enable_to("conv_dis*", &["keep"]).map(drop),
            |error| matches!(error, Error::NotCompiled { .. }),
            "enable: `conv_dis*` matches only events that are declared `disable`, or built without backends: conv_disabled, conv_disabled, conv_disabled",
        ),
        (
            "sink",
            tracing.route("conv_none", &["keep", "nosuch"]).map(drop),
            |error| matches!(error, Error::UnknownSink { .. }),
            "route: there is no trace sink `nosuch` in this program, which has: log, simple, ftrace, syslog, flight, keep",
        ),
        (
            "missing",
            tracing.enable("conv_none").map(drop),
            |error| matches!(error, Error::Unavailable(_)),
            "trace sink `log` is not available: Error opening logfile /nowhere/x: No such file or directory",
        ),
        (
            "missing",
            tracing.log_items("trace:conv_none").map(drop),
            |error| matches!(error, Error::Unavailable(_)),
            "trace sink `log` is not available: Error opening logfile /nowhere/x: No such file or directory",
        ),
        (
            "none",
            tracing.enable_to("conv_none", &[]).map(drop),
            |error| matches!(error, Error::NoSink),
            "this program was built without any trace sink: enable a feature of the crate `vmtrace`, or add a Sink",
        ),
        (
            "file",
            tracing.set_log_file(Path::new("/nowhere/y")),
            |error| matches!(error, Error::LogFile(_)),
            "Error opening logfile /nowhere/y: No such file or directory",
        ),
        (
            "file",
            tracing.set_log_file(Path::new("/tmp")),
            |error| matches!(error, Error::LogFile(_)),
            "Error opening logfile /tmp: Is a directory",
        ),
        (
            "file",
            tracing.set_log_file(Path::new("/tmp/%s")),
            |error| matches!(error, Error::LogFile(_)),
            "Bad logfile template: /tmp/%s",
        ),
        (
            "file",
            tracing.set_log_file(Path::new("")),
            |error| matches!(error, Error::LogFile(_)),
            "Error opening logfile : No such file or directory",
        ),
        (
            "item",
            tracing.log_items("none,in_asm").map(drop),
            |error| matches!(error, Error::LogItem { .. }),
            "log: there is no log item `in_asm`: there are trace:PATTERN, for trace events, tid and none",
        ),
    ];
    for (what, result, is_of_its_kind, text) in cases {
        let error = result.expect_err(what);
        assert!(is_of_its_kind(&error), "{what}: {error}");
        assert_eq!(error.to_string(), text);
    }
    assert!(
        tracing.states("*").iter().all(|event| event.state != EventState::Enabled),
        "nothing was switched"
    );
}

fn a_log_comes_up_and_moves(tracing: Tracing) {
    assert_eq!(tracing.unavailable().count(), 1);
    let pid = std::process::id().to_string();
    let paths = [scratch("one"), scratch("two")];
    for path in &paths {
        // the process's number is left to `%d`
        tracing.set_log_file(Path::new(&path.to_str().unwrap().replace(&pid, "%d"))).unwrap();
        tracing.enable_to("conv_none", &["log"]).unwrap();
        conversions::trace_conv_none();
        tracing.set_log_file(Path::new("/nowhere/z")).unwrap_err();
        conversions::trace_conv_none();
    }
    for path in &paths {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.lines().count() == 2 && text.lines().all(|line| line.contains(":conv_none")), "{text}");
        fs::remove_file(path).unwrap();
    }
    assert_eq!(tracing.unavailable().count(), 0);
    assert!(tracing.sinks().iter().any(|sink| sink.name == "log" && sink.unavailable.is_none()));
    tracing.disable("*").unwrap();
}

fn events_are_routed(tracing: Tracing) {
    let octal =
        |expected: &str| assert_eq!(states(tracing, "conv_octal")[0], format!("conv_octal {expected}"));
    for (sinks, expected) in [
        (&["keep"][..], "enabled keep"),
        (&["log", "keep"], "enabled log+keep"),
        (&["log"], "enabled log"),
        (&["keep", "keep"], "enabled keep"),
        (&[], "disabled "),
    ] {
        assert_eq!(tracing.route("conv_octal", sinks).unwrap(), if sinks == ["log"] { 1 } else { 2 });
        octal(expected);
    }
    tracing.route("conv_octal", &["keep"]).unwrap();
    tracing.enable_to("conv_octal", &["log"]).unwrap();
    octal("enabled log+keep");
    conversions::trace_conv_octal(8, 64);
    assert_eq!(KEPT.lock().unwrap().drain(..).collect::<Vec<_>>(), ["conv_octal 10 0100"]);
}

/// `conv_octal` goes to log and keep.
fn log_items(tracing: Tracing) {
    for (items, octal, hex) in [
        ("none", "enabled keep", "disabled "),
        ("none", "enabled keep", "disabled "),
        ("trace:conv_h*,trace:conv_octal", "enabled log+keep", "enabled log"),
        ("trace:-conv_hex", "enabled log+keep", "disabled "),
        ("trace:conv_octal,none,trace:conv_hex", "enabled keep", "enabled log"),
        ("trace:-conv_*", "disabled ", "disabled "),
    ] {
        assert_eq!(tracing.log_items(items).unwrap(), None);
        let now = ["conv_octal", "conv_hex"].map(|name| states(tracing, name).swap_remove(0));
        assert_eq!(now, [format!("conv_octal {octal}"), format!("conv_hex {hex}")], "{items}");
    }
    let help = "Log items (comma separated):\nnone            remove all logs\n\
                tid             open a separate log file per thread; filename must contain '%d'\n\
                trace:PATTERN   enable trace events\n\n\
                Use \"log trace:help\" to get a list of trace events.\n\n";
    assert_eq!(tracing.log_items("help").unwrap().as_deref(), Some(help));
    let names: String = tracing.events().flat_map(|event| [event.name(), "\n"]).collect();
    assert_eq!(tracing.log_items("trace:help").unwrap(), Some(names));
}
