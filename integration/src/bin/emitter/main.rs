//! A program with events that count themselves, and a scenario: its arguments are a VMM's about tracing and its monitors', and
//! then steps, one after the other. `integration/tests/sinks` runs it.
//!
//! | step | what it does |
//! | --- | --- |
//! | `burst=THREADSxCOUNT` | so many new threads emit so many events each, all at once |
//! | `churn=THREADSxCOUNT` | so many threads, a few at a time |
//! | `load=THREADS` | so many threads emit from now on |
//! | `rest` | those of `load` end |
//! | `pause` | says `ready`, and waits for a line on standard input; `exit` ends it there |
//! | `sleep=MS` | lets time go by |
//! | `panic` | an event that the sinks `own`, `peer` and `now` panic of |
//! | `signals=US` | a handler emits every so many microseconds |
//! | `quiet` | no more signals |
//! | `limit=BYTES` | no file may be longer (RLIMIT_FSIZE) |
//! | `chatty` | SIGPIPE and SIGXFSZ kill, as in a program in C |
//! | `join-at-exit` | exit(3) waits for the threads of `load` |
//! | `forks=COUNT` | so many children, each of which emits and calls what there is; half end by exit(3) |
//! | `daemon` | goes on as a child does that is the VMM from now on |
//! | `drain` | waits until all is where it belongs |
//! | `stats` | says what was emitted, and what became of it |
//! | `survive` | writes where it may not, which a handler of its own repairs |
//! | `bad-memory` | the news of it (SIGBUS), for the same handlers |
//! | `die=HOW` | says what was emitted, and ends: see `death.rs` |

mod death;
mod forks;
mod own;
mod signals;
mod workers;

use death::Death;
use integration::emitter as trace;
use monitor::{Endpoint, Monitor, Server};
use std::error::Error;
use std::ffi::OsString;
use std::io::{BufRead, Write};
use std::time::Duration;
use vmtrace::{Setup, Tracing};
use workers::Workers;

/// A sink takes what it takes, and a test that hangs tells nothing.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> Result<(), Box<dyn Error>> {
    let mut args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let steps = args.iter().position(|arg| arg == "--").ok_or("wants steps behind --")?;
    let steps: Vec<String> =
        args.split_off(steps).into_iter().skip(1).map(|step| step.to_string_lossy().into_owned()).collect();
    let endpoints = Endpoint::arguments(&mut args)?;
    let mut setup = Setup::new().group(&trace::GROUP);
    for sink in
        [own::Own::new("own", "queued"), own::Own::new("peer", "queued"), own::Own::new("now", "sync")]
    {
        setup = setup.sink(sink)?;
    }
    setup = setup.queued(&["own", "peer"]);
    if let Some(at) = args.iter().position(|arg| arg == "--drain-at-crash") {
        args.remove(at);
        setup = setup.drain_at_crash();
    }
    if steps.iter().any(|step| step == "survive" || step == "bad-memory") {
        death::repair();
    }
    // exit(3) takes what came last first: this one comes after tracing has ended
    workers::join_at_exit();
    let tracing = setup.arguments(&mut args)?.init()?;
    if !args.is_empty() {
        return Err(format!("what is {args:?}?").into());
    }
    for missing in tracing.unavailable() {
        say(&format!("unavailable {missing}"));
    }
    let _server = if endpoints.is_empty() {
        None
    } else {
        Some(Server::start(Monitor::new(tracing).name("emitter"), endpoints)?)
    };
    for step in steps {
        let (name, value) = step.split_once('=').unwrap_or((&step, ""));
        if !take(tracing, name, value)? {
            break;
        }
    }
    Ok(())
}

/// A step; false if it was the last.
fn take(tracing: Tracing, name: &str, value: &str) -> Result<bool, Box<dyn Error>> {
    let times = || -> Result<(u64, u64), Box<dyn Error>> {
        let (threads, count) = value.split_once('x').ok_or("wants THREADSxCOUNT")?;
        Ok((threads.parse()?, count.parse()?))
    };
    match name {
        "burst" => times().map(|(threads, count)| workers::burst(threads, count))?,
        "churn" => times().map(|(threads, count)| workers::churn(threads, count))?,
        "load" => workers::load(value.parse()?),
        "rest" => Workers::rest(),
        "pause" => return Ok(pause()),
        "sleep" => std::thread::sleep(Duration::from_millis(value.parse()?)),
        "panic" => trace::trace_emitter_child(0, 0),
        "signals" => signals::begin(value.parse()?),
        "quiet" => signals::end(),
        "limit" => signals::limit_files(value.parse()?),
        "chatty" => signals::kill(),
        "join-at-exit" => workers::JOIN_AT_EXIT.store(true, std::sync::atomic::Ordering::Relaxed),
        "forks" => forks::many(tracing, value.parse()?),
        "daemon" => return forks::daemon(tracing),
        "drain" => say(&format!("drained {}", tracing.drain(PATIENCE))),
        "stats" => stats(tracing),
        "survive" => death::survive(),
        "bad-memory" => death::bad_memory(),
        "die" => value.parse::<Death>()?.come(),
        _ => return Err(format!("there is no step `{name}`").into()),
    }
    Ok(true)
}

/// A line on standard output, whole, which a test reads. Nobody who listens is no matter.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn pause() -> bool {
    say("ready");
    let mut line = String::new();
    // a test that has gone is a reason to go as well
    let read = std::io::stdin().lock().read_line(&mut line).unwrap_or(0);
    read > 0 && line.trim() != "exit"
}

/// `worker NUMBER COUNT` of each, `signals COUNT`, `same COUNT` and `other COUNT` of lines that two sinks shared and did not, and
/// `sink NAME DELIVERED LOST WHY`.
fn stats(tracing: Tracing) {
    workers::tell();
    say(&format!("signals {}", signals::emitted()));
    own::tell();
    for sink in tracing.sinks() {
        let why = sink.unavailable.or(sink.losses.why).unwrap_or_default();
        say(&format!("sink {} {} {} {why}", sink.name, sink.delivered, sink.losses.records));
    }
    say(&format!("late {}", tracing.late()));
    say("end");
}
