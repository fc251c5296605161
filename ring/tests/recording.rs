//! Rings that overwrite, in memory and in a file: what is read is whole and the newest, whatever became of the process.

#![allow(clippy::cast_possible_truncation)] // numbers of tests are small

use ring::{Entry, Error, Full, Kind, Options, Recording, Rings};
use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const OPTIONS: Options = Options { ring: 16 << 10, total: 64 << 10, full: Full::Overwrite };

/// A folder of the test's own, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ring-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// A payload that shows when it is torn.
fn payload(number: u64) -> Vec<u8> {
    let mut bytes = number.to_le_bytes().to_vec();
    bytes.extend((0..number * 13 % 97).map(|at| (number + at) as u8));
    bytes
}

fn push(producer: &ring::Producer, number: u64) {
    let bytes = payload(number);
    producer.push(1, bytes.len() + (number % 3) as usize * 16, |room| assert!(room.put(&bytes))).unwrap();
}

/// Checks that each thread's records are whole and without gap, and gives the first and last of each.
#[derive(Default)]
struct Runs(std::collections::BTreeMap<u32, (u64, u64)>, u64);

impl Runs {
    fn see(&mut self, entry: Entry<'_>) {
        let Kind::Record(bytes) = entry.kind else { panic!("{entry:?}") };
        let number = u64::from_le_bytes(bytes[..8].try_into().unwrap());
        assert_eq!(bytes, payload(number), "torn");
        assert!(entry.time >= self.1 && !entry.late, "in order");
        self.1 = entry.time;
        let run = self.0.entry(entry.tid).or_insert((number, number.wrapping_sub(1)));
        assert_eq!(number, run.1.wrapping_add(1), "a gap");
        run.1 = number;
    }
}

/// As long as there are rings that were nobody's, no thread that comes takes away what another has left.
#[test]
fn threads_that_come_and_go_leave_what_they_did() {
    const AT_ONCE: u32 = 8;
    const ROUNDS: u32 = 200;
    let total = OPTIONS.ring * 2 * (AT_ONCE * ROUNDS) as usize;
    let rings = Rings::new(Options { total, ..OPTIONS }).unwrap();
    for round in 0..ROUNDS {
        let begin = std::sync::Barrier::new(AT_ONCE as usize);
        thread::scope(|scope| {
            for thread in 0..AT_ONCE {
                let (rings, begin) = (&rings, &begin);
                scope.spawn(move || {
                    begin.wait();
                    push(&rings.producer(round * AT_ONCE + thread).unwrap(), 0);
                });
            }
        });
    }
    let mut runs = Runs::default();
    rings.snapshot(|entry| runs.see(entry));
    assert_eq!(runs.0.len(), (AT_ONCE * ROUNDS) as usize);
}

#[test]
fn the_newest_records_stay() {
    let rings = Rings::new(OPTIONS).unwrap();
    assert!(rings.consumer().is_none());
    let producer = rings.producer(5).unwrap();
    for last in 0..20_000 {
        push(&producer, last);
        if last % 97 != 0 && last > 500 {
            continue;
        }
        let mut runs = Runs::default();
        rings.snapshot(|entry| runs.see(entry));
        let (first, seen) = runs.0[&5];
        assert_eq!(seen, last);
        let kept: usize = (first..=last).map(|number| (payload(number).len() + 16).next_multiple_of(8)).sum();
        // all but a block of 64 and what no record fitted into
        assert!(first == 0 || kept > (16 << 10) * 62 / 64 - 300, "{kept} bytes");
    }
    assert_eq!(rings.lost(0), 0);
}

