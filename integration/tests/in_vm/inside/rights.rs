//! Without rights: the VMM runs all the same, and what it, `vmtrace record` and `vmtrace doctor` say is missing is what
//! the kernel refuses, with its errno; and the command that they name, run as root, gives it.

use crate::{Test, TestResult};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::process::{Command, Output};

pub(crate) const TESTS: &[Test] = &[Test::new("what_is_said_of_them_is_so", what_is_said_of_them_is_so)];

/// Who asks, of what tracefs, and what of [`TRIALS`] works then (`ftrace` only in part behind a `~`).
struct Case {
    who: Who,
    tracefs: &'static str,
    works: &'static [&'static str],
    /// Whether what is named as the way out is gone.
    mended: bool,
}

/// A capability takes no right away: what all together do not give, none does alone.
#[derive(Clone, Copy, Debug)]
enum Who {
    /// Root by name, without any capability.
    Root,
    /// An ordinary user, in a group of its own, with these capabilities.
    User(&'static [&'static str]),
}

/// As root makes it before the others come.
const FOR_ROOT: &str = "mountpoint -q $T || mount -t tracefs -o nosuid,nodev,noexec nodev $T
    mount -o remount,gid=0,mode=700 $T; chown 0 $T/instances; rmdir $T/instances/* 2> /dev/null || true
    chmod 640 $T/uprobe_events; [ ! -e $T/user_events_data ] || chmod 640 $T/user_events_data
    chgrp 0 /dev/kvm; chmod 600 /dev/kvm";
/// More than is asked for, as it may seem: folders below are not made writable.
const FOR_THE_GROUP: &str = "mount -o remount,gid=65534,mode=770 $T";
const FOR_ALL_TO_LOOK: &str = "mount -o remount,mode=755 $T";
const NONE: &str = "umount $T";

const ALL: &[&str] = &["/dev/kvm", "ftrace", "kvm events", "tracefs", "uprobes (USDT)"];

#[rustfmt::skip]
const CASES: &[Case] = &[
    Case { who: Who::Root, tracefs: FOR_ROOT, works: ALL, mended: false },
    Case { who: Who::User(&["+dac_override"]), tracefs: FOR_ROOT, works: ALL, mended: false },
    Case { who: Who::User(&["+all", "-dac_override"]), tracefs: FOR_ROOT, works: &[], mended: false },
    Case { who: Who::User(&[]), tracefs: FOR_ROOT, works: &[], mended: true },
    Case { who: Who::User(&[]), tracefs: FOR_THE_GROUP, works: &["~ftrace"], mended: true },
    Case { who: Who::User(&[]), tracefs: FOR_ALL_TO_LOOK, works: &[], mended: true },
    Case { who: Who::User(&[]), tracefs: NONE, works: &[], mended: true },
];

/// What doctor tells of, and how it is tried by hand.
const TRIALS: &[(&str, &str)] = &[
    ("/dev/kvm", ": <> /dev/kvm"),
    ("tracefs", "mkdir $I && echo mono > $I/trace_clock && rmdir $I"),
    ("kvm events", "mkdir $I && echo 1 > $I/events/kvm/kvm_exit/enable && rmdir $I"),
    (
        "uprobes (USDT)",
        "echo 'p:rights/probe /vm/host/bin/sh:0x1000' >> $T/uprobe_events && echo '-:rights/probe' >> $T/uprobe_events",
    ),
    ("ftrace", "mkdir $I && echo tried > $I/trace_marker && rmdir $I"),
    ("~ftrace", TO_THE_TOP),
];

const TO_THE_TOP: &str = "echo tried > $T/trace_marker";

const USER: &[&str] = &["--reuid=65534", "--regid=65534", "--clear-groups"];

/// Where everyone may run them.
const PROGRAMS: &str = "/tmp/rights";

fn what_is_said_of_them_is_so() -> TestResult {
    fs::create_dir(PROGRAMS)?;
    for program in ["demo-vmm", "vmtrace"] {
        fs::copy(format!("/usr/local/bin/{program}"), format!("{PROGRAMS}/{program}"))?;
    }
    shell(Command::new("chmod").args(["-R", "a+rwX", PROGRAMS]))?;
    for case in CASES {
        println!("--- {:?}: {}", case.who, case.tracefs.lines().next().unwrap_or_default());
        as_root(&format!("{FOR_ROOT}\n{}", case.tracefs))?;
        check(case)?;
    }
    as_root(FOR_ROOT)?;
    fs::remove_dir_all(PROGRAMS)?;
    Ok(())
}

/// What everyone says, held against what is tried.
fn check(case: &Case) -> TestResult {
    let who = case.who;
    let told = doctor(who)?;
    for (name, trial) in TRIALS {
        let expected = case.works.contains(name) || *name == "~ftrace" && case.works.contains(&"ftrace");
        let tried = who.run(trial)?;
        let errors = String::from_utf8_lossy(&tried.stderr);
        assert_eq!(tried.status.success(), expected, "{name}: {errors}\n{told:#?}");
        let Some(told) = told.get(name) else { continue };
        let in_part = case.works.iter().any(|works| works.strip_prefix('~') == Some(name));
        let state = if expected {
            "works"
        } else if in_part {
            "partly"
        } else {
            "missing"
        };
        assert_eq!(told.state, state, "{name}: {told:?}");
        // Permission denied (os error 13)
        let errno =
            told.finding.split(": ").find_map(|part| part.split_once(" (os error ")).map(|(text, _)| text);
        assert!(errno.is_none_or(|errno| errors.contains(errno)), "{told:?}, but:\n{errors}");
    }
    let messages = messages(who)?;
    let of = |name: &str| told[name].fix.as_deref();
    let sink = if told["ftrace"].state == "missing" { of("ftrace") } else { None };
    assert_eq!((messages.sink.as_deref(), messages.record.as_deref()), (sink, of("tracefs")), "{told:#?}");

    if !case.mended {
        return Ok(());
    }
    let fixes: BTreeSet<&str> = told.values().filter_map(|told| told.fix.as_deref()).collect();
    for fix in &fixes {
        as_root(&format!("{FOR_ROOT}\n{}\n{fix}", case.tracefs))?;
        for (name, trial) in TRIALS {
            let Some(told) = told.get(name).filter(|told| told.fix.as_deref() == Some(*fix)) else {
                continue;
            };
            if told.finding == "it is seen through tracefs" {
                continue;
            }
            // where nothing is to be had, the sink is content with the top level's marker
            let trial = if *name == "ftrace" && sink.is_some() { TO_THE_TOP } else { trial };
            let tried = who.run(trial)?;
            assert!(tried.status.success(), "{name}: {fix}: {}", String::from_utf8_lossy(&tried.stderr));
        }
    }
    let all: Vec<&str> = fixes.into_iter().collect();
    as_root(&format!("{FOR_ROOT}\n{}\n{}", case.tracefs, all.join("\n")))?;
    // once tracefs is there, it can be told what more there is to do
    for fix in doctor(who)?.values().filter_map(|told| told.fix.as_deref()) {
        as_root(fix)?;
    }
    let after = doctor(who)?;
    assert!(ALL.iter().all(|name| after[name].state == "works"), "{after:#?}");
    let messages = self::messages(who)?;
    assert_eq!((messages.sink, messages.record), (None, None));
    Ok(())
}

/// A line of doctor's.
#[derive(Debug)]
struct Told {
    state: String,
    finding: String,
    /// The command alone.
    fix: Option<String>,
}

/// What doctor says, by name.
fn doctor(who: Who) -> io::Result<BTreeMap<&'static str, Told>> {
    // QEMU is looked for on PATH, and takes its time
    let output = who.run(&format!("PATH=/nowhere {PROGRAMS}/vmtrace doctor"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let mut told: BTreeMap<&'static str, Told> = BTreeMap::new();
    let mut last = None;
    for line in text.lines() {
        let (state, rest) = line.trim().split_once(' ').unwrap_or_default();
        let rest = rest.trim_start();
        if let ("->", Some(name)) = (state, last.take()) {
            let fix = match rest.strip_prefix("as for ") {
                Some(other) => told.get(other).and_then(|told| told.fix.clone()),
                None => Some(command(rest).to_owned()),
            };
            told.entry(name).and_modify(|told| told.fix = fix);
        } else if ["works", "partly", "missing"].contains(&state) {
            let found = TRIALS.iter().find_map(|(name, _)| Some((*name, rest.strip_prefix(name)?)));
            last = found.map(|(name, finding)| {
                let (state, finding) = (state.to_owned(), finding.trim().to_owned());
                told.insert(name, Told { state, finding, fix: None });
                name
            });
        }
    }
    Ok(told)
}

/// The ways out that the VMM and the recorder tell.
struct Messages {
    sink: Option<String>,
    record: Option<String>,
}

fn messages(who: Who) -> io::Result<Messages> {
    let fix = |run: &str, start: &str| {
        let output = who.run(&format!("cd {PROGRAMS} && {run}"))?;
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        let line = told.lines().find(|line| line.contains(start));
        Ok::<_, io::Error>(line.map(|line| command(line.split_once(start).unwrap_or_default().1).to_owned()))
    };
    Ok(Messages {
        sink: fix("./demo-vmm --no-kvm -trace '*,sink=ftrace'", "trace sink `ftrace` is not available: ")?,
        record: fix(
            "./vmtrace record -o recorded -- true; s=$?; rm -r recorded; exit $s",
            "is not recorded: ",
        )?,
    })
}

/// What stands between backticks, or all of it.
fn command(text: &str) -> &str {
    text.split('`').nth(1).unwrap_or(text)
}

impl Who {
    /// Runs a script of the shell's as this one.
    fn run(self, script: &str) -> io::Result<Output> {
        let mut command = Command::new("setpriv");
        match self {
            Self::Root => command.args(["--inh-caps=-all", "--bounding-set=-all"]),
            Self::User([]) => command.args(USER),
            Self::User(capabilities) => {
                let all = capabilities.join(",");
                command.args(USER).args([format!("--inh-caps={all}"), format!("--ambient-caps={all}")])
            }
        };
        let places = "T=/sys/kernel/tracing; I=$T/instances/rights;";
        command.args(["sh", "-c", &format!("{places} {script}")]).output()
    }
}

/// Runs commands as the operator does.
fn as_root(script: &str) -> TestResult {
    shell(Command::new("sh").args(["-ec", &format!("T=/sys/kernel/tracing; sudo() {{ \"$@\"; }}\n{script}")]))
}

fn shell(command: &mut Command) -> TestResult {
    let output = command.output()?;
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
