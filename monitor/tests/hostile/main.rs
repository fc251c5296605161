//! Any bytes, in any pieces. A process of its own: what they switch is nobody else's.

#[allow(dead_code)] // what its other user needs
#[path = "../hmp/vmm.rs"]
mod vmm;

use monitor::{Monitor, Prompt};
use proptest::prelude::*;
use std::sync::OnceLock;

/// Bytes of which many mean something.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "\t",
        "\r",
        "\n",
        "\x1b[",
        "\x1b[A",
        "\x1b[D",
        "\x1bO",
        "\x17",
        "\x15",
        "\x01",
        "\x7f",
        "\"",
        "\\",
        ",",
        " ",
        "é",
        "😀",
        "help ",
        "info ",
        "trace-events ",
        "trace-event ",
        "trace-route ",
        "hostile_",
        "log trace:",
        "logfile /",
        "on",
        "keep",
        "\u{9b}",
        "*",
    ];
    let word = prop::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec());
    let any = prop::collection::vec(any::<u8>(), 1..4);
    let pieces = prop::collection::vec(prop_oneof![4 => word, 1 => any], 0..60);
    pieces.prop_map(|pieces| pieces.concat())
}

/// A monitor that makes no file of any name.
fn monitor() -> &'static Monitor {
    static MONITOR: OnceLock<Monitor> = OnceLock::new();
    MONITOR.get_or_init(|| Monitor::new(vmm::tracing()).without_files())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_line(bytes in bytes()) {
        let text = monitor().human(&String::from_utf8_lossy(&bytes));
        prop_assert!(text.is_empty() || text.ends_with("\r\n"));
    }

    #[test]
    fn a_prompt(bytes in bytes(), cut in 1..20_usize) {
        let (mut prompt, mut out) = (Prompt::new(monitor()), Vec::new());
        prompt.open(monitor(), &mut out);
        for piece in bytes.chunks(cut) {
            let mut rest = piece;
            while !rest.is_empty() {
                let taken = prompt.feed(monitor(), rest, &mut out);
                prop_assert!(taken > 0);
                rest = &rest[taken..];
                out.clear();
            }
        }
    }
}
