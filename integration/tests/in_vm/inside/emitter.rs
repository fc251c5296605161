//! A VMM that is the test's own process: events as fast as they go on a thread, while the test does harm. Every event is
//! accounted for in the end.

use ftrace::Instance;
use integration::monitored as events;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use vmtrace::{Losses, Setup, Tracing};

/// Sets up tracing into an instance. A process can once.
pub(crate) fn set_up(instance: &Path) -> Result<Tracing, Box<dyn std::error::Error>> {
    let setup = Setup::new().group(&events::GROUP).option("*,sink=ftrace")?;
    let tracing = setup.ftrace_instance(instance).init()?;
    let missing: Vec<String> = tracing.unavailable().map(|missing| missing.to_string()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    Ok(tracing)
}

/// What the sink lost so far.
pub(crate) fn losses(tracing: Tracing) -> Losses {
    let sinks = tracing.sinks();
    sinks.into_iter().find(|sink| sink.name == "ftrace").expect("there is such a sink").losses
}

/// A thread that emits `monitored_tick`, numbered from 0.
pub(crate) struct Emitter {
    emitted: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Emitter {
    pub(crate) fn start() -> Self {
        let (emitted, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, end) = (Arc::clone(&emitted), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                events::trace_monitored_tick(count.load(Ordering::Relaxed));
                count.fetch_add(1, Ordering::Relaxed);
                // the test has a processor's turn, and the ring room
                thread::sleep(std::time::Duration::from_micros(20));
            }
        });
        Self { emitted, stop, thread }
    }

    /// Waits until some more have been emitted.
    pub(crate) fn wait_for_more(&self) {
        let goal = self.emitted.load(Ordering::Relaxed) + 50;
        while self.emitted.load(Ordering::Relaxed) < goal {
            assert!(!self.thread.is_finished(), "the emitter has panicked");
            thread::sleep(std::time::Duration::from_millis(1));
        }
    }

    /// Ends it. Gives back how many it emitted.
    pub(crate) fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the emitter does not panic");
        self.emitted.load(Ordering::Relaxed)
    }
}

/// The numbers of the ticks in an instance's rings, which must be in order, each once.
pub(crate) fn ticks(instance: &Instance) -> Result<Vec<u64>, Box<dyn std::error::Error>> {
    let trace = instance.read("trace")?;
    let entries = trace.lines().filter(|line| !line.starts_with('#'));
    let ticks = entries.map(|line| {
        let tick = line.rsplit_once("tracing_mark_write: monitored_tick count ");
        tick.and_then(|(_, number)| number.parse().ok()).ok_or_else(|| format!("what is {line:?}?"))
    });
    let ticks: Vec<u64> = ticks.collect::<Result<_, _>>()?;
    assert!(ticks.windows(2).all(|pair| pair[0] < pair[1]), "out of order");
    Ok(ticks)
}

/// What the kernel overwrote in all of an instance's rings.
pub(crate) fn overrun(instance: &Instance) -> Result<u64, ftrace::Error> {
    instance.rings()?.iter().map(|ring| Ok(ring.stats()?.overrun)).sum()
}
