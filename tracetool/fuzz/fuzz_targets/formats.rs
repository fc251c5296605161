//! Any declarations, groups' and files' names give an output in every format, or an error; never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tracetool::{Backend, Build, Format, Group, Request};

fuzz_target!(|input: &[u8]| {
    // the first line names the group, the output and the probes
    let (name, source) = input.split_at(input.iter().position(|&byte| byte == b'\n').unwrap_or(0));
    let name = String::from_utf8_lossy(name);
    let group = Group::new(&name, vec![(name.to_string(), trace_events::parse(&name, source))]);
    for format in Format::ALL {
        for (bug_compatible, cxx) in [(false, false), (false, true), (true, false)] {
            let request = Request {
                output: &name,
                binary: Some(&name),
                probe_prefix: Some(&name),
                bug_compatible,
                cxx,
                ..Request::new(&group, format, &Backend::ALL)
            };
            let (once, again) = (request.generate(), request.generate());
            assert_eq!(once.ok(), again.ok(), "the same input gives the same bytes");
        }
    }
    let _ = Build::new().source(&name, source).group("g").generate();
});
