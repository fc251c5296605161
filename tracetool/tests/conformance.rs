//! QEMU's bytes, under bug compatibility: every folder of `../shared/conformance` against what is generated in process.

use std::fs;
use std::path::{Path, PathBuf};
use tracetool::{Backend, Format, Group, Request};

fn material() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance");
    folder.is_dir().then_some(folder)
}

/// The outputs of a folder, each with its backends, format and text.
fn outputs(folder: &Path) -> Vec<(String, Vec<Backend>, Format, String)> {
    let mut outputs = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some((backends, format)) = name.split_once('.') else { continue };
        let backends = backends.split(',').map(|name| Backend::from_name(name).unwrap()).collect();
        let format = Format::from_name(format).unwrap();
        if format.is_script() {
            continue; // on their way
        }
        outputs.push((name.clone(), backends, format, fs::read_to_string(&path).unwrap()));
    }
    outputs
}

#[test]
fn every_output_is_qemus() {
    let Some(material) = material() else {
        eprintln!("SKIP every_output_is_qemus: no ../shared/conformance");
        return;
    };
    let (mut compared, mut differing) = (0, Vec::new());
    let folders = fs::read_dir(material.join("qemu-10.2")).unwrap().map(|entry| entry.unwrap().path());
    for folder in folders.chain([material.join("qemu-5.2-tcg/demo")]) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let declarations = fs::read(folder.join("trace-events")).unwrap();
        let file = trace_events::parse("trace-events", &declarations);
        let group = Group::new(name, vec![("trace-events".to_owned(), file)]);
        for (output, backends, format, expected) in outputs(&folder) {
            let request = Request {
                output: &output,
                binary: Some("/usr/bin/qemu-system-x86_64"),
                probe_prefix: Some("qemu.system.x86_64"),
                bug_compatible: true,
                ..Request::new(&group, format, &backends)
            };
            let made = request.generate().unwrap_or_else(|error| error.to_string());
            compared += 1;
            if made != expected {
                let line = made.lines().zip(expected.lines()).position(|(made, expected)| made != expected);
                differing.push(format!("{name}/{output}, line {}", line.map_or(0, |line| line + 1)));
            }
        }
    }
    assert!(compared > 1300, "only {compared} outputs were compared");
    assert!(differing.is_empty(), "{} of {compared} differ: {:#?}", differing.len(), differing);
}
