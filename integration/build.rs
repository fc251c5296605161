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
