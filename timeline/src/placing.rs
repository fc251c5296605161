//! Where in its interval each line of a VMM's log stands: causes before their effects.
//!
//! A thread that runs a guest is either in KVM_RUN or in the VMM. It prints in the VMM only, so each of its
//! lines stands in a *stay*: after an exit to the VMM, before the next KVM_RUN. A line that tells of its exit
//! stands in that exit's stay. The others, in the order of the log, in the stay that is nearest to their
//! interval.

use crate::clock::Interval;
use crate::kernel::step::Step;
use crate::matching::Exit;

/// A thread's stays in the VMM.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    stays: Vec<Stay>,
}

#[derive(Clone, Copy, Debug)]
struct Stay {
    /// `kvm_userspace_exit`.
    exit: u64,
    /// KVM_RUN had returned; `exit` where that was not recorded.
    from: u64,
    /// The thread's next event of KVM's, of whatever kind.
    next: u64,
    /// The thread was in KVM_RUN again, or about to be.
    until: u64,
    /// The exit's number, if there is one for the VMM to handle.
    reason: Option<u32>,
}

const OPEN: u64 = u64::MAX;

impl Default for Track {
    /// Before its first exit a thread is in the VMM.
    fn default() -> Self {
        Self { stays: vec![Stay { exit: 0, from: 0, next: OPEN, until: OPEN, reason: None }] }
    }
}

impl Track {
    /// Takes the thread's next step.
    pub(crate) fn step(&mut self, at: u64, step: Step) {
        let Some(stay) = self.stays.last_mut() else { return };
        if step == Step::Return {
            if stay.next == OPEN && stay.from == stay.exit && stay.reason.is_some() {
                stay.from = at;
            }
            return;
        }
        stay.next = stay.next.min(at);
        if step == Step::Kvm {
            return;
        }
        stay.until = stay.until.min(at);
        if let Step::UserExit { reason, errno } = step {
            let reason = (errno >= 0).then_some(reason);
            self.stays.push(Stay { exit: at, from: at, next: OPEN, until: OPEN, reason });
        }
    }

    /// Events were lost: until its next step the thread may have been in the VMM at any time.
    pub(crate) fn lost(&mut self) {
        if let Some(&Stay { until, .. }) = self.stays.last()
            && until != OPEN
        {
            self.stays.push(Stay { exit: until, from: until, next: OPEN, until: OPEN, reason: None });
        }
    }

    /// The exits that the VMM handled, and which stays they begin.
    pub(crate) fn exits(&self) -> (Vec<Exit>, Vec<usize>) {
        self.stays
            .iter()
            .enumerate()
            .filter_map(|(index, stay)| {
                Some((Exit { stamp: stay.exit, reason: stay.reason?, until: stay.until }, index))
            })
            .unzip()
    }

    /// When the exit of a stay was.
    pub(crate) fn exit(&self, stay: usize) -> Option<u64> {
        self.stays.get(stay).filter(|stay| stay.reason.is_some()).map(|stay| stay.exit)
    }
}

/// A line, and what is known of its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placing {
    pub(crate) when: Interval,
    /// The stay that begins with the exit that the line tells of.
    pub(crate) stay: Option<usize>,
    /// Where it stands: what [`place`] finds.
    pub(crate) placed: u64,
}

/// Places a thread's lines, which are in the order of the log.
pub(crate) fn place(track: &Track, lines: &mut [Placing]) {
    let stays = &track.stays;
    let last = stays.len() - 1;
    // a line stands in a stay before that of the next line that tells of its exit
    let mut limits = vec![last; lines.len()];
    let mut limit = last;
    for (line, kept) in lines.iter().zip(&mut limits).rev() {
        *kept = limit;
        limit = line.stay.map_or(limit, |stay| stay.saturating_sub(1));
    }

    let (mut current, mut floor) = (0, 0);
    for (line, limit) in lines.iter_mut().zip(limits) {
        let wished = if line.when == Interval::ANY { floor } else { line.when.middle().max(floor) };
        let (stay, placed) = match line.stay {
            Some(stay) => (stay, stays[stay].clamp(wished, stays[stay].next)),
            None => nearest(stays, current, limit.max(current), wished, floor),
        };
        current = stay.max(current);
        floor = placed.max(floor);
        line.placed = floor;
    }
}

