//! The kernel: which one, and as the ELF file that QEMU enters at once (PVH): a bzImage would unpack itself, which takes
//! three seconds under emulation.

use super::Error;
use super::cache::{Cache, Key};
use super::compression::Compression;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// A kernel that can be booted.
#[derive(Clone, Debug)]
pub(super) struct Kernel {
    path: PathBuf,
    release: String,
}

impl Kernel {
    /// The newest of /boot that has its modules. Debian's `cloud` kernels have no 9p.
    pub(super) fn newest() -> Result<Self, Error> {
        let boot = Path::new("/boot");
        let kernels = fs::read_dir(boot).map_err(Error::io(boot, "readdir"))?;
        let kernels = kernels.filter_map(|entry| Some(Self::at(&entry.ok()?.path()))).filter(|kernel| {
            let name = kernel.path.file_name().unwrap_or_default().as_encoded_bytes();
            name.starts_with(b"vmlinuz-") && !kernel.release.contains("cloud") && kernel.modules().is_some()
        });
        kernels.max_by_key(|kernel| numbers(&kernel.release)).ok_or(Error::Missing {
            what: "there is no kernel /boot/vmlinuz-VERSION with modules in /lib/modules/VERSION".to_owned(),
            fix: "cargo xtask vm-setup, or apt-get install linux-image-amd64",
        })
    }

    /// The kernel in a file: `vmlinuz-RELEASE` or `vmlinux-RELEASE`, which may be compressed.
    pub(super) fn at(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name =
            [".xz", ".zst", ".gz", ".lz4"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
        let release = name.split_once('-').map_or("", |(_, release)| release).to_owned();
        Self { path: path.to_owned(), release }
    }

    /// For messages and names.
    pub(super) fn release(&self) -> &str {
        &self.release
    }

    /// Where its modules are. `None`: what it needs must be built in.
    pub(super) fn modules(&self) -> Option<PathBuf> {
        let folder = Path::new("/lib/modules").join(&self.release);
        (!self.release.is_empty() && folder.join("modules.dep").is_file()).then_some(folder)
    }

    /// It as an ELF file.
    pub(super) fn vmlinux(&self, cache: &Cache) -> Result<PathBuf, Error> {
        let key = Key::default().file(&self.path)?;
        cache.file(&format!("vmlinux-{}", self.release), &key, |to| {
            let image = fs::read(&self.path).map_err(Error::io(&self.path, "read"))?;
            let wrong = |why: String| Error::Kernel { path: self.path.clone(), why };
            if image.starts_with(b"\x7fELF") {
                return fs::write(to, image).map_err(Error::io(to, "write"));
            }
            let file = File::create(to).map_err(Error::io(to, "create"))?;
            let (packed, size) = match payload(&image).map_err(wrong)? {
                Some((packed, size)) => (packed, Some(size)),
                None => (&image[..], None),
            };
            let compression = Compression::of(packed)
                .ok_or_else(|| wrong("neither an ELF file nor a bzImage nor compressed".to_owned()))?;
            // gzip's own last four bytes are the size
            let trailer = if size.is_some() && compression != Compression::Gzip { 4 } else { 0 };
            compression.unpack(&packed[..packed.len() - trailer], file)?;
            let unpacked =
                File::open(to).and_then(|file| file.metadata()).map_err(Error::io(to, "stat"))?.len();
            match size {
                Some(size) if unpacked != u64::from(size) => {
                    Err(wrong(format!("{size} bytes are packed in it, and {unpacked} came out")))
                }
                _ => Ok(()),
            }
        })
    }
}

/// The packed kernel in a bzImage with the size that it has unpacked, which are its last four bytes. `None`: it is no
/// bzImage. See Documentation/arch/x86/boot.rst of Linux.
fn payload(image: &[u8]) -> Result<Option<(&[u8], u32)>, String> {
    if image.get(0x202..0x206) != Some(b"HdrS") {
        return Ok(None);
    }
    let word = |at: usize| {
        let bytes = image.get(at..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    };
    let find = || {
        let sectors = match *image.get(0x1f1)? {
            0 => 4,
            sectors => usize::from(sectors),
        };
        let start = (sectors + 1) * 512 + usize::try_from(word(0x248)?).ok()?;
        let packed = image.get(start..)?.get(..usize::try_from(word(0x24c)?).ok()?)?;
        Some((packed, u32::from_le_bytes(*packed.last_chunk()?)))
    };
    find().map(Some).ok_or_else(|| "a bzImage that is cut short, or older than Linux 2.6.24".to_owned())
}

/// The numbers in a release, for which one is newer: 6.1.0-50 before 6.1.0-56, and before 6.12.
fn numbers(release: &str) -> Vec<u64> {
    release.split(|at: char| !at.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newer_release_is_the_one_with_the_larger_number() {
        let sorted = ["5.10.0-30-amd64", "6.1.0-9-amd64", "6.1.0-50-amd64", "6.12.9+deb13-amd64"];
        assert!(sorted.is_sorted_by_key(|release| numbers(release)));
    }

    #[test]
    fn a_kernels_release_is_in_its_name() {
        for (path, release) in [
            ("/boot/vmlinuz-6.1.0-50-amd64", "6.1.0-50-amd64"),
            ("x/vmlinux-6.12-user-events.xz", "6.12-user-events"),
            ("vmlinux", ""),
        ] {
            assert_eq!(Kernel::at(Path::new(path)).release, release);
        }
    }

    #[test]
    fn what_is_no_whole_bzimage_is_told() {
        let mut image = vec![0; 0x1000];
        assert_eq!(payload(&image), Ok(None));
        image[0x202..0x206].copy_from_slice(b"HdrS");
        assert!(payload(&image).is_err(), "no payload");
        image[0x24c] = 8;
        image[0xa00 + 4] = 9;
        assert_eq!(payload(&image), Ok(Some((&[0, 0, 0, 0, 9, 0, 0, 0][..], 9))));
        image[0x24a] = 1;
        assert!(payload(&image).is_err(), "behind the end");
        assert!(payload(&image[..0x210]).is_err(), "cut short");
    }
}
