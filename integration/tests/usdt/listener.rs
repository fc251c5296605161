//! Probes by our own listener: what it tells is what the tools of others tell.

use crate::probes::{Argument, Probe, check};
use crate::program::Program;
use crate::tool;
use std::path::Path;
use usdt::{Attachment, Listener, Target, Value};

/// Every hit with its values, by process and in all, and a semaphore is up exactly while it is attached to.
#[test]
fn our_listener() {
    let test = "our_listener";
    if !tool::are_there(test, &[]) {
        return;
    }
    // the kernel takes its time for the end of each attachment: one way a program
    for (program, by_process) in Program::both(test).into_iter().zip([false, true]) {
        let (path, notes) = (program.path(), usdt::probes(&program.path()).unwrap());
        let (mut traced, mut bystander) = (program.start(), program.start());
        let target = if by_process { Target::Process(traced.pid()) } else { Target::Everyone };
        let mut listener = Listener::new(1 << 20).unwrap();
        let attached: Vec<(Attachment, &Probe)> = program
            .probes
            .iter()
            .map(|probe| (attach(&mut listener, &path, note_of(probe, &notes), probe, target), probe))
            .collect();
        assert_eq!(traced.on(), program.guarded());
        let on_elsewhere = if by_process { Vec::new() } else { program.guarded() };
        assert_eq!(bystander.on(), on_elsewhere);
        assert_eq!(program.start_late().on(), on_elsewhere);
        traced.hit(4);
        let hits: Vec<_> = std::iter::from_fn(|| listener.read()).collect();
        assert!(hits.iter().all(|hit| hit.pid == traced.pid()), "{hits:#?}");
        for (attachment, probe) in attached {
            assert_eq!((attachment.hits(), attachment.lost()), (4, 0), "{}", probe.full_name());
            let its = hits.iter().filter(|hit| hit.attachment == attachment.id());
            let said: Vec<String> = its.map(|hit| as_line(probe, &hit.values)).collect();
            check(&said, probe, 4, 4, |text| format!("{text:?}")).unwrap();
        }
        assert_eq!(traced.on(), [""; 0]);
        traced.hit(1);
        assert_eq!(listener.read(), None);
    }
}

fn note_of<'a>(probe: &Probe, notes: &'a [usdt::Probe]) -> &'a usdt::Probe {
    notes.iter().find(|note| (&*note.provider, &note.name) == (probe.provider, &probe.name)).unwrap()
}

/// Attaches to the one site of a probe, and tells which of its arguments are strings.
fn attach(
    listener: &mut Listener,
    path: &Path,
    note: &usdt::Probe,
    probe: &Probe,
    target: Target,
) -> Attachment {
    let is_text = |index: &usize| matches!(probe.arguments[*index], Argument::Text(_));
    let strings: Vec<usize> = (0..probe.arguments.len()).filter(is_text).collect();
    listener.attach(path, note, target, &strings).unwrap()
}

/// As the lines of all tools are: `PROVIDER:NAME|VALUE|VALUE`.
fn as_line(probe: &Probe, values: &[Value]) -> String {
    let value = |value: &Value| match value {
        Value::Unsigned(number) => number.to_string(),
        Value::Signed(number) => number.to_string(),
        Value::Text(text) => format!("{:?}", Some(String::from_utf8_lossy(&text.bytes))),
        Value::Null => format!("{:?}", None::<&str>),
        other => panic!("{}: {other:?}", probe.full_name()),
    };
    let values = values.iter().map(|of| format!("|{}", value(of)));
    format!("{}{}", probe.full_name(), values.collect::<String>())
}
