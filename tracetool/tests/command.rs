//! The command: QEMU's calls and what comes of them, and what of its own it refuses.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn tracetool(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tracetool")).current_dir(folder).args(args).output().unwrap()
}

/// `cli.json`: calls of QEMU 10.2's command, with status, streams and output. Where QEMU left an empty output behind, we
/// leave none; the words on standard error are our own.
#[test]
fn qemus_calls_come_to_the_same() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/cli.json");
    let Ok(text) = fs::read(&path) else {
        eprintln!("SKIP qemus_calls_come_to_the_same: no ../shared/conformance");
        return;
    };
    let calls: Value = serde_json::from_slice(&text).unwrap();
    let cases = calls["cases"].as_array().unwrap();
    assert!(cases.len() >= 57);
    for (index, case) in cases.iter().enumerate() {
        if case["argv"].as_array().unwrap().iter().any(|arg| arg.as_str().unwrap().ends_with("stap")) {
            continue; // on their way
        }
        let folder = scratch(&format!("cli-{index}"));
        for (name, content) in calls["files"].as_object().unwrap() {
            fs::write(folder.join(name), content.as_str().unwrap()).unwrap();
        }
        let argv: Vec<&str> =
            case["argv"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
        let mut with_flag = vec!["--bug-compatible"];
        with_flag.extend(&argv);
        let came = tracetool(&folder, &with_flag);
        assert_eq!(
            came.status.code(),
            case["status"].as_i64().map(|status| i32::try_from(status).unwrap()),
            "{argv:?}"
        );
        assert_eq!(String::from_utf8_lossy(&came.stdout), case["stdout"].as_str().unwrap(), "{argv:?}");
        let silent = case["stderr"] == "empty";
        assert_eq!(came.stderr.is_empty(), silent, "{argv:?}: {}", String::from_utf8_lossy(&came.stderr));
        let output = fs::read_to_string(folder.join("out")).ok();
        let expected = case["output"].as_str().filter(|_| came.status.success());
        assert_eq!(output.as_deref(), expected, "{argv:?}");
        fs::remove_dir_all(folder).unwrap();
    }
}
