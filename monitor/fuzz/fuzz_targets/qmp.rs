//! Any bytes from a QMP client: each answer is JSON on a line, and pieces get as many answers as the whole.
#![no_main]

mod vmm;

use libfuzzer_sys::fuzz_target;
use monitor::Session;
use serde_json::Value;

fn answers(pieces: &[&[u8]]) -> usize {
    let (monitor, mut session, mut count) = (vmm::monitor(), Session::new(), 0);
    let mut look = |bytes: &[u8], count: &mut usize| {
        let mut rest = bytes;
        while !rest.is_empty() {
            let mut answer = Vec::new();
            rest = &rest[session.feed(monitor, rest, &mut answer)..];
            if answer.is_empty() {
                continue;
            }
            let line = answer.strip_suffix(b"\r\n").expect("a line");
            assert!(!line.contains(&b'\n') && line.is_ascii());
            let answer: Value = serde_json::from_slice(line).expect("JSON");
            assert!(answer.get("return").is_some() != answer.get("error").is_some());
            *count += 1;
        }
    };
    look(b"{'execute': 'qmp_capabilities'}", &mut count);
    pieces.iter().for_each(|piece| look(piece, &mut count));
    count
}

fuzz_target!(|bytes: &[u8]| {
    let whole = answers(&[bytes]);
    let half = bytes.split_at(bytes.len() / 2);
    assert_eq!(whole, answers(&[half.0, half.1]));
    assert_eq!(whole, answers(&bytes.chunks(1).collect::<Vec<_>>()));
    let answer = vmm::monitor().answer(bytes);
    serde_json::from_str::<Value>(&answer).expect("JSON");
});
