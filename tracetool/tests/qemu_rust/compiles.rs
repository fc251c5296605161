//! All that is made compiles, without a warning.

use super::{Scratch, folders, generate, group};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use tracetool::{Backend, Group};

/// The sets of backends that are tried: each alone, and QEMU's whole list.
const SETS: [&[Backend]; 9] = [
    &[Backend::Log],
    &[Backend::Simple],
    &[Backend::Ftrace],
    &[Backend::Syslog],
    &[Backend::Dtrace],
    &[Backend::Ust],
    &[Backend::Nop],
    &[Backend::Vmtrace],
    &[Backend::Ust, Backend::Log, Backend::Simple, Backend::Ftrace, Backend::Dtrace, Backend::Syslog],
];

#[test]
fn every_folder_compiles_without_a_warning() {
    if let Some(groups) = folders("every_folder_compiles_without_a_warning") {
        compile("folders", &groups);
    }
}

/// Compiles the groups with every set of backends, in both editions, and takes no warning.
fn compile(name: &str, groups: &[Group]) {
    for edition in ["2021", "2024"] {
        let scratch = Scratch::new(name, edition);
        // the groups are of different programs: one's C functions are not another's
        let mut root = "#![deny(warnings)]\n#![allow(clashing_extern_declarations)]\n".to_owned();
        for (number, group) in groups.iter().enumerate() {
            // the backends that have nothing for Rust make the same of it
            let made: BTreeSet<String> =
                SETS.iter().map(|backends| generate(group, backends, false)).collect();
            for (set, text) in made.iter().enumerate() {
                let file = format!("group-{number}-{set}.rs");
                scratch.write(&file, text);
                let _ = writeln!(root, "mod group_{number}_{set} {{ include!(\"{file}\"); }}");
            }
        }
        scratch.write("root.rs", &root);
        scratch.rustc(
            edition,
            &["--crate-type=lib", "--emit=metadata", "--extern=util", "--extern=trace", "root.rs"],
        );
    }
}

/// Each type that the language has, bare and behind pointers.
fn every_type() -> String {
    const TYPES: &str = "bool %d,char %d,signed char %d,unsigned char %u,short %d,unsigned short int %u,int %d,\
        signed %d,unsigned %u,long %ld,unsigned long %lu,long unsigned int %lu,long long %lld,\
        unsigned long long %llu,int8_t %d,uint8_t %u,int16_t %d,uint16_t %u,int32_t %d,uint32_t %u,\
        int64_t %\" PRId64 \",uint64_t %\" PRIu64 \",size_t %zu,ssize_t %zd,uintptr_t %\" PRIuPTR \",ptrdiff_t %td";
    let mut declarations = String::new();
    for (number, declared) in TYPES.split(',').enumerate() {
        let (name, conversion) = declared.trim().split_once(" %").unwrap();
        let args =
            format!("{name} a, const {name} b, {name} *c, const {name} *d, {name} const *e, {name} **f");
        let more = format!("const {name} * const *g, {name} * const h, const {name}* i, {name} ** const *j");
        let _ = writeln!(
            declarations,
            "type_{number}({args}, {more}) \"%{conversion} %{conversion}{}\"",
            " %p".repeat(8)
        );
    }
    declarations
        + "voids(void *a, const void *b, void **c, const void * const *d, void const * const e) \"%p %p %p %p %p\"\n"
}

/// Names that something in the code has, or that rustc does not like.
const NAMES: &str = r#"
event_state_is_enabled(int event_state_is_enabled) "%d"
event_state_is_enabled_(int dstate) "%d"
events_enabled_count(int trace_events_enabled_count) "%d"
shadow(int TRACE_SHADOW_DSTATE, int TRACE_OTHER_DSTATE, int TRACE_OTHER_DSTATE_) "%d %d %d"
shadow_ours(int TRACE_SHADOW_OURS_STATE, int vmtrace_emit_shadow_ours) "%d %d"
other(int simple_trace_other, int simple_trace_other_, int format_string, int bindings) "%d %d %d %d"
blanks(int _, int __, int ___a, int a_, int self, int Self, int crate, int super) "%d %d %d %d %d %d %d %d"
_Camel__Case(int upperCase, int two__lines) "%d %d"
_(int c_char, int std, int util, int trace, int u8) "%d %d %d %d %d"
main(void) "%%"
fn(int fn, int yield, int gen, int async) "%d %d %d %d"
disable off(int Odd__Name, const char *s) "%d %s"
"#;

const FORMATS: &str = r#"
empty(void) ""
none(void)
escapes(void) "\a\b\t\v\f\r\\\'\"\? \x1b\x4 \x0041 \33 \1\123"
joined(void) "\x4" "1" "\1" "2"
ends(int x) "%d \0 here" " and here %%"
ends_in_macro(uint8_t x) "\0" "%" PRIx8
braces(int x) "{ %d } {{}} $x #{y} // /*"
turned(void) "aRIGHT-TO-LEFTb é 😀"
macros(uint8_t a, int16_t b, uint32_t c, int64_t d, uintptr_t e) "%" PRIx8 " %" PRId16 " %08" PRIX32 "%"PRIi64"%"PRIuPTR
more(uint8_t a, uint64_t b, uint32_t c) "%" PRIo8 " %" PRIoMAX " %-8" PRIuLEAST32 "|"
"#;

#[test]
fn made_declarations_compile_without_a_warning() {
    let formats = FORMATS.replace("RIGHT-TO-LEFT", "\u{202e}");
    let made =
        [every_type(), NAMES.to_owned(), formats, "disable a(int x) \"%d\"\n".to_owned(), String::new()];
    compile("made", &made.map(|declarations| group(&declarations)));
}
