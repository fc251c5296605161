//! `cargo xtask qemu`: QEMU 10.2 with our library and our tracetool in the place of its own.

mod check;

use crate::packages::on_path;
use crate::{install, qemu_source};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// The change, as `docs/c.md` has it: a file of QEMU's, a line or two, and what they become.
const CHANGE: [(&str, &str, &str); 4] = [
    (
        "meson.build",
        "tracetool = [\n  python, files('scripts/tracetool.py'),\n",
        "vmtrace = dependency('vmtrace', static: true)\ntracetool = [\n  vmtrace.get_variable('tracetool'),\n",
    ),
    ("trace/meson.build", "  trace_ss.add(files('simple.c'))\n", "  trace_ss.add(vmtrace)\n"),
    ("trace/meson.build", "  trace_ss.add(files('ftrace.c'))\n", "  trace_ss.add(vmtrace)\n"),
    ("trace/meson.build", "trace_ss.add(files('control.c'))\n", "trace_ss.add(vmtrace)\n"),
];

/// The smallest QEMU that boots a machine.
const DEVICES: &str = "CONFIG_MICROVM=y\n";
const OPTIONS: [&str; 12] = [
    "--target-list=x86_64-softmmu",
    "--without-default-features",
    "--without-default-devices",
    "--with-devices-x86_64=vmtrace",
    "--enable-kvm",
    "--disable-tcg",
    "--disable-install-blobs",
    "--disable-docs",
    "--disable-tools",
    "--disable-guest-agent",
    "--enable-trace-backends=log,simple,ftrace",
    // meson, of the version that QEMU wants
    "--enable-download",
];

/// What the build needs, and Debian's packages of it.
const PROGRAMS: [(&str, &str); 4] =
    [("cc", "gcc"), ("ninja", "ninja-build"), ("pkg-config", "pkg-config"), ("python3", "python3-venv")];
const HEADERS: [(&str, &str); 2] =
    [("/usr/include/glib-2.0/glib.h", "libglib2.0-dev"), ("/usr/include/libfdt.h", "libfdt-dev")];

/// Builds and checks; an error tells what is not as expected.
pub(crate) fn run(shell: &Shell) -> Result<()> {
    for (program, package) in PROGRAMS {
        if !on_path(program) {
            bail!("no {program} to build QEMU with: apt-get install {package}");
        }
    }
    for (header, package) in HEADERS {
        if !Path::new(header).exists() {
            bail!("no {header} to build QEMU with: apt-get install {package}");
        }
    }
    let source = match qemu_source::at_hand()? {
        Some(source) => source,
        None => qemu_source::fetched(shell, qemu_source::Wanted::All)?,
    };
    let folder = shell.current_dir().join("target/qemu");
    let prefix = folder.join("installed");
    let installed = ["--prefix", &prefix.display().to_string(), "--profile", "release"].map(str::to_owned);
    install::run(shell, installed.into_iter())?;
    let tree = changed(shell, &source, &folder.join("tree"))?;
    let qemu = build(shell, &tree, &folder.join("build"), &prefix)?;
    check::run(shell, &check::Built { qemu, source, prefix, folder: folder.join("run") })
}

/// A tree with the change, all else in it being links to the source's files.
fn changed(shell: &Shell, source: &Path, tree: &Path) -> Result<PathBuf> {
    let source = fs::canonicalize(source).with_context(|| source.display().to_string())?;
    if !tree.join("VERSION").exists() {
        shell.remove_path(tree)?;
        shell.create_dir(tree)?;
        cmd!(shell, "cp --archive --symbolic-link {source}/. {tree}").run()?;
    }
    for name in ["meson.build", "trace/meson.build"] {
        let mut text = fs::read_to_string(source.join(name)).with_context(|| name.to_owned())?;
        for (_, before, after) in CHANGE.iter().filter(|(file, ..)| *file == name) {
            if text.matches(before).count() != 1 {
                bail!("{}/{name} has not once what is to be changed: {before:?}", source.display());
            }
            text = text.replace(before, after);
        }
        put(&tree.join(name), &text)?;
    }
    put(&tree.join("configs/devices/x86_64-softmmu/vmtrace.mak"), DEVICES)?;
    Ok(tree.to_owned())
}

/// Writes a file in the place of a link, if it is not as it should be: what is built of it stays.
fn put(path: &Path, text: &str) -> Result<()> {
    if path.is_symlink() {
        fs::remove_file(path)?;
    }
    if fs::read_to_string(path).is_ok_and(|before| before == text) {
        return Ok(());
    }
    fs::write(path, text).with_context(|| path.display().to_string())
}

/// Configures, unless that was done, and builds.
fn build(shell: &Shell, tree: &Path, build: &Path, prefix: &Path) -> Result<PathBuf> {
    shell.create_dir(build)?;
    let _inside = shell.push_dir(build);
    let _found = shell.push_env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
    if !build.join("build.ninja").exists() {
        cmd!(shell, "{tree}/configure").args(OPTIONS).ignore_stdout().run()?;
    }
    // ninja does not know of the library's own changes
    let qemu = build.join("qemu-system-x86_64");
    let modified = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    if modified(&qemu) < modified(&prefix.join("lib/libvmtrace.a")) {
        shell.remove_path(&qemu)?;
    }
    cmd!(shell, "ninja --quiet qemu-system-x86_64").run()?;
    Ok(qemu)
}
