//! Files that are not as linkers make them. They are made of small ones that are: `fuzz/seeds`, which have the probes `p:n` and `p:a`.
#![cfg(feature = "read")]

mod folder;

use folder::Folder;
use std::fs;
use std::path::Path;
use std::process::Command;
use usdt::{Error, Fault, Location, Machine, Place, Probe, probes_in};

const X86_64: &[u8] = include_bytes!("../fuzz/seeds/x86_64");
const SEEDS: [(&[u8], Machine); 5] = [
    (X86_64, Machine::X86_64),
    (include_bytes!("../fuzz/seeds/static"), Machine::X86_64),
    (include_bytes!("../fuzz/seeds/x86"), Machine::X86),
    (include_bytes!("../fuzz/seeds/aarch64"), Machine::Aarch64),
    (include_bytes!("../fuzz/seeds/aarch64_be"), Machine::Aarch64),
];

#[test]
fn whole_ones() {
    for (seed, machine) in SEEDS {
        let probes = probes_in(seed).expect("whole");
        let names: Vec<_> = probes.iter().map(|probe| (probe.name.as_str(), probe.arguments.len())).collect();
        assert_eq!(names, [("n", 6), ("a", 3)]);
        for Probe { site, semaphore, machine: of, arguments, .. } in probes {
            assert_eq!(of, machine);
            assert!(site.offset.is_some() && semaphore.is_some_and(|semaphore| semaphore.offset.is_some()));
            assert!(arguments.iter().all(|argument| argument.place != Place::Other), "{arguments:?}");
        }
    }
}

#[test]
fn cut_off_anywhere() {
    for (seed, _) in SEEDS {
        for length in 0..seed.len() {
            // The section headers are last: without them there are no notes.
            assert!(!probes_in(&seed[..length]).is_ok_and(|probes| !probes.is_empty()), "{length}");
        }
    }
}

#[test]
fn any_byte_is_wrong() {
    for (seed, _) in SEEDS {
        let mut file = seed.to_vec();
        for at in 0..file.len() {
            for wrong in [0, 0xff, file[at] ^ 1, file[at] ^ 0x80] {
                file[at] = wrong;
                let _ = probes_in(&file);
            }
            file[at] = seed[at];
        }
    }
}

/// Where `what` is in the file.
fn find(file: &[u8], what: &[u8]) -> usize {
    file.windows(what.len()).position(|bytes| bytes == what).expect("it is there")
}

