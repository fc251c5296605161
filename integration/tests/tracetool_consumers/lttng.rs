//! LTTng: the provider builds against liblttng-ust, and a program's events come back through `lttng` and `babeltrace2`
//! with all their arguments.

use crate::group::Group;
use crate::inputs::for_each;
use crate::{calls, inputs, needs};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

#[test]
fn events_come_back_with_all_their_arguments() {
    let test = "events_come_back_with_all_their_arguments";
    let programs = ["cc", "lttng-sessiond", "lttng", "babeltrace2", "unshare"];
    if !needs::are_there(test, &programs, &["lttng/tracepoint.h"]) {
        return;
    }
    let Some(namespaces) = namespaces() else {
        eprintln!("SKIP {test}: no mount and PID namespaces (they take root, or user namespaces)");
        return;
    };
    let inputs: Vec<_> = inputs::own().into_iter().chain(inputs::qemus(test)).collect();
    let built = Mutex::new(Vec::new());
    for_each(&inputs, |input| {
        let group = Group::generate(input, &["ust", "log"], &[])?;
        let program = group.link(&calls::program(&group))?;
        built.lock().unwrap().push((group, program));
        Ok(())
    });
    let built = built.into_inner().unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lttng-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut session = Command::new("unshare");
    session.args(namespaces).arg("sh").arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tracetool/session.sh"));
    let output = session.arg(&folder).args(built.iter().map(|(_, program)| program)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let read = |name: &str| String::from_utf8_lossy(&fs::read(folder.join(name)).unwrap()).into_owned();
    let printed = read("printed.txt");
    let want: Vec<&str> = printed.lines().filter_map(|line| line.strip_prefix("field ")).collect();
    let trace = read("trace.txt");
    let came: Vec<&str> = trace.lines().collect();
    for (want, came) in want.iter().zip(&came) {
        assert!(has_all(want, came).is_some(), "wanted {want:?}\ncame   {came:?}");
    }
    assert_eq!(came.len(), want.len());
    assert!(want.len() > inputs.iter().map(|input| input.enabled().count()).sum::<usize>());
    fs::remove_dir_all(folder).unwrap();
}

/// QEMU makes one provider of all groups, `trace-ust-all`. A program with one group can have that group's.
#[test]
fn a_group_has_a_provider_of_its_own() {
    let test = "a_group_has_a_provider_of_its_own";
    if !needs::are_there(test, &["cc"], &["lttng/tracepoint.h"]) {
        return;
    }
    for_each(&inputs::own(), |input| {
        let group = Group::generate(input, &["ust"], &[])?;
        let source = format!("trace-ust-{}.c", input.group);
        group.tracetool("ust-events-c", &input.group, &source)?;
        group.compile("cc", &["-std=gnu11", "-c", "-o", "provider.o"], &source)?;
        // the probes of all events, not their declarations alone
        let symbols = group.run(Command::new("nm").arg("provider.o"))?;
        let symbols = String::from_utf8_lossy(&symbols.stdout);
        let has_probe = |name: &str| {
            let symbol = format!("event_probe__qemu___{name}");
            symbols.lines().any(|line| line.ends_with(&symbol))
        };
        match input.enabled().find(|event| !has_probe(&event.name)) {
            Some(event) => Err(format!("{}: no probe of {}", input.group, event.name)),
            None => Ok(()),
        }
    });
}

/// The options of `unshare` that work here.
fn namespaces() -> Option<Vec<&'static str>> {
    let as_root = vec!["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    let as_user = [&["--map-root-user"], as_root.as_slice()].concat();
    [as_root, as_user].into_iter().find(|options| {
        let probe =
            Command::new("unshare").args(options).args(["mount", "-t", "tmpfs", "tmpfs", "/run"]).output();
        probe.is_ok_and(|output| output.status.success())
    })
}

/// Whether an event, as `babeltrace2` prints it, is the wanted `NAME\tFIELD=SIZE:NUMBER\tFIELD="TEXT"`: all fields, in
/// order, and no other.
fn has_all(want: &str, came: &str) -> Option<()> {
    let mut fields = want.split('\t');
    let (_, came) = came.split_once(" qemu:")?;
    let came = came.strip_prefix(fields.next()?)?.strip_prefix(": { cpu_id = ")?;
    let (_, mut rest) = came.split_once(" }, {")?;
    for (index, field) in fields.enumerate() {
        let (name, value) = field.split_once('=')?;
        rest = rest.strip_prefix(if index > 0 { ", " } else { " " })?.strip_prefix(name)?;
        // a name that C reserves has got a `_`
        rest = rest.strip_prefix('_').unwrap_or(rest).strip_prefix(" = ")?;
        if value == "\"\"" {
            // in place of an empty text babeltrace 2.0.4 shows what an earlier event had in the field
            let (_, after) = rest.strip_prefix('"')?.split_once('"')?;
            rest = after;
            continue;
        }
        if value.starts_with('"') {
            rest = rest.strip_prefix(value)?;
            continue;
        }
        let (number, after) = rest.split_at(rest.find([',', ' '])?);
        let (size, value) = value.split_once(':')?;
        let same = match number.strip_prefix("0x") {
            Some(digits) => {
                let bits = 8 * size.parse::<u32>().ok()?;
                let value = value.parse::<i128>().ok()? & ((1 << bits) - 1);
                i128::from_str_radix(digits, 16).ok()? == value
            }
            None => number == value,
        };
        rest = same.then_some(after)?;
    }
    (rest == " }").then_some(())
}
