//! The declarations are C's as well.

fn main() -> Result<(), tracetool::Error> {
    tracetool::Build::new()
        .events("trace-events")
        .group("shared")
        .backends([tracetool::Backend::Dtrace])
        .shared_semaphores()
        .compile()
}
