//! What the report makes of the kept recordings.

use crate::kept::{NAMES, data, open, text};
use std::fs;
use timeline::{Form, Moment, Options, Pattern, Source};

/// The report as a terminal of 110 columns shows it.
fn options(name: &str) -> Options {
    Options { width: Some(110), fold: true, limit: (name != "demo").then_some(80), ..Options::default() }
}

#[test]
fn the_text_is_as_it_was_read() {
    for name in NAMES {
        let ours = text(&open(name), &options(name));
        let path = data().join(format!("{name}.txt"));
        if std::env::var_os("TIMELINE_BLESS").is_some() {
            fs::write(&path, &ours).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap();
        for (number, (ours, kept)) in ours.lines().zip(kept.lines()).enumerate() {
            assert_eq!(ours, kept, "{name}.txt, line {}", number + 1);
        }
        assert_eq!(ours.len(), kept.len(), "{name}.txt");
    }
}

#[test]
fn colour_changes_nothing_else() {
    for name in NAMES {
        let timeline = open(name);
        let plain = text(&timeline, &options(name));
        let coloured = text(&timeline, &Options { colour: true, ..options(name) });
        assert!(coloured.len() > plain.len());
        let mut bare = String::new();
        for part in coloured.split('\x1b') {
            bare.push_str(if bare.is_empty() { part } else { part.split_once('m').unwrap().1 });
        }
        // what begins with an escape has nothing before it
        assert_eq!(bare.trim_start_matches("[1m"), plain);
    }
}

#[test]
fn the_json_says_what_the_items_are() {
    for name in NAMES {
        let timeline = open(name);
        let json = text(&timeline, &Options { form: Form::Json, ..Options::default() });
        let objects: Vec<serde_json::Value> =
            json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut lines = objects.iter();
        let mut items = timeline.items().unwrap();
        while let Some(item) = items.next().unwrap() {
            let line = lines.next().unwrap();
            assert_eq!(line["kind"], "item");
            assert_eq!(line["time_ns"], item.placed);
            assert_eq!(line["earliest_ns"], item.when.earliest);
            assert_eq!(line["latest_ns"], item.when.latest);
            assert_eq!(line["cpu"], serde_json::json!(item.cpu));
            assert_eq!(line["thread"], serde_json::json!(item.thread));
            assert_eq!(line["comm"], serde_json::json!(item.comm));
            assert_eq!(line["source"], item.source.as_str());
            assert_eq!(line["event"], *item.event);
            assert_eq!(line["text"], *item.text());
            assert_eq!(line["exit_ns"], serde_json::json!(item.exit));
        }
        let summary = lines.next().unwrap();
        assert_eq!(summary["kind"], "summary");
        assert_eq!(summary["from"], "kvm_userspace_exit");
        assert_eq!(summary["until"], "entry_or_run");
        assert!(summary["reasons"].as_array().unwrap().len() >= 2);
        assert!(lines.all(|line| line["kind"] == "note"));
    }
}

#[test]
fn what_is_selected_is_shown() {
    let timeline = open("demo");
    let count = |options: Options| {
        let json = text(&timeline, &Options { form: Form::Json, summary: false, ..options });
        json.lines().filter(|line| line.contains("\"kind\":\"item\"")).count()
    };
    let only = |patterns: &[&str]| Options {
        only: patterns.iter().map(|pattern| pattern.parse::<Pattern>().unwrap()).collect(),
        ..Options::default()
    };
    let time = |text: &str| Some(text.parse::<Moment>().unwrap());
    let all = count(Options::default());
    assert_eq!(count(only(&["vmm"])) + count(only(&["kvm", "syscalls"])), all);
    assert_eq!(count(only(&["serial_line", "vmm:machine_st*"])), 3);
    assert_eq!(count(only(&["nothing:*"])), 0);
    assert_eq!(count(Options { limit: Some(7), ..Options::default() }), 7);
    assert_eq!(count(Options { lines: false, ..Options::default() }), 0);
    let halves = [
        Options { to: time("2ms"), ..Options::default() },
        Options { from: time("2000001ns"), ..Options::default() },
    ];
    let halves = halves.map(count);
    assert!(halves.iter().all(|half| *half > 0));
    assert_eq!(halves.iter().sum::<usize>(), all);
    let absolute = format!("@{}.{:09}", timeline.start() / 1_000_000_000, timeline.start() % 1_000_000_000);
    assert_eq!(count(Options { to: time(&absolute), ..Options::default() }), 1);
}

#[test]
fn every_event_of_an_exit_handler_stands_in_its_exit() {
    let timeline = open("demo");
    let mut items = timeline.items().unwrap();
    let (mut in_exit, mut sequence) = (false, 0);
    while let Some(item) = items.next().unwrap() {
        match (item.source, &*item.event) {
            (_, "kvm_userspace_exit") => in_exit = true,
            (_, "sys_enter_ioctl" | "kvm_pio" | "kvm_mmio") => in_exit = false,
            (Source::Vmm, "kvm_run_exit") => {
                assert!(in_exit, "{item:?}");
                assert!(item.text().ends_with(&format!("seq {sequence}")), "{}", item.text());
                sequence += 1;
            }
            (Source::Vmm, name) if name.starts_with("serial") || name.starts_with("toy_disk") => {
                assert!(in_exit, "{item:?}");
            }
            _ => {}
        }
    }
    assert_eq!(sequence, 52);
}

#[test]
fn a_selection_of_nothing_is_told() {
    let timeline = open("demo");
    let time = |text: &str| Some(text.parse::<Moment>().unwrap());
    let told = "\nno line matches (271 in the recording, from 0 to 0.011182356 s)\n";
    for (options, want) in [
        (Options { only: vec!["nosuch".parse().unwrap()], ..Options::default() }, true),
        (Options { from: time("99"), ..Options::default() }, true),
        (Options { only: vec!["nosuch".parse().unwrap()], lines: false, ..Options::default() }, false),
        (Options { limit: Some(0), ..Options::default() }, false),
        (Options::default(), false),
    ] {
        let report = text(&timeline, &options);
        assert_eq!(report.contains(told), want, "{options:?}: {report}");
    }
    let backwards = Options { from: time("2ms"), to: time("1ms"), ..Options::default() };
    let error = timeline.report(&backwards, &mut Vec::new()).unwrap_err().to_string();
    assert_eq!(
        error,
        "nothing is from 0.002000000 s to 0.001000000 s after the recording's start: the end is before the \
         beginning"
    );
}
