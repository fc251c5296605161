//! The page's last part: a VMM's events, switched on over QMP, beside the kernel's of KVM.

use crate::project::Project;
use crate::{at_qemus_shell, page, qmp_shell};
use ftrace::{Instance, Tracefs};
use std::fs::DirEntry;
use std::path::Path;
use std::process::Stdio;

#[test]
fn the_vmms_events_stand_between_the_kernels() {
    const NAME: &str = "the_vmms_events_stand_between_the_kernels";
    let Some(mut shell) = qmp_shell(NAME) else { return };
    if !Path::new("/dev/kvm").exists() {
        return eprintln!("SKIP {NAME}: there is no /dev/kvm");
    }
    let instance = match Tracefs::find_or_mount().and_then(|(tracefs, _)| Instance::create(&tracefs)) {
        Ok(instance) => instance,
        Err(error) => return eprintln!("SKIP {NAME}: {error}"),
    };
    instance.set_clock("mono").unwrap();
    for event in ["kvm_userspace_exit", "kvm_mmio"] {
        if let Err(error) = instance.enable("kvm", event, None) {
            return eprintln!("SKIP {NAME}: {error}");
        }
    }

    let mut project = Project::new("walkthrough-kvm");
    let mut vmm = integration::tied(&Project::build_the_vmm());
    vmm.args(["--rounds", "4000000000", "-qmp", "unix:qmp.sock,server=on,wait=off"]);
    vmm.env(vmtrace::INSTANCE_VARIABLE, instance.path()).stdout(Stdio::null());
    let process = project.runs(&mut vmm);
    at_qemus_shell(
        &project,
        shell.arg("qmp.sock"),
        &page::session(page::WALKTHROUGH, "qmp-shell qmp.sock # of the VMM"),
    );

    // a ring that overflows keeps what came last
    project.until("an exit that the VMM told of", || {
        let trace = instance.read("trace").unwrap();
        let (before, _) = trace.split_once("tracing_mark_write: toy_disk_write ")?;
        before.contains("kvm_userspace_exit").then_some(())
    });
    instance.set_tracing(false).unwrap();
    let vcpu = format!("vcpu0-{}", vcpu(process));
    assert!(project.lives(), "it has ended");
    let trace = instance.read("trace").unwrap();
    drop(project);
    instance.remove().unwrap();

    let (mut exits, mut told) = (0, 0);
    let mut exit = None; // the reason of the exit that the vcpu is in, once the kernel has told of it
    for line in trace.lines().filter(|line| line.split_whitespace().next() == Some(&vcpu)) {
        if let Some((_, reason)) = line.split_once(": kvm_userspace_exit: reason ") {
            exit = reason.split_once(['(', ')']).map(|(_, number)| number.trim_end_matches(')').to_owned());
            exits += 1;
        } else if let Some((_, mark)) = line.split_once(": tracing_mark_write: kvm_run_exit ")
            && let Some(reason) = exit.take()
        {
            assert!(
                mark.contains(&format!(", reason {reason}, ")),
                "behind an exit of reason {reason}: {mark}"
            );
            told += 1;
        }
    }
    assert!(told > 0 && exits >= told, "{told} of {exits} exits\n{trace}");
}

/// The thread of a VMM's vcpu. Other guests may run on this machine, and their exits are in the ring as well.
fn vcpu(process: u32) -> String {
    let mut threads =
        std::fs::read_dir(format!("/proc/{process}/task")).unwrap().map(|thread| thread.unwrap());
    let is_vcpu = |thread: &DirEntry| {
        std::fs::read_to_string(thread.path().join("comm")).is_ok_and(|name| name == "vcpu0\n")
    };
    let vcpu = threads.find(is_vcpu).expect("a thread vcpu0");
    vcpu.file_name().into_string().unwrap()
}
