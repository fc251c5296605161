//! A VMM that speaks by `tracing`, and has events of its own.

use tracing::level_filters::LevelFilter;
use tracing::{Level, debug, info, info_span};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use vmtrace::Setup;

mod trace {
    vmtrace::include_events!("disk");
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // the VMM's own output: what it says at INFO or above, to standard output
    let output =
        tracing_subscriber::fmt::layer().without_time().with_ansi(false).with_writer(std::io::stdout);
    let output = output.with_filter(LevelFilter::INFO);
    // beside it, all that it says becomes events for vmtrace's sinks
    tracing_subscriber::registry().with(output).with(tracing_bridge::layer()).init();

    let mut args = std::env::args_os().skip(1).collect();
    Setup::new()
        .group(&trace::GROUP)
        .group(&tracing_bridge::GROUP)
        .sink(tracing_bridge::SubscriberSink::new(Level::INFO))?
        .arguments(&mut args)?
        .init()?;

    let _disk = info_span!("disk", id = 0).entered();
    info!("attached");
    debug!(sector = 8, "cache miss");
    trace::trace_disk_read(8, 2);
    Ok(())
}
