//! Probes as the kernel's own events: what our reader says of a program's notes, written to tracefs's `uprobe_events` and looked at in
//! an instance of a test's own.

use crate::definitions::Definitions;
use crate::probes::Argument::{Signed, Text, Unsigned};
use crate::probes::{Probe, check};
use crate::program::Program;
use crate::tool;
use ftrace::{Instance, Tracefs};
use std::fmt::Write as _;
use std::path::Path;
use usdt::{Argument, Kind, Place, Register};

/// The kernel prints every hit with its values, and a semaphore is up exactly while its event is on.
#[test]
fn uprobe_events_of_notes() {
    let test = "uprobe_events_of_notes";
    if !tool::are_there(test, &[]) {
        return;
    }
    for program in Program::both(test) {
        let Some(mut definitions) = Definitions::new(test) else { return };
        let path = program.path();
        let notes = usdt::probes(&path).unwrap();
        let events: Vec<Event<'_>> = program
            .probes
            .iter()
            .map(|probe| {
                let is_its =
                    |note: &&usdt::Probe| (&*note.provider, &note.name) == (probe.provider, &probe.name);
                let [note] = notes.iter().filter(is_its).collect::<Vec<_>>()[..] else {
                    panic!("{}: {notes:#?}", probe.full_name())
                };
                Event { probe, definition: definition(&path, note, probe) }
            })
            .collect();
        let group = Definitions::new_group();
        for (index, event) in events.iter().enumerate() {
            definitions.define(&format!("{group}/e{index}"), &event.definition);
        }
        let mut traced = program.start();
        let instance = Instance::create(&Tracefs::find().unwrap()).unwrap();

        let switch = format!("events/{group}/enable");
        instance.write(&switch, "1").unwrap();
        traced.wait_until_on(&program.guarded());
        // one that begins later is counted up as it maps its file
        assert_eq!(program.start_late().on(), program.guarded());
        traced.hit(4);
        instance.write(&switch, "0").unwrap();
        traced.wait_until_on(&[]);
        traced.hit(1);

        let trace = instance.read("trace").unwrap();
        let said: Vec<String> = trace.lines().filter_map(|line| as_line(line, &events)).collect();
        for probe in &program.probes {
            check(&said, probe, 4, 4, |text| text.map_or("(fault)".to_owned(), |text| format!("\"{text}\"")))
                .unwrap_or_else(|why| panic!("{why}: {trace}"));
        }
        instance.remove().unwrap();
    }
}

struct Event<'a> {
    probe: &'a Probe,
    definition: String,
}

/// `PATH:OFFSET(SEMAPHORE) a0=%di:u32 a1=+0(%si):ustring`
fn definition(path: &Path, note: &usdt::Probe, probe: &Probe) -> String {
    let mut definition = format!("{}:{:#x}", path.display(), note.site.offset.unwrap());
    if let Some(semaphore) = note.semaphore {
        write!(definition, "({:#x})", semaphore.offset.unwrap()).unwrap();
    }
    assert_eq!(note.arguments.len(), probe.arguments.len(), "{note:?}");
    for (index, (argument, declared)) in note.arguments.iter().zip(probe.arguments).enumerate() {
        let (size, kind) = match *declared {
            Unsigned(size, _) => (size, Kind::Unsigned),
            Signed(size, _) => (size, Kind::Signed),
            Text(_) => (8, Kind::Unsigned),
        };
        assert_eq!((argument.size, argument.kind), (size, kind), "{note:?}");
        let place = place(argument);
        let sign = if kind == Kind::Signed { 's' } else { 'u' };
        if matches!(declared, Text(_)) {
            write!(definition, " a{index}=+0({place}):ustring").unwrap();
        } else {
            write!(definition, " a{index}={place}:{sign}{}", u32::from(size) * 8).unwrap();
        }
    }
    definition
}

/// As the kernel writes it. It multiplies nothing, and knows no symbols of a program.
fn place(argument: &Argument) -> String {
    match &argument.place {
        Place::Constant(number) => format!("\\{number}"),
        Place::Register(part) => format!("%{}", name(part.register)),
        Place::Memory(memory) if memory.index.is_none() && memory.symbol.is_none() => {
            let base = memory.base.expect("a segment alone is no place");
            format!("{:+}(%{})", memory.displacement, name(base))
        }
        _ => panic!("the kernel has no form of {argument:?}"),
    }
}

/// As the kernel names it: without the `r` of those that are older than x86-64 (or the name that aarch64 has).
fn name(register: Register) -> String {
    let name = format!("{register:?}").to_lowercase();
    match register {
        Register::X(number) => format!("x{number}"),
        Register::Rax
        | Register::Rbx
        | Register::Rcx
        | Register::Rdx
        | Register::Rsi
        | Register::Rdi
        | Register::Rbp
        | Register::Rsp => name[1..].to_owned(),
        _ => name,
    }
}

/// `TASK-PID [CPU] FLAGS TIME: e3: (ADDRESS) a0=200 a1=-100` as the lines of all tools are.
fn as_line(line: &str, events: &[Event<'_>]) -> Option<String> {
    let (before, values) = line.split_once(": (0x")?;
    let index: usize = before.rsplit_once(": e")?.1.parse().ok()?;
    let mut said = events[index].probe.full_name();
    let values = values.split_once(") a0=").map_or("", |(_, values)| values);
    let mut rest = (!values.is_empty()).then_some(values);
    for index in 1.. {
        let Some(values) = rest else { break };
        let (value, others) = values
            .split_once(&format!(" a{index}="))
            .map_or((values, None), |(value, others)| (value, Some(others)));
        said.push('|');
        said += value;
        rest = others;
    }
    Some(said)
}
