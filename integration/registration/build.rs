//! The declarations are the integration tests' own.

fn main() -> Result<(), tracetool::Error> {
    tracetool::Build::new().events("../trace-events").group("registered").compile()
}
