//! The probes of running processes. They are this test's own program, which has probes, run again.
#![cfg(feature = "read")]

mod folder;

use folder::Folder;
use std::fs::File;
use std::io::{Read as _, stdin};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::{env, fs};
use usdt::{Error, Fault, Mapped};

usdt::semaphore!(static WAITS);

#[inline(never)]
fn hit(count: u32) {
    usdt::probe!("reader", "waits", if WAITS; count: u32);
    usdt::probe!("reader", "goes_on"; count: u32);
}

const WAITER: &str = "VMTRACE_USDT_TEST_WAITS";

/// What the other tests run: it waits until its input ends. By itself it does nothing.
#[test]
fn waits() {
    hit(1);
    if env::var_os(WAITER).is_some() {
        // The loader has done its work by now.
        println!("waiting");
        let _ = stdin().read(&mut [0]);
    }
}

const READER: &str = "VMTRACE_USDT_TEST_READS";

/// What another test runs as another user: it prints the probes of a process. By itself it does nothing.
#[test]
fn reads() {
    let Some(pid) = env::var(READER).ok().and_then(|pid| pid.parse().ok()) else { return };
    for mapped in usdt::probes_of(pid).unwrap_or_else(|error| panic!("{error}")) {
        let probes = mapped.probes.unwrap_or_else(|error| {
            println!("{error}");
            Vec::new()
        });
        for probe in probes {
            println!("{} {}", mapped.file.display(), probe.name);
        }
    }
}

/// A process that waits, and ends with this.
struct Waiting {
    child: Child,
    input: Option<ChildStdin>,
    /// Kept open: what it says at its end is for nobody.
    _output: ChildStdout,
}

