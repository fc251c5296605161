//! Lines read back from a real rsyslogd and a real systemd-journald, which each test starts for itself: in a mount namespace
//! and a folder of its own, so that the machine's own daemons, if it has any, know nothing of it.
//!
//! A mount namespace is a thread's own, so each test has a thread. Without root, one for all is made first, with a user
//! namespace, while there is one thread.

mod cases;
mod daemon;
mod journald;
mod namespace;
mod rsyslogd;
mod sender;

use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;
use std::thread;

/// What a test does, or why it cannot.
pub(crate) type TestResult = Result<(), Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    // one with summer time, so that neither local time is UTC, nor the daemons' parsers alone could make it so
    // SAFETY: there is one thread.
    unsafe { std::env::set_var("TZ", "America/St_Johns") };
    let refused = namespace::begin().err();
    let trials = cases::TESTS.iter().map(|&(name, needs, test)| {
        let missing = needs.iter().find(|program| !daemon::is_there(program));
        let reason =
            refused.as_ref().map(ToString::to_string).or(missing.map(|program| format!("no {program}")));
        Trial::test(name, move || match reason {
            Some(reason) => {
                eprintln!("SKIP {name}: {reason}");
                Ok(())
            }
            None => run(test),
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn run(test: fn() -> TestResult) -> Result<(), Failed> {
    let test = thread::spawn(move || {
        namespace::enter().map_err(|error| error.to_string())?;
        test().map_err(|error| error.to_string())
    });
    match test.join() {
        Ok(result) => result.map_err(Failed::from),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
