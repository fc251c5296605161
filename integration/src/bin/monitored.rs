//! A program with events, a monitor for machines and one for people, and nothing else. It takes QEMU's `-qmp`,
//! `-monitor`, `-trace`, `-D`, `-d` and `-msg`, emits an event a millisecond, and runs until it is killed.
//! `integration/tests/qmp_from_outside` runs it.

use integration::monitored as trace;
use monitor::{Endpoint, Monitor, Server};
use std::error::Error;
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args: Vec<_> = std::env::args_os().skip(1).collect();
    let endpoints = Endpoint::arguments(&mut args)?;
    let tracing = vmtrace::Setup::new().group(&trace::GROUP).arguments(&mut args)?.init()?;
    if !args.is_empty() {
        return Err(format!("what is {args:?}?").into());
    }
    let monitor = Monitor::new(tracing).name("monitored").version("1.2.3").human_command(
        "monitored-exit",
        "",
        "call exit(3)",
        |_| std::process::exit(7),
    );
    let _server = Server::start(monitor, endpoints)?;
    trace::trace_monitored_start("monitored");
    for count in 0.. {
        trace::trace_monitored_tick(count);
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}