impl Stay {
    fn clamp(&self, wished: u64, end: u64) -> u64 {
        wished.clamp(self.from, end.saturating_sub(1).max(self.from))
    }
}

fn nearest(stays: &[Stay], current: usize, limit: usize, wished: u64, floor: u64) -> (usize, u64) {
    let begun = stays[current..=limit].partition_point(|stay| stay.from <= wished);
    let index = current + begun.saturating_sub(1);
    let placed = stays[index].clamp(wished, stays[index].until);
    if placed == wished {
        return (index, placed);
    }
    // in the guest by then: the end of this stay, or the beginning of the next
    let following = (index < limit).then(|| stays[index + 1].from);
    match following {
        Some(after) if placed < floor || after.abs_diff(wished) < placed.abs_diff(wished) => {
            (index + 1, after)
        }
        _ => (index, placed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IO: Step = Step::UserExit { reason: 2, errno: 0 };
    const RESTART: Step = Step::UserExit { reason: 2, errno: -4 };

    /// In the VMM before 100, from 200 to 300, from 400 to 450 (for nothing) and from 500.
    fn track() -> Track {
        let mut track = Track::default();
        for (at, step) in [
            (100, Step::Call),
            (200, IO),
            (210, Step::Return),
            (250, Step::Kvm),
            (300, Step::Call),
            (310, Step::Running),
            (400, RESTART),
            (450, Step::Entry),
            (500, IO),
        ] {
            track.step(at, step);
        }
        track
    }

    #[test]
    fn stays() {
        let (exits, stays) = track().exits();
        assert_eq!(stays, [1, 3]);
        assert_eq!(
            exits,
            [Exit { stamp: 200, reason: 2, until: 300 }, Exit { stamp: 500, reason: 2, until: OPEN },]
        );
    }

    #[test]
    fn lines_stand_where_their_thread_was_in_the_vmm() {
        // (middle of the interval, the stay if it is known) and where it stands
        type Line = ((u64, Option<usize>), u64);
        let table: &[(&str, &[Line])] = &[
            (
                "where it says",
                &[((220, None), 220), ((250, None), 250), ((420, None), 420), ((600, None), 600)],
            ),
            (
                "to the nearest",
                &[((120, None), 99), ((190, None), 210), ((310, None), 299), ((480, None), 500)],
            ),
            ("its own exit's", &[((190, Some(1)), 210), ((260, None), 260), ((470, Some(3)), 500)]),
            ("before anything else of that exit's", &[((260, Some(1)), 249), ((260, None), 260)]),
            ("in order", &[((260, None), 260), ((220, None), 260), ((300, None), 299)]),
            ("not past the next", &[((480, None), 449), ((490, Some(3)), 500)]),
            ("a log that goes back", &[((600, Some(3)), 600), ((220, None), 600)]),
        ];
        for (name, lines) in table {
            let mut placings: Vec<Placing> = lines
                .iter()
                .map(|&((at, stay), _)| Placing { when: Interval::at(at), stay, placed: 0 })
                .collect();
            place(&track(), &mut placings);
            let found: Vec<u64> = placings.iter().map(|line| line.placed).collect();
            let want: Vec<u64> = lines.iter().map(|(_, want)| *want).collect();
            assert_eq!(found, want, "{name}");
        }
    }

    #[test]
    fn where_events_were_lost_the_thread_may_have_been_anywhere() {
        let mut track = Track::default();
        for (at, step) in [(100, Step::Call), (200, IO), (300, Step::Call)] {
            track.step(at, step);
        }
        track.lost();
        track.step(900, Step::Call);
        track.lost();
        track.lost();
        track.step(1000, IO);
        let mut lines = [350, 800, 950].map(|at| Placing { when: Interval::at(at), stay: None, placed: 0 });
        place(&track, &mut lines);
        assert_eq!(lines.map(|line| line.placed), [350, 800, 950]);
    }

    #[test]
    fn a_thread_that_runs_no_guest_stands_where_it_says() {
        let mut lines = [5, 3, 8].map(|at| Placing { when: Interval::at(at), stay: None, placed: 0 });
        place(&Track::default(), &mut lines);
        assert_eq!(lines.map(|line| line.placed), [5, 5, 8]);
    }
}
