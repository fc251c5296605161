//! SystemTap on programs of ours, on a live kernel: scripts become modules here, and run in the test VM, all in one boot.

mod kernel;
mod modules;

use integration::vm::{Error, Folder, Vm};
use kernel::Kernel;
use modules::Parts;
use nix::fcntl::{Flock, FlockArg};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What the VM left, and what is compared with it.
struct Results {
    /// What the scripts printed, a file each.
    folder: Folder,
    parts: Parts,
    /// `NAME TEXT` of each hit of `converted`.
    expected: Vec<String>,
    _alone: Flock<File>,
}

/// Of the one run of all; `None`, having said so, if something is missing.
fn results(test: &str) -> Option<&'static Results> {
    static RESULTS: OnceLock<Result<Results, String>> = OnceLock::new();
    match RESULTS.get_or_init(run) {
        Ok(results) => Some(results),
        Err(missing) => {
            eprintln!("SKIP {test}: {missing}");
            None
        }
    }
}

fn run() -> Result<Results, String> {
    // a lock that is not set because of a panic is tried again by the next test
    static BEGUN: AtomicBool = AtomicBool::new(false);
    assert!(!BEGUN.swap(true, Ordering::Relaxed), "the run that all tests share has failed in another one");
    for program in ["stap", "staprun", "cc", "make"] {
        if Command::new(program).arg("--version").output().is_err() {
            return Err(format!("no {program}"));
        }
    }
    let vm = Vm::debian().map_err(|error| error.to_string())?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("systemtap");
    fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    let alone = Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, errno)| errno).unwrap();
    let kernel = Kernel::prepare(vm.release(), &folder)?;
    let program = std::env::current_exe().unwrap();
    let parts = Parts::install(&folder, program.ancestors().nth(2).unwrap())?;
    parts.build(&kernel);

    let share = Folder::new().unwrap();
    let outcome = vm.share(share.path()).timeout(Duration::from_secs(400)).run(&script(&parts, &kernel));
    match outcome {
        Ok(outcome) => assert_eq!(outcome.status, 0, "{}\n{}", outcome.output, outcome.serial),
        Err(missing @ Error::Missing { .. }) => return Err(missing.to_string()),
        Err(error) => panic!("{error}"),
    }
    let said = Command::new(&parts.converted).output().unwrap().stdout;
    let expected = String::from_utf8(said).unwrap().lines().map(str::to_owned).collect();
    Ok(Results { folder: share, parts, expected, _alone: alone })
}

/// What runs in the VM.
fn script(parts: &Parts, kernel: &Kernel) -> String {
    let Parts { folder, converted, demo_vmm, vmtrace, .. } = parts;
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    // the target folder, where all of it lies
    let target = path(demo_vmm.ancestors().nth(2).unwrap());
    let exported = parts.environment(kernel).map(|(name, value)| format!("export {name}='{}'", path(&value)));
    let environment = exported.join("\n");
    format!(
        "
        {environment}
        modules='{folder}' converted='{converted}' demo_vmm='{demo_vmm}' vmtrace='{vmtrace}' target='{target}'
        modprobe -q kvm_amd

        # as a program lies in a container: SystemTap 4.8 goes on without its probes
        mkdir -p \"$target\" /tmp/over/up /tmp/over/work
        mount -t tmpfs tmpfs /tmp/over && mkdir /tmp/over/up /tmp/over/work
        mount -t overlay -o \"lowerdir=/vm/host$target,upperdir=/tmp/over/up,workdir=/tmp/over/work\" overlay \"$target\"
        staprun -o refused -c \"$converted\" \"$modules/session.ko\" 2> refused.told
        echo $? > refused.status
        umount \"$target\"

        mount --bind \"/vm/host$target\" \"$target\" || exit
        for name in session simple; do
            staprun -o $name -c \"$converted\" \"$modules/$name.ko\" || exit
        done
        staprun -o lineup -c \"$demo_vmm\" \"$modules/lineup.ko\" > /dev/null 2> lineup.told || exit

        # by hand, as an operator does it: until it is told to end
        \"$vmtrace\" stap run --tapset \"$modules/share/systemtap/tapset\" \"$converted\" '*' > run 2> run.told &
        until [ -s run ] || ! kill -0 $!; do
            \"$converted\" > /dev/null
            sleep 0.2
        done
        \"$converted\" > /dev/null
        sleep 1
        kill -INT $!
        wait $!
        echo $? > run.status
        ",
        folder = path(folder),
        converted = path(converted),
        demo_vmm = path(demo_vmm),
        vmtrace = path(vmtrace),
    )
}

impl Results {
    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }
}

/// `NAME TEXT` of the lines of `PID@NANOSECONDS NAME TEXT`, whose times must not go back.
fn texts(lines: &str) -> Vec<&str> {
    let mut last = 0;
    let line = |line| {
        let (stamp, text) = str::split_once(line, ' ').unwrap();
        let (_, time) = stamp.split_once('@').unwrap();
        let time: u64 = time.parse().unwrap();
        assert!(time >= last, "{line}");
        last = time;
        text
    };
    lines.lines().map(line).collect()
}

