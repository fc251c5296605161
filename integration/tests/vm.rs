//! The test VM itself: how it ends, and that it ends.

use integration::vm::{Error, Outcome, Vm};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The VM, unless something is missing, which is told.
fn vm(test: &str) -> Option<Vm> {
    match Vm::debian() {
        Ok(vm) => Some(vm),
        Err(missing) => {
            eprintln!("SKIP {test}: {missing}");
            None
        }
    }
}

#[test]
fn a_script_has_a_status_an_output_and_a_folder() {
    let Some(vm) = vm("a_script_has_a_status_an_output_and_a_folder") else { return };
    // a comma must not end an option of QEMU's
    let share = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("vm,share-{}", std::process::id()));
    fs::create_dir(&share).unwrap();
    fs::write(share.join("given"), "of the host").unwrap();
    let gone = format!("/etc/gone-{}", std::process::id());
    let script = format!(
        "cat given; echo of the guest > back; echo x > {gone}; cat {gone} /vm/host{}/given; exit 3",
        share.display()
    );
    let outcome = vm.share(&share).run(&script);
    let files = (fs::read_to_string(share.join("back")), Path::new(&gone).exists());
    fs::remove_dir_all(&share).unwrap();
    let Outcome { status, output, serial } = outcome.unwrap();
    assert_eq!((status, output.as_str()), (3, "of the hostx\nof the host"), "{serial}");
    assert_eq!((files.0.unwrap().as_str(), files.1), ("of the guest\n", false));
}

#[test]
fn a_guest_that_dies_has_failed() {
    let Some(vm) = vm("a_guest_that_dies_has_failed") else { return };
    match vm.run("echo before; echo c > /proc/sysrq-trigger") {
        Err(Error::NoStatus { output, serial, .. }) => {
            assert_eq!(output, "before");
            assert!(serial.contains("Kernel panic - not syncing: sysrq triggered crash"), "{serial}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_guest_that_hangs_is_ended() {
    let Some(vm) = vm("a_guest_that_hangs_is_ended") else { return };
    match vm.timeout(Duration::from_secs(10)).run("sleep 1000") {
        Err(Error::Hung { .. }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(qemus_of(std::process::id()), [0; 0]);
}

#[test]
fn a_vm_ends_with_who_started_it() {
    if vm("a_vm_ends_with_who_started_it").is_none() {
        return;
    }
    let mut runner = Command::new(env!("CARGO_BIN_EXE_vm"));
    let mut runner = runner.arg("sleep 1000").stdout(Stdio::null()).spawn().unwrap();
    // it may have to wait for other VMs
    let qemus = until(|| Some(qemus_of(runner.id())).filter(|qemus| !qemus.is_empty()));
    let id = Pid::from_raw(runner.id().try_into().unwrap());
    kill(id, Signal::SIGKILL).unwrap();
    runner.wait().unwrap();
    for qemu in qemus {
        until(|| (!Path::new(&format!("/proc/{qemu}/exe")).exists()).then_some(()));
    }
}

#[test]
fn a_kernel_that_is_none_is_told() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("vmlinuz-{}", std::process::id()));
    fs::write(&path, "no kernel").unwrap();
    let result = Vm::with_kernel(&path).and_then(|vm| vm.run("true"));
    fs::remove_file(&path).unwrap();
    match result {
        Err(missing @ Error::Missing { .. }) => eprintln!("SKIP a_kernel_that_is_none_is_told: {missing}"),
        Err(Error::Kernel { path: told, why }) => {
            assert_eq!((told, why.as_str()), (path, "neither an ELF file nor a bzImage nor compressed"));
        }
        other => panic!("{other:?}"),
    }
}

/// The processes that are QEMU and children of a process.
fn qemus_of(parent: u32) -> Vec<u32> {
    let processes =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let is_its_qemu = |process: &u32| {
        // proc_pid_stat(5): 1 (name) S 0
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let (name, rest) = stat.rsplit_once(") ").unwrap_or_default();
        name.contains("(qemu-system") && rest.split(' ').nth(1) == Some(&parent.to_string())
    };
    processes.filter(is_its_qemu).collect()
}

/// Waits for something to be so.
fn until<T>(mut so: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = so() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(300), "it did not come to be");
        thread::sleep(Duration::from_millis(20));
    }
}
