//! The initramfs: busybox, the modules that the host's files are reached by, and the guest's two scripts, as the cpio
//! archive that Linux unpacks (Documentation/driver-api/early-userspace/buffer-format.rst).

use super::Error;
use super::cache::{Cache, Key};
use super::compression::Compression;
use super::kernel::Kernel;
use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

const INIT: &str = include_str!("guest/init");
const MAIN: &str = include_str!("guest/main");
const BUSYBOX: &str = "/bin/busybox";

/// What the guest needs before it sees the host's files.
const MODULES: &[&str] = &["virtio_pci", "9pnet_virtio", "9p", "overlay"];

/// The initramfs for a kernel.
pub(super) fn file(kernel: &Kernel, cache: &Cache) -> Result<PathBuf, Error> {
    let busybox = Path::new(BUSYBOX);
    let missing = |what: String| Error::Missing {
        what,
        fix: "cargo xtask vm-setup, or apt-get install busybox-static",
    };
    if !busybox.exists() {
        return Err(missing(format!("there is no {BUSYBOX}")));
    }
    let modules = kernel.modules();
    let mut key = Key::default().file(busybox)?.text(INIT).text(MAIN);
    if let Some(folder) = &modules {
        key = key.file(&folder.join("modules.dep"))?;
    }
    cache.file(&format!("initramfs-{}", kernel.release()), &key, |to| {
        let program = fs::read(busybox).map_err(Error::io(busybox, "read"))?;
        if !is_static(&program) {
            return Err(missing(format!("{BUSYBOX} is not a static one")));
        }
        let mut archive = Archive::default();
        for folder in ["bin", "dev", "modules"] {
            archive.add(folder, 0o040_755, &[]);
        }
        archive.add("bin/busybox", 0o100_755, &program);
        archive.add("init", 0o100_755, INIT.as_bytes());
        archive.add("main", 0o100_644, MAIN.as_bytes());
        let mut order = String::new();
        if let Some(folder) = &modules {
            for path in in_order_of_dependency(folder)? {
                let name =
                    path.rsplit('/').next().unwrap_or_default().split(".ko").next().unwrap_or_default();
                archive.add(&format!("modules/{name}.ko"), 0o100_644, &module(&folder.join(&path), to)?);
                order = order + name + ".ko\n";
            }
        }
        archive.add("modules/order", 0o100_644, order.as_bytes());
        fs::write(to, archive.end()).map_err(Error::io(to, "write"))
    })
}

/// A module's bytes. Unpacking uses the file that is being made, which is written after.
fn module(path: &Path, scratch: &Path) -> Result<Vec<u8>, Error> {
    let bytes = fs::read(path).map_err(Error::io(path, "read"))?;
    let Some(compression) = Compression::of(&bytes) else { return Ok(bytes) };
    let file = File::create(scratch).map_err(Error::io(scratch, "create"))?;
    compression.unpack(&bytes, file)?;
    fs::read(scratch).map_err(Error::io(scratch, "read"))
}

/// [`MODULES`] and what they need, each after what it needs itself, as paths in the folder of modules. modules.dep
/// names all that a module needs, the last to be loaded first.
fn in_order_of_dependency(folder: &Path) -> Result<Vec<String>, Error> {
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).map_err(Error::io(path, "read"))
    };
    let (dependencies, builtin) = (read("modules.dep")?, read("modules.builtin")?);
    let name = |path: &str| {
        let file = path.rsplit('/').next().unwrap_or_default();
        file.split(".ko").next().unwrap_or_default().replace('-', "_")
    };
    let known: HashMap<String, (&str, &str)> = dependencies
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(module, needs)| (name(module), (module, needs)))
        .collect();
    let mut order: Vec<String> = Vec::new();
    for wanted in MODULES {
        if builtin.lines().any(|path| name(path) == *wanted) {
            continue;
        }
        let (module, needs) = known.get(*wanted).ok_or_else(|| Error::Kernel {
            path: folder.to_owned(),
            why: format!("it has no module {wanted}, which the test VM needs"),
        })?;
        for path in needs.split_whitespace().rev().chain([*module]) {
            if !order.iter().any(|there| there == path) {
                order.push(path.to_owned());
            }
        }
    }
    Ok(order)
}

/// Whether an ELF file for this machine asks for no interpreter, that is, no shared library. See elf(5).
fn is_static(program: &[u8]) -> bool {
    const PT_INTERP: u32 = 3;
    let half = |at: usize| Some(usize::from(u16::from_le_bytes(*program.get(at..)?.first_chunk()?)));
    let headers = || {
        let start = usize::try_from(u64::from_le_bytes(*program.get(32..)?.first_chunk()?)).ok()?;
        let (size, count) = (half(54)?, half(56)?);
        (0..count)
            .map(|index| {
                Some(u32::from_le_bytes(*program.get(start.checked_add(index * size)?..)?.first_chunk()?))
            })
            .collect::<Option<Vec<u32>>>()
    };
    program.starts_with(b"\x7fELF\x02\x01") && headers().is_some_and(|kinds| !kinds.contains(&PT_INTERP))
}

/// A cpio archive in the format `newc`.
#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    files: u32,
}

impl Archive {
    fn add(&mut self, name: &str, mode: u32, content: &[u8]) {
        self.files += 1;
        let header = [
            self.files, // inode
            mode,
            0, // owner
            0, // group
            1, // links
            0, // time
            u32::try_from(content.len()).expect("no file in an initramfs has 4 GiB"),
            0, // device
            0,
            0, // device that it is
            0,
            u32::try_from(name.len()).expect("nor a name") + 1,
            0, // checksum, which this format has not
        ];
        self.bytes.extend_from_slice(b"070701");
        for field in header {
            self.bytes.extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(content);
        self.pad();
    }

    fn end(mut self) -> Vec<u8> {
        self.add("TRAILER!!!", 0, &[]);
        self.bytes
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}
