//! Recordings of a command that ran no guest: markers only, and nothing at all.

use crate::kept::{Copy, text};
use recording::{End, Exit};
use std::fs;
use timeline::Options;

/// The bytes of a page with these markers, as the format of `ftrace:print` in `tests/data/demo` has them.
fn page(markers: &[&str]) -> Vec<u8> {
    const PRINT: u16 = 5;
    let mut data = Vec::new();
    for marker in markers {
        let mut entry = Vec::new();
        entry.extend(PRINT.to_le_bytes());
        entry.extend([0; 2]);
        entry.extend(77u32.to_le_bytes());
        entry.extend([0; 8]);
        entry.extend(marker.as_bytes());
        entry.push(0);
        entry.resize(entry.len().next_multiple_of(4), 0);
        // type_len is the length in words, in the lower five bits; the others are the time since the one before
        data.extend((1000 << 5 | u32::try_from(entry.len() / 4).unwrap()).to_le_bytes());
        data.extend(entry);
    }
    let mut page = Vec::new();
    page.extend(5_000_000_000u64.to_le_bytes());
    page.extend((data.len() as u64).to_le_bytes());
    page.extend(data);
    page.resize(4096, 0);
    page
}

/// A recording with these pages of cpu 0 and none of others.
fn recorded(pages: &[u8]) -> Copy {
    let copy = Copy::of("demo");
    fs::write(copy.dir.join("kernel/cpu0.raw"), pages).unwrap();
    fs::write(copy.dir.join("kernel/cpu1.raw"), []).unwrap();
    copy
}

#[test]
fn markers_alone_stand_in_their_columns() {
    let names = ["short", "blk_mq_a_name_of_thirty_eight_chars_in"];
    let markers: Vec<String> = names.iter().map(|name| format!("{name} text of it\n")).collect();
    let markers: Vec<&str> = markers.iter().map(String::as_str).collect();
    let report = text(&recorded(&page(&markers)).open().unwrap(), &Options::default());
    let columns: Vec<usize> =
        report.lines().skip(3).take(3).map(|line| line.find(" text").expect(line)).collect();
    assert_eq!(columns, [columns[0]; 3], "{report}");
    assert!(report.contains("\nNo exits: "), "{report}");
    assert!(report.contains(&format!("\nVMM events: {}, short\n", names[1])), "{report}");
}

#[test]
fn a_recording_of_nothing_says_so() {
    let copy = recorded(&[]);
    let recording = copy.recording();
    let mut manifest = recording.load().unwrap();
    manifest.end = Some(End { exit: Exit::Status(3), kernel_bytes: 0 });
    recording.save(&manifest).unwrap();
    let report = text(&copy.open().unwrap(), &Options::default());
    assert_eq!(
        report,
        "demo-vmm -trace *,sink=ftrace: 17.76ms, status 3\n\
         nothing was recorded: the command made no KVM event and no marker\n\n"
    );
}
