//! Any declarations, groups' and files' names give an output in every format, or an error; never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tracetool::{Backend, Build, Format, Group, Request};

fuzz_target!(|input: &[u8]| {
    // the first line names the group, the output and the probes
    let (name, source) = input.split_at(input.iter().position(|&byte| byte == b'\n').unwrap_or(0));
    let name = String::from_utf8_lossy(name);
    let group = Group::new(&name, vec![(name.to_string(), trace_events::parse(&name, source))]);
    let qemus: Vec<Backend> = Backend::ALL.into_iter().filter(|backend| backend.is_qemus()).collect();
    // those that our own shares a group with
    let ours = [Backend::Vmtrace, Backend::Dtrace, Backend::Ust];
    for format in Format::ALL {
        for (backends, bug_compatible, cxx) in
            [(&qemus[..], false, false), (&qemus, false, true), (&qemus, true, false), (&ours, false, true)]
        {
            let request = Request {
                output: &name,
                binary: Some(&name),
                probe_prefix: Some(&name),
                bug_compatible,
                cxx,
                ..Request::new(&group, format, backends)
            };
            let (once, again) = (request.generate(), request.generate());
            assert_eq!(once.ok(), again.ok(), "the same input gives the same bytes");
        }
    }
    let _ = Build::new().source(&name, source).group("g").generate();
});
