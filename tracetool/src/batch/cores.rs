//! Work on all cores.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, available_parallelism};

/// What `work` makes of each item, in their order. A thread takes the next item when it is done with one, and has a
/// value of its own for what it needs again and again.
pub(super) fn on_all<T: Sync, R: Send, S: Default>(
    items: &[T],
    work: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let take = || {
        let (mut own, mut done) = (S::default(), Vec::new());
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return done };
            done.push((index, work(&mut own, item)));
        }
    };
    let cores = available_parallelism().map_or(1, std::num::NonZero::get).min(items.len());
    let mut all: Vec<(usize, R)> = thread::scope(|scope| {
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(take)).collect();
        let mut all = take();
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        all
    });
    all.sort_unstable_by_key(|&(index, _)| index);
    all.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order() {
        let items: Vec<usize> = (0..1000).collect();
        assert_eq!(on_all(&items, |(), item| item * 2), (0..2000).step_by(2).collect::<Vec<_>>());
        assert_eq!(on_all(&[0usize; 0], |(), item| *item), []);
    }
}
