//! Compiles the C that Rust cannot say: functions with variable arguments, and symbols that may be missing.

fn main() {
    const SOURCES: [&str; 7] = ["format", "ftrace", "host", "log", "options", "simple", "state"];
    println!("cargo::rerun-if-changed=include");
    println!("cargo::rerun-if-changed=src/c");
    cc::Build::new()
        .files(SOURCES.map(|source| format!("src/c/{source}.c")))
        .include("include")
        .define("_GNU_SOURCE", None)
        .std("gnu11")
        .warnings(true)
        .extra_warnings(true)
        .opt_level(2)
        .compile("vmtrace-shims");
}
