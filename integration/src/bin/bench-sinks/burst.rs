//! 800,000 events as fast as threads can: what is lost, and what is not.

use crate::Result;
use crate::private_dev;
use integration::bench;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};
use vmtrace::{Settings, Setup};

const EVENTS: u32 = 800_000;

pub(crate) fn run(option: &str, threads: u32) -> Result<()> {
    let what = option.trim_start_matches("bench_two,sink=");
    if option.contains("sink=syslog") {
        let Ok(daemon) = private_dev::listen() else {
            println!("| {what} | {threads} | not measured: it takes root | | |");
            return Ok(());
        };
        private_dev::read_on(daemon);
    }
    let folder = std::env::temp_dir().join(format!("vmtrace-bench-burst-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let settings = Settings { trace_file: Some(folder.join("trace")), ..Settings::default() };
    let setup = Setup::new().group(&bench::GROUP).settings(settings).log_file(folder.join("log"));
    let tracing = setup.option(option)?.init()?;
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..EVENTS / threads).for_each(|call| bench::trace_bench_two(3, u64::from(call))));
        }
    });
    let spent = start.elapsed();
    assert!(tracing.drain(Duration::from_secs(60)));
    let written = start.elapsed();
    let lost: u64 = tracing.sinks().iter().map(|sink| sink.losses.records).sum();
    println!(
        "| {what} | {threads} | {:.1} | {:.0} ms | {lost} |",
        spent.as_secs_f64() * 1e9 / f64::from(EVENTS),
        written.as_secs_f64() * 1e3
    );
    fs::remove_dir_all(folder)?;
    Ok(())
}