#[test]
fn a_script_that_stands_alone_prints_what_printf_prints() {
    let Some(results) = results("a_script_that_stands_alone_prints_what_printf_prints") else { return };
    assert_eq!(texts(&results.text("session")), results.expected);
}

#[test]
fn vmtrace_stap_run_with_installed_scripts() {
    let Some(results) = results("vmtrace_stap_run_with_installed_scripts") else { return };
    let (out, told) = (results.text("run"), results.text("run.told"));
    assert_eq!(results.text("run.status"), "0\n", "{told}");
    let lines = texts(&out);
    let last = lines.len().saturating_sub(results.expected.len());
    assert_eq!(lines[last..], results.expected, "{out}{told}");
}

/// Why `vmtrace stap run` looks at what `stap` says.
#[test]
fn probes_that_the_kernel_refuses_are_a_warning_to_stap() {
    let Some(results) = results("probes_that_the_kernel_refuses_are_a_warning_to_stap") else { return };
    let told = results.text("refused.told");
    assert!(told.contains("registration error"), "{told}");
    assert_eq!((results.text("refused.status").as_str(), results.text("refused").as_str()), ("0\n", ""));
}

#[test]
fn binary_records_are_read() {
    let Some(results) = results("binary_records_are_read") else { return };
    let read = Command::new(&results.parts.vmtrace)
        .args(["simpletrace", "--no-header", "--absolute"])
        .arg(&results.parts.declarations)
        .arg(results.folder.path().join("simple"))
        .output()
        .unwrap();
    let (out, told) = (String::from_utf8(read.stdout).unwrap(), String::from_utf8_lossy(&read.stderr));
    assert!(read.status.success(), "{told}");
    // SECONDS THREAD NAME TEXT, the first two in columns
    let text = |line: &str| {
        let (_, rest) = line.trim_start().split_once(' ').unwrap();
        rest.trim_start().split_once(' ').unwrap().1.to_owned()
    };
    // to QEMU's format `char const *` is an address; and blanks at the end are not told
    let expected: Vec<String> = results
        .expected
        .iter()
        .map(|line| line.trim_end().replace("|é                  |", "|(null)              |"))
        .collect();
    assert_eq!(out.lines().map(text).collect::<Vec<_>>(), expected, "{told}");
}

/// One exit of the guest's is one of KVM's, and the VMM's word of it: on one thread, in this order, with one reason.
#[test]
fn kvm_events_lie_beside_the_vmms() {
    let Some(results) = results("kvm_events_lie_beside_the_vmms") else { return };
    let (out, told) = (results.text("lineup"), results.text("lineup.told"));
    let mut last: BTreeMap<&str, (f64, &str)> = BTreeMap::new();
    let mut exits = 0;
    for line in out.lines() {
        let (stamp, text) = line.split_once(' ').unwrap();
        let (thread, time) = stamp.split_once('@').unwrap();
        let time: f64 = time.parse().unwrap();
        let before = last.insert(thread, (time, text));
        if let Some((before, _)) = before {
            assert!(before <= time, "{out}");
        }
        if let Some(exit) = text.strip_prefix("kvm_run_exit cpu_index 0, reason ") {
            let (reason, _) = exit.split_once(',').unwrap();
            let kvms = format!("kvm_userspace_exit reason=0x{reason} errno=0x0");
            assert_eq!(before.map(|(_, text)| text), Some(kvms.as_str()), "{line}\n{out}");
            exits += 1;
        }
    }
    assert!(exits > 10, "{out}{told}");
    // not declared in the file that the script was made with
    assert!(out.contains(" serial_write arg1=0 arg2=108\n"), "{out}");
    assert!(out.lines().any(|line| line.ends_with(&format!(" machine_stop {exits} exits"))), "{out}");
    for event in ["kvm_entry", "kvm_exit"] {
        assert!(
            told.contains(&format!("WARNING: {event} is left out: stap finds no such tracepoint")),
            "{told}"
        );
    }
}

/// As rustc's linker lays it out, SystemTap would put breakpoints into the midst of instructions.
#[test]
fn no_script_for_a_program_that_it_would_damage() {
    let programs = std::env::current_exe().unwrap();
    let programs = programs.ancestors().nth(2).unwrap();
    let [vmtrace, program] = ["vmtrace", "monitored"].map(|name| programs.join(name));
    if !vmtrace.is_file() || !program.is_file() {
        eprintln!("SKIP no_script_for_a_program_that_it_would_damage: no {}", vmtrace.display());
        return;
    }
    let site = |probe: &usdt::Probe| probe.site.offset.is_some_and(|offset| offset != probe.site.address);
    let misplaced = usdt::probes(&program).unwrap().iter().any(site);
    let made =
        Command::new(vmtrace).args(["stap", "run", "--script"]).arg(program).arg("*").output().unwrap();
    let told = String::from_utf8_lossy(&made.stderr);
    assert_eq!(made.status.code(), Some(i32::from(misplaced)), "{told}");
    assert_eq!(told.contains("-Wl,-z,separate-code"), misplaced, "{told}");
}
