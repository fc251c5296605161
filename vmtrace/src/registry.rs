//! All groups and events that there are: those that register themselves, before `init` or after, and those that `init` is given.

use crate::event::{Event, Group};
use crate::thread;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

static GROUPS: Table<Group> = Table::new();
/// By their numbers.
static EVENTS: Table<Event> = Table::new();

/// Who holds it adds groups, and nobody else.
static ADDING: Mutex<()> = Mutex::new(());

/// The groups that cannot be had, and why. Looked at by who holds [`ADDING`], so that a forked child finds it free.
static REFUSED: Mutex<Vec<String>> = Mutex::new(Vec::new());

pub(crate) type Adding = MutexGuard<'static, ()>;

/// Makes a group known that [`crate::Setup::group`] does not name: that of a library which the program loads, or of C, which
/// registers itself before `main`. Registered before [`crate::Setup::init`], it is as if it were named there, before the others.
/// Later, its events are switched as options have said of such names, and cannot go to the flight recorder, whose file says at its beginning
/// which events there are. A group that is known already stays as it is.
pub fn register(group: &'static Group) {
    // a program's handlers of forks that come later run outside ours, and may switch events
    thread::watch_forks();
    let adding = lock();
    if is_known(group) {
        return;
    }
    let tracing = crate::tracing();
    if tracing.is_some() {
        group.come_late();
        add_events(group, &adding);
    }
    GROUPS.push(group, &adding);
    if let Some(tracing) = tracing {
        tracing.join(group);
    }
}

/// Remembers a group that cannot be had: constructors have nobody to tell. [`crate::Setup::init`] fails for it.
pub fn refuse(group: &str, why: &str) {
    exclusively(|| refused().push(format!("the trace events of the group `{group}` cannot be had: {why}")));
}

/// What was refused so far, for who holds [`ADDING`].
pub(crate) fn refused() -> MutexGuard<'static, Vec<String>> {
    REFUSED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does something while nobody else does so, nor registers a group, nor forks: a lock that is taken in here alone is free in every
/// child. In here nothing is registered or switched.
pub fn exclusively<T>(run: impl FnOnce() -> T) -> T {
    thread::watch_forks();
    let _adding = lock();
    run()
}

/// Not for signal handlers.
pub(crate) fn lock() -> Adding {
    ADDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The groups that have registered themselves so far, and after [`crate::Setup::init`] those that it was given.
pub fn groups() -> impl Iterator<Item = &'static Group> {
    GROUPS.iter()
}

/// Those, and behind them such as are given and not known yet.
pub(crate) fn groups_and(given: &[&'static Group]) -> Vec<&'static Group> {
    let mut all: Vec<&'static Group> = groups().collect();
    for group in given {
        if !all.iter().any(|known| ptr::eq(*known, *group)) {
            all.push(group);
        }
    }
    all
}

/// Knows these groups, which are those of [`groups_and`], and gives their events numbers: once, when nothing can go wrong any more.
pub(crate) fn begin(groups: &[&'static Group], adding: &Adding) {
    for group in groups {
        add_events(group, adding);
        if !is_known(group) {
            GROUPS.push(group, adding);
        }
    }
}

/// All events that have a number, in the order of their numbers.
pub(crate) fn events() -> impl Iterator<Item = &'static Event> {
    EVENTS.iter()
}

/// The event of a number.
#[inline]
pub(crate) fn event(number: u32) -> Option<&'static Event> {
    EVENTS.get(number as usize)
}

fn is_known(group: &Group) -> bool {
    groups().any(|known| ptr::eq(known, group))
}

fn add_events(group: &'static Group, adding: &Adding) {
    for event in group.events() {
        if let Some(number) = EVENTS.push(event, adding).and_then(|number| u32::try_from(number).ok()) {
            event.set_number(number);
        }
    }
}

/// A list that grows at its end and is read without a lock: on the writer's thread, in a signal handler, in a forked child. Bucket
/// N has room for 64 × 2^N; what is there stays where it is.
struct Table<T: 'static> {
    len: AtomicUsize,
    buckets: [OnceLock<Bucket<T>>; BUCKETS],
}

type Bucket<T> = Box<[OnceLock<&'static T>]>;

const FIRST_BUCKET: usize = 64;
const BUCKETS: usize = 24;

impl<T> Table<T> {
    const fn new() -> Self {
        Self { len: AtomicUsize::new(0), buckets: [const { OnceLock::new() }; BUCKETS] }
    }

    #[inline]
    fn get(&self, index: usize) -> Option<&'static T> {
        let (bucket, place) = place(index);
        self.buckets.get(bucket)?.get()?.get(place)?.get().copied()
    }

    fn iter(&self) -> impl Iterator<Item = &'static T> {
        (0..).map_while(|index| self.get(index))
    }

    /// Gives back its place; `None` if there is no more room.
    fn push(&self, value: &'static T, _adding: &Adding) -> Option<usize> {
        let index = self.len.load(Ordering::Relaxed);
        let (bucket, place) = place(index);
        let room = || (0..FIRST_BUCKET << bucket).map(|_| OnceLock::new()).collect();
        self.buckets.get(bucket)?.get_or_init(room).get(place)?.set(value).ok()?;
        self.len.store(index + 1, Ordering::Relaxed);
        Some(index)
    }
}

/// Bucket, and place in it.
#[inline]
fn place(index: usize) -> (usize, usize) {
    let number = index.saturating_add(FIRST_BUCKET);
    let bucket = (number.ilog2() - FIRST_BUCKET.ilog2()) as usize;
    (bucket, number - (FIRST_BUCKET << bucket))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_stays_at_its_place_while_others_read() {
        static TABLE: Table<usize> = Table::new();
        const MANY: usize = if cfg!(miri) { 200 } else { 3000 };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let adding = lock();
                for number in 0..MANY {
                    assert_eq!(TABLE.push(Box::leak(Box::new(number)), &adding), Some(number));
                }
            });
            for _ in 0..2 {
                scope.spawn(|| {
                    while TABLE.get(MANY - 1).is_none() {
                        for (index, &value) in TABLE.iter().enumerate() {
                            assert_eq!(index, value);
                        }
                    }
                });
            }
        });
        assert_eq!(TABLE.iter().count(), MANY);
        assert_eq!(TABLE.get(MANY), None);
        assert_eq!(TABLE.get(usize::MAX), None);
    }

    #[test]
    fn places() {
        for (index, expected) in [(0, (0, 0)), (63, (0, 63)), (64, (1, 0)), (191, (1, 127)), (192, (2, 0))] {
            assert_eq!(place(index), expected);
        }
    }
}
