//! Any bytes as a trace: the reader gives the same for any sizes of readings, and every form of what it gives is lines that
//! hold no control character, or JSON. The first byte is the size of a reading.
#![no_main]

use libfuzzer_sys::fuzz_target;
use simpletrace::{Blocks, Reader, Record};
use std::io::Read;
use timeline::simple::{Declarations, Form, render, stats};

const EVENTS: &[u8] =
    b"a(int x, const char *s) \"%.*s\"\nb(void) \"b\"\nc(uint64_t x, void *p) \"%08lx %-9p|\"\n";

fn read(source: impl Read) -> (Vec<String>, String) {
    let mut seen = Vec::new();
    let mut reader = match Reader::new(source) {
        Ok(reader) => reader,
        Err(error) => return (seen, error.to_string()),
    };
    loop {
        match reader.next() {
            Ok(Some(Record::Event(event))) => seen.push(format!("{event:?}")),
            Ok(Some(Record::Dropped(dropped))) => seen.push(format!("{dropped:?}")),
            Ok(None) => return (seen, String::new()),
            Err(error) => return (seen, error.to_string()),
        }
    }
}

struct Slowly<'a>(&'a [u8], usize);

impl Read for Slowly<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(into.len());
        self.0.read(&mut into[..count])
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((most, trace)) = input.split_first() else { return };
    let all = read(trace);
    assert_eq!(all, read(Slowly(trace, usize::from(*most).max(1))));

    let mut declarations = Declarations::default();
    declarations.read("events", EVENTS);
    let Ok(blocks) = Blocks::new(trace) else { return };
    let mut json = Vec::new();
    let result = render(blocks, &declarations, Form::Json, &|_| {}, &mut json);
    assert_eq!(result.is_ok(), all.1.is_empty());
    let lines = json.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let parsed = lines.map(|line| serde_json::from_slice::<serde_json::Value>(line).expect("JSON")).count();
    assert_eq!(parsed, all.0.len());

    for (form, is_whole) in
        [(Form::Text { absolute: false }, true), (Form::Text { absolute: true }, true), (Form::Qemu, false)]
    {
        let mut text = Vec::new();
        let blocks = Blocks::new(trace).expect("it was one");
        let result = render(blocks, &declarations, form, &|_| {}, &mut text);
        let lines = text.iter().filter(|byte| **byte == b'\n').count();
        assert!(text.iter().all(|byte| *byte >= 0x20 && *byte != 0x7f || matches!(byte, b'\n' | b'\t')));
        assert!(if is_whole { lines == all.0.len() } else { lines <= all.0.len() });
        assert!(!is_whole || result.is_ok() == all.1.is_empty());
    }

    let blocks = Blocks::new(trace).expect("it was one");
    let (stats, _) =
        stats(blocks, &declarations, &["a.x".into(), "a.s".into(), "c.x".into()], &|_| {}).unwrap();
    stats.write(&mut Vec::new()).unwrap();
    assert!(stats.total() + stats.dropped_records == all.0.len() as u64);
});
