//! `cargo xtask bench`: what an event costs, measured and kept in `docs/performance.md`.

pub(crate) mod tracetool;

use anyhow::{Context, Result};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;
use xshell::{Shell, cmd};

const PAGE: &str = "docs/performance.md";
const END: &str = "<!-- end -->\n";
const EVENTS: u32 = 1000;

/// Measures, prints, and puts the figures in their place in the page.
pub(crate) fn run(shell: &Shell) -> Result<()> {
    let machine = machine()?;
    let times = measured(shell, "bench", &[])?;
    let code = code(shell)?;
    keep(shell, "cargo xtask bench", &format!("{machine}\n\n{times}\n\n{code}"))
}

/// Measures what sinks cost, and how fast traces are read.
pub(crate) fn sinks(shell: &Shell) -> Result<()> {
    let (sinks, reader) = (measured(shell, "bench-sinks", &[])?, measured(shell, "bench-reader", &[])?);
    keep(shell, "cargo xtask bench sinks", &format!("{}\n\n{sinks}\n\n{reader}", machine()?))
}

/// Measures what USDT probes cost, at rest and hit.
pub(crate) fn usdt(shell: &Shell) -> Result<()> {
    let measured = measured(shell, "bench-usdt", &["--features=bench-usdt"])?;
    keep(shell, "cargo xtask bench usdt", &format!("{}\n\n{measured}", machine()?))
}

/// Measures what an event costs in C, beside Rust's, and QEMU's generated C on our runtime.
pub(crate) fn c(shell: &Shell) -> Result<()> {
    let measured = measured(shell, "bench-c", &["--features=bench-c"])?;
    keep(shell, "cargo xtask bench c", &format!("{}\n\n{measured}", machine()?))
}

/// What a program of `integration` prints that measures, built as VMMs are.
fn measured(shell: &Shell, program: &str, features: &[&str]) -> Result<String> {
    let lto = "--config=profile.release.lto=\"fat\"";
    let run = cmd!(shell, "cargo run --quiet --release {lto} --package vmtrace-integration {features...}");
    Ok(run.args(["--bin", program]).read()?)
}

/// Prints what a command measured, and puts it in its place in the page.
fn keep(shell: &Shell, command: &str, measured: &str) -> Result<()> {
    println!("{measured}");
    let begin = format!("<!-- measured: {command} -->\n");
    let page = shell.read_file(PAGE)?;
    let (before, rest) =
        page.split_once(&begin).with_context(|| format!("no `{}` in {PAGE}", begin.trim()))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("no `{}` in {PAGE}", END.trim()))?;
    shell.write_file(PAGE, format!("{before}{begin}\n{measured}\n{END}{after}"))?;
    Ok(())
}

fn machine() -> Result<String> {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let model = model.map_or("unknown cpu", |(_, model)| model.trim());
    Ok(format!("{model}, {} cpus, Linux {}", std::thread::available_parallelism()?, release.trim()))
}

/// What events cost in code and in compile time: a library that declares and calls each of 1,000 events once, with all
/// backends, with `nop`, and without any.
fn code(shell: &Shell) -> Result<String> {
    let base = shell.current_dir().join("target/bench-code");
    let mut table =
        "| 1,000 events, each called once | `.text` | `.rodata`, relocations, data | rustc and linking |\n\
                     | --- | --- | --- | --- |\n"
            .to_owned();
    let mut sizes = Vec::new();
    for (name, backends, events) in
        [("none", "", 0), ("nop", ".backends([tracetool::Backend::Nop])", EVENTS), ("all", "", EVENTS)]
    {
        let package = base.join(name);
        write_package(shell, &package, backends, events)?;
        let _dir = shell.push_dir(&package);
        // dependencies, and the build script, are not what is measured
        cmd!(shell, "cargo build --quiet --release --target-dir ../target").run()?;
        shell.write_file("src/lib.rs", format!("{}\n// again\n", shell.read_file("src/lib.rs")?))?;
        let start = Instant::now();
        cmd!(shell, "cargo build --quiet --release --target-dir ../target").run()?;
        let seconds = start.elapsed().as_secs_f64();
        let (text, data) = size(shell, &format!("../target/release/libbench_{name}.so"))?;
        let _ = writeln!(table, "| {name} | {text} | {data} | {seconds:.2} s |");
        sizes.push((text, data));
    }
    let each = |index: usize| {
        let (text, data) =
            (sizes[index].0.saturating_sub(sizes[0].0), sizes[index].1.saturating_sub(sizes[0].1));
        (text / u64::from(EVENTS), data / u64::from(EVENTS))
    };
    let (text, data) = each(2);
    let _ =
        writeln!(table, "\nAn event and its call site: {text} bytes of `.text`, {data} of everything else.");
    for (name, what) in [
        ("all", "A call site, `trace_event_1(\"name\", a); a + 42`"),
        ("nop", "The same with the backend `nop`"),
    ] {
        let library = format!("target/bench-code/target/release/libbench_{name}.so");
        let _ = write!(table, "\n{what}:\n\n```text\n{}```\n", disassembly(shell, &library, "call_site")?);
    }
    Ok(table)
}

