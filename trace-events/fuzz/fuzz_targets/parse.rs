//! Any bytes are read without a panic; what was read renders, within its room, whatever the values are.
#![no_main]

use libfuzzer_sys::fuzz_target;
use printf::{Text, Value};
use std::mem::MaybeUninit;

fuzz_target!(|source: &[u8]| {
    let file = trace_events::parse("fuzz", source);
    for diagnostic in file.diagnostics.iter().chain(&trace_events::lint_style("fuzz", &file)) {
        assert!(!diagnostic.to_string().is_empty());
    }
    for event in &file.events {
        let mut room = [MaybeUninit::uninit(); 128];
        let mut text = Text::escaping(&mut room);
        event.format.render(&[Value::Word(u64::MAX), Value::Str(None), Value::Str(Some(source))], &mut text);
        assert!(text.len() <= 128);
    }
});
