//! `docs/tracing.md`: its example is the program `beside_tracing`, which says what the page says.

use std::path::Path;
use std::process::Command;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn the_page_has_the_program() {
    let page = read("../docs/tracing.md");
    for (kind, path) in [("text", "disk.trace-events"), ("rust", "src/bin/beside_tracing.rs")] {
        assert!(page.contains(&format!("```{kind}\n{}```\n", read(path))), "{path} is not in the page");
    }
}

/// Runs what the page runs: after a `$`, until the next or the end of its block, stands what is printed.
#[test]
fn the_program_says_what_the_page_says() {
    let page = read("../docs/tracing.md");
    let blocks = page.split("```console\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    let mut runs = 0;
    for run in blocks.flat_map(|block| block.split("$ vmm").skip(1)) {
        let (arguments, expected) = run.split_once('\n').unwrap();
        let arguments = arguments.split_whitespace().map(|word| word.trim_matches('\''));
        let mut vmm = Command::new(env!("CARGO_BIN_EXE_beside_tracing"));
        let output = vmm.args(arguments).env_remove(vmtrace::INSTANCE_VARIABLE).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        // the log first, then the program's own
        let said = String::from_utf8([output.stderr, output.stdout].concat()).unwrap();
        assert_eq!(said, expected, "{run}");
        runs += 1;
    }
    assert_eq!(runs, 3);
}
