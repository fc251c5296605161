//! Makes the code that the tests hold against `printf`: our own declarations, and QEMU's where they lie beside the
//! project.

use std::error::Error;
use std::fmt::Write as _;
use std::{env, fs, path::Path};

/// Most programs are as rustc's linker lays them out, which is the harder way for tracers.
fn build() -> tracetool::Build {
    tracetool::Build::new().link_as_is()
}

fn main() -> Result<(), Box<dyn Error>> {
    build().events("trace-events").group("conversions").compile()?;
    build().events("bench.trace-events").group("bench").compile()?;
    build().events("disk.trace-events").group("disk").compile()?;
    build().events("monitored.trace-events").group("monitored").compile()?;
    build().events("emitter.trace-events").group("emitter").compile()?;
    build().events("probed.trace-events").group("probed").compile()?;
    build()
        .events("probed.trace-events")
        .group("probed_elsewhere")
        .provider("elsewhere")
        .probe_site(tracetool::ProbeSite::Nop5)
        .backends([tracetool::Backend::Dtrace])
        .compile()?;
    build().events("trace-events").group("nop").backends([tracetool::Backend::Nop]).compile()?;
    build().events("trace-events").group("ftrace_only").backends([tracetool::Backend::Ftrace]).compile()?;

    #[cfg(feature = "bench-usdt")]
    cc::Build::new().file("usdt/bench.c").opt_level(3).try_compile("bench_usdt")?;
    #[cfg(feature = "bench-c")]
    bench_c()?;
    // the one that SystemTap looks at
    println!("cargo::rustc-link-arg-bin=converted=-Wl,-z,separate-code");

    let (mut modules, mut groups) = (String::new(), String::new());
    let corpus = Path::new("../../shared/conformance/qemu-10.2");
    println!("cargo::rerun-if-changed={}", corpus.display());
    if let Ok(folders) = fs::read_dir(corpus) {
        for folder in folders {
            let events = folder?.path().join("trace-events");
            let name = events
                .parent()
                .and_then(Path::file_name)
                .and_then(|name| name.to_str())
                .ok_or("a folder's name")?;
            let module = name.replace('-', "_");
            build().events(&events).group(name).compile()?;
            writeln!(modules, "pub mod {module} {{ vmtrace::include_events!({name:?}); }}")?;
            write!(groups, "({name:?}, &{module}::GROUP), ")?;
        }
    }
    let code = format!("{modules}pub static GROUPS: &[(&str, &vmtrace::Group)] = &[{groups}];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("qemu.rs"), code)?;
    Ok(())
}

/// The events that are measured, in C: once for each backend, by whose name they go.
#[cfg(feature = "bench-c")]
fn bench_c() -> Result<(), Box<dyn Error>> {
    use tracetool::Backend;

    let declared = fs::read_to_string("bench.trace-events")?;
    let (out, headers) = (env::var("OUT_DIR")?, env::var("DEP_VMTRACE_INCLUDE")?);
    for backend in [Backend::Vmtrace, Backend::Log, Backend::Ftrace, Backend::Simple, Backend::Syslog] {
        let name = backend.name();
        let events = declared.replace("bench_", &format!("{name}_"));
        let group = format!("bench_c_{name}");
        let code =
            build().source("bench.trace-events", events).group(&group).backends([backend]).compile_c()?;
        let (backend, header) = (name, format!("\"trace-{group}.h\""));
        cc::Build::new()
            .file("c/bench.c")
            .file(code)
            .includes([&out, &headers])
            .define("BACKEND", backend)
            .define("HEADER", &*header)
            .opt_level(3)
            // a loop of an event that is off takes twice as long where it lies across a border of 32 bytes
            .flag_if_supported("-falign-loops=32")
            .warnings_into_errors(true)
            .compile(&group);
    }
    Ok(())
}