fn put(file: &mut [u8], at: usize, value: u64) {
    file[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

/// The first note's three addresses: the site's, the base's and the semaphore's. They stand behind its owner.
fn with_addresses(change: impl FnOnce(&mut [u64; 3])) -> Vec<u8> {
    let mut file = X86_64.to_vec();
    let at = find(&file, b"stapsdt\0") + 8;
    let mut addresses = [0, 8, 16].map(|beyond| {
        let bytes = file[at + beyond..][..8].try_into().expect("eight");
        u64::from_le_bytes(bytes)
    });
    change(&mut addresses);
    for (beyond, address) in [0, 8, 16].into_iter().zip(addresses) {
        put(&mut file, at + beyond, address);
    }
    file
}

fn first(file: &[u8]) -> Probe {
    probes_in(file).expect("readable").swap_remove(0)
}

#[test]
fn moved_by_prelink() {
    // The file's own addresses are as they are: notes of a file that was moved up have lower ones.
    let moved =
        with_addresses(|addresses| *addresses = addresses.map(|address| address.wrapping_sub(0x10_0000)));
    assert_eq!(first(&moved), first(X86_64));
    // One that has no base, since the linker threw it away (lld does), was not moved.
    let without = with_addresses(|addresses| addresses[1] = 0);
    assert_eq!(first(&without), first(X86_64));
}

#[test]
fn dead_code() {
    let whole = first(X86_64);
    let semaphore = whole.semaphore.expect("it has one");
    let nowhere = u64::MAX - 2;
    // Nowhere, in the headers, where data is, and where nothing is.
    for address in [0, 4, semaphore.address, nowhere] {
        let dead = first(&with_addresses(|addresses| addresses[0] = address));
        assert_eq!(dead.site, Location { address, offset: None });
        assert_eq!((dead.semaphore, dead.arguments), (whole.semaphore, whole.arguments.clone()));
    }
}

#[test]
fn semaphores_out_of_reach() {
    assert_eq!(first(&with_addresses(|addresses| addresses[2] = 0)).semaphore, None);
    let address = 0x70_0000;
    let out = first(&with_addresses(|addresses| addresses[2] = address)).semaphore;
    assert_eq!(out, Some(Location { address, offset: None }));
}

const SHT_SYMTAB: u32 = 2;
const SHT_NOTE: u32 = 7;

/// Where the header of the first section of that type has the section's offset; behind it stands the size.
fn section(file: &[u8], kind: u32) -> usize {
    let headers = usize::from_le_bytes(file[40..48].try_into().expect("eight"));
    let header = (headers..).step_by(64).find(|header| file[header + 4..][..4] == kind.to_le_bytes());
    header.expect("it is there") + 24
}

/// The file with other notes: they stand at its end, and the section leads there.
fn with_notes(notes: &[u8]) -> Vec<u8> {
    let mut file = X86_64.to_vec();
    let (at, end) = (section(&file, SHT_NOTE), file.len() as u64);
    put(&mut file, at, end);
    put(&mut file, at + 8, notes.len() as u64);
    file.extend(notes);
    file
}

fn note(owner: &[u8], kind: u32, texts: &[u8]) -> Vec<u8> {
    let description = [&[0; 24], texts].concat();
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("few").to_le_bytes();
    let mut note = [&length(owner)[..], &length(&description), &kind.to_le_bytes()].concat();
    for bytes in [owner, &description] {
        note.extend(bytes);
        note.resize(note.len().next_multiple_of(4), 0);
    }
    note
}

const OWNER: &[u8] = b"stapsdt\0";

#[test]
fn notes_of_others() {
    let ours = note(OWNER, 3, b"p\0first\0-4@%eax\0");
    let others = [
        note(b"GNU\0", 3, b"p\0a\0\0"),
        note(OWNER, 4, b"p\0a\0\0"),
        note(b"", 0, b""),
        note(OWNER, 3, b"p\0b\0\0"),
    ];
    let names = |notes: &[u8]| {
        let probes = probes_in(&with_notes(notes)).expect("readable");
        probes.into_iter().map(|probe| probe.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&[ours.clone(), others.concat()].concat()), ["first", "b"]);
    // The last may lack what fills it up.
    assert_eq!(names(&ours[..ours.len() - ours.len() % 4]), ["first"]);
    assert_eq!(names(b""), [""; 0]);
}

#[test]
fn notes_with_strange_texts() {
    let read = |texts: &[u8]| first(&with_notes(&note(OWNER, 3, texts)));
    let strange = read(b"a\nb\0\xff\x1b[m\0?y 1@%al\0");
    assert_eq!((strange.provider.as_str(), strange.name.as_str()), ("a\nb", "\u{fffd}\u{1b}[m"));
    assert_eq!(strange.arguments[0].place, Place::Other);
    // Old ones leave out what there is none of.
    assert_eq!(read(b"p\0n\0").arguments, []);
    assert_eq!(read(b"p\0n\0\0more\0").arguments, []);
    assert_eq!(read(b"\0\0\0").name, "");
}

#[test]
fn notes_that_end_early() {
    let whole = note(OWNER, 3, b"p\0n\0\0");
    let fault = |notes: &[u8]| probes_in(&with_notes(notes)).expect_err("damaged");
    for length in 1..whole.len() - 4 {
        assert!(matches!(fault(&whole[..length]), Fault::Note { at: 0, .. }), "{length}");
    }
    let second = [&whole[..], &whole[..20]].concat();
    assert!(matches!(fault(&second), Fault::Note { at, .. } if at == whole.len()));
    assert!(matches!(fault(&note(OWNER, 3, b"p\0n")), Fault::Note { at: 0, why: "is cut off" }));
    let mut long = whole.clone();
    long[4..8].copy_from_slice(&[0xff; 4]);
    assert!(matches!(fault(&long), Fault::Note { at: 0, why: "ends beyond the section" }));
}

#[test]
fn more_than_anyone_makes() {
    let arguments = |count| [b"p\0n\0".to_vec(), b"1@$1 ".repeat(count), vec![0]].concat();
    let read = |notes: &[u8]| probes_in(&with_notes(notes));
    assert_eq!(
        read(&note(OWNER, 3, &arguments(64))).expect("as many as there may be")[0].arguments.len(),
        64
    );
    assert!(matches!(read(&note(OWNER, 3, &arguments(65))), Err(Fault::TooMuch { most: 64, .. })));
    let many = note(OWNER, 3, b"p\0n\x001@$1\0").repeat(100_000);
    assert_eq!(read(&many).expect("many are no fault").len(), 100_000);
    let too_much = |notes: &[u8]| match read(notes) {
        Err(Fault::TooMuch { what, most }) => (what, most),
        other => panic!("{other:?}"),
    };
    assert_eq!(too_much(&vec![0; (8 << 20) + 1]), ("too many bytes of notes", 8 << 20));
    let full = note(OWNER, 3, &arguments(64));
    assert_eq!(too_much(&full.repeat(4097)), ("too many arguments in all", 1 << 18));
    assert_eq!(read(&full.repeat(4096)).expect("as many as there may be").len(), 4096);
    let long = note(OWNER, 3, &[b"p\0", &vec![b'n'; 1 << 20][..], b"\0\0"].concat());
    assert_eq!(too_much(&long.repeat(4)), ("too long names in all", 4 << 20));
    assert_eq!(read(&long.repeat(3)).expect("as long as they may be").len(), 3);
    // Each byte that is no UTF-8 is three in its place.
    let strange = note(OWNER, 3, &[b"p\0", &vec![0xff; 1 << 20][..], b"\0\0"].concat());
    assert_eq!(too_much(&strange.repeat(2)), ("too long names in all", 4 << 20));
}

#[test]
fn more_segments_than_anyone_makes() {
    let mut file = X86_64.to_vec();
    file[56..58].copy_from_slice(&2049_u16.to_le_bytes());
    let fault = probes_in(&file).expect_err("too many");
    assert_eq!(fault.to_string(), "it has too many segments: no more than 2048 are read");
}

#[test]
fn no_files_with_probes() {
    assert_eq!(probes_in(b""), Err(Fault::NotElf));
    assert_eq!(probes_in(b"#!/bin/sh\n# no program of the machine's\n"), Err(Fault::NotElf));
    let mut object = X86_64.to_vec();
    object[16] = 1;
    assert_eq!(probes_in(&object), Err(Fault::NotLinked(1)));

    let folder = Folder::new("damaged");
    let fifo = folder.0.join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo").success());
    for path in [&fifo, &folder.0, Path::new("/dev/zero")] {
        assert!(matches!(usdt::probes(path), Err(Error::NotAFile { path: of }) if of == path));
    }
    let missing = folder.0.join("missing");
    let error = usdt::probes(&missing).expect_err("there is none");
    assert_eq!(
        error.to_string(),
        format!("{}: stat: No such file or directory (os error 2)", missing.display())
    );
    let text = folder.0.join("text");
    fs::write(&text, "text").expect("a file");
    let error = usdt::probes(&text).expect_err("it is none");
    assert!(
        error.to_string().ends_with("text: no ELF file: probes are in programs and shared libraries"),
        "{error}"
    );
}

/// Files of a terabyte with nothing in it, which say that all of it is notes, or sections.
#[test]
fn files_with_holes() {
    let folder = Folder::new("holes");
    let path = folder.0.join("holes");
    let mut of_notes = with_notes(b"");
    let size = section(&of_notes, SHT_NOTE) + 8;
    put(&mut of_notes, size, 1 << 39);
    // Where their number is too large for the file's header, the first section's size is it.
    let mut of_sections = with_notes(b"");
    let headers = usize::from_le_bytes(of_sections[40..48].try_into().expect("eight"));
    of_sections[60..62].fill(0);
    put(&mut of_sections, headers + 32, 1 << 31);
    // Symbols are looked at where an argument names one.
    let mut of_symbols = with_notes(&note(OWNER, 3, b"p\0n\x008@symbol(%rip)\0"));
    let size = section(&of_symbols, SHT_SYMTAB) + 8;
    put(&mut of_symbols, size, (128 << 20) / 24 * 24);
    for file in [of_notes, of_sections, of_symbols] {
        fs::write(&path, &file).expect("a file");
        let opened = fs::OpenOptions::new().write(true).open(&path).expect("it");
        opened.set_len(1 << 40).expect("holes take no room");
        let result = usdt::probes(&path);
        assert!(matches!(result, Err(Error::Elf { fault: Fault::TooMuch { .. }, .. })), "{result:?}");
    }
}
