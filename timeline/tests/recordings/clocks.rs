//! The same log on other clocks, and in the other form: its lines find the same exits.

use crate::kept::{Copy, text};
use recording::{ClockPair, End, Exit, LogFile, LogForm, Manifest};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use timeline::{Options, Timeline};

const LOG: &str = "log/qemu.log";

/// The exits of the log's lines, in the log's order, and how many lines there are.
fn exits(timeline: &Timeline) -> (Vec<u64>, usize) {
    let (mut exits, mut lines) = (Vec::new(), 0);
    let mut items = timeline.items().unwrap();
    let (mut last_exit, mut placed) = (0, 0);
    while let Some(item) = items.next().unwrap() {
        assert!(item.placed >= placed, "{item:?}");
        placed = item.placed;
        match &*item.event {
            "kvm_userspace_exit" => last_exit = item.placed,
            "kvm_run_exit" => {
                lines += 1;
                assert!(item.exit.is_none_or(|exit| exit == last_exit), "{item:?}");
                exits.extend(item.exit);
            }
            _ => {}
        }
    }
    (exits, lines)
}

/// What the recording as it is kept has.
fn as_kept() -> (Vec<u64>, usize) {
    let copy = Copy::of("qemu-7.2");
    exits(&copy.open().unwrap())
}

/// Changes the manifest and the lines' microseconds since 1970.
fn changed(change: impl Fn(&mut Manifest), micros: impl Fn(u64) -> u64) -> Copy {
    let copy = Copy::of("qemu-7.2");
    let recording = copy.recording();
    let mut manifest = recording.load().unwrap();
    change(&mut manifest);
    recording.save(&manifest).unwrap();
    let path = copy.dir.join(LOG);
    let mut log = String::new();
    for line in fs::read_to_string(&path).unwrap().lines() {
        let (thread, rest) = line.split_once('@').unwrap();
        let (stamp, rest) = rest.split_once(':').unwrap();
        let stamp = micros(stamp.replace('.', "").parse().unwrap());
        writeln!(log, "{thread}@{}.{:06}:{rest}", stamp / 1_000_000, stamp % 1_000_000).unwrap();
    }
    fs::write(path, log).unwrap();
    copy
}

