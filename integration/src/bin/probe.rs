//! A program with events and nothing else: takes a VMM's arguments about tracing, emits, and says what became of it.
//! `integration/tests/control.rs` runs it, since a process sets up tracing once.

use integration::{conversions, ftrace_only, nop};
use std::ffi::OsString;
use std::process::ExitCode;
use vmtrace::{Error, Setup, Tracing};

fn main() -> ExitCode {
    match set_up() {
        Ok(Some(tracing)) => {
            conversions::trace_conv_none();
            conversions::trace_conv_mixed(1, "a\nb\x1b", 2, c"c");
            conversions::trace_conv_octal(8, 64);
            conversions::trace_conv_strings("é".repeat(5000).as_str(), "", "");
            for missing in tracing.unavailable() {
                println!("unavailable: {missing}");
            }
            for sink in tracing.sinks().iter().filter(|sink| sink.losses.records > 0) {
                println!("lost: {} {} {:?}", sink.name, sink.losses.records, sink.losses.why);
            }
            let on: Vec<&str> =
                tracing.events().filter(|event| event.is_on()).map(vmtrace::Event::name).collect();
            println!("on: {}", on.join(" "));
            ExitCode::SUCCESS
        }
        Ok(None) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The first argument chooses the group.
fn set_up() -> Result<Option<Tracing>, Error> {
    let mut args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let group = match args.remove(0).to_str() {
        Some("ftrace_only") => &ftrace_only::GROUP,
        Some("nop") => &nop::GROUP,
        _ => &conversions::GROUP,
    };
    let setup = Setup::new().group(group).arguments(&mut args)?;
    if !args.is_empty() {
        println!("left: {args:?}");
    }
    if let Some(help) = setup.help() {
        print!("{help}");
        return Ok(None);
    }
    setup.init().map(Some)
}
