//! gdb: its list of probes, breakpoints on them, and `$_probe_argN`.

use crate::probes::{Argument, Probe, check};
use crate::program::Program;
use crate::tool::{self, Tool};
use std::fmt::Write as _;

/// gdb lists each probe and whether it has a semaphore, stops at each and knows its arguments, and its semaphores are up exactly
/// while its breakpoints are there.
#[test]
fn gdb_knows_probes() {
    let test = "gdb_knows_probes";
    if !tool::are_there(test, &["gdb"]) {
        return;
    }
    for program in Program::both(test) {
        let mut traced = program.start();
        let pid = traced.pid().to_string();
        let script = program.file("script", &script(&program));
        let script = script.to_str().unwrap();
        let gdb = Tool::start("gdb", &["-nx", "-batch", "-x", script, "-p", &pid], program.folder());

        traced.wait_until_on(&program.guarded());
        traced.hit(4);
        let (status, said) = gdb.interrupt();
        assert!(status.success(), "{status}: {said:#?}");
        traced.wait_until_on(&[]);

        for probe in &program.probes {
            check(&said, probe, 4, 4, |text| text.unwrap_or("(null)").to_owned())
                .unwrap_or_else(|why| panic!("{why}: {said:#?}"));
            let listed = said.iter().map(|line| line.split_whitespace().collect::<Vec<_>>());
            let lines: Vec<_> =
                listed.filter(|words| words.starts_with(&["stap", probe.provider, &probe.name])).collect();
            // the last words are place, semaphore and file
            assert!(
                matches!(&lines[..], [line] if line.len() == if probe.guarded { 6 } else { 5 }),
                "{lines:?}"
            );
        }
    }
}

/// Lists the probes, and says each hit in a line.
fn script(program: &Program) -> String {
    // that of the frame is Rust's, which has no `(char *)`
    let mut script = "set pagination off\nset language c\ninfo probes stap\n".to_owned();
    for probe in &program.probes {
        let Probe { provider, name, arguments, .. } = probe;
        let (mut format, mut values) = (probe.full_name(), String::new());
        for (index, argument) in arguments.iter().enumerate() {
            let (conversion, cast) = match argument {
                Argument::Unsigned(..) => ("%lu", ""),
                Argument::Signed(..) => ("%ld", ""),
                Argument::Text(_) => ("%s", "(char *)"),
            };
            write!(format, "|{conversion}").unwrap();
            write!(values, ", {cast}$_probe_arg{index}").unwrap();
        }
        write!(
            script,
            "break -probe-stap {provider}:{name}\ncommands\nsilent\nprintf \"{format}\\n\"{values}\ncontinue\nend\n"
        )
        .unwrap();
    }
    script + "continue\n"
}
