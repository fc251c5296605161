//! How kernels and modules are compressed, undone by the programs that have the formats' names.

use super::Error;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};
use std::thread;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Lz4,
    Xz,
    Zstd,
}

impl Compression {
    /// By a file's first bytes.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        const MAGIC: [(&[u8], Compression); 4] = [
            (b"\x1f\x8b", Compression::Gzip),
            (b"\x02\x21\x4c\x18", Compression::Lz4),
            (b"\xfd7zXZ", Compression::Xz),
            (b"\x28\xb5\x2f\xfd", Compression::Zstd),
        ];
        MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, compression)| *compression)
    }

    /// Unpacks into a file.
    pub(super) fn unpack(self, packed: &[u8], to: File) -> Result<(), Error> {
        let (program, fix) = match self {
            Self::Gzip => ("gzip", "apt-get install gzip"),
            Self::Lz4 => ("lz4", "apt-get install lz4"),
            Self::Xz => ("xz", "apt-get install xz-utils"),
            Self::Zstd => ("zstd", "apt-get install zstd"),
        };
        let mut command = Command::new(program);
        command.arg("-dc").stdin(Stdio::piped()).stdout(to).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|source| match source.kind() {
            ErrorKind::NotFound => Error::Missing { what: format!("there is no program {program}"), fix },
            _ => Error::io(program, "exec")(source),
        })?;
        let mut input = child.stdin.take();
        let (fed, ended) = thread::scope(|scope| {
            // a program that gives up early says why itself
            let feed = scope.spawn(move || input.as_mut().map(|input| input.write_all(packed)));
            let ended = child.wait_with_output();
            (feed.join(), ended)
        });
        let ended = ended.map_err(Error::io(program, "wait"))?;
        if ended.status.success() && matches!(fed, Ok(Some(Ok(())))) {
            return Ok(());
        }
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        Err(Error::io(program, "unpack")(std::io::Error::other(format!("{}: {told}", ended.status))))
    }
}
