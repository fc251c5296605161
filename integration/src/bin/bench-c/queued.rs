//! Sinks that take an event later: what it costs its thread while its ring has room.

use crate::loops::{self, Loop};
use crate::{Result, private_dev};
use integration::bench;
use integration::measuring::{Case, compare, measure};
use std::fs;
use std::thread;
use std::time::Duration;
use vmtrace::{Mode, Settings, Setup, Tracing};

/// So many fit into a ring of the usual size, more than twice.
const CALLS: u32 = 5_000;

/// What it is, and the loop; Rust's first.
type Cases = &'static [(&'static str, Loop)];

/// Of each sink. QEMU's backend `log` hands over lines, which are written at once.
const TABLES: &[(&str, Cases)] = &[
    (
        "simple",
        &[
            ("Rust, simple, 2 arguments", loops::rust_two),
            ("C, simple, 2 arguments", loops::c_two),
            ("C, QEMU's backend simple, 2 arguments", loops::simple_two),
        ],
    ),
    (
        "simple",
        &[
            ("Rust, simple, 4 arguments", loops::rust_four),
            ("C, simple, 4 arguments", loops::c_four),
            ("C, QEMU's backend simple, 4 arguments", loops::simple_four),
        ],
    ),
    (
        "log",
        &[("Rust, log queued, 2 arguments", loops::rust_two), ("C, log queued, 2 arguments", loops::c_two)],
    ),
    (
        "syslog",
        &[
            ("Rust, syslog queued, 2 arguments", loops::rust_two),
            ("C, syslog queued, 2 arguments", loops::c_two),
        ],
    ),
    (
        "syslog",
        &[
            ("Rust, syslog queued, 4 arguments", loops::rust_four),
            ("C, syslog queued, 4 arguments", loops::c_four),
        ],
    ),
];

pub(crate) fn run() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("vmtrace-bench-c-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let daemon = private_dev::listen().ok();
    let has_daemon = daemon.is_some();
    if let Some(daemon) = daemon {
        private_dev::read_on(daemon);
    }
    let settings =
        Settings { log: Some(Mode::Queued), trace_file: Some(folder.join("trace")), ..Settings::default() };
    let setup = Setup::new().group(&bench::GROUP).settings(settings).log_file(folder.join("log"));
    let tracing = setup.init()?;
    tracing.switch_trace_file(true)?;

    tracing.enable_to("simple_*", &["simple"])?;
    for &(sink, cases) in TABLES {
        if sink == "syslog" && !has_daemon {
            println!("| syslog, queued | not measured: it takes root | | | |");
            break;
        }
        for pattern in ["bench_*", "vmtrace_*"] {
            tracing.route(pattern, &[sink])?;
        }
        in_turns(tracing, cases);
    }
    let lost: u64 = tracing.sinks().iter().map(|sink| sink.losses.records).sum();
    assert_eq!(lost, 0, "a ring had no room: what was measured is not what it says");
    fs::remove_dir_all(folder)?;
    Ok(())
}

/// Measures them, and prints how C's stand against Rust's.
fn in_turns(tracing: Tracing, cases: Cases) {
    // what was queued before is not to be written meanwhile
    let quiet = || {
        let _ = tracing.drain(Duration::from_secs(5));
        thread::sleep(Duration::from_millis(2));
    };
    let mut runs: Vec<_> = cases.to_vec();
    let mut cases: Vec<Case<'_>> =
        runs.iter_mut().map(|(what, run)| (*what, run as &mut dyn FnMut(u32))).collect();
    let figures = measure(CALLS, &quiet, &mut cases);
    for c in &figures[1..] {
        compare(c, &figures[0]);
    }
}
