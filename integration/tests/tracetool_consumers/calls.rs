//! The C program that calls every event of a group, and what it should print.

use crate::group::Group;
use printf::Text;
use std::fmt::Write as _;
use std::fs;
use std::mem::MaybeUninit;
use trace_events::{Amount, Argument, Event};

/// How often each event is called, each time with other values: as often as `runtime_integer` has some.
pub(crate) const ROUNDS: u32 = 5;

/// The text of the program: phases, of which only one has all on.
pub(crate) fn program(group: &Group<'_>) -> String {
    let mut text = format!(
        "#include \"runtime.h\"\n#include \"qemu/log-for-trace.h\"\n#include \"trace-{}.h\"\n\n\
         static bool events_on;\n",
        group.input.group
    );
    if !group.has("vmtrace") {
        text.push_str("static bool records_kept;\n");
    }
    for event in &group.input.events {
        call(&mut text, group, event);
    }
    text.push_str("static void calls(unsigned round)\n{\n");
    for event in &group.input.events {
        writeln!(text, "    call_{}(round);", event.name).unwrap();
    }
    text.push_str("}\n\n");
    if group.has("vmtrace") {
        our_phases(&mut text);
    } else {
        qemus_phases(&mut text);
    }
    text
}

/// Off, on, and off again.
fn our_phases(text: &mut String) {
    text.push_str("int main(void)\n{\n    runtime_start();\n    calls(0);\n    runtime_set_events(true);\n");
    text.push_str("    events_on = true;\n");
    writeln!(
        text,
        "    for (unsigned round = 0; round < {ROUNDS}; round++) {{\n        calls(round);\n    }}"
    )
    .unwrap();
    text.push_str(
        "    runtime_set_events(false);\n    events_on = false;\n    calls(0);\n    return 0;\n}\n",
    );
}

/// Five, of which the last has all on.
fn qemus_phases(text: &mut String) {
    let mut phase = |name: &str, [count, state, log, keep]: [bool; 4]| {
        let rounds = if count && state && log && keep { ROUNDS } else { 1 };
        writeln!(
            text,
            "static void {name}(void)\n{{\n    runtime_set_events({state});\n    \
             trace_events_enabled_count = {count};\n    qemu_loglevel = {log} ? LOG_TRACE : 0;\n    \
             runtime_drops_records = !{keep};\n    events_on = {state} && {count};\n    \
             records_kept = {keep};\n    for (unsigned round = 0; round < {rounds}; round++) {{\n        \
             calls(round);\n    }}\n}}\n"
        )
        .unwrap();
    };
    phase("no_event_on", [false, true, true, true]);
    phase("all_events_off", [true, false, true, true]);
    phase("log_off", [true, true, false, true]);
    phase("records_dropped", [true, true, true, false]);
    phase("all_on", [true, true, true, true]);
    text.push_str(
        "int main(void)\n{\n    runtime_start();\n    no_event_on();\n    all_events_off();\n    log_off();\n    records_dropped();\n    \
         all_on();\n    return 0;\n}\n",
    );
}

/// A function that calls one event, having said what should come of it.
fn call(text: &mut String, group: &Group<'_>, event: &Event) {
    let Event { name, args, .. } = event;
    let upper = name.to_uppercase();
    writeln!(text, "static void call_{name}(unsigned round)\n{{").unwrap();
    for (index, arg) in args.iter().enumerate() {
        writeln!(text, "    {} a{index} = {};", arg.ctype, value(event, arg, index)).unwrap();
    }
    text.push_str("    (void)round;\n");
    let values: Vec<String> = (0..args.len()).map(|index| format!(", a{index}")).collect();
    let values = values.concat();
    if !event.properties.disable {
        text.push_str("    if (events_on) {\n");
        for backend in &group.backends {
            let line = format!("{name} \" {}", event.format.source);
            let wanted = match *backend {
                "log" => format!(
                    "if (qemu_loglevel & LOG_TRACE) {{ runtime_print(\"want log {line} \"\\n\"{values}); }}"
                ),
                "ftrace" => format!("runtime_print(\"want ftrace {line} \"\\n\"{values});"),
                "syslog" => format!("runtime_print(\"want syslog 6 {line} \"\\n\"{values});"),
                "vmtrace" => format!("runtime_print(\"want vmtrace {line} \"\\n\"{values});"),
                "simple" => format!("if (records_kept) {{ {} }}", record(event)),
                _ => continue,
            };
            writeln!(text, "        {wanted}").unwrap();
        }
        text.push_str("    }\n");
        if group.has("ust") {
            writeln!(text, "    {}", fields(event)).unwrap();
        }
    }
    let checks_state = group.backends.iter().any(|backend| !["nop", "dtrace", "ust"].contains(backend));
    let on = match event.properties.disable {
        false if group.has("ust") => "true", // the test's session has all of them on
        false if checks_state => "events_on",
        _ => "false",
    };
    if group.has("vmtrace") {
        let on = if event.properties.disable { "false" } else { "events_on" };
        writeln!(
            text,
            "    if (trace_event_get_state(TRACE_{upper}) != {on}) {{\n        \
             runtime_print(\"came state of {name} in the word\\n\");\n    }}"
        )
        .unwrap();
    }
    writeln!(
        text,
        "    if (trace_event_get_state_backends(TRACE_{upper}) != {on}) {{\n        \
         runtime_print(\"came state of {name}\\n\");\n    }}\n    trace_{name}({});\n}}\n",
        values.strip_prefix(", ").unwrap_or_default()
    )
    .unwrap();
}

