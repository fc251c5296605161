//! Format `rs`: that it compiles and prints what C prints, and each place where it is not QEMU's, held by a test.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tracetool::{Backend, Format, Group, Request};

const TEXTS: [Backend; 4] = [Backend::Log, Backend::Simple, Backend::Ftrace, Backend::Syslog];

/// The sets of backends that are tried: each alone, all that Rust has, and QEMU's whole list.
const SETS: [&[Backend]; 9] = [
    &[Backend::Log],
    &[Backend::Simple],
    &[Backend::Ftrace],
    &[Backend::Syslog],
    &[Backend::Dtrace],
    &[Backend::Ust],
    &[Backend::Nop],
    &TEXTS,
    &[Backend::Ust, Backend::Log, Backend::Simple, Backend::Ftrace, Backend::Dtrace, Backend::Syslog],
];

fn group(declarations: &str) -> Group {
    Group::new("g", vec![("events".to_owned(), trace_events::parse("events", declarations.as_bytes()))])
}

fn generate(group: &Group, backends: &[Backend], bug_compatible: bool) -> String {
    let request = Request { bug_compatible, ..Request::new(group, Format::Rs, backends) };
    request.generate().unwrap_or_else(|error| panic!("{error}"))
}

/// What QEMU makes of the declarations, and what we make of them.
fn both(declarations: &str, backends: &[Backend]) -> (String, String) {
    let group = group(declarations);
    (generate(&group, backends, true), generate(&group, backends, false))
}

/// A folder that goes when it is done with.
struct Scratch(PathBuf);

impl Scratch {
    /// With the crates that QEMU's Rust calls, as libraries of `edition`.
    fn new(name: &str, edition: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("rs-{name}-{edition}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let scratch = Self(folder);
        for (library, source) in [("util", UTIL), ("trace", TRACE)] {
            scratch.write(&format!("{library}.rs"), source);
            scratch.rustc(edition, &["--crate-type=rlib", &format!("{library}.rs")]);
        }
        scratch
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    fn rustc(&self, edition: &str, args: &[&str]) {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        self.run(Command::new(rustc).args(["--edition", edition, "-L", "."]).args(args));
    }

    fn run(&self, command: &mut Command) -> String {
        let output =
            command.current_dir(&self.0).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}\n{}", told.chars().take(6000).collect::<String>());
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// As bindgen makes them of QEMU's headers, in the crate `util`.
const UTIL: &str = r#"
#![allow(unknown_lints, missing_unsafe_on_extern, non_upper_case_globals)]
pub mod bindings {
    pub const LOG_TRACE: u32 = 1 << 15;
    unsafe extern "C" {
        pub static mut qemu_loglevel: ::std::ffi::c_uint;
        pub fn qemu_log(fmt: *const ::std::ffi::c_char, ...);
        pub fn ftrace_write(fmt: *const ::std::ffi::c_char, ...);
    }
}
"#;

/// QEMU's crate `trace` has these from libc.
const TRACE: &str = r#"
pub const LOG_INFO: ::std::ffi::c_int = 6;
unsafe extern "C" {
    pub fn syslog(priority: ::std::ffi::c_int, message: *const ::std::ffi::c_char, ...);
}
"#;

/// Compiles the groups with every set of backends, in both editions, and takes no warning.
fn compile(name: &str, groups: &[Group]) {
    for edition in ["2021", "2024"] {
        let scratch = Scratch::new(name, edition);
        // the groups are of different programs: one's C functions are not another's
        let mut root = "#![deny(warnings)]\n#![allow(clashing_extern_declarations)]\n".to_owned();
        for (number, group) in groups.iter().enumerate() {
            for (set, backends) in SETS.iter().enumerate() {
                let file = format!("group-{number}-{set}.rs");
                scratch.write(&file, &generate(group, backends, false));
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

#[test]
fn every_folder_compiles_without_a_warning() {
    let material = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/qemu-10.2");
    if !material.is_dir() {
        eprintln!("SKIP every_folder_compiles_without_a_warning: no ../shared/conformance");
        return;
    }
    let mut groups = Vec::new();
    for folder in fs::read_dir(material).unwrap() {
        let folder = folder.unwrap().path();
        let declarations = fs::read_to_string(folder.join("trace-events")).unwrap();
        groups.push(group(&declarations));
    }
    assert!(groups.len() >= 50, "only {} folders", groups.len());
    compile("folders", &groups);
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
        let args = format!("{name} a, const {name} b, {name} *c, const {name} *d, {name} const *e, {name} **f");
        let more = format!("const {name} * const *g, {name} * const h, const {name}* i, {name} ** const *j");
        let _ = writeln!(declarations, "type_{number}({args}, {more}) \"%{conversion} %{conversion}{}\"", " %p".repeat(8));
    }
    declarations + "voids(void *a, const void *b, void **c, const void * const *d, void const * const e) \"%p %p %p %p %p\"\n"
}

/// Names that something in the code has, or that rustc does not like.
const NAMES: &str = r#"
event_state_is_enabled(int event_state_is_enabled) "%d"
event_state_is_enabled_(int dstate) "%d"
events_enabled_count(int trace_events_enabled_count) "%d"
shadow(int TRACE_SHADOW_DSTATE, int TRACE_OTHER_DSTATE, int TRACE_OTHER_DSTATE_) "%d %d %d"
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
    let made = [every_type(), NAMES.to_owned(), formats, "disable a(int x) \"%d\"\n".to_owned(), String::new()];
    compile("made", &made.map(|declarations| group(&declarations)));
}
