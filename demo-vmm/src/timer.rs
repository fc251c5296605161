//! A toy timer: one tick at a time, from a thread of its own.

use crate::trace::hw_timer as trace;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// The guest's side: a register of 16 bits.
pub(crate) struct Timer {
    arm: SyncSender<u16>,
    tick: Receiver<u64>,
    armed: bool,
    ticks: u64,
}

/// The side that ticks, for a thread.
pub(crate) struct Clock {
    arm: Receiver<u16>,
    tick: SyncSender<u64>,
}

/// Makes the two sides. At most one tick is ever on its way, so neither side waits to send.
pub(crate) fn timer() -> (Timer, Clock) {
    let (arm, armed) = sync_channel(1);
    let (ticks, tick) = sync_channel(1);
    (Timer { arm, tick, armed: false, ticks: 0 }, Clock { arm: armed, tick: ticks })
}

impl Timer {
    /// The guest asks how often it has ticked; the register holds the lower 16 bits.
    pub(crate) fn read(&mut self) -> u16 {
        if self.armed
            && let Ok(ticks) = self.tick.try_recv()
        {
            self.ticked(ticks);
        }
        trace::trace_toy_timer_read(self.ticks);
        (self.ticks & 0xffff) as u16
    }

    /// The guest arms it, to tick after `delay` microseconds. While it is armed, that is ignored.
    pub(crate) fn write(&mut self, delay: u16) {
        trace::trace_toy_timer_arm(delay, self.armed);
        if !self.armed {
            self.armed = self.arm.send(delay).is_ok();
        }
    }

    /// The guest halted: waits for the tick and returns true, or false at once if none will come.
    pub(crate) fn wait(&mut self) -> bool {
        if !self.armed {
            return false;
        }
        trace::trace_toy_timer_wait(self.ticks);
        let Ok(ticks) = self.tick.recv() else { return false };
        self.ticked(ticks);
        trace::trace_toy_timer_wake(ticks);
        true
    }

    fn ticked(&mut self, ticks: u64) {
        self.ticks = ticks;
        self.armed = false;
    }
}

impl Clock {
    /// Ticks whenever it is told to, until the [`Timer`] is gone.
    pub(crate) fn run(self) {
        for (delay, ticks) in self.arm.iter().zip(1..) {
            thread::sleep(Duration::from_micros(delay.into()));
            trace::trace_toy_timer_tick(ticks);
            if self.tick.send(ticks).is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `body` beside the timer's thread, which ends with the timer.
    fn with_timer(body: impl FnOnce(Timer)) {
        let (timer, clock) = timer();
        thread::scope(|scope| {
            scope.spawn(move || clock.run());
            body(timer);
        });
    }

    #[test]
    fn each_arming_is_one_tick() {
        with_timer(|mut timer| {
            assert!(!timer.wait());
            for ticks in 1..=3 {
                timer.write(0);
                assert!(timer.wait());
                assert_eq!(timer.read(), ticks);
                assert!(!timer.wait());
            }
        });
    }

    #[test]
    fn arming_while_armed_is_ignored() {
        with_timer(|mut timer| {
            for _ in 0..1000 {
                timer.write(u16::MAX);
            }
            assert!(timer.wait());
            assert!(!timer.wait());
            assert_eq!(timer.read(), 1);
        });
    }

    #[test]
    fn a_guest_that_polls_sees_the_tick() {
        with_timer(|mut timer| {
            timer.write(1);
            while timer.read() == 0 {
                thread::yield_now();
            }
            assert!(!timer.wait());
        });
    }

    #[test]
    fn no_tick_comes_from_a_clock_that_is_gone() {
        let (mut timer, clock) = timer();
        drop(clock);
        timer.write(1);
        assert!(!timer.wait());
        assert_eq!(timer.read(), 0);
    }
}
