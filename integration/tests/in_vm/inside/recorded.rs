//! What `vmtrace record` keeps of a command, as `vmtrace report --json` tells it.

use super::vcpu::{Step, Vcpu};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};

/// The events of the kernel's that the tests look at; the others of a recording only take time to print.
const LOOKED_AT: &str = "vmm,log,lost,kvm_entry,kvm_exit,kvm_userspace_exit,sys_enter_ioctl";

#[derive(Debug, Deserialize)]
pub(super) struct Item {
    #[serde(rename = "time_ns")]
    pub(super) time: u64,
    pub(super) thread: Option<u32>,
    pub(super) source: String,
    pub(super) event: String,
    pub(super) text: String,
    #[serde(rename = "exit_ns")]
    pub(super) exit: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Summary {
    pub(super) from: String,
    pub(super) until: String,
    pub(super) reasons: Vec<Reason>,
    pub(super) unfinished: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Reason {
    pub(super) name: String,
    pub(super) count: u64,
    pub(super) to_vmm: u64,
    pub(super) time: Spread,
}

/// Nanoseconds.
#[derive(Debug, Deserialize)]
pub(super) struct Spread {
    #[serde(rename = "total_ns")]
    pub(super) total: u64,
    #[serde(rename = "p50_ns")]
    pub(super) p50: u64,
    #[serde(rename = "p99_ns")]
    pub(super) p99: u64,
    #[serde(rename = "max_ns")]
    pub(super) max: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Note {
    pub(super) warning: bool,
    pub(super) text: String,
}

/// A recording's report.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) items: Vec<Item>,
    pub(super) summary: Summary,
    pub(super) notes: Vec<Note>,
}

/// Runs `vmtrace record OPTIONS -- COMMAND`, which must exit with `status`.
pub(super) fn record(
    dir: &Path,
    options: &[&str],
    command: &[&str],
    status: i32,
) -> Result<(), Box<dyn Error>> {
    let mut vmtrace = Command::new("vmtrace");
    vmtrace.arg("record").arg("-o").arg(dir).args(options).arg("--").args(command);
    let ended = vmtrace.stdin(Stdio::null()).stdout(Stdio::null()).output()?;
    let told = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(status), "{told}");
    Ok(())
}

impl Recorded {
    /// The report of a recording, with more events if any are named.
    pub(super) fn report(dir: &Path, more: &[&str]) -> Result<Self, Box<dyn Error>> {
        let only = [&[LOOKED_AT], more].concat().join(",");
        let ended = Command::new("vmtrace").args(["report", "--json", "--only", &only]).arg(dir).output()?;
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        let (mut items, mut summary, mut notes) = (Vec::new(), None, Vec::new());
        for line in str::from_utf8(&ended.stdout)?.lines() {
            match line.strip_prefix(r#"{"kind":""#).and_then(|line| line.split_once('"')) {
                Some(("item", _)) => items.push(serde_json::from_str(line)?),
                Some(("summary", _)) => summary = Some(serde_json::from_str(line)?),
                Some(("note", _)) => notes.push(serde_json::from_str(line)?),
                _ => panic!("{line}"),
            }
        }
        Ok(Self { items, summary: summary.ok_or("there is no summary")?, notes })
    }

    /// That nothing is missing, and nothing to be warned of.
    pub(super) fn assert_whole(&self) {
        let lost: Vec<&Item> = self.items.iter().filter(|item| item.source == "lost").collect();
        assert!(lost.is_empty(), "{lost:?}");
        let warnings: Vec<&Note> = self.notes.iter().filter(|note| note.warning).collect();
        assert!(warnings.is_empty(), "{warnings:?}");
    }

    /// That each thread that runs a guest does what such a thread can do, in the report's order. Gives these threads.
    pub(super) fn assert_in_order(&self) -> BTreeMap<u32, Vcpu> {
        let mut vcpus: BTreeMap<u32, Vcpu> = BTreeMap::new();
        for (number, item) in self.items.iter().enumerate() {
            if item.source == "lost" {
                vcpus.values_mut().for_each(Vcpu::lost);
                continue;
            }
            let Some(thread) = item.thread else { continue };
            let step = match (&*item.source, &*item.event) {
                ("syscalls", "sys_enter_ioctl") => Step::Run,
                ("kvm", "kvm_entry") => Step::Entry,
                ("kvm", "kvm_exit") => Step::Exit,
                ("kvm", "kvm_userspace_exit") => Step::UserExit(&item.text),
                ("vmm", "kvm_run_exit") => Step::Told(&item.text),
                ("vmm", _) => Step::Event,
                _ => continue,
            };
            // of the VMM's other threads there are only events of its own
            if matches!(step, Step::Event) && !vcpus.contains_key(&thread) {
                continue;
            }
            let done = vcpus.entry(thread).or_insert_with(Vcpu::new).step(step);
            done.unwrap_or_else(|why| {
                let before = &self.items[number.saturating_sub(12)..=number];
                panic!("item {number}: {why}:\n{before:#?}")
            });
        }
        vcpus
    }

    /// That the summary's time of each reason is what a count by hand gives: on each thread from `kvm_exit` to the next
    /// `kvm_entry` or KVM_RUN, to the nanosecond.
    pub(super) fn assert_summary(&self) {
        let mut open: BTreeMap<u32, (u64, &str, bool)> = BTreeMap::new();
        let mut took: BTreeMap<&str, (Vec<u64>, u64)> = BTreeMap::new();
        for item in &self.items {
            let Some(thread) = item.thread else { continue };
            match &*item.event {
                "kvm_exit" => {
                    let reason =
                        item.text.split_once(" reason ").and_then(|(_, rest)| rest.split_once(" rip "));
                    let reason = reason.unwrap_or_else(|| panic!("{item:?}")).0;
                    assert_eq!(open.insert(thread, (item.time, reason, false)), None, "{item:?}");
                }
                "kvm_userspace_exit" => {
                    open.entry(thread).and_modify(|(_, _, to_vmm)| *to_vmm = true);
                }
                "kvm_entry" | "sys_enter_ioctl" => {
                    if let Some((begun, reason, to_vmm)) = open.remove(&thread) {
                        let (times, all_to_vmm) = took.entry(reason).or_default();
                        times.push(item.time - begun);
                        *all_to_vmm += u64::from(to_vmm);
                    }
                }
                _ => {}
            }
        }
        assert_eq!((&*self.summary.from, &*self.summary.until), ("kvm_exit", "entry_or_run"));
        let told: BTreeMap<&str, &Reason> =
            self.summary.reasons.iter().map(|reason| (&*reason.name, reason)).collect();
        assert!(told.keys().eq(took.keys()), "{told:?} {took:?}");
        for (name, (mut times, to_vmm)) in took {
            let Reason { count, to_vmm: told_to_vmm, time, .. } = told[name];
            times.sort_unstable();
            let at = |percent: usize| times[(times.len() * percent).div_ceil(100) - 1];
            let by_hand = (times.len() as u64, to_vmm, times.iter().sum::<u64>(), at(50), at(99), at(100));
            let told = (*count, *told_to_vmm, time.total, time.p50, time.p99, time.max);
            assert_eq!(told, by_hand, "{name}");
        }
        assert_eq!(self.summary.unfinished, open.len() as u64, "{open:?}");
    }
}
