//! Alignments whose truth is known.

use super::*;
use proptest::prelude::*;

fn exits(of: &[(u64, u32)]) -> Vec<Exit> {
    let until = |index: usize| of.get(index + 1).map_or(u64::MAX, |(stamp, _)| *stamp);
    of.iter()
        .enumerate()
        .map(|(index, &(stamp, reason))| Exit { stamp, reason, until: until(index) })
        .collect()
}

fn told(of: &[(u64, u64, u32)]) -> Vec<Told> {
    of.iter()
        .map(|&(earliest, latest, reason)| Told { when: Interval { earliest, latest }, reason })
        .collect()
}

#[test]
fn small_cases() {
    type Case<'a> = (&'a str, &'a [(u64, u32)], &'a [(u64, u64, u32)], &'a [Option<usize>]);
    let table: &[Case<'_>] = &[
        ("nothing", &[], &[], &[]),
        ("no exits", &[], &[(0, 9, 2)], &[None]),
        ("one each", &[(10, 2), (50, 6)], &[(11, 13, 2), (51, 53, 6)], &[Some(0), Some(1)]),
        ("another number", &[(10, 2)], &[(11, 13, 6)], &[None]),
        (
            "an exit without a line",
            &[(10, 2), (20, 2), (30, 2)],
            &[(11, 13, 2), (31, 33, 2)],
            &[Some(0), Some(2)],
        ),
        ("before its exit", &[(10, 2)], &[(5, 9, 2)], &[None]),
        ("after the next exit", &[(10, 2), (20, 6)], &[(21, 23, 2)], &[None]),
        (
            "printed before, by its interval after",
            &[(10, 2), (20, 2)],
            &[(9, 12, 2), (19, 22, 2)],
            &[Some(0), Some(1)],
        ),
        ("either by time, one by order", &[(10, 2), (11, 2)], &[(9, 20, 2), (9, 20, 2)], &[Some(0), Some(1)]),
        (
            "any time at all",
            &[(10, 2), (11, 6), (12, 5)],
            &[(0, u64::MAX, 2), (0, u64::MAX, 5)],
            &[Some(0), Some(2)],
        ),
        // all lags are 5: the last exit's line was lost with the VMM's end
        (
            "the lag decides",
            &[(100, 2), (200, 2), (300, 2), (310, 2)],
            &[(95, 115, 2), (195, 215, 2), (295, 315, 2)],
            &[Some(0), Some(1), Some(2)],
        ),
    ];
    for (name, of, lines, want) in table {
        assert_eq!(align(&exits(of), &told(lines)), *want, "{name}");
    }
}

/// A thread's run: the time to each exit, its number, and whether it has a line, and by how much that comes
/// after.
fn run() -> impl Strategy<Value = Vec<(u64, u32, bool, u64)>> {
    let exit = (3_000u64..60_000, prop_oneof![8 => Just(2u32), 2 => Just(6u32)], 0u8..100, 500u64..2_500);
    prop::collection::vec(exit.prop_map(|(gap, reason, dice, lag)| (gap, reason, dice >= 3, lag)), 0..400)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A clock that is known to 5 microseconds and wrong by up to 4, microseconds in the log, some lines
    /// missing, and a part of the exits lost.
    #[test]
    fn each_line_finds_its_own_exit(
        run in run(),
        offset in -4_000i64..4_000,
        lost in (0usize..400, 0usize..100),
    ) {
        let (error, mut now) = (5_000, 1_000_000u64);
        let (mut exits, mut lines, mut truth) = (Vec::new(), Vec::new(), Vec::new());
        for (index, (gap, reason, has_line, lag)) in run.into_iter().enumerate() {
            now += gap;
            let kept = !(lost.0..lost.0 + lost.1).contains(&index);
            if has_line {
                let printed = (now + lag).saturating_add_signed(offset) / 1000 * 1000;
                lines.push((printed - error, printed + 999 + error, reason));
                truth.push(kept.then_some(exits.len()));
            }
            if kept {
                exits.push(Exit { stamp: now, reason, until: now + lag + 400 });
            }
        }
        let found = align(&exits, &told(&lines));
        let wrong = found.iter().zip(&truth).filter(|(found, truth)| found != truth).count();
        // at the edge of what was lost a line may take the exit of another that has none
        prop_assert!(wrong * 200 <= truth.len() + 400, "{wrong} of {}", truth.len());
    }

    /// Whatever comes, an alignment is one.
    #[test]
    fn order_number_and_time_are_kept(
        of in prop::collection::vec((0u64..300, 0u32..3), 0..200),
        lines in prop::collection::vec((0u64..300, 0u64..200, 0u32..3), 0..200),
    ) {
        let mut of = of;
        of.sort_unstable();
        let exits = exits(&of);
        let lines: Vec<_> = lines.into_iter().map(|(at, width, reason)| (at, at + width, reason)).collect();
        let lines = told(&lines);
        let mut last = None;
        for (line, found) in lines.iter().zip(align(&exits, &lines)) {
            if let Some(found) = found {
                prop_assert!(last.is_none_or(|last| found > last));
                prop_assert_eq!(exits[found].reason, line.reason);
                last = Some(found);
            }
        }
    }
}

#[test]
fn many_lines_with_a_useless_clock() {
    let of: Vec<(u64, u32)> =
        (0..100_000u64).map(|n| (n * 20_000, if n * n % 7 < 3 { 2 } else { 6 })).collect();
    let exits = exits(&of);
    let lines: Vec<Told> = of.iter().map(|&(_, reason)| Told { when: Interval::ANY, reason }).collect();
    let found = align(&exits, &lines);
    assert!(found.iter().enumerate().all(|(index, exit)| *exit == Some(index)));
}
