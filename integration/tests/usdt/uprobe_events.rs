//! Probes as the kernel's own events: what our reader says of a program's notes, written to tracefs's `uprobe_events` and looked at in
//! an instance of a test's own.

use crate::definitions::{Definitions, definition};
use crate::probes::{Probe, check};
use crate::program::Program;
use crate::tool;
use ftrace::{Instance, Tracefs};

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
                Event { probe, definition: definition(&path, note, probe.arguments) }
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
