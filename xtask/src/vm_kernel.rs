//! `cargo xtask vm-kernel`: a kernel with user_events for the test VM, which no kernel of Debian's has, from Debian's
//! own source.

use crate::packages;
use anyhow::{Context, Result};
use std::{env, fs, thread};
use xshell::{Shell, cmd};

const VERSION: &str = "6.12";

/// Builds it, if it is not there, at the place where the tests look.
pub(crate) fn build(shell: &Shell) -> Result<()> {
    let program = env::current_exe()?;
    let target =
        program.ancestors().nth(2).context("xtask lies in a profile's folder of the target folder")?;
    let folder = target.join("tmp/vm-kernel");
    let kernel = folder.join(format!("vmlinux-{VERSION}-user-events"));
    if kernel.is_file() {
        println!("{} is there", kernel.display());
        return Ok(());
    }
    packages::install_missing(shell, packages::KERNEL_PACKAGES)?;
    let tar = format!("/usr/src/linux-source-{VERSION}.tar.xz");
    fs::metadata(&tar).with_context(|| format!("{tar}: apt-get install linux-source-{VERSION}"))?;

    // what an interrupted run has left would only be half there
    let tree = folder.join(format!("linux-source-{VERSION}"));
    shell.remove_path(&tree)?;
    shell.create_dir(&folder)?;
    println!("building {}: some 10 minutes on one processor, and 2 GB for as long", kernel.display());
    cmd!(shell, "tar --extract --file {tar} --directory {folder}").run()?;
    let config = shell.current_dir().join("integration/src/vm/user-events.config");
    let jobs = thread::available_parallelism()?.to_string();
    cmd!(shell, "make --silent --directory {tree} allnoconfig").env("KCONFIG_ALLCONFIG", config).run()?;
    cmd!(shell, "make --silent --directory {tree} --jobs {jobs} vmlinux").run()?;
    fs::rename(tree.join("vmlinux"), &kernel)?;
    shell.remove_path(&tree)?;
    Ok(())
}