#[test]
fn all_lines_are_matched() {
    let (exits, lines) = as_kept();
    assert_eq!(exits.len(), lines);
    assert!(lines > 50, "{lines}");
    assert!(exits.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn without_readings_of_the_clocks_order_is_left() {
    let copy = changed(|manifest| manifest.clocks.clear(), |micros| micros);
    let timeline = copy.open().unwrap();
    assert_eq!(exits(&timeline), as_kept());
    assert!(
        timeline.notes().iter().any(|note| note.warning && note.text.contains("the clocks were not read"))
    );
}

#[test]
fn a_clock_that_is_wrong_by_what_is_known_of_it() {
    // 20 us too late, and known to be uncertain by 25 us
    let widen = |manifest: &mut Manifest| {
        for pair in &mut manifest.clocks {
            *pair = ClockPair {
                mono_before: pair.mono_before - 25_000,
                wall: pair.wall,
                mono_after: pair.mono_after + 25_000,
            };
        }
    };
    let copy = changed(widen, |micros| micros + 20);
    let timeline = copy.open().unwrap();
    assert_eq!(exits(&timeline), as_kept());
}

#[test]
fn a_clock_that_is_set_back_while_it_is_recorded() {
    let (want, lines) = as_kept();
    let first = Copy::of("qemu-7.2").recording().load().unwrap().clocks[0];
    let (offset, middle) = (first.wall - first.mono_before, want[lines / 2]);
    let jump = 5_000_000_000;
    let set_back = |manifest: &mut Manifest| {
        let reading = |mono: u64, jump: u64| ClockPair {
            mono_before: mono - 50,
            wall: mono + offset - jump,
            mono_after: mono + 50,
        };
        manifest.clocks = vec![
            reading(want[0] - 1_000_000, 0),
            reading(middle - 1_000, 0),
            reading(middle + 100_000, jump),
            reading(want[lines - 1] + 1_000_000, jump),
        ];
    };
    let jumped = |micros: u64| if micros * 1000 > middle + offset { micros - jump / 1000 } else { micros };
    let copy = changed(set_back, jumped);
    let timeline = copy.open().unwrap();
    assert_eq!(exits(&timeline), (want, lines));
    let notes = timeline.notes();
    let told = notes.iter().find(|note| note.text.contains("the wall clock was set back by"));
    assert!(told.is_some_and(|note| note.warning), "{notes:?}");
}

#[test]
fn a_log_a_thread_with_dates() {
    let copy = changed(
        |manifest| {
            manifest.logs =
                vec![LogFile { path: Path::new("log/log.").into(), form: LogForm::QemuPerThread }];
        },
        |micros| micros,
    );
    let mut threads = std::collections::BTreeMap::<String, String>::new();
    for line in fs::read_to_string(copy.dir.join(LOG)).unwrap().lines() {
        let (thread, rest) = line.split_once('@').unwrap();
        let (stamp, rest) = rest.split_once(':').unwrap();
        let (seconds, micros) = stamp.split_once('.').unwrap();
        let in_day = seconds.parse::<u64>().unwrap() % 86_400;
        let date = 1_795_305_600; // 2026-11-22
        assert_eq!(seconds.parse::<u64>().unwrap() - in_day, date);
        let (hour, minute, second) = (in_day / 3600, in_day / 60 % 60, in_day % 60);
        let log = threads.entry(thread.to_owned()).or_default();
        writeln!(log, "2026-11-22T{hour:02}:{minute:02}:{second:02}.{micros}Z {rest}").unwrap();
    }
    for (thread, log) in threads {
        fs::write(copy.dir.join("log").join(format!("log.{thread}")), log).unwrap();
    }
    // no thread's, so none of the log's
    fs::write(copy.dir.join("log/log.txt"), "2026-11-22T00:00:00.000000Z nobody").unwrap();
    assert_eq!(exits(&copy.open().unwrap()), as_kept());
}

#[test]
fn what_is_no_event_is_kept() {
    let copy = Copy::of("qemu-7.2");
    let path = copy.dir.join(LOG);
    let log = fs::read_to_string(&path).unwrap();
    let garbage = "qemu-system-x86_64: warning: \u{1b}[31mred\n\n\t1@2.3:x\n";
    let (head, tail) = log.split_at(log.match_indices('\n').nth(20).unwrap().0 + 1);
    fs::write(&path, format!("{garbage}{head}{garbage}{tail}last {}", "x".repeat(20_000))).unwrap();
    let timeline = copy.open().unwrap();
    let mut items = timeline.items().unwrap();
    let mut raw = Vec::new();
    while let Some(item) = items.next().unwrap() {
        if item.source == timeline::Source::Log {
            raw.push(item.text().into_owned());
        }
    }
    assert_eq!(raw.len(), 7);
    assert_eq!(raw[0], "qemu-system-x86_64: warning: \\x1b[31mred");
    assert_eq!(raw[..3], raw[3..6]);
    assert!(raw[6].starts_with("last xxx") && raw[6].len() < 10_000);
    assert!(timeline.notes().iter().any(|note| note.text == "7 lines of the log are no events"));
    assert_eq!(exits(&timeline).0, as_kept().0);
}

#[test]
fn what_a_log_has_after_the_recorder_was_ended_stands_at_its_own_time() {
    let (want, lines) = as_kept();
    let (later, apart) = (200, 500_000_000);
    for end in [None, Some(End { exit: Exit::Running, kernel_bytes: 0 })] {
        let copy = changed(|manifest| manifest.end = end, |micros| micros);
        let path = copy.dir.join(LOG);
        let mut log = fs::read_to_string(&path).unwrap();
        let run_exit = log.lines().rfind(|line| line.contains("kvm_run_exit")).unwrap();
        let thread = run_exit.split('@').next().unwrap().to_owned();
        let whole = copy.open().unwrap();
        let clock = copy.recording().load().unwrap().clocks[0];
        let offset = clock.wall - clock.mono_before;
        for number in 1..=later {
            let micros = (whole.end() + number * apart + offset) / 1000;
            let stamp = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
            writeln!(log, "{thread}@{stamp}:kvm_run_exit cpu_index 0, reason 2").unwrap();
        }
        fs::write(path, log).unwrap();

        let timeline = copy.open().unwrap();
        let (exits, all) = exits(&timeline);
        assert_eq!((exits, all), (want.clone(), lines + usize::try_from(later).unwrap()));
        let mut items = timeline.items().unwrap();
        while let Some(item) = items.next().unwrap() {
            let (earliest, latest) = (item.when.earliest, item.when.latest);
            assert!(item.placed <= whole.end() || (earliest..=latest).contains(&item.placed), "{item:?}");
        }
        assert_eq!(timeline.summary().unwrap(), whole.summary().unwrap());
        let report = text(&timeline, &Options { limit: Some(1), ..Options::default() });
        let head = report.lines().next().unwrap();
        let ended = if end.is_some() { "ended before the command" } else { "killed" };
        assert!(head.ends_with(&format!(", the recorder was {ended}")), "{head}");
        assert!(report.contains(" s; 200 later log lines have no kernel side"), "{report}");
        assert!(!report.contains("stand outside their time"), "{report}");
    }
}
