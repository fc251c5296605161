//! Recordings that somebody spoiled: nothing panics, nothing runs away, and no escape reaches the terminal.

use crate::kept::{Copy, NAMES};
use proptest::prelude::*;
use std::fs;
use std::io::{self, Write};
use timeline::{Form, Options};

/// What is done to a file. Places are parts of its length, in 65,536ths.
#[derive(Clone, Debug)]
enum Harm {
    Set { at: u16, byte: u8 },
    Word { at: u16, word: u32 },
    Cut { at: u16 },
    Repeat { at: u16, len: u16, times: u8 },
}

fn harm() -> impl Strategy<Value = Harm> {
    let word = prop_oneof![
        any::<u32>(),
        Just(0),
        Just(u32::MAX),
        Just(0x7fff_ffff),
        (0u32..32).prop_map(|kind| kind),
        (0u32..8192).prop_map(|low| low)
    ];
    prop_oneof![
        4 => (any::<u16>(), any::<u8>()).prop_map(|(at, byte)| Harm::Set { at, byte }),
        4 => (any::<u16>(), word).prop_map(|(at, word)| Harm::Word { at, word }),
        1 => any::<u16>().prop_map(|at| Harm::Cut { at }),
        1 => (any::<u16>(), any::<u16>(), 0u8..20)
            .prop_map(|(at, len, times)| Harm::Repeat { at, len, times }),
    ]
}

fn spoil(bytes: &mut Vec<u8>, harm: &Harm) {
    let place = |at: u16, len: usize| usize::from(at) * len / 65_536;
    let len = bytes.len();
    match *harm {
        Harm::Set { at, byte } => {
            bytes.iter_mut().skip(place(at, len)).take(1).for_each(|found| *found = byte);
        }
        Harm::Word { at, word } => {
            let at = place(at, len) / 4 * 4;
            bytes.iter_mut().skip(at).zip(word.to_le_bytes()).for_each(|(found, byte)| *found = byte);
        }
        Harm::Cut { at } => bytes.truncate(place(at, len)),
        Harm::Repeat { at, len: wanted, times } => {
            let at = place(at, len);
            let part = bytes[at..(at + usize::from(wanted)).min(len)].to_vec();
            bytes.extend(part.repeat(usize::from(times)));
        }
    }
}

/// Counts, and looks for what a terminal would obey.
#[derive(Default)]
struct Watch {
    bytes: usize,
}

impl Write for Watch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let bad = bytes.iter().find(|byte| (**byte < 0x20 && !b"\n\t".contains(byte)) || **byte == 0x7f);
        assert_eq!(bad, None, "{}", String::from_utf8_lossy(bytes));
        self.bytes += bytes.len();
        assert!(self.bytes < 64 << 20, "without end");
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// 96, or as many as PROPTEST_CASES says.
fn cases() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(96);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn nothing_panics(
        which in 0usize..NAMES.len(),
        harms in prop::collection::vec((any::<u16>(), any::<bool>(), harm()), 1..24),
    ) {
        let copy = Copy::of(NAMES[which]);
        let files = copy.files();
        let raw: Vec<_> =
            files.iter().filter(|path| path.extension().is_some_and(|end| end == "raw")).collect();
        for (file, pages, harm) in harms {
            // the pages more often than the rest
            let path = if pages {
                raw[usize::from(file) % raw.len()]
            } else {
                &files[usize::from(file) % files.len()]
            };
            let mut bytes = fs::read(path).unwrap();
            spoil(&mut bytes, &harm);
            fs::write(path, bytes).unwrap();
        }
        // a recording that is not one at all is an error, which says where
        match copy.open() {
            Err(error) => prop_assert!(error.to_string().contains("kernel"), "{error}"),
            Ok(timeline) => {
                for form in [Form::Text, Form::Json] {
                    timeline.report(&Options { form, ..Options::default() }, &mut Watch::default()).unwrap();
                }
            }
        }
    }
}

#[test]
fn a_page_that_is_cut_short_is_told() {
    let copy = Copy::of("demo");
    let path = copy.recording().cpu_path(1);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 100]).unwrap();
    let timeline = copy.open().unwrap();
    let mut items = timeline.items().unwrap();
    let mut told = 0;
    while let Some(item) = items.next().unwrap() {
        if item.event == "damaged" {
            told += 1;
            assert!(item.text().contains("page 2 of cpu 1"), "{}", item.text());
        }
    }
    assert_eq!(told, 1);
    assert!(timeline.notes().iter().any(|note| note.warning && note.text.contains("could not be read")));
}

#[test]
fn a_manifest_leads_nowhere_else() {
    for (key, to) in
        [("log/qemu.log", "/etc/hostname"), ("log/qemu.log", "../../etc/hostname"), ("mono\"", "tai\"")]
    {
        let copy = Copy::of("qemu-7.2");
        let path = copy.dir.join("manifest.json");
        let text = fs::read_to_string(&path).unwrap().replace(&format!("\"{key}"), &format!("\"{to}"));
        fs::write(&path, text).unwrap();
        let error = copy.open().unwrap_err();
        let what = error.to_string();
        assert!(what.contains("not a regular file within") || what.contains("record on `mono`"), "{what}");
    }
}
