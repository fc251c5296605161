//! What SystemTap needs of a kernel to build modules for it: Debian's headers, and a runtime that compiles with them.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Links to a kernel's headers, and a copy of SystemTap's runtime.
pub(crate) struct Kernel {
    /// For `stap -r`.
    pub(crate) build: PathBuf,
    /// For `stap -R`.
    pub(crate) runtime: PathBuf,
}

const RUNTIME: &str = "/usr/share/systemtap/runtime";

impl Kernel {
    /// Makes both in a folder, or says what is missing.
    pub(crate) fn prepare(release: &str, folder: &Path) -> Result<Self, String> {
        let headers = PathBuf::from(format!("/lib/modules/{release}"));
        for (path, package) in [
            (headers.join("build/Module.symvers"), format!("linux-headers-{release}")),
            (headers.join("source/include/trace"), format!("linux-headers-{release}")),
            (RUNTIME.into(), "systemtap".to_owned()),
        ] {
            if !path.exists() {
                return Err(format!("no {}: apt-get install {package}", path.display()));
            }
        }
        let (build, runtime) = (folder.join("build"), folder.join("runtime"));
        let make = || -> io::Result<()> {
            link_headers(release, &headers, folder)?;
            if !runtime.exists() {
                copy_runtime(&headers.join("source"), &runtime)?;
            }
            Ok(())
        };
        make().map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self { build, runtime })
    }
}

/// `build` and `source`, which is where `stap` looks for tracepoints: it compiles a module for each header that declares
/// some, which takes two minutes for all of a kernel's, and seconds for KVM's alone. What it compiles with is the real thing.
///
/// Made once for a release: what `stap` has compiled before it finds by the times of these.
fn link_headers(release: &str, headers: &Path, folder: &Path) -> io::Result<()> {
    let made = folder.join("linked");
    if fs::read_to_string(&made).is_ok_and(|linked| linked == release) {
        return Ok(());
    }
    for name in ["build", "source"] {
        match fs::remove_dir_all(folder.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    // a release that is the folder's, not one that is put together from the Makefile's
    let config = folder.join("build/include/config");
    fs::create_dir_all(&config)?;
    fs::write(config.join("kernel.release"), format!("{release}\n"))?;
    symlink(headers.join("build/include/config/auto.conf"), config.join("auto.conf"))?;
    symlink_all(&headers.join("build"), &folder.join("build"), &["include"])?;
    symlink_all(&headers.join("build/include"), &folder.join("build/include"), &["config"])?;

    fs::create_dir_all(folder.join("source/include/trace/events"))?;
    let source = headers.join("source").canonicalize()?;
    symlink_all(&source, &folder.join("source"), &["include"])?;
    symlink_all(&source.join("include"), &folder.join("source/include"), &["trace"])?;
    symlink_all(&source.join("include/trace"), &folder.join("source/include/trace"), &["events"])?;
    let kvm = "include/trace/events/kvm.h";
    symlink(source.join(kvm), folder.join("source").join(kvm))?;
    fs::write(made, release)
}

fn symlink_all(from: &Path, to: &Path, but: &[&str]) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if !but.iter().any(|name| entry.file_name() == *name) {
            symlink(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// SystemTap 4.8 calls `task_work_cancel`, which stable kernels have renamed since.
fn copy_runtime(source: &Path, runtime: &Path) -> io::Result<()> {
    let unfinished = runtime.with_extension("unfinished");
    let copied = Command::new("cp").arg("--recursive").args([Path::new(RUNTIME), &unfinished]).status()?;
    if !copied.success() {
        return Err(io::Error::other(format!("cp {RUNTIME}: {copied}")));
    }
    let header = fs::read_to_string(source.join("include/linux/task_work.h"))?;
    if header.contains("task_work_cancel_func") {
        let renamed = Command::new("sed")
            .args(["--in-place", r"s/\btask_work_cancel\b/task_work_cancel_func/g"])
            .arg(unfinished.join("stp_task_work.c"))
            .status()?;
        if !renamed.success() {
            return Err(io::Error::other(format!("sed stp_task_work.c: {renamed}")));
        }
    }
    fs::rename(unfinished, runtime)
}
