//! What is written is read; what is cut off, damaged or hostile is told.

use proptest::prelude::*;
use simpletrace::{Arguments, Damage, EVENTS_MAX, Error, HEADER_SIZE, RECORD_MAX, Reader, Record, encode};
use std::io::Read;

/// A record as the tests compare it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Event { name: String, at: u64, time: u64, thread: u32, arguments: Vec<u8> },
    Dropped { at: u64, time: u64, thread: u32, count: u64 },
}

/// All whole records, and how it ended.
fn read(source: impl Read) -> (Vec<Seen>, Result<(), Error>) {
    let mut reader = match Reader::new(source) {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Err(error)),
    };
    let mut seen = Vec::new();
    loop {
        seen.push(match reader.next() {
            Ok(None) => return (seen, Ok(())),
            Err(error) => return (seen, Err(error)),
            Ok(Some(Record::Event(event))) => Seen::Event {
                name: event.name().to_owned(),
                at: event.at,
                time: event.time,
                thread: event.thread,
                arguments: event.bytes.to_vec(),
            },
            Ok(Some(Record::Dropped(dropped))) => Seen::Dropped {
                at: dropped.at,
                time: dropped.time,
                thread: dropped.thread,
                count: dropped.count,
            },
        });
    }
}

/// Gives so many bytes at a time, and is interrupted now and then.
struct Slowly<'a> {
    bytes: &'a [u8],
    most: usize,
    calls: usize,
}

impl Read for Slowly<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.calls += 1;
        if self.calls.is_multiple_of(7) {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        let count = self.most.min(into.len());
        self.bytes.read(&mut into[..count])
    }
}

fn slowly(bytes: &[u8], most: usize) -> Slowly<'_> {
    Slowly { bytes, most, calls: 0 }
}

/// A file, and where its records end.
fn sample() -> (Vec<u8>, Vec<usize>) {
    let mut file = Vec::new();
    encode::header(&mut file);
    let mut ends = vec![file.len()];
    let mut arguments = Vec::new();
    encode::word(&mut arguments, u64::MAX);
    encode::string(&mut arguments, b"boot\n\xff");
    encode::mapping(&mut file, 0, "blk_read").unwrap();
    ends.push(file.len());
    encode::mapping(&mut file, 1 << 40, "idle").unwrap();
    ends.push(file.len());
    encode::event(&mut file, 0, 1_000, 4711, &arguments).unwrap();
    ends.push(file.len());
    encode::dropped(&mut file, 1_500, 4711, 3);
    ends.push(file.len());
    encode::event(&mut file, 1 << 40, 900, 4712, &[]).unwrap();
    ends.push(file.len());
    encode::mapping(&mut file, 2, "late").unwrap();
    ends.push(file.len());
    encode::event(&mut file, 2, 2_000, 4712, &[]).unwrap();
    ends.push(file.len());
    (file, ends)
}

#[test]
fn what_is_written_is_read() {
    let (file, _) = sample();
    let (seen, result) = read(file.as_slice());
    result.unwrap();
    let Seen::Event { name, at, time, thread, arguments } = &seen[0] else { panic!("{seen:?}") };
    assert_eq!((name.as_str(), *at, *time, *thread), ("blk_read", 24 + 28 + 24, 1_000, 4711));
    let mut arguments = Arguments::of(arguments);
    assert_eq!(arguments.word(), Some(u64::MAX));
    assert_eq!(arguments.string(), Some(&b"boot\n\xff"[..]));
    assert!(arguments.is_empty() && arguments.word().is_none() && arguments.string().is_none());
    assert!(matches!(seen[1], Seen::Dropped { time: 1_500, thread: 4711, count: 3, .. }), "{seen:?}");
    assert!(matches!(&seen[2], Seen::Event { name, time: 900, .. } if name == "idle"), "{seen:?}");
    assert!(matches!(&seen[3], Seen::Event { name, .. } if name == "late"), "{seen:?}");
    assert_eq!(seen.len(), 4);
}

#[test]
fn a_file_that_ends_anywhere_gives_its_whole_records() {
    let (file, ends) = sample();
    let (all, _) = read(file.as_slice());
    for end in 0..=file.len() {
        for most in [1, 3, file.len()] {
            let (seen, result) = read(slowly(&file[..end], most));
            assert!(all.starts_with(&seen), "{end}");
            match result {
                Ok(()) => assert!(ends.contains(&end), "{end}"),
                Err(Error::Header { .. }) => assert!(end < HEADER_SIZE, "{end}"),
                Err(Error::Truncated { at, have }) => {
                    let at = usize::try_from(at).unwrap();
                    assert!(ends.contains(&at), "{at}");
                    assert_eq!(at + have, end);
                }
                Err(error) => panic!("{end}: {error}"),
            }
        }
    }
}

