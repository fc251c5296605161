//! What the kernel has that the other tests are about.

use crate::machine::Machine;
use crate::{Test, TestResult};
use ftrace::Tracefs;
use std::path::Path;

pub(crate) const TESTS: &[Test] = &[
    Test::new("has_kvm_with_entries_and_exits", has_kvm_with_entries_and_exits),
    Test::new("has_user_events", has_user_events).on(Machine::USER_EVENTS),
];

fn has_kvm_with_entries_and_exits() -> TestResult {
    assert!(Path::new("/dev/kvm").exists(), "kvm_amd is not loaded");
    let tracefs = Tracefs::find()?;
    for event in ["kvm_entry", "kvm_exit", "kvm_userspace_exit", "kvm_pio", "kvm_mmio"] {
        assert!(tracefs.has_event("kvm", event), "{event}");
    }
    Ok(())
}

fn has_user_events() -> TestResult {
    let file = Tracefs::find()?.root().join("user_events_data");
    assert!(file.exists(), "{}", file.display());
    Ok(())
}
