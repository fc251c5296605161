//! What QEMU 10.2's tracetool prints, to the byte.

use stap_gen::{Options, Script, generate};
use std::fs;
use std::path::{Path, PathBuf};

const SCRIPTS: [(&str, Script); 3] =
    [("stap", Script::Stap), ("log-stap", Script::LogStap), ("simpletrace-stap", Script::SimpletraceStap)];

fn shared(test: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance");
    if !path.is_dir() {
        eprintln!("SKIP {test}: no ../shared/conformance");
        return None;
    }
    Some(path)
}

#[test]
fn every_folder() {
    let Some(shared) = shared("every_folder") else { return };
    let (mut compared, mut differing) = (0, Vec::new());
    for folder in fs::read_dir(shared.join("qemu-10.2")).unwrap() {
        let folder = folder.unwrap().path();
        let source = fs::read(folder.join("trace-events")).unwrap();
        let file = trace_events::parse("trace-events", &source);
        for (name, script) in SCRIPTS {
            let path = folder.join(format!("dtrace.{name}"));
            let expected = fs::read_to_string(&path).unwrap();
            let options = Options {
                binary: "/usr/bin/qemu-system-x86_64",
                probe_prefix: "qemu.system.x86_64",
                bug_compatible: true,
            };
            let made = generate(script, &file.events, &options).unwrap();
            compared += 1;
            if made != expected {
                differing.push(first_difference(&path, &made, &expected));
            }
        }
    }
    eprintln!("{compared} outputs compared, {} differ", differing.len());
    assert!(compared >= 150, "{compared}");
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn the_command_line() {
    let Some(shared) = shared("the_command_line") else { return };
    let calls: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(shared.join("cli.json")).unwrap()).unwrap();
    let mut compared = 0;
    for case in calls["cases"].as_array().unwrap() {
        let argv: Vec<&str> =
            case["argv"].as_array().unwrap().iter().filter_map(|arg| arg.as_str()).collect();
        let option = |name: &str| argv.iter().find_map(|arg| arg.strip_prefix(name));
        let script = SCRIPTS.iter().find(|(name, _)| option("--format=") == Some(name));
        let (Some((_, script)), Some(prefix), Some(expected), Some(0)) =
            (script, option("--probe-prefix="), case["output"].as_str(), case["status"].as_i64())
        else {
            continue;
        };
        let input = argv[argv.len() - 2];
        let file = trace_events::parse(input, calls["files"][input].as_str().unwrap().as_bytes());
        let options = Options {
            binary: option("--binary=").unwrap_or_default(),
            probe_prefix: prefix,
            bug_compatible: true,
        };
        assert_eq!(generate(*script, &file.events, &options).unwrap(), expected, "{argv:?}");
        compared += 1;
    }
    assert_eq!(compared, 3);
}

fn first_difference(path: &Path, made: &str, expected: &str) -> String {
    let mut lines = made.lines().zip(expected.lines()).enumerate();
    let (number, (made, expected)) = lines.find(|(_, (made, expected))| made != expected).unwrap_or_default();
    format!("{}:{}:\n  made     {made}\n  expected {expected}", path.display(), number + 1)
}
