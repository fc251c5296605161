//! Whole lines, in every form, from many threads, through files that change.

use log_backend::{Error, Form, LINE_MAX, Log, Lost};
use std::fs;
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("log-backend-{name}-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn no_line_is_lost_or_torn_by_a_hundred_rotations() {
    let scratch = Scratch::new("rotations");
    let log = Log::to_file(&scratch.path("log")).unwrap();
    let done = AtomicBool::new(false);
    let written: u64 = std::thread::scope(|scope| {
        let threads = [1, 2, 3, 4].map(|tid: u32| {
            let (log, done) = (&log, &done);
            scope.spawn(move || {
                let mut number = 0;
                while !done.load(Ordering::Relaxed) || number < 1000 {
                    log.write_line(tid, format!("count {tid} {number} {}", "x".repeat(100)).as_bytes());
                    number += 1;
                }
                number
            })
        });
        for rotation in 0..100 {
            fs::rename(scratch.path("log"), scratch.path(&format!("log.{rotation:03}"))).unwrap();
            log.switch_to_file(&scratch.path("log")).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let mut names: Vec<PathBuf> =
        fs::read_dir(&scratch.0).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    // "log" is the last one written, and sorts first
    names.rotate_left(1);
    assert_eq!(names.len(), 101);
    let mut next = [0u64; 5];
    for line in names.iter().map(read).collect::<String>().lines() {
        let (stamp, text) = line.split_once(':').unwrap();
        let words: Vec<&str> = text.split(' ').collect();
        let (tid, number): (usize, u64) = (words[1].parse().unwrap(), words[2].parse().unwrap());
        assert!(words.len() == 4 && words[3].len() == 100 && stamp.starts_with(&format!("{tid}@")), "{line}");
        assert_eq!(number, next[tid], "the lines of a thread keep their order");
        next[tid] += 1;
    }
    assert_eq!(next.iter().sum::<u64>(), written);
    assert_eq!(log.lost(), Lost::default());
}

/// What 4 threads wrote to `reader`'s other end, the longest lines and short ones.
fn lines_of_four(log: &Log, mut reader: impl Read + Send) -> String {
    std::thread::scope(|scope| {
        let threads = [1u32, 2, 3, 4].map(|tid| {
            scope.spawn(move || {
                for number in 0..300 {
                    let len = if number % 2 == 0 { 5000 } else { 60 };
                    log.write_line(tid, tid.to_string().repeat(len).as_bytes());
                }
            })
        });
        let (mut text, mut ends) = (Vec::new(), 0);
        let mut part = vec![0; 65536];
        while ends < 1200 {
            let len = reader.read(&mut part).unwrap();
            text.extend_from_slice(&part[..len]);
            ends += part[..len].split(|&byte| byte == b'\n').count() - 1;
        }
        for thread in threads {
            thread.join().unwrap();
        }
        String::from_utf8(text).unwrap()
    })
}

fn assert_whole(text: &str) {
    assert_eq!(text.lines().count(), 1200);
    for line in text.lines() {
        let (stamp, body) = line.split_once(':').unwrap();
        let (tid, _) = stamp.split_once('@').unwrap();
        assert!(line.len() < LINE_MAX, "{line}");
        assert!(body.trim_end_matches('…').chars().all(|c| tid.starts_with(c)), "{line}");
    }
}

#[test]
fn lines_through_a_fifo_stay_apart() {
    let scratch = Scratch::new("fifo");
    let path = scratch.path("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    assert!(matches!(Log::to_file(&path), Err(Error::Open { .. })), "nobody reads it");
    let reader = fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let log = Log::to_file(&path).unwrap();
    assert_whole(&lines_of_four(&log, reader));
    assert_eq!(log.lost(), Lost::default());
}

#[test]
fn lines_through_a_terminal_stay_apart() {
    let leader =
        rustix::pty::openpt(rustix::pty::OpenptFlags::RDWR | rustix::pty::OpenptFlags::NOCTTY).unwrap();
    rustix::pty::unlockpt(&leader).unwrap();
    let name = rustix::pty::ptsname(&leader, Vec::new()).unwrap();
    let path = Path::new(name.to_str().unwrap());
    let log = Log::to_file(path).unwrap();
    assert_whole(&lines_of_four(&log, fs::File::from(leader)).replace('\r', ""));
    assert_eq!(log.lost(), Lost::default());
}

#[test]
fn a_form_holds_from_the_next_line_on() {
    let scratch = Scratch::new("form");
    let log = Log::to_file(&scratch.path("log")).unwrap();
    for (form, line) in
        [(Form::Plain, "one"), (Form::Stamp, "two"), (Form::Iso8601, "three"), (Form::Plain, "four")]
    {
        log.set_form(form);
        assert_eq!(log.form(), form);
        log.write_line(7, line.as_bytes());
        let mut batch = log.batch();
        batch.push(1_795_411_462_778_979_123, 7, line.as_bytes());
    }
    let text = read(scratch.path("log"));
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[2].starts_with("7@") && lines[2].ends_with(":two"), "{text}");
    assert!(lines[4].starts_with("20") && lines[4].ends_with("Z three") && lines[4].len() == 33, "{text}");
    assert_eq!([lines[0], lines[1], lines[6], lines[7]], ["one", "one", "four", "four"]);
    assert_eq!([lines[3], lines[5]], ["7@1795411462.778979:two", "2026-11-23T05:24:22.778979Z three"]);
}

#[test]
fn a_long_line_is_cut_and_marked() {
    let scratch = Scratch::new("long");
    let log = Log::to_file(&scratch.path("log")).unwrap();
    log.write_line(1, "é".repeat(5000).as_bytes());
    log.batch().push(0, 1, "é".repeat(5000).as_bytes());
    let text = read(scratch.path("log"));
    assert_eq!(text.lines().count(), 2);
    assert!(text.lines().all(|line| line.len() < LINE_MAX && line.ends_with("é…")));
}

#[test]
fn a_file_that_cannot_be_opened_is_named() {
    for (path, expected) in [
        ("/nowhere/at/all", "Error opening logfile /nowhere/at/all: No such file or directory"),
        ("/", "Error opening logfile /: Is a directory"),
        ("/tmp/%s", "Bad logfile template: /tmp/%s"),
        ("/tmp/%d%d", "Bad logfile template: /tmp/%d%d"),
        ("/tmp/100%", "Bad logfile template: /tmp/100%"),
    ] {
        assert_eq!(Log::to_file(Path::new(path)).unwrap_err().to_string(), expected);
    }
}

#[test]
fn the_process_number_stands_in_a_name() {
    let scratch = Scratch::new("pid");
    Log::to_end_of_file(&scratch.path("log.%d")).unwrap();
    assert!(scratch.path(&format!("log.{}", std::process::id())).is_file());
}

#[test]
fn every_descriptor_is_closed_by_exec() {
    let scratch = Scratch::new("cloexec");
    let log = Log::to_file(&scratch.path("log")).unwrap();
    log.switch_to_file(&scratch.path("other")).unwrap();
    let threads = Log::to_file_a_thread(&scratch.path("tid.%d")).unwrap();
    threads.write_line(5, b"one");
    let mut found = 0;
    for entry in fs::read_dir("/proc/self/fd").unwrap() {
        let fd = entry.unwrap().path();
        if fs::read_link(&fd).is_ok_and(|to| to.starts_with(&scratch.0)) {
            let info = read(Path::new("/proc/self/fdinfo").join(fd.file_name().unwrap()));
            let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
            let flags = i32::from_str_radix(flags.trim(), 8).unwrap();
            assert_ne!(flags & 0o2_000_000, 0, "{fd:?} is O_CLOEXEC");
            found += 1;
        }
    }
    assert_eq!(found, 3, "the file, the folder of the threads', a thread's");
}

#[test]
fn a_batch_writes_many_lines_at_once_and_in_order() {
    let (mut reader, end) = io::pipe().unwrap();
    let log = Log::to_file(Path::new(&format!("/proc/self/fd/{}", end.as_raw_fd()))).unwrap();
    drop(end);
    let reading = std::thread::spawn(move || {
        let (mut text, mut writes) = (Vec::new(), 0);
        let mut part = [0; 4096];
        loop {
            match reader.read(&mut part).unwrap() {
                0 => return (String::from_utf8(text).unwrap(), writes),
                len => text.extend_from_slice(&part[..len]),
            }
            writes += 1;
        }
    });
    let mut batch = log.batch();
    for number in 0..5000u64 {
        batch.push(number * 1000, 9, format!("line {number}").as_bytes());
    }
    assert!(!batch.is_empty() && batch.len() < 5000);
    drop(batch);
    assert_eq!(log.lost(), Lost::default());
    drop(log);
    let (text, writes) = reading.join().unwrap();
    assert!(writes < 1000, "{writes}");
    assert_eq!(text.lines().count(), 5000);
    for (number, line) in text.lines().enumerate() {
        assert_eq!(line, format!("9@0.{number:06}:line {number}"));
    }
}
