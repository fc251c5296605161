//! Compiles the C that Rust cannot say: functions with variable arguments, and symbols that may be missing. Tells those who
//! depend on this where the headers are.

fn main() {
    const SOURCES: [&str; 8] = ["format", "ftrace", "host", "log", "options", "pin", "simple", "state"];
    println!("cargo::rerun-if-changed=include");
    println!("cargo::rerun-if-changed=src/c");
    println!("cargo::metadata=include={}/include", env!("CARGO_MANIFEST_DIR"));
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