/// The value of an argument, by the round: whatever `%s` or a backend may read through is a text.
fn value(event: &Event, arg: &Argument, index: usize) -> String {
    let amounts = event
        .format
        .conversions()
        .any(|conversion| [conversion.width, conversion.precision].contains(&Amount::Argument));
    let ctype = &arg.ctype;
    if ctype.is_pointer() && (ctype.is_string() || is_printed_as_string(event, index)) {
        format!("({ctype})runtime_text(round + {index})")
    } else if ctype.is_pointer() {
        format!("({ctype})(uintptr_t)runtime_integer(round + {index})")
    } else if amounts {
        // a `*` that is not small would print gigabytes
        format!("({ctype})((round + {index}) % 7)")
    } else {
        format!("({ctype})runtime_integer(round + {index})")
    }
}

fn is_printed_as_string(event: &Event, index: usize) -> bool {
    let mut next = 0;
    event.format.conversions().any(|conversion| {
        next += conversion.arguments();
        next - 1 == index && conversion.spec.conversion == printf::Conversion::Str
    })
}

/// C that prints the record of the backend `simple`.
fn record(event: &Event) -> String {
    let mut text = format!("runtime_print(\"want simple {}\");", event.name);
    for (index, arg) in event.args.iter().enumerate() {
        if arg.ctype.is_qemu_string() {
            write!(text, " runtime_print_record_text(a{index});").unwrap();
        } else if arg.ctype.is_pointer() {
            write!(text, " runtime_print(\" %\" PRIu64, (uint64_t)(uintptr_t)a{index});").unwrap();
        } else {
            write!(text, " runtime_print(\" %\" PRIu64, (uint64_t)a{index});").unwrap();
        }
    }
    text + " runtime_print(\"\\n\");"
}

/// C that prints what LTTng should have of the event.
fn fields(event: &Event) -> String {
    let mut text = format!("runtime_print(\"field {}\");", event.name);
    for (index, Argument { name, ctype }) in event.args.iter().enumerate() {
        if ctype.is_qemu_string() {
            write!(text, " runtime_print_field_text(\"{name}\", a{index});").unwrap();
        } else if ctype.is_pointer() {
            write!(text, " runtime_print_field(\"{name}\", 8, false, (uint64_t)(uintptr_t)a{index});")
                .unwrap();
        } else {
            write!(
                text,
                " runtime_print_field(\"{name}\", sizeof(a{index}), RUNTIME_IS_SIGNED(a{index}), (uint64_t)a{index});"
            )
            .unwrap();
        }
    }
    text + " runtime_print(\"\\n\");"
}

/// Holds what came against what was wanted, line by line.
pub(crate) fn compare(group: &Group<'_>, printed: &str) -> Result<usize, String> {
    let kind = |kind: &'static str| printed.lines().filter_map(move |line| line.strip_prefix(kind));
    let (mut want, mut came): (Vec<_>, Vec<_>) =
        (kind("want ").map(str::to_owned).collect(), kind("came ").map(str::to_owned).collect());
    if group.has("vmtrace") {
        let log = String::from_utf8_lossy(&fs::read(group.folder.join("log")).unwrap()).into_owned();
        came.extend(log.lines().map(|line| format!("vmtrace {line}")));
        want = want.iter().map(|line| escaped(line)).collect();
    }
    if want == came {
        return Ok(want.len());
    }
    let at =
        want.iter().zip(&came).position(|(want, came)| want != came).unwrap_or(want.len().min(came.len()));
    Err(format!(
        "{} with {}: line {at}:\n  wanted {:?}\n  came   {:?}",
        group.input.group,
        group.backends.join(","),
        want.get(at),
        came.get(at)
    ))
}

/// A line of the log has no control bytes.
fn escaped(line: &str) -> String {
    let mut room = vec![MaybeUninit::uninit(); 4 * line.len()];
    let mut text = Text::escaping(&mut room);
    text.literal(line.as_bytes());
    String::from_utf8_lossy(text.as_bytes()).into_owned()
}
