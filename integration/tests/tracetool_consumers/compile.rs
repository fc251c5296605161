//! `cc` and `c++`: the C compiles without a word, and does what the declarations say.

use crate::group::Group;
use crate::inputs::{self, Input};
use crate::{calls, inputs::for_each, needs};
use std::fs;
use std::process::Command;

const BACKENDS: &[&str] = &["nop", "log", "simple", "ftrace", "syslog", "dtrace", "ust"];

/// Our own, and those that it shares a group with.
const OURS: &[&str] = &["vmtrace", "nop", "dtrace", "ust"];

#[test]
fn every_set_of_backends_compiles() {
    if !needs::are_there(
        "every_set_of_backends_compiles",
        &["cc", "c++", "dtrace"],
        &["sys/sdt.h", "lttng/tracepoint.h"],
    ) {
        return;
    }
    let inputs = inputs::own();
    let mut all = sets(BACKENDS);
    all.extend(sets(OURS).into_iter().filter(|set| set.contains(&"vmtrace")));
    for_each(&all, |backends| inputs.iter().try_for_each(|input| check(input, backends)));
}

/// Each set in its usual order and backwards; an empty one is not a set.
fn sets<'a>(of: &[&'a str]) -> Vec<Vec<&'a str>> {
    let sets = (1u32..1 << of.len()).flat_map(|set| {
        let chosen = of.iter().enumerate().filter(|(bit, _)| set & (1 << bit) != 0);
        let forwards: Vec<&str> = chosen.map(|(_, backend)| *backend).collect();
        let backwards: Vec<&str> = forwards.iter().rev().copied().collect();
        if backwards.len() == 1 { vec![forwards] } else { vec![forwards, backwards] }
    });
    sets.collect()
}

#[test]
fn events_compile_as_cpp() {
    let test = "events_compile_as_cpp";
    if !needs::are_there(test, &["cc", "c++", "dtrace"], &["sys/sdt.h", "lttng/tracepoint.h"]) {
        return;
    }
    let inputs: Vec<Input> = inputs::own().into_iter().chain(inputs::qemus(test)).collect();
    for_each(&inputs, |input| {
        [&BACKENDS[1..], OURS].into_iter().try_for_each(|backends| {
            check(input, backends)?;
            let group = Group::generate(input, backends, &["--c++"])?;
            let flags = ["-std=gnu++17", "-fsyntax-only", "-x", "c++"];
            group.compile("c++", &flags, &format!("trace-{}.c", input.group))
        })
    });
}

/// Compiles a group's C, and what is made of it with `--c++` in both languages.
fn check(input: &Input, backends: &[&str]) -> Result<(), String> {
    let source = format!("trace-{}.c", input.group);
    let group = Group::generate(input, backends, &[])?;
    group.compile("cc", &["-std=c11", "-fsyntax-only"], &source)?;
    let group = Group::generate(input, backends, &["--c++"])?;
    group.compile("cc", &["-std=gnu11", "-fsyntax-only"], &source)?;
    group.write("vmm.cc", &format!("#include \"qemu/osdep.h\"\n#include \"trace-{}.h\"\n", input.group));
    group.compile("c++", &["-std=gnu++17", "-fsyntax-only"], "vmm.cc")
}

#[test]
fn events_come_out_in_every_order_of_backends() {
    if !needs::are_there("events_come_out_in_every_order_of_backends", &["cc", "dtrace"], &["sys/sdt.h"]) {
        return;
    }
    let mut orders = vec![Vec::new()];
    for _ in 0..4 {
        orders = orders
            .iter()
            .flat_map(|order: &Vec<&str>| {
                let rest =
                    ["log", "simple", "ftrace", "syslog"].into_iter().filter(|next| !order.contains(next));
                rest.map(|next| [order.as_slice(), &[next]].concat()).collect::<Vec<_>>()
            })
            .collect();
    }
    orders.extend(["nop", "log", "simple", "ftrace", "syslog", "dtrace"].map(|backend| vec![backend]));
    orders.extend([vec!["vmtrace"], vec!["dtrace", "vmtrace"], vec!["vmtrace", "nop"]]);
    let inputs = inputs::own();
    for_each(&orders, |backends| inputs.iter().try_for_each(|input| run(input, backends)));
}

#[test]
fn qemus_events_come_out() {
    if !needs::are_there("qemus_events_come_out", &["cc", "dtrace"], &["sys/sdt.h"]) {
        return;
    }
    let inputs = inputs::qemus("qemus_events_come_out");
    for_each(&inputs, |input| {
        run(input, &["syslog", "simple", "dtrace", "log", "ftrace"])?;
        run(input, &["vmtrace"])
    });
}

/// Compiles, links, runs, and holds what came against what was wanted.
fn run(input: &Input, backends: &[&str]) -> Result<(), String> {
    let group = Group::generate(input, backends, &[])?;
    let program = group.link(&calls::program(&group))?;
    let output = group.run(&mut Command::new(program))?;
    let lines = calls::compare(&group, &String::from_utf8_lossy(&output.stdout))?;
    let told = backends.iter().filter(|backend| !["nop", "dtrace"].contains(backend)).count();
    let fewest = input.enabled().count() * told * calls::ROUNDS as usize;
    if lines < fewest {
        return Err(format!("{}: {lines} lines, at least {fewest} were to come", input.group));
    }
    Ok(())
}

/// An event that is declared `disable` leaves nothing in the code of its caller, whatever the backends.
#[test]
fn a_disabled_event_costs_nothing() {
    if !needs::are_there(
        "a_disabled_event_costs_nothing",
        &["cc", "objcopy", "dtrace"],
        &["sys/sdt.h", "lttng/tracepoint.h"],
    ) {
        return;
    }
    let input = Input::new("quiet", "disable quiet(int fd, const char *why) \"fd %d: %s\"\n".to_owned());
    for backends in [&BACKENDS[1..], OURS] {
        let group = Group::generate(&input, backends, &[]).unwrap();
        let bare = code(&group, "bare.c", "void f(int);\nvoid f(int fd) { (void)fd; }\n");
        assert!(!bare.is_empty());
        assert_eq!(
            code(
                &group,
                "called.c",
                "#include \"qemu/osdep.h\"\n#include \"trace-quiet.h\"\nvoid f(int);\nvoid f(int fd) { trace_quiet(fd, \"why\"); }\n"
            ),
            bare
        );
    }
}

/// The code of the function `f` in a text of C.
fn code(group: &Group<'_>, source: &str, text: &str) -> Vec<u8> {
    group.write(source, text);
    let flags = ["-std=gnu11", "-O2", "-ffunction-sections", "-c", "-o", "f.o"];
    group.compile("cc", &flags, source).unwrap();
    group.run(Command::new("objcopy").args(["-O", "binary", "-j", ".text.f", "f.o", "f.bin"])).unwrap();
    fs::read(group.folder.join("f.bin")).unwrap()
}
