//! The demo VMM's events as a trace has them, which number themselves: what is lost or out of place is seen.

/// Of one VMM's run with a single guest, in the order of the trace.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct VmmTrace {
    /// The numbers of its exits.
    pub(crate) seqs: Vec<u64>,
    /// The threads that emitted these, each where it begins; 0 where a line begins with none.
    pub(crate) threads: Vec<u32>,
    starts: usize,
    /// How many exits its last event counts, for each that there is.
    stops: Vec<u64>,
}

impl VmmTrace {
    /// Reads the lines of `trace`, of `trace-cmd report`, or of `vmtrace report`.
    pub(crate) fn of(text: &str) -> Self {
        let mut trace = Self::default();
        for line in text.lines() {
            if line.contains("machine_start ") && line.contains(" accel kvm,") {
                trace.starts += 1;
            } else if let Some((_, count)) = line.split_once("machine_stop ") {
                trace
                    .stops
                    .extend(count.split_whitespace().next().and_then(|count| count.parse::<u64>().ok()));
            } else if let Some((before, seq)) =
                line.split_once("kvm_run_exit ").and(line.rsplit_once(", seq "))
            {
                trace.seqs.extend(seq.trim().parse::<u64>().ok());
                // `vcpu0-136     [000] d..1.    10.811398: ...`, or `<...>-136` where the kernel has not learned the name
                let task = before
                    .trim_start()
                    .split_once(char::is_whitespace)
                    .and_then(|(task, _)| task.rsplit_once('-'));
                let thread = task.and_then(|(_, number)| number.parse().ok()).unwrap_or(0);
                if trace.threads.last() != Some(&thread) {
                    trace.threads.push(thread);
                }
            }
        }
        trace
    }

    /// How many exits its end tells; `None` if there is none, or more than one.
    pub(crate) fn exits(&self) -> Option<u64> {
        let [exits] = self.stops[..] else { return None };
        Some(exits)
    }

    /// Every exit is there, once, in order, and the run's start and end.
    pub(crate) fn assert_whole(&self) {
        let exits = self.exits().unwrap_or_else(|| panic!("{} ends", self.stops.len()));
        assert_eq!(self.starts, 1);
        assert!(exits > 0 && self.seqs.iter().copied().eq(0..exits), "{exits} exits: {:?}", self.seqs);
    }
}
