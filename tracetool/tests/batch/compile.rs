//! Every name that an output includes is there in its layout: all of it compiles.

use crate::place::Place;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether `cc` finds a header; if not, says that the test was skipped.
fn has_header(test: &str, header: &str) -> bool {
    let mut cc = Command::new("cc");
    let found = cc.args(["-fsyntax-only", "-x", "c", "-include", header, "/dev/null"]).output();
    let found = found.is_ok_and(|came| came.status.success());
    if !found {
        eprintln!("SKIP {test}: no cc with {header}");
    }
    found
}

/// Compiles every source of a layout, and in every folder one that includes "trace.h" as a VMM's sources do.
fn all_compiles(place: &Place, output: &str, layout: &str) {
    let headers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../capi/include");
    let mut sources: Vec<PathBuf> = place
        .files(output)
        .iter()
        .filter(|name| name.rsplit('.').next() == Some("c"))
        .map(|name| Path::new(output).join(name))
        .collect();
    assert!(sources.len() >= 4, "{sources:?}");
    for (folder, include, call) in [
        ("hw/usb", "trace.h", "usb_reset(1)"),
        ("crypto", "trace.h", "hash(\"a\", 1)"),
        (".", if layout == "together" { "trace/trace-root.h" } else { "trace-root.h" }, "vm_start()"),
    ] {
        let name = format!("src/{folder}/user-{output}.c");
        place.write(
            &name,
            format!("#include \"qemu/osdep.h\"\n#include \"{include}\"\nvoid user(void);\nvoid user(void)\n{{\n    trace_{call};\n}}\n"),
        );
        sources.push(name.into());
    }
    for source in sources {
        let folder = source.strip_prefix("src").ok().and_then(Path::parent).unwrap_or(Path::new(""));
        let mut cc = Command::new("cc");
        cc.current_dir(&place.0).args(["-std=gnu11", "-Wall", "-Wextra", "-fsyntax-only", "-iquote"]);
        cc.arg(Path::new(output).join(folder)).arg("-I").arg(output).arg("-I").arg(&headers);
        // lttng's headers read the tracepoints again, by name
        cc.arg("-I").arg(Path::new(output).join("trace"));
        let came = cc.arg(&source).output().unwrap();
        assert!(came.status.success(), "{}: {}", source.display(), String::from_utf8_lossy(&came.stderr));
    }
}

#[test]
fn both_layouts_compile() {
    let test = "both_layouts_compile";
    if !has_header(test, "stdint.h") {
        return;
    }
    let place = Place::with_meson_tree("compile");
    for layout in ["together", "in-place"] {
        let args = [
            "--tree",
            "src",
            "--output",
            layout,
            "--backends",
            "log,simple,ftrace,syslog",
            "--layout",
            layout,
        ];
        place.makes(&args);
        all_compiles(&place, layout, layout);
    }
}

#[test]
fn both_layouts_compile_with_probes_and_tracepoints() {
    let test = "both_layouts_compile_with_probes_and_tracepoints";
    if !has_header(test, "sys/sdt.h") || !has_header(test, "lttng/tracepoint.h") {
        return;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|folder| folder.join("dtrace").is_file()) {
        return eprintln!("SKIP {test}: no dtrace");
    }
    let place = Place::with_meson_tree("compile-probes");
    // a folder of which nothing is compiled
    place.write("src/linux-user/trace-events", "disable signal(int number) \"%d\"\n");
    for layout in ["together", "in-place"] {
        let args = ["--tree", "src", "--output", layout, "--backends", "dtrace,ust,log", "--layout", layout];
        let with_dtrace = [&args[..], &["--dtrace", "dtrace"]].concat();
        place.makes(&with_dtrace);
        all_compiles(&place, layout, layout);
        let files = place.files(layout);
        let object =
            if layout == "together" { "trace/trace-dtrace-hw_usb.o" } else { "hw/usb/trace-dtrace.o" };
        assert!(files.contains(&object.to_owned()), "{files:?}");
    }
    let came =
        place.batch(&["--tree", "src", "--output", "new", "--backends", "dtrace", "--dtrace", "false"]);
    assert!(!came.success && came.err.contains("run dtrace for new/trace/trace-dtrace-"), "{came:?}");
}
