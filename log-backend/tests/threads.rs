//! A file a thread.

use log_backend::{Error, Log, Lost, THREAD_FILES};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Barrier, Mutex, MutexGuard, PoisonError};

/// The table of open files is the process's: one test at a time counts them.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("log-backend-{name}-{}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    folder
}

fn lines(folder: &Path, tid: u32) -> Vec<String> {
    let text = fs::read_to_string(folder.join(format!("log.{tid}.txt"))).unwrap();
    text.lines().map(|line| line.split_once(':').unwrap().1.to_owned()).collect()
}

/// How many files of the folder this process has open.
fn open_files(folder: &Path) -> usize {
    let fds = fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap().path());
    fds.filter(|fd| fs::read_link(fd).is_ok_and(|to| to != folder && to.starts_with(folder))).count()
}

#[test]
fn more_threads_than_files_each_have_all_their_lines() {
    let _alone = alone();
    let folder = scratch("many");
    let log = Log::to_file_a_thread(&folder.join("log.%d.txt")).unwrap();
    fs::write(folder.join("log.1000.txt"), "of an earlier run\n").unwrap();
    let threads = u32::try_from(THREAD_FILES).unwrap() + 44;
    let barrier = Barrier::new(threads as usize + 1);
    let open = std::thread::scope(|scope| {
        for tid in 1000..1000 + threads {
            let (log, barrier) = (&log, &barrier);
            scope.spawn(move || {
                (0..3).for_each(|number| log.write_line(tid, format!("e {number}").as_bytes()));
                barrier.wait();
                barrier.wait();
                log.write_line(tid, b"e 3");
            });
        }
        barrier.wait();
        let open = open_files(&folder);
        barrier.wait();
        open
    });
    assert_eq!(open, THREAD_FILES);
    assert_eq!(log.lost(), Lost::default());
    for tid in 1000..1000 + threads {
        assert_eq!(lines(&folder, tid), ["e 0", "e 1", "e 2", "e 3"], "{tid}");
    }
    // the harness joins a scope's threads before their last destructors have run
    while open_files(&folder) > 0 {
        std::thread::yield_now();
    }
    // a number that comes again goes on in its file
    std::thread::scope(|scope| scope.spawn(|| log.write_line(1000, b"e 4")).join()).unwrap();
    assert_eq!(lines(&folder, 1000).len(), 5);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn one_writer_serves_the_files_of_many() {
    let _alone = alone();
    let folder = scratch("batch");
    let log = Log::to_file_a_thread(&folder.join("log.%d.txt")).unwrap();
    log.write_line(1, b"of its own");
    let mut batch = log.batch();
    for number in 0..20_000u64 {
        batch.push(number, 1 + u32::try_from(number % 100).unwrap(), format!("e {number}").as_bytes());
    }
    batch.flush();
    assert!(open_files(&folder) <= 65, "{}", open_files(&folder));
    for tid in 1..=100 {
        batch.thread_ended(tid);
    }
    assert_eq!(open_files(&folder), 1, "the one of this thread");
    drop(batch);
    for tid in 1..=100u32 {
        let expected: Vec<String> = (0..200).map(|round| format!("e {}", round * 100 + tid - 1)).collect();
        let found = lines(&folder, tid);
        let found = if tid == 1 { &found[1..] } else { &found[..] };
        assert_eq!(found, expected, "{tid}");
    }
    assert_eq!(log.lost(), Lost::default());
    drop(log);
    assert_eq!(open_files(&folder), 0);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_cannot_be_is_said_in_qemus_words() {
    let _alone = alone();
    for (template, expected) in [
        ("/tmp/log", "Filename template with '%d' required for 'tid'"),
        ("/tmp/log.%s", "Bad logfile template: /tmp/log.%s"),
        ("/nowhere/log.%d", "Error opening logfile /nowhere/log.%d: No such file or directory"),
    ] {
        assert_eq!(Log::to_file_a_thread(Path::new(template)).unwrap_err().to_string(), expected);
    }
    let name = format!("/tmp/{}%d", "x".repeat(2000));
    assert!(matches!(Log::to_file_a_thread(Path::new(&name)), Err(Error::Open { .. })));
    let folder = scratch("words");
    let log = Log::to_file_a_thread(&folder.join("log.%d.txt")).unwrap();
    let error = log.switch_to_file(&folder.join("other.%d")).unwrap_err().to_string();
    assert_eq!(error, "Cannot change log filename after setting 'tid'");
    fs::remove_dir(folder).unwrap();
}

#[test]
fn a_file_that_cannot_be_made_is_counted_and_told_of() {
    let _alone = alone();
    let folder = scratch("gone");
    let log = Log::to_file_a_thread(&folder.join("log.%d.txt")).unwrap();
    fs::create_dir(folder.join("log.1.txt")).unwrap();
    log.write_line(1, b"lost");
    let mut batch = log.batch();
    batch.push(0, 1, b"lost");
    batch.push(0, 1, b"lost");
    batch.push(0, 2, b"there");
    batch.flush();
    assert_eq!(log.lost(), Lost { lines: 3, errno: libc::EISDIR });
    assert_eq!(lines(&folder, 2), ["vmtrace: 3 lines lost: Is a directory", "there"]);
    fs::remove_dir_all(&folder).unwrap();
    batch.push(0, 3, b"lost");
    batch.flush();
    assert_eq!(log.lost(), Lost { lines: 4, errno: libc::ENOENT });
}
