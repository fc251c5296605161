//! Any bytes at the human monitor's prompt, and any line without it: no panic, and no more output than is bounded.
#![no_main]

mod vmm;

use libfuzzer_sys::fuzz_target;
use monitor::Prompt;

fuzz_target!(|bytes: &[u8]| {
    let monitor = vmm::monitor();
    let mut prompt = Prompt::new(monitor);
    let mut out = Vec::new();
    prompt.open(monitor, &mut out);
    let mut rest = bytes;
    while !rest.is_empty() {
        out.clear();
        let taken = prompt.feed(monitor, rest, &mut out);
        assert!(taken > 0 && out.len() < 1 << 20);
        rest = &rest[taken..];
    }
    for line in String::from_utf8_lossy(bytes).lines() {
        let told = monitor.human(line);
        assert!(told.is_empty() || told.ends_with("\r\n"), "{told:?}");
    }
});
