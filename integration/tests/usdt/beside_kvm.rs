//! A VMM's probe beside KVM's events.

use crate::definitions::{Definitions, definition};
use crate::probes::Argument::{Signed, Unsigned};
use crate::tool;
use ftrace::{Instance, Tracefs};
use integration::tied;
use integration::vm::Folder;
use std::fs;
use std::path::Path;

/// In one instance, on one clock: each exit as the VMM's event tells it comes after KVM's own, with the same reason.
#[test]
fn uprobe_events_beside_kvm() {
    let test = "uprobe_events_beside_kvm";
    if !tool::are_there(test, &[]) {
        return;
    }
    let Some(mut definitions) = Definitions::new(test) else { return };
    let tracefs = Tracefs::find().unwrap();
    if !Path::new("/dev/kvm").exists() || !tracefs.has_event("kvm", "kvm_userspace_exit") {
        eprintln!("SKIP {test}: no KVM here");
        return;
    }
    let folder = Folder::new().unwrap();
    let vmm = folder.path().join("demo");
    fs::copy(env!("CARGO_BIN_EXE_demo"), &vmm).unwrap();
    let notes = usdt::probes(&vmm).unwrap();
    let exit = notes.iter().find(|note| (&*note.provider, &*note.name) == ("qemu", "kvm_run_exit")).unwrap();
    let declared = &[Signed(4, [0; 2]), Unsigned(4, [0; 2]), Unsigned(8, [0; 2])];
    let group = Definitions::new_group();
    definitions.define(&format!("{group}/run_exit"), &definition(&vmm, exit, declared));

    let instance = Instance::create(&tracefs).unwrap();
    instance.set_clock("mono").unwrap();
    instance.write("events/kvm/enable", "1").unwrap();
    instance.write(&format!("events/{group}/enable"), "1").unwrap();
    let output = tied(&vmm).args(["--rounds", "2"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    instance.write(&format!("events/{group}/enable"), "0").unwrap();
    instance.write("events/kvm/enable", "0").unwrap();

    let trace = instance.read("trace").unwrap();
    let told =
        trace.lines().find(|line| line.contains(": run_exit: (0x")).unwrap_or_else(|| panic!("{trace}"));
    let vcpu = format!("{} ", told.split_once(" [").unwrap().0.trim());
    let (mut reasons, mut exits) = (Vec::new(), 0);
    for line in trace.lines().filter(|line| line.trim_start().starts_with(&vcpu)) {
        if let Some((_, reason)) = line.split_once(": kvm_userspace_exit: reason ") {
            // one that is begun anew is none to the VMM
            reasons.extend(reason.split_once('(').filter(|_| !reason.starts_with("restart")));
        } else if let Some((_, values)) = line.split_once(": run_exit: (0x") {
            let (_, values) = values.split_once(") ").unwrap();
            let reason = reasons.pop().expect("KVM's is told before").1.trim_end_matches(')');
            assert_eq!(values, format!("a0=0 a1={reason} a2={exits}"), "{trace}");
            assert!(reasons.is_empty(), "one of the VMM's is missing before {line}: {trace}");
            exits += 1;
        }
    }
    assert!(exits > 2, "{trace}");
    instance.remove().unwrap();
}