#[test]
fn what_is_no_version_4_is_named() {
    let header = |words: [u64; 3]| words.map(u64::to_le_bytes).concat();
    let magic = 0xf2b1_77cb_0aa4_29b4;
    for (file, want) in [
        (
            header([u64::MAX, magic, 0]),
            "the trace has version 0 of the format, and version 4 is what is read",
        ),
        (header([u64::MAX, magic, 2]), "version 2 "),
        (header([u64::MAX, magic, 3]), "it is of an old QEMU, whose own scripts/simpletrace.py reads it"),
        (header([u64::MAX, magic, 5]), "a newer vmtrace may read it"),
        (
            header([u64::MAX, magic, 4].map(u64::swap_bytes)),
            "big-endian (its version is 4): it was written on such a machine",
        ),
        (header([u64::MAX, 5, 4]), "the number that marks one is not in its header"),
        (header([7, magic, 4]), "it begins otherwise"),
        (sample().0.split_off(HEADER_SIZE), "it begins without a header"),
        (Vec::new(), "it is empty"),
        (vec![0xff; 23], "it ends within its first 24 bytes"),
    ] {
        let (seen, result) = read(file.as_slice());
        let error = result.unwrap_err().to_string();
        assert!(seen.is_empty() && error.contains(want), "{error}");
    }
}

/// What SystemTap's scripts print.
#[test]
fn ids_are_places_among_names_until_the_trace_says_otherwise() {
    let mut trace = Vec::new();
    encode::event(&mut trace, 1, 5, 6, &[]).unwrap();
    encode::mapping(&mut trace, 1, "c").unwrap();
    encode::event(&mut trace, 1, 5, 6, &[]).unwrap();
    encode::event(&mut trace, 0, 5, 6, &[]).unwrap();
    encode::event(&mut trace, 3, 5, 6, &[]).unwrap();
    let mut reader = Reader::without_header(trace.as_slice(), ["a", "b", "a"]).unwrap();
    for name in ["b", "c", "a"] {
        let Some(Record::Event(event)) = reader.next().unwrap() else { panic!("{name}") };
        assert_eq!(event.name(), name);
    }
    assert!(reader.next().unwrap_err().to_string().contains("the id 3"));
}

#[test]
fn a_trace_without_its_header_is_read_when_told_so() {
    let (file, _) = sample();
    let mut reader = Reader::without_header(&file[HEADER_SIZE..], []).unwrap();
    let mut count = 0;
    while let Some(record) = reader.next().unwrap() {
        let (Record::Event(simpletrace::Event { at, .. }) | Record::Dropped(simpletrace::Dropped { at, .. })) =
            record;
        assert!(at >= 52, "{at}");
        count += 1;
    }
    assert_eq!(count, 4);
    let error = Reader::without_header(file.as_slice(), []).unwrap().next().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the trace is damaged at byte 0: a file's header stands here: the trace has one, so read it with its header; the \
         records before it are whole"
    );
}

#[test]
fn damage_is_told_with_its_place_behind_the_whole_records() {
    let (file, _) = sample();
    let at = file.len();
    let event = |id: u64, length: u32| {
        [&1_u64.to_le_bytes()[..], &id.to_le_bytes(), &[0; 8], &length.to_le_bytes(), &[0; 4]].concat()
    };
    let name = |length: u32, name: &[u8]| [&[0; 16][..], &length.to_le_bytes(), name].concat();
    let most = u32::try_from(RECORD_MAX).unwrap();
    for (more, want) in [
        (7_u64.to_le_bytes().to_vec(), Damage::Type { found: 7 }),
        (sample().0, Damage::Header("traces that were put one behind the other are read each by itself")),
        (event(0, 23), Damage::Length { length: 23 }),
        (event(0, most + 1), Damage::Length { length: most + 1 }),
        (event(0, u32::MAX), Damage::Length { length: u32::MAX }),
        (event(99, 24), Damage::Unnamed { id: 99 }),
        (event(u64::MAX - 1, 24), Damage::Dropped),
        (event(u64::MAX, 24), Damage::Unnamed { id: u64::MAX }),
        (name(0, b""), Damage::NameLength { length: 0 }),
        (name(u32::MAX, b""), Damage::NameLength { length: u32::MAX }),
        (name(3, b"a b"), Damage::Name { id: 0 }),
        (name(3, b"a\x1bb"), Damage::Name { id: 0 }),
        (name(2, b"\xc3\xa9"), Damage::Name { id: 0 }),
    ] {
        let bytes = [&file[..], &more].concat();
        for most in [1, bytes.len()] {
            let (seen, result) = read(slowly(&bytes, most));
            assert_eq!(seen.len(), 4, "{want}");
            match result {
                Err(Error::Damaged { at: found, what }) => assert_eq!((found, &what), (at as u64, &want)),
                other => panic!("{want}: {other:?}"),
            }
        }
    }
}

