//! Generates the functions of the five events.

fn main() -> Result<(), tracetool::Error> {
    tracetool::Build::new().events("trace-events").group("tracing").compile()
}