fn write_package(shell: &Shell, package: &Path, backends: &str, events: u32) -> Result<()> {
    let root = shell.current_dir();
    let root = root.display();
    let name = package.file_name().and_then(|name| name.to_str()).context("a package's name")?;
    shell.write_file(
        package.join("Cargo.toml"),
        format!(
            "[package]\nname = \"bench-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [lib]\nname = \"bench_{name}\"\ncrate-type = [\"cdylib\"]\n\n[workspace]\n\n\
         [dependencies]\nvmtrace = {{ path = \"{root}/vmtrace\" }}\n\n\
         [build-dependencies]\ntracetool = {{ path = \"{root}/tracetool\" }}\n"
        ),
    )?;
    shell.copy_file("Cargo.lock", package.join("Cargo.lock"))?;
    shell.write_file(
        package.join("build.rs"),
        format!(
            "fn main() -> Result<(), tracetool::Error> {{\n    \
         tracetool::Build::new().events(\"trace-events\").group(\"bench\"){backends}.compile()\n}}\n"
        ),
    )?;
    let (mut declarations, mut calls) = (String::new(), String::new());
    for event in 0..events {
        let (declaration, call) = match event % 4 {
            0 => ("(int a, uint64_t b) \"a %d b 0x%\" PRIx64", "(a as i32, a)"),
            1 => ("(const char *a, uint32_t b) \"%s: %u\"", "(\"name\", a as u32)"),
            2 => ("(void *a, size_t b, uint8_t c) \"%p size %zu flags 0x%02x\"", "(a, a as usize, a as u8)"),
            _ => ("(void) \"nothing to say\"", "()"),
        };
        writeln!(declarations, "event_{event}{declaration}")?;
        writeln!(
            calls,
            "#[unsafe(no_mangle)] pub extern \"C\" fn call_{event}(a: u64) {{ t::trace_event_{event}{call}; let _ = a; }}"
        )?;
    }
    if events > 0 {
        calls += "#[unsafe(no_mangle)] pub extern \"C\" fn call_site(a: u64) -> u64 { t::trace_event_1(\"name\", a as u32); a + 42 }\n";
    }
    shell.write_file(package.join("trace-events"), declarations)?;
    shell.write_file(package.join("src/lib.rs"), format!(
        "mod t {{ vmtrace::include_events!(\"bench\"); }}\n{calls}\n\
         #[unsafe(no_mangle)] pub extern \"C\" fn start() -> bool {{ vmtrace::Setup::new().group(&t::GROUP).init().is_ok() }}\n"
    ))?;
    Ok(())
}

/// The instructions of a function, without their addresses, up to its last return.
fn disassembly(shell: &Shell, library: &str, function: &str) -> Result<String> {
    let listing =
        cmd!(shell, "objdump --disassemble={function} --no-show-raw-insn -M intel {library}").read()?;
    let instructions =
        listing.lines().filter_map(|line| Some(line.strip_prefix(' ')?.split_once(":\t")?.1.trim_end()));
    let padding = ["int3", "nop", "cs nop", "data16", "xchg   ax,ax"];
    let kept = instructions.filter(|line| !padding.iter().any(|padding| line.starts_with(padding)));
    Ok(kept.fold(String::new(), |code, line| code + line + "\n"))
}

/// Bytes of `.text`, and of all other sections that are loaded.
fn size(shell: &Shell, library: &str) -> Result<(u64, u64)> {
    const LOADED: [&str; 9] = [
        ".rodata",
        ".data",
        ".data.rel.ro",
        ".bss",
        ".probes",
        ".rela.dyn",
        ".eh_frame",
        ".eh_frame_hdr",
        ".gcc_except_table",
    ];
    let listing = cmd!(shell, "size -A {library}").read()?;
    let (mut text, mut other) = (0, 0);
    for line in listing.lines() {
        let mut words = line.split_whitespace();
        if let (Some(section), Some(Ok(bytes))) = (words.next(), words.next().map(str::parse::<u64>)) {
            if section == ".text" {
                text += bytes;
            } else if LOADED.contains(&section) {
                other += bytes;
            }
        }
    }
    Ok((text, other))
}
