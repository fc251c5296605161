//! trace-cmd, which knows nothing of us, records our events beside the kernel's; and the host-wide buffer is nobody's of
//! ours.

use super::host_wide::HostWide;
use super::vmm_trace::VmmTrace;
use crate::{Test, TestResult};
use ftrace::{Instance, Tracefs};
use std::path::Path;
use std::process::{Command, Stdio};

pub(crate) const TESTS: &[Test] = &[
    Test::new("records_our_markers_beside_kvm", records_our_markers_beside_kvm),
    Test::new("records_them_in_an_instance", records_them_in_an_instance),
    Test::new("the_host_wide_buffer_is_left_alone", the_host_wide_buffer_is_left_alone),
];

/// An instance of trace-cmd's own making.
const BUFFER: &str = "tracecmds";

/// `trace-cmd record` at the top level, whose marker the sink takes where no instance is named.
fn records_our_markers_beside_kvm() -> TestResult {
    if !has_trace_cmd("records_our_markers_beside_kvm") {
        return Ok(());
    }
    let host = HostWide::take()?;
    let report = record(&[], None)?;
    VmmTrace::of(&report).assert_whole();
    assert!(report.contains("kvm_exit:") && report.contains("kvm_entry:"), "{report}");
    // it leaves the events off, and tracing too
    host.put_back()?;
    Ok(())
}

/// `trace-cmd record -B`: the same in an instance, and nothing in the host-wide buffer.
fn records_them_in_an_instance() -> TestResult {
    if !has_trace_cmd("records_them_in_an_instance") {
        return Ok(());
    }
    let host = HostWide::take()?;
    let report = record(&["-B", BUFFER], Some(BUFFER))?;
    // its report names the buffer before each line
    let (ours, others): (Vec<_>, Vec<_>) = report.lines().partition(|line| line.contains(BUFFER));
    VmmTrace::of(&ours.join("\n")).assert_whole();
    assert!(ours.iter().any(|line| line.contains("kvm_exit:")), "{report}");
    let stray = others.iter().find(|line| line.contains("print:") || line.contains("kvm_"));
    assert!(stray.is_none(), "{stray:?}");
    host.put_back()?;
    Ok(())
}

/// Neither a VMM that has an instance nor `vmtrace record` touches what is the whole machine's.
fn the_host_wide_buffer_is_left_alone() -> TestResult {
    let host = HostWide::take()?;
    let instance = Instance::create(&Tracefs::find()?)?;
    let vmm = Command::new("demo-vmm")
        .args(["-trace", "*,sink=ftrace"])
        .env(vmtrace::INSTANCE_VARIABLE, instance.path())
        .output()?;
    assert!(vmm.status.success(), "{}", String::from_utf8_lossy(&vmm.stderr));
    VmmTrace::of(&instance.read("trace")?).assert_whole();
    host.assert_untouched();

    let recording = Path::new("/tmp/left-alone");
    let recorded = Command::new("vmtrace")
        .args(["record", "-o"])
        .arg(recording)
        .args(["--", "demo-vmm", "-trace", "*"])
        .stdout(Stdio::null())
        .output()?;
    assert!(recorded.status.success(), "{}", String::from_utf8_lossy(&recorded.stderr));
    host.assert_untouched();
    Ok(())
}

/// What `trace-cmd report` prints of a VMM's run with KVM's events.
fn record(more: &[&str], instance: Option<&str>) -> Result<String, Box<dyn std::error::Error>> {
    const FILE: &str = "/tmp/trace-cmd.dat";
    let mut command = Command::new("trace-cmd");
    command.args(["record", "-q", "-o", FILE]).args(more).args(["-e", "kvm"]);
    command.args(["demo-vmm", "--rounds", "3", "-trace", "*,sink=ftrace"]);
    if let Some(instance) = instance {
        command.env(vmtrace::INSTANCE_VARIABLE, instance);
    }
    let recorded = command.output()?;
    let told = String::from_utf8_lossy(&recorded.stderr);
    assert!(recorded.status.success() && !told.contains("demo-vmm:"), "{told}");
    let report = Command::new("trace-cmd").args(["report", "-i", FILE]).output()?;
    assert!(report.status.success(), "{}", String::from_utf8_lossy(&report.stderr));
    Ok(String::from_utf8(report.stdout)?)
}

fn has_trace_cmd(test: &str) -> bool {
    let there = Command::new("trace-cmd").arg("--version").output().is_ok();
    if !there {
        eprintln!("SKIP {test}: no trace-cmd (apt-get install trace-cmd)");
    }
    there
}
