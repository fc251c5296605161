//! Any bytes as a file with probes: an error or a list, whose offsets are in the file and whose arguments are what the notes say.
#![no_main]

use libfuzzer_sys::fuzz_target;
use usdt::{Kind, Location, Part, Place, Probe};

fuzz_target!(|file: &[u8]| {
    let Ok(probes) = usdt::probes_in(file) else { return };
    for Probe { site, semaphore, arguments, .. } in &probes {
        for Location { offset, .. } in [Some(*site), *semaphore].into_iter().flatten() {
            assert!(offset.is_none_or(|offset| offset < file.len() as u64));
        }
        assert!(arguments.len() <= 64);
        for argument in arguments {
            assert!(argument.size > 0 && !argument.spelling.is_empty());
            let spelling = argument.spelling.as_bytes();
            let is_lossy = argument.spelling.contains(char::REPLACEMENT_CHARACTER);
            assert!(is_lossy || file.windows(spelling.len()).any(|bytes| bytes == spelling));
            match argument.place {
                Place::Constant(value) if argument.size < 8 => {
                    let bits = u32::from(argument.size) * 8;
                    let least = if argument.kind == Kind::Signed { -1 << (bits - 1) } else { 0 };
                    assert!((least..least + (1 << bits)).contains(&value));
                }
                Place::Register(Part { shift, width, .. }) => {
                    assert!(width > 0 && (shift == 0 || width == 1))
                }
                _ => {}
            }
        }
    }
});