#[test]
fn names_are_bounded() {
    let mut file = Vec::new();
    encode::header(&mut file);
    for id in 0..=EVENTS_MAX as u64 {
        encode::mapping(&mut file, id, &format!("e{id}")).unwrap();
    }
    assert!(matches!(read(file.as_slice()).1, Err(Error::Damaged { what: Damage::Events, .. })));

    file.truncate(HEADER_SIZE);
    for id in 0..=EVENTS_MAX as u64 {
        encode::mapping(&mut file, (1 << 40) + id, "one").unwrap();
    }
    assert!(matches!(read(file.as_slice()).1, Err(Error::Damaged { what: Damage::Events, .. })));
}

#[test]
fn an_id_may_get_another_name() {
    let mut file = Vec::new();
    encode::header(&mut file);
    for name in ["a", "b", "a"] {
        encode::mapping(&mut file, 5, name).unwrap();
        encode::event(&mut file, 5, 0, 0, &[]).unwrap();
    }
    let mut reader = Reader::new(file.as_slice()).unwrap();
    let mut numbers = Vec::new();
    while let Some(Record::Event(event)) = reader.next().unwrap() {
        numbers.push((event.number, event.name().to_owned()));
    }
    assert_eq!(numbers, [(0, "a".to_owned()), (1, "b".to_owned()), (0, "a".to_owned())]);
}

/// More than a block, with records of every length, so that they lie across its end in every way.
#[test]
fn a_large_file_is_the_same_in_any_pieces() {
    let mut file = Vec::new();
    encode::header(&mut file);
    encode::mapping(&mut file, 1, "e").unwrap();
    let bytes = vec![0x5a; RECORD_MAX - 24];
    let mut lengths = (0..3000_usize).map(|i| i * 37 % 811).collect::<Vec<_>>();
    lengths.extend([RECORD_MAX - 24; 12]);
    for (time, length) in lengths.iter().enumerate() {
        encode::event(&mut file, 1, time as u64, 1, &bytes[..*length]).unwrap();
    }
    let (all, result) = read(file.as_slice());
    result.unwrap();
    assert!(all.iter().zip(&lengths).enumerate().all(|(index, (seen, length))| {
        matches!(seen, Seen::Event { time, arguments, .. } if *time == index as u64 && arguments.len() == *length)
    }));
    assert_eq!(all.len(), lengths.len());
    for most in [1013, 65536, 262_143] {
        assert!(read(slowly(&file, most)).0 == all, "{most}");
    }
}

#[test]
fn a_source_that_fails_is_told_with_its_place() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::from_raw_os_error(5))
        }
    }
    let (file, _) = sample();
    let (seen, result) = read(file.chain(Failing));
    assert_eq!(seen.len(), 4);
    let error = result.unwrap_err().to_string();
    assert!(error.starts_with("read at byte") && error.contains("os error 5"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// The same for any sizes of readings, never a panic, and all that stands before the damage is there.
    #[test]
    fn a_damaged_file(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), most in 1_usize..64) {
        let (file, _) = sample();
        let mut damaged = file.clone();
        for (at, byte) in &changes {
            damaged[at.index(file.len())] = *byte;
        }
        let first = damaged.iter().zip(&file).position(|(a, b)| a != b).unwrap_or(file.len());
        let (seen, result) = read(damaged.as_slice());
        let (again, result_again) = read(slowly(&damaged, most));
        prop_assert_eq!(&seen, &again);
        prop_assert_eq!(format!("{result:?}"), format!("{result_again:?}"));
        if first >= HEADER_SIZE {
            let (whole, _) = read(&file[..first]);
            prop_assert!(seen.starts_with(&whole));
        }
    }

    #[test]
    fn any_bytes(bytes: Vec<u8>, most in 1_usize..64) {
        let (mut file, _) = sample();
        file.extend(bytes);
        let (seen, result) = read(file.as_slice());
        let (again, result_again) = read(slowly(&file, most));
        prop_assert_eq!(&seen, &again);
        prop_assert_eq!(format!("{result:?}"), format!("{result_again:?}"));
        prop_assert!(seen.len() >= 4);
    }
}