impl Waiting {
    fn new(program: &Path, before: &[&str]) -> Self {
        let mut words = before.iter().map(AsRef::as_ref).chain([program.as_os_str()]);
        let mut child = Command::new(words.next().expect("a program"))
            .args(words)
            .args(["waits", "--exact", "--nocapture"])
            .env(WAITER, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let (input, mut output) = (child.stdin.take(), child.stdout.take().expect("a pipe"));
        let mut said = Vec::new();
        while !said.ends_with(b"waiting\n") {
            let mut byte = [0];
            output.read_exact(&mut byte).expect("it waits");
            said.extend(byte);
        }
        Self { child, input, _output: output }
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The file of that name among those that it has mapped.
    fn mapped(&self, name: &str) -> Mapped {
        let mut files = usdt::probes_of(self.pid()).unwrap_or_else(|error| panic!("{error}"));
        let file = files.find(|mapped| mapped.path.file_name() == Some(name.as_ref()));
        file.unwrap_or_else(|| panic!("it has not mapped {name}"))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

/// This program, as a file of a name that no other has.
fn program(folder: &Folder, name: &str) -> PathBuf {
    let to = folder.0.join(name);
    // Written by us it would be busy for as long as a child that another test forks has the descriptor.
    let copied = Command::new("cp").arg(env::current_exe().expect("this program")).arg(&to).status();
    assert!(copied.expect("cp").success());
    to
}

/// The names of the probes of this program, as `mapped` has them, each held against the process's memory.
fn names(process: &Waiting, mapped: &Mapped) -> Vec<String> {
    let probes = mapped.probes.as_ref().expect("readable");
    let memory = File::open(format!("/proc/{}/mem", process.pid())).expect("its memory");
    let file = fs::read(&mapped.file).expect("the mapped file");
    for probe in probes {
        let offset = usize::try_from(probe.site.offset.expect("it is alive")).expect("a size");
        let [bias] = mapped.biases[..] else { panic!("{:?}", mapped.biases) };
        let mut code = [0; 4];
        memory.read_exact_at(&mut code, probe.site.address + bias).expect("its code");
        assert_eq!(code, file[offset..offset + 4], "{probe:?}");
    }
    let mut names: Vec<_> = probes.iter().map(|probe| format!("{}:{}", probe.provider, probe.name)).collect();
    // Which of a function's sites comes first is the compiler's choice.
    names.sort();
    names
}

const NAMES: [&str; 2] = ["reader:goes_on", "reader:waits"];

#[test]
fn of_all_files() {
    let folder = Folder::new("all");
    let path = program(&folder, "a program");
    let process = Waiting::new(&path, &[]);
    let mapped = process.mapped("a program");
    assert_eq!((&mapped.path, mapped.deleted), (&path, false));
    assert_eq!(names(&process, &mapped), NAMES);
    assert_eq!(mapped.probes.expect("readable"), usdt::probes(&path).expect("readable"));
    let libc = process.mapped("libc.so.6");
    assert_eq!(libc.probes.expect("readable"), usdt::probes(&libc.path).expect("readable"));
}

#[test]
fn of_a_file_that_is_gone() {
    let folder = Folder::new("gone");
    let path = program(&folder, "removed");
    let process = Waiting::new(&path, &[]);
    fs::remove_file(&path).expect("removed");
    let mut found = usdt::probes_of(process.pid()).expect("readable");
    let mapped = found.find(|mapped| mapped.path == path).expect("the program");
    assert!(mapped.deleted);
    if let Err(Error::Hidden { .. }) = mapped.probes {
        eprintln!("SKIP of_a_file_that_is_gone: no CAP_CHECKPOINT_RESTORE");
        return;
    }
    assert_eq!(names(&process, &mapped), NAMES);
    // Another file at the path changes nothing.
    fs::copy("/bin/true", &path).expect("a copy");
    assert_eq!(names(&process, &process.mapped("removed")), NAMES);
}

#[test]
fn of_a_file_with_a_strange_name() {
    let folder = Folder::new("strange");
    for name in ["a\nb", "ends (deleted) not", "\u{e4}\u{1}\t"] {
        let process = Waiting::new(&program(&folder, name), &[]);
        let mapped = process.mapped(name);
        assert!(!mapped.deleted);
        assert_eq!(names(&process, &mapped), NAMES);
    }
}

#[test]
fn of_a_process_in_a_mount_namespace() {
    const TEST: &str = "of_a_process_in_a_mount_namespace";
    let folder = Folder::new("namespace");
    let path = program(&folder, "program");
    let inner = folder.0.join("inner");
    fs::create_dir(&inner).expect("a folder");
    let mount = r#"mount -t tmpfs none "$0" && cp "$1" "$0/contained" && shift && exec "$0/contained" "$@""#;
    let inside = |script| Command::new("unshare").args(["-m", "sh", "-c", script]).arg(&inner).status();
    if !inside(r#"mount -t tmpfs none "$0""#).is_ok_and(|status| status.success()) {
        eprintln!("SKIP {TEST}: no mount namespaces (they take root)");
        return;
    }
    let process = Waiting::new(&path, &["unshare", "-m", "sh", "-c", mount, inner.to_str().expect("UTF-8")]);
    let mapped = process.mapped("contained");
    assert_eq!(mapped.path, inner.join("contained"));
    assert!(!mapped.path.exists(), "it is only there");
    assert_eq!(names(&process, &mapped), NAMES);
}

/// `dlmopen` loads the C library once more, nobody loads a file 65 times, and the memory file is code that was never in a folder.
#[test]
fn of_what_was_loaded_often_or_from_memory() {
    const TEST: &str = "of_what_was_loaded_often_or_from_memory";
    const SOURCE: &str = r#"
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <fcntl.h>
        #include <stdio.h>
        #include <sys/mman.h>
        #include <sys/sendfile.h>
        int main(int count, char **words)
        {
            int from = open(words[0], O_RDONLY), to = memfd_create("in memory", 0);
            while (sendfile(to, from, 0, 1 << 20) > 0)
                ;
            void *code = mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, to, 0);
            if (code == MAP_FAILED || !dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW))
                return 1;
            char often[4096];
            snprintf(often, sizeof often, "%s.often", words[0]);
            from = open(often, O_RDONLY);
            for (int i = 0; i < 65; i++)
                mmap(0, 1 << 20, PROT_READ | PROT_EXEC, MAP_PRIVATE, from, 0);
            puts("waiting");
            fflush(stdout);
            return getchar() == 'x';
        }"#;
    let folder = Folder::new("twice");
    let (source, path) = (folder.0.join("twice.c"), folder.0.join("twice"));
    fs::write(&source, SOURCE).expect("a file");
    if !Command::new("cc").arg(&source).arg("-o").arg(&path).status().is_ok_and(|status| status.success()) {
        eprintln!("SKIP {TEST}: no cc");
        return;
    }
    fs::copy(&path, folder.0.join("twice.often")).expect("a copy");
    let process = Waiting::new(&path, &[]);
    let often = process.mapped("twice.often");
    assert_eq!(often.biases.len(), 64);
    assert!(matches!(often.probes, Err(Error::Elf { fault: Fault::TooMuch { most: 64, .. }, .. })));
    let libc = process.mapped("libc.so.6");
    assert_eq!(libc.biases.len(), 2, "{:x?}", libc.biases);
    let memory = process.mapped("memfd:in memory");
    assert!(memory.deleted);
    match memory.probes {
        Err(Error::Hidden { .. }) => eprintln!("SKIP {TEST}: no CAP_CHECKPOINT_RESTORE"),
        probes => assert!(probes.is_ok_and(|probes| probes.is_empty())),
    }
}

/// Another user, who may not look into map_files.
const NOBODY: [&str; 5] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"];

fn has_nobody(test: &str) -> bool {
    let there_is = Command::new(NOBODY[0]).args(&NOBODY[1..]).arg("true").status();
    let has = there_is.is_ok_and(|status| status.success());
    if !has {
        eprintln!("SKIP {test}: no setpriv, or not root");
    }
    has
}

/// What `reader`, a copy of this program, sees in the process as another user.
fn read_by_nobody(reader: &Path, process: &Waiting) -> String {
    let mut command = Command::new(NOBODY[0]);
    command.args(&NOBODY[1..]).arg(reader).args(["reads", "--exact", "--nocapture"]);
    let output = command.env(READER, process.pid().to_string()).output().expect("it runs");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Without root the path is taken where it still leads to the file, and nothing else is read in its place where it does not.
#[test]
fn by_another_user() {
    if !has_nobody("by_another_user") {
        return;
    }
    let folder = Folder::new("nobody");
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let (reader, path) = (program(&folder, "reader"), program(&folder, "program"));
    let process = Waiting::new(&path, &NOBODY);
    let read = || read_by_nobody(&reader, &process);
    let by_root = format!("/proc/{}/root{} waits\n", process.pid(), path.display());
    assert!(read().contains(&by_root), "{}", read());
    for another in [false, true] {
        fs::remove_file(&path).expect("it was there");
        if another {
            fs::copy(&reader, &path).expect("a copy");
        }
        let hidden =
            format!("{}: process {} has mapped it, and its path leads to", path.display(), process.pid());
        let told = read();
        assert!(told.contains(&hidden) && !told.contains(" waits\n"), "{told}");
        fs::write(&path, "for the next round").expect("a file");
    }
}

/// Each file system counts its inodes by itself: the path leads to another file of the same inode.
#[test]
fn by_another_user_with_another_file_system() {
    const TEST: &str = "by_another_user_with_another_file_system";
    const FILE_SYSTEM: &str =
        r#"mount -t tmpfs none "$0" && cp "$1" "$0/contained" && chmod 755 "$0" "$0/contained""#;
    if !has_nobody(TEST) {
        return;
    }
    let folder = Folder::new("device");
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let (reader, inner) = (program(&folder, "reader"), folder.0.join("inner"));
    fs::create_dir(&inner).expect("a folder");
    let inner = inner.to_str().expect("UTF-8");
    let enter = format!(r#"{FILE_SYSTEM} && shift && exec {} "$0/contained" "$@""#, NOBODY.join(" "));
    if !Command::new("unshare").args(["-m", "true"]).status().is_ok_and(|status| status.success()) {
        eprintln!("SKIP {TEST}: no mount namespaces");
        return;
    }
    let process = Waiting::new(&reader, &["unshare", "-m", "sh", "-c", &enter, inner]);
    let by_root = format!("/proc/{}/root{inner}/contained", process.pid());
    let told = read_by_nobody(&reader, &process);
    assert!(told.contains(&format!("{by_root} waits\n")), "{told}");

    let inode = || fs::metadata(&by_root).expect("it is there").ino();
    let before = inode();
    let another = Command::new("nsenter")
        .args(["-m", "-t", &process.pid().to_string(), "sh", "-c", FILE_SYSTEM, inner])
        .arg(&reader)
        .status();
    assert!(another.expect("nsenter").success());
    if inode() != before {
        eprintln!("SKIP {TEST}: this tmpfs gives out other inodes");
        return;
    }
    let told = read_by_nobody(&reader, &process);
    assert!(told.contains("has mapped it, and its path leads to") && !told.contains(" waits\n"), "{told}");
}

#[test]
fn of_no_process() {
    // More than /proc/sys/kernel/pid_max can be.
    for pid in [0, u32::MAX] {
        let error = usdt::probes_of(pid).map(Iterator::count).expect_err("there is none");
        assert!(matches!(error, Error::NoProcess { pid: of } if of == pid), "{error}");
        assert_eq!(error.to_string(), format!("there is no process {pid}"));
    }
    let mut child = Command::new("true").spawn().expect("it runs");
    let pid = child.id();
    child.wait().expect("it ends");
    assert!(matches!(usdt::probes_of(pid), Err(Error::NoProcess { .. })));
}