#[test]
fn a_snapshot_is_whole_while_threads_overwrite() {
    let rings = Rings::new(OPTIONS).unwrap();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for tid in 0..3 {
            let (rings, stop) = (&rings, &stop);
            scope.spawn(move || {
                let producer = rings.producer(tid).unwrap();
                for number in 0.. {
                    push(&producer, number);
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
        }
        let mut rounds = 0;
        while rounds < 500 {
            let mut runs = Runs::default();
            rings.snapshot(|entry| runs.see(entry));
            // threads may not have started yet
            rounds += usize::from(runs.0.len() == 3);
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_file_holds_what_was_said_and_those_that_ended() {
    let folder = Folder::new("file");
    let path = folder.file("flight");
    let rings = Rings::create(&path, OPTIONS, b"what they are").unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1, "nothing else is left");
    for tid in 10..14 {
        let producer = rings.producer(tid).unwrap();
        (0..100).for_each(|number| push(&producer, number));
        producer.push(1, 8, |_| _ = producer.push(1, 8, |_| {})).unwrap();
    }
    let recording = Recording::open(&path).unwrap();
    assert_eq!(recording.about(), b"what they are");
    assert_eq!(recording.pid(), std::process::id());
    let (realtime, monotonic) = recording.clocks();
    assert!(realtime > monotonic && monotonic > 0);
    assert_eq!(recording.threads().map(|(tid, _)| tid).collect::<Vec<_>>(), [10, 11, 12, 13]);
    assert_eq!(recording.entries(|_| {}).unwrap(), 4 * 101);

    // the fifth takes the ring that was free for the longest; a loss stands before what follows it
    let producer = rings.producer(14).unwrap();
    producer.push(1, 8, |_| _ = producer.push(4, 8, |_| {})).unwrap();
    push(&producer, 0);
    let recording = Recording::open(&path).unwrap();
    assert_eq!(recording.threads().map(|(tid, _)| tid).collect::<Vec<_>>(), [14, 11, 12, 13]);
    let mut of_the_last = vec![];
    recording
        .entries(|entry| {
            if entry.tid == 14 {
                of_the_last.push((entry.lanes, entry.kind == Kind::Lost(1)));
            }
        })
        .unwrap();
    // the first loss was of the one before, and never told in the ring
    assert_eq!(of_the_last.last_chunk(), Some(&[(4, true), (1, false)]), "{of_the_last:?}");
}

#[test]
fn only_a_plain_file_is_replaced() {
    let folder = Folder::new("replaced");
    let (path, other, link) = (folder.file("flight"), folder.file("other"), folder.file("link"));
    fs::write(&other, "mine").unwrap();
    symlink(&other, &link).unwrap();
    assert!(matches!(Rings::create(&link, OPTIONS, b""), Err(Error::NotAFile { .. })));
    assert!(matches!(Rings::create(&folder.0, OPTIONS, b""), Err(Error::NotAFile { .. })));
    assert!(matches!(
        Rings::create(&folder.file("no/where"), OPTIONS, b""),
        Err(Error::File { call: "open", .. })
    ));
    assert_eq!(fs::read(&other).unwrap(), b"mine");

    // one that is in use goes on where it is, without a name
    let first = Rings::create(&path, OPTIONS, b"first").unwrap();
    let producer = first.producer(1).unwrap();
    let inode = fs::metadata(&path).unwrap().ino();
    let _second = Rings::create(&path, OPTIONS, b"second").unwrap();
    assert_ne!(fs::metadata(&path).unwrap().ino(), inode);
    push(&producer, 0);
    assert_eq!(first.snapshot(|_| {}), 1);
    assert_eq!(Recording::open(&path).unwrap().about(), b"second");

    let file = fs::OpenOptions::new().read(true).write(true).open(&other).unwrap();
    let third = Rings::create_in(file, OPTIONS, b"third").unwrap();
    push(&third.producer(1).unwrap(), 0);
    assert_eq!(Recording::open(&other).unwrap().entries(|_| {}).unwrap(), 1);
    assert!(matches!(
        Rings::create_in(fs::File::open("/dev/null").unwrap(), OPTIONS, b""),
        Err(Error::NotAFile { .. })
    ));
}

/// Not a test: what `a_process_that_is_killed_leaves_whole_records` kills.
#[test]
fn pushes_until_it_is_killed() {
    let Some(path) = std::env::var_os("RING_TEST_FLIGHT") else { return };
    let rings = Rings::create(Path::new(&path), OPTIONS, b"killed").unwrap();
    thread::scope(|scope| {
        for tid in 0..3 {
            let rings = &rings;
            scope.spawn(move || {
                let producer = rings.producer(tid).unwrap();
                for number in 0.. {
                    push(&producer, number);
                    if tid == 0 && number == 1000 {
                        println!("\nring: under way");
                    }
                }
            });
        }
    });
}

#[test]
fn a_process_that_is_killed_leaves_whole_records() {
    let folder = Folder::new("killed");
    for round in 0..8 {
        let path = folder.file(&format!("flight{round}"));
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "pushes_until_it_is_killed", "--nocapture"])
            .env("RING_TEST_FLIGHT", &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let mut said = String::new();
        while !said.contains("under way") {
            let mut some = [0; 256];
            let read = stdout.read(&mut some).unwrap();
            assert!(read > 0, "{said}");
            said.push_str(&String::from_utf8_lossy(&some[..read]));
        }
        // while it runs
        for _ in 0..5 {
            let mut runs = Runs::default();
            Recording::open(&path).unwrap().entries(|entry| runs.see(entry)).unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let recording = Recording::open(&path).unwrap();
        assert_eq!((recording.pid(), recording.about()), (child.id(), &b"killed"[..]));
        let mut runs = Runs::default();
        let entries = recording.entries(|entry| runs.see(entry)).unwrap();
        assert!(runs.0.contains_key(&0) && entries > 100, "{entries}");
    }
}

#[test]
fn a_corrupt_file_gives_what_is_whole_and_says_what_is_wrong() {
    let folder = Folder::new("corrupt");
    let path = folder.file("flight");
    let rings = Rings::create(&path, OPTIONS, b"about").unwrap();
    let (one, two) = (rings.producer(1).unwrap(), rings.producer(2).unwrap());
    for number in 0..100 {
        push(&one, number);
        push(&two, number);
    }
    let whole = fs::read(&path).unwrap();
    let open = |bytes: &[u8]| {
        let path = folder.file("bad");
        fs::write(&path, bytes).unwrap();
        let recording = Recording::open(&path)?;
        let mut seen = 0;
        let end = recording.entries(|_| seen += 1);
        Ok::<_, Error>((seen, end.map_err(|error| error.to_string())))
    };
    assert!(matches!(open(&whole), Ok((200, Ok(200)))));
    // the header
    for (at, byte) in [(0, 0), (15, 9), (16 + 8, 1), (16 + 20, 0xff), (16 + 31, 0xff)] {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        assert!(matches!(open(&bytes), Err(Error::NotARecording { .. })), "byte {at}");
    }
    for len in [0, 10, 60, 4096] {
        assert!(matches!(open(&whole[..len]), Err(Error::NotARecording { .. })), "{len} bytes");
    }
    assert!(matches!(Recording::open(&folder.0), Err(Error::NotAFile { .. })));
    assert!(matches!(Recording::open(&folder.file("none")), Err(Error::File { .. })));
    // a record of the first ring; the second is given whole
    let first = 8192 + 4096;
    let mut bytes = whole.clone();
    bytes[first + 24 + 40] ^= 0xff;
    bytes[first + 24 + 43] ^= 0xff;
    let (seen, end) = open(&bytes).unwrap();
    assert!((100..200).contains(&seen), "{seen}");
    assert!(end.unwrap_err().contains("ring 0, at byte 12"));
    // positions
    let mut bytes = whole.clone();
    bytes[8192..8200].fill(0xff);
    let (seen, end) = open(&bytes).unwrap();
    assert_eq!(
        (seen, end.unwrap_err().contains("ring 0, at byte 8192 of the file: its positions")),
        (100, true)
    );
    // cut in the second ring
    let (seen, end) = open(&whole[..8192 + 20480 + 4096 + 1000]).unwrap();
    assert!((101..200).contains(&seen), "{seen}");
    assert!(end.unwrap_err().contains("ring 1, at byte"));
    // anything: it ends, in bounds
    let mut random = 88_172_645_463_325_252_u64;
    for _ in 0..2000 {
        let mut bytes = whole.clone();
        for _ in 0..4 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            // mostly headers, positions and the items' beginnings
            let at = [random % 128, 8192 + random % 300, 12288 + random % 5000][(random >> 32) as usize % 3];
            bytes[at as usize] = (random >> 40) as u8;
        }
        drop(open(&bytes));
    }
}
