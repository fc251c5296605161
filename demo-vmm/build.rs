//! Generates the functions of the events: a group for each `trace-events` file.

fn main() -> Result<(), tracetool::Error> {
    for (events, group) in [
        ("trace-events", "root"),
        ("accel/trace-events", "accel"),
        ("hw/block/trace-events", "hw_block"),
        ("hw/char/trace-events", "hw_char"),
        ("hw/timer/trace-events", "hw_timer"),
    ] {
        tracetool::Build::new().events(events).group(group).compile()?;
    }
    Ok(())
}
