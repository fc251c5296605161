//! This program as another process: one with probes, which does what it is told, or a tracer.

use std::io::{BufRead, BufReader, Lines, Write, stdin};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use usdt::{Attachment, Probe, Target};

usdt::semaphore!(static GUARD);

/// The site that a [`Probed`] hits.
#[inline(never)]
fn told(number: u32) {
    usdt::probe!("attach", "told"; number: u32);
}

/// Another, which has a semaphore.
#[inline(never)]
fn guarded(number: u32) {
    usdt::probe!("attach", "guarded", if GUARD; number: u32);
}

/// This program's file.
pub(crate) fn file() -> PathBuf {
    std::env::current_exe().expect("the program has a file")
}

/// The one probe of a name in this program.
pub(crate) fn probe(name: &str) -> Probe {
    let mut named = sites(name);
    assert_eq!(named.len(), 1, "sites of {name}");
    named.remove(0)
}

/// All sites of a name in this program.
pub(crate) fn sites(name: &str) -> Vec<Probe> {
    let mut probes = usdt::probes(&file()).expect("the program is an ELF file");
    probes.retain(|probe| probe.provider == "attach" && probe.name == name);
    probes
}

/// This process.
pub(crate) fn own() -> Target {
    Target::Process(std::process::id())
}

/// Another process with probes. It ends with this value.
pub(crate) struct Probed {
    child: Child,
    tell: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Probed {
    /// One that does what it is told.
    pub(crate) fn start() -> Self {
        Self::start_of(&file())
    }

    /// The same, of a copy of this program.
    pub(crate) fn start_of(program: &Path) -> Self {
        Self::run(program, "as-probed", &[])
    }

    /// One that attaches to the probe `guarded` of a process that runs `program`, and has once this returns.
    pub(crate) fn tracer(program: &Path, of: u32) -> Self {
        let mut tracer = Self::run(program, "as-tracer", &[&of.to_string()]);
        assert_eq!(tracer.answer(), "attached");
        tracer
    }

    pub(crate) fn play(role: &str, arguments: &[&str]) -> Self {
        Self::run(&file(), role, arguments)
    }

    fn run(program: &Path, role: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(program)
            .arg(role)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program runs once more");
        let tell = child.stdin.take().expect("it was asked for");
        let answers = BufReader::new(child.stdout.take().expect("it was asked for")).lines();
        Self { child, tell, answers }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn target(&self) -> Target {
        Target::Process(self.id())
    }

    /// Tells it something, and has its answer once it is done.
    pub(crate) fn ask(&mut self, what: &str) -> String {
        self.tell(what);
        self.answer()
    }

    pub(crate) fn tell(&mut self, what: &str) {
        writeln!(self.tell, "{what}").expect("it listens");
    }

    pub(crate) fn answer(&mut self) -> String {
        self.answers.next().expect("it answers").expect("in UTF-8")
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it is ours");
    }
}

impl Drop for Probed {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Is another process.
pub(crate) fn play(role: &str, arguments: &[String]) {
    match role {
        "as-probed" => obey(),
        "as-tracer" => {
            let of = Target::Process(arguments[0].parse().expect("a number"));
            let attached = Attachment::new(&file(), &probe("guarded"), of).expect("root may");
            println!("attached");
            _ = stdin().read_line(&mut String::new());
            drop(attached);
        }
        "as-nobody" => crate::refusals::as_nobody(),
        "as-hostile" => crate::hostile::as_hostile(),
        "as-first" => crate::targets::as_first(),
        other => panic!("no role {other}"),
    }
}

/// Hits probes as it is told on standard input, a line each, and answers each with a line.
fn obey() {
    // a thread that is there before anyone attaches
    let (send, receive) = mpsc::channel::<u32>();
    let (done, answers) = mpsc::channel();
    thread::spawn(move || {
        for number in receive {
            told(number);
            done.send(()).expect("the main thread waits");
        }
    });
    // not locked, so that a child can go on reading
    let mut line = String::new();
    while stdin().read_line(&mut line).is_ok_and(|read| read > 0) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = words.get(1).and_then(|number| number.parse().ok()).unwrap_or_default();
        match words[0] {
            "hit" => told(number),
            "guarded" => guarded(number),
            "thread" => {
                send.send(number).expect("the thread listens");
                answers.recv().expect("the thread answers");
            }
            "new-thread" => thread::spawn(move || told(number)).join().expect("it hits and ends"),
            "fork" => fork(),
            "exit" => {
                println!("exits");
                // SAFETY: it is a child, which leaves what the parent will clear up.
                unsafe { libc::_exit(0) };
            }
            "semaphore" => {}
            "end-first" => {
                // what goes on has no first thread, and answers when it is asked
                thread::spawn(obey);
                // SAFETY: it ends this thread alone, which has nothing that is another's.
                unsafe { libc::syscall(libc::SYS_exit, 0) };
            }
            other => panic!("no command {other}"),
        }
        println!("{GUARD:?}");
        line.clear();
    }
}

/// A child goes on in this one's place until it exits.
fn fork() {
    // SAFETY: the other thread waits, and holds no lock that the child needs.
    match unsafe { libc::fork() } {
        -1 => panic!("fork: {}", std::io::Error::last_os_error()),
        0 => {}
        child => {
            // SAFETY: no status is asked for.
            unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
        }
    }
}

/// The path that C's programs of a test lie under; it goes with this value.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("usdt-attach-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).expect("it is new");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A copy of this program. It is another process that writes it: a child of another thread's here, which still has the
    /// file open for writing, would have it busy.
    pub(crate) fn copy(&self) -> PathBuf {
        let copy = self.0.join("copy");
        let copied = Command::new("cp").args([&file(), &copy]).status().expect("there is cp");
        assert!(copied.success());
        copy
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}
