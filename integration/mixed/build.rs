//! Code from both files of declarations, and the C half compiled.

use std::env;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    tracetool::Build::new().events("trace-events").group("vcpu").compile()?;
    let code = tracetool::Build::new().events("machine.trace-events").group("machine").compile_c()?;
    let (out, headers) = (env::var("OUT_DIR")?, env::var("DEP_VMTRACE_INCLUDE")?);
    cc::Build::new()
        .file("machine.c")
        .file(code)
        .includes([out, headers])
        .warnings_into_errors(true)
        .compile("machine");
    Ok(())
}
