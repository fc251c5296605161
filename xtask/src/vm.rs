//! `cargo xtask vm-setup` and `vm-test`: the test VM.

use crate::packages;
use anyhow::{Context, Result, bail};
use std::env;
use std::path::PathBuf;
use xshell::{Shell, cmd};

/// Installs what the VM needs.
pub(crate) fn setup(shell: &Shell) -> Result<()> {
    packages::install_missing(shell, packages::VM_PACKAGES)
}

/// Runs the tests in the VM that a filter leaves, or gives a prompt in it.
pub(crate) fn test(shell: &Shell, mut args: impl Iterator<Item = String>) -> Result<()> {
    let (mut filter, mut kernel, mut prompt) = (None, None, false);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--shell" => prompt = true,
            "--kernel" => kernel = Some(absolute(&args.next().context("--kernel: needs a path")?)?),
            option if option.starts_with('-') => bail!("vm-test: unknown option {option}"),
            _ if filter.is_some() => bail!("vm-test: takes one filter"),
            _ => filter = Some(arg),
        }
    }
    setup(shell)?;
    if prompt {
        let kernel = kernel.iter().flat_map(|path| ["--kernel".into(), path.clone().into_os_string()]);
        cmd!(shell, "cargo run --quiet --package vmtrace-integration --bin vm -- {kernel...}")
            .quiet()
            .run()?;
        return Ok(());
    }
    let _kernel = kernel.map(|path| shell.push_env("VMTRACE_VM_KERNEL", path));
    // what the tests run inside
    cmd!(shell, "cargo build --quiet --workspace --bins").quiet().run()?;
    cmd!(shell, "cargo test --quiet --package vmtrace-integration --test in_vm -- --nocapture {filter...}")
        .quiet()
        .run()?;
    Ok(())
}

/// The tests are run in another folder.
fn absolute(path: &str) -> Result<PathBuf> {
    env::current_dir()?.join(path).canonicalize().with_context(|| format!("--kernel {path}"))
}
