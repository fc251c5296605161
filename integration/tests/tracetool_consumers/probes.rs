//! `dtrace`: it takes the `.d` (each program of these tests is linked with what it makes of it), and the probes are in
//! the ELF file, with their arguments and semaphores.

use crate::group::Group;
use crate::inputs::{self, Input, for_each};
use crate::needs;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;
use trace_events::{Base, CType};

/// A note of the ELF file, as `readelf --notes` prints it.
#[derive(Default)]
struct Note<'a> {
    provider: &'a str,
    name: &'a str,
    semaphore: &'a str,
    /// The operands' sizes in bytes, negative if signed.
    sizes: Vec<i32>,
}

#[test]
fn probes_are_in_the_elf_file() {
    let test = "probes_are_in_the_elf_file";
    if !needs::are_there(test, &["cc", "dtrace", "readelf"], &["sys/sdt.h"]) {
        return;
    }
    let (own, qemus) = (inputs::own(), inputs::qemus(test));
    let cases = own.iter().chain(&qemus).map(|input| (input, &["dtrace"][..]));
    let cases: Vec<_> = cases.chain(own.iter().map(|input| (input, &["vmtrace", "dtrace"][..]))).collect();
    for_each(&cases, |&(input, backends)| {
        let group = Group::generate(input, backends, &[])?;
        let program = group.link(&switched(input))?;
        group.run(&mut Command::new(&program))?;
        let output = group.run(Command::new("readelf").args(["--notes", "--wide"]).arg(&program))?;
        check(input, &String::from_utf8_lossy(&output.stdout))
    });
}

/// Holds the notes against the declarations.
fn check(input: &Input, printed: &str) -> Result<(), String> {
    let mut notes: BTreeMap<&str, Note<'_>> =
        read(printed).into_iter().map(|note| (note.name, note)).collect();
    for event in input.enabled() {
        let Some(note) = notes.remove(event.name.as_str()) else {
            return Err(format!("{}: {} is not in the file", input.group, event.name));
        };
        let sizes: Vec<i32> = event.args.iter().map(|arg| size(&arg.ctype)).collect();
        if (note.provider, &note.sizes) != ("qemu", &sizes) || note.semaphore == "0x0000000000000000" {
            return Err(format!(
                "{}: {}:{} with operands {:?}, declared are {sizes:?}, semaphore {}",
                input.group, note.provider, note.name, note.sizes, note.semaphore
            ));
        }
    }
    if notes.is_empty() { Ok(()) } else { Err(format!("{}: also {:?}", input.group, notes.keys())) }
}

fn read(printed: &str) -> Vec<Note<'_>> {
    let mut notes: Vec<Note<'_>> = Vec::new();
    for line in printed.lines().map(str::trim) {
        if let Some((_, provider)) = line.split_once("Provider: ") {
            notes.push(Note { provider, ..Note::default() });
        }
        let Some(note) = notes.last_mut() else { continue };
        if let Some(name) = line.strip_prefix("Name: ") {
            note.name = name;
        } else if let Some((_, semaphore)) = line.split_once("Semaphore: ") {
            note.semaphore = semaphore;
        } else if let Some(operands) = line.strip_prefix("Arguments: ") {
            // `-4@%eax 8@[sp, 16]`: an operand may hold blanks
            let words = operands.split_whitespace().filter_map(|word| word.split_once('@'));
            note.sizes = words.map(|(size, _)| size.parse().unwrap()).collect();
        }
    }
    notes
}

/// The size of a type on LP64, negative if it is signed.
fn size(ctype: &CType) -> i32 {
    if ctype.is_pointer() {
        return 8;
    }
    let size = match ctype.base() {
        Base::Bool | Base::Char | Base::SignedChar | Base::UnsignedChar | Base::Int8 | Base::Uint8 => 1,
        Base::Short | Base::UnsignedShort | Base::Int16 | Base::Uint16 => 2,
        Base::Int | Base::UnsignedInt | Base::Int32 | Base::Uint32 => 4,
        _ => 8,
    };
    if ctype.is_signed() { -size } else { size }
}

/// A program in which each event's semaphore switches `QEMU_NAME_ENABLED()` and the event's state, and no other does.
fn switched(input: &Input) -> String {
    let mut text = format!("#include \"runtime.h\"\n#include \"trace-{}.h\"\n\n", input.group);
    let mut main = String::new();
    for event in input.enabled() {
        let (name, upper) = (&event.name, event.name.to_uppercase());
        let values: Vec<String> = event.args.iter().map(|arg| format!("({})0", arg.ctype)).collect();
        writeln!(
            text,
            "static int check_{name}(void)\n{{\n    \
             int before = QEMU_{upper}_ENABLED() || trace_event_get_state_backends(TRACE_{upper});\n    \
             int after;\n\n    qemu_{name}_semaphore++;\n    \
             after = QEMU_{upper}_ENABLED() && trace_event_get_state_backends(TRACE_{upper});\n    \
             qemu_{name}_semaphore--;\n    trace_{name}({});\n    return before == 0 && after == 1;\n}}\n",
            values.join(", ")
        )
        .unwrap();
        writeln!(
            main,
            "    if (!check_{name}()) {{\n        printf(\"the semaphore of {name} does not switch it\\n\");\n        \
             return 1;\n    }}"
        )
        .unwrap();
    }
    text + "int main(void)\n{\n" + &main + "    return 0;\n}\n"
}
