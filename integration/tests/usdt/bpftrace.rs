//! bpftrace, by the program's file and by a process.

use crate::probes::{Argument, Probe, check};
use crate::program::Program;
use crate::tool::{self, Tool};
use integration::{wait_for, within_patience};
use std::fmt::Write as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// It knows `arg0` to `arg5`.
const ARGUMENTS: usize = 6;

#[test]
fn bpftrace_by_path() {
    for_both("bpftrace_by_path", false);
}

#[test]
fn bpftrace_by_pid() {
    for_both("bpftrace_by_pid", true);
}

/// bpftrace sees every hit with its values, and a semaphore is up exactly while it is there: by path in every process, by pid in
/// that one.
fn for_both(test: &str, by_pid: bool) {
    if !tool::are_there(test, &["bpftrace"]) {
        return;
    }
    if !Path::new("/sys/bus/event_source/devices/uprobe").exists() {
        return eprintln!("SKIP {test}: the kernel has no uprobes for perf_event_open(2)");
    }
    for program in Program::both(test) {
        let (mut traced, mut other) = (program.start(), program.start());
        let script = script(&program);
        let pid = traced.pid().to_string();
        let mut args = vec!["-B", "line", "-e", &script];
        if by_pid {
            args.extend(["-p", &pid]);
        }
        let mut bpftrace = Tool::start("bpftrace", &args, program.folder());

        wait_for("bpftrace", || {
            bpftrace.check();
            // as long as it attaches it reads no buffer, which must not overflow
            thread::sleep(Duration::from_millis(50));
            traced.hit(1);
            let said = bpftrace.said();
            program.probes.iter().all(|probe| said.iter().any(|line| is_of(line, probe))).then_some(())
        });
        assert_eq!(traced.on(), program.guarded());
        assert_eq!(other.on(), if by_pid { vec![] } else { program.guarded() });
        if !by_pid {
            assert_eq!(program.start_late().on(), program.guarded());
        }
        traced.hit(10);
        if by_pid {
            other.hit(100);
        }
        // what it has not read when it is interrupted, it loses
        let mut seen = Ok(());
        let done = within_patience(|| {
            let said = bpftrace.said();
            seen = program.probes.iter().try_for_each(|probe| check_first(&said, probe, traced.hits()));
            seen.is_ok()
        });
        assert!(done, "{seen:?}: {:#?}", bpftrace.said());
        let (status, said) = bpftrace.interrupt();
        assert!(status.success(), "{status}: {said:#?}");
        traced.wait_until_on(&[]);
        other.wait_until_on(&[]);
    }
}

/// Holds what it said of the last ten hits and some before against the values of the arguments that it knows.
fn check_first(said: &[String], probe: &Probe, hits: usize) -> Result<(), String> {
    let arguments = &probe.arguments[..probe.arguments.len().min(ARGUMENTS)];
    check(said, &Probe { arguments, ..probe.clone() }, hits, 10, |text| {
        format!("{}:{}", u8::from(text.is_some()), text.unwrap_or(""))
    })
}

fn is_of(line: &str, probe: &Probe) -> bool {
    line.split('|').next() == Some(&probe.full_name())
}

/// Prints a line a hit.
fn script(program: &Program) -> String {
    let path = program.path();
    let mut script = String::new();
    for probe in &program.probes {
        let name = probe.full_name();
        let (mut format, mut values) = (name.clone(), String::new());
        for (index, argument) in probe.arguments.iter().take(ARGUMENTS).enumerate() {
            match argument {
                Argument::Unsigned(..) => format += "|%lu",
                Argument::Signed(..) => format += "|%ld",
                Argument::Text(_) => {
                    format += "|%d:%s";
                    write!(values, ", arg{index} != 0").unwrap();
                }
            }
            let text = matches!(argument, Argument::Text(_));
            write!(values, "{}", if text { format!(", str(arg{index})") } else { format!(", arg{index}") })
                .unwrap();
        }
        writeln!(script, "usdt:{}:{name} {{ printf(\"{format}\\n\"{values}); }}", path.display()).unwrap();
    }
    script
}
