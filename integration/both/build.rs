//! Code of one file of declarations in both languages, and in each what calls the events with the same values. The file is
//! `VMTRACE_DECLARATIONS`, or the one of the tests.

use std::env;
use std::error::Error;
use std::fmt::{self, Write as _};
use std::fs;
use std::path::PathBuf;
use trace_events::{Amount, Argument, Event, RustType, parse};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=VMTRACE_DECLARATIONS");
    let declarations = env::var_os("VMTRACE_DECLARATIONS").map_or("../trace-events".into(), PathBuf::from);
    let build = |group| tracetool::Build::new().link_as_is().events(&declarations).group(group);
    build("rust").compile()?;
    let code = build("c").compile_c()?;
    let file = parse("", &fs::read(&declarations)?);
    let events: Vec<&Event> = file.events.iter().filter(|event| !event.properties.disable).collect();
    let (out, headers) = (PathBuf::from(env::var("OUT_DIR")?), env::var("DEP_VMTRACE_INCLUDE")?);
    fs::write(out.join("calls.c"), c_calls(&events)?)?;
    fs::write(out.join("calls.rs"), rust_calls(&events)?)?;
    println!("cargo::rerun-if-changed=values.c");
    cc::Build::new()
        .files([code, out.join("calls.c"), "values.c".into()])
        .includes([out, headers.into(), ".".into()])
        .warnings(false)
        .compile("both");
    Ok(())
}

/// `both_calls`: each event's call, and what `snprintf` makes of its line.
fn c_calls(events: &[&Event]) -> Result<String, fmt::Error> {
    let mut text = "#include \"values.h\"\n#include \"trace-c.h\"\n#include <stdio.h>\n\n".to_owned();
    for (number, event) in events.iter().enumerate() {
        let values: Vec<String> = (0..event.args.len()).map(|index| c_value(event, index)).collect();
        let format = if event.format.source.is_empty() { "\"\"" } else { &event.format.source };
        let call = values.join(", ");
        let behind = if values.is_empty() { String::new() } else { format!(", {call}") };
        writeln!(text, "static void call_{number}(unsigned round)\n{{")?;
        writeln!(text, "    (void)round;\n    trace_{}({call});\n}}", event.name)?;
        writeln!(text, "static int print_{number}(unsigned round, char *room, size_t size)\n{{")?;
        writeln!(text, "    (void)round;\n    return snprintf(room, size, {format}{behind});\n}}")?;
    }
    text.push_str("const BothCalls both_calls[] = {\n");
    for number in 0..events.len() {
        writeln!(text, "    {{ call_{number}, print_{number} }},")?;
    }
    Ok(text + "};\n")
}

fn c_value(event: &Event, index: usize) -> String {
    let Argument { ctype, .. } = &event.args[index];
    match ctype.rust() {
        RustType::Str => format!("({ctype})both_text(round + {index})"),
        RustType::Pointer => format!("({ctype})(uintptr_t)both_integer(round + {index})"),
        RustType::Number(_) if has_amounts(event) => format!("({ctype})((round + {index}) % 7)"),
        RustType::Number(_) => format!("({ctype})both_integer(round + {index})"),
    }
}

/// The same in Rust: a list of names and calls.
fn rust_calls(events: &[&Event]) -> Result<String, fmt::Error> {
    let mut text = "&[\n".to_owned();
    for event in events {
        let values: Vec<String> = (0..event.args.len()).map(|index| rust_value(event, index)).collect();
        let (name, values) = (&event.name, values.join(", "));
        let round = if values.is_empty() { "_" } else { "round" };
        writeln!(text, "    ({name:?}, |{round}| trace::trace_{name}({values})),")?;
    }
    Ok(text + "]\n")
}

fn rust_value(event: &Event, index: usize) -> String {
    let number = if has_amounts(event) {
        format!("((round + {index}) % 7)")
    } else {
        format!("integer(round + {index})")
    };
    match event.args[index].ctype.rust() {
        RustType::Str => format!("text(round + {index})"),
        RustType::Pointer => format!("integer(round + {index})"),
        RustType::Number("bool") => format!("{number} != 0"),
        RustType::Number(ctype) => format!("{number} as {ctype}"),
    }
}

/// Whether an argument may be the width of another: one that is not small would print gigabytes.
fn has_amounts(event: &Event) -> bool {
    let is_amount = |amount| amount == Amount::Argument;
    event
        .format
        .conversions()
        .any(|conversion| is_amount(conversion.width) || is_amount(conversion.precision))
}
