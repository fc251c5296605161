//! Whether only root and the caller can change what lies in a folder.
//!
//! A script in a folder that `stap` is given by `-I` may hold C, which runs in the kernel, and needs no `-g` for it.

use crate::Error;
use nix::unistd::geteuid;
use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// How many files and folders are looked at: SystemTap's own folder has 300.
const MOST: usize = 10_000;

/// Checks a folder (by its real path), all that lies in it at any depth, and the folders above each, up to the root: each must
/// belong to root or to the caller's effective user, and neither its group nor others may write it. Then nobody else can change
/// it afterwards either.
pub(crate) fn check(folder: &Path) -> Result<(), Error> {
    let mut walk = Walk { folder, seen: HashSet::new() };
    walk.reach(folder)
}

struct Walk<'a> {
    folder: &'a Path,
    /// Real paths, so that links may go round.
    seen: HashSet<PathBuf>,
}

impl Walk<'_> {
    /// All that is below a path. Which files `stap` reads depends on the kernel's version: there are folders for it.
    fn reach(&mut self, path: &Path) -> Result<(), Error> {
        let mut open = vec![path.to_owned()];
        while let Some(path) = open.pop() {
            let real = path.canonicalize().map_err(io("realpath", &path))?;
            if !self.own(&real)? {
                continue;
            }
            if self.seen.len() > MOST {
                return Err(self.refuse(&real, "is one of too many to look at them all"));
            }
            if fs::metadata(&real).map_err(io("stat", &real))?.is_dir() {
                for entry in fs::read_dir(&real).map_err(io("readdir", &real))? {
                    open.push(entry.map_err(io("readdir", &real))?.path());
                }
            }
        }
        Ok(())
    }

    /// Checks a real path and the folders above it. Whether it is new.
    fn own(&mut self, real: &Path) -> Result<bool, Error> {
        for path in real.ancestors() {
            let data = fs::metadata(path).map_err(io("stat", path))?;
            if let Some(why) = of_strangers(&data) {
                return Err(self.refuse(path, why));
            }
        }
        Ok(self.seen.insert(real.to_owned()))
    }

    fn refuse(&self, path: &Path, why: &'static str) -> Error {
        Error::Untrusted { folder: self.folder.to_owned(), path: path.to_owned(), why }
    }
}

const WRITABLE: &str = "may be written by its group or by others";

/// What lets strangers change it. A sticky folder too: they can put there what is not there yet.
fn of_strangers(data: &Metadata) -> Option<&'static str> {
    if data.uid() != 0 && data.uid() != geteuid().as_raw() {
        Some("belongs to another user")
    } else if data.mode() & 0o022 != 0 {
        Some(WRITABLE)
    } else {
        None
    }
}

fn io<'a>(call: &'static str, path: &'a Path) -> impl FnOnce(std::io::Error) -> Error + 'a {
    move |source| Error::Io { call, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn refused(folder: &Path) -> Option<(PathBuf, &'static str)> {
        match check(&folder.canonicalize().unwrap()) {
            Ok(()) => None,
            Err(Error::Untrusted { path, why, .. }) => Some((path, why)),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn roots_files_and_what_lies_where_everyone_may_write() {
        assert_eq!(refused(Path::new("/usr/bin/env")), None);
        let folder = std::env::temp_dir().join(format!("vmtrace-systemtap-trust-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let sticky = std::env::temp_dir().canonicalize().unwrap();
        let told = refused(&folder);
        fs::remove_dir(folder).unwrap();
        if fs::metadata(&sticky).unwrap().mode() & 0o002 != 0 {
            assert_eq!(told, Some((sticky, WRITABLE)));
        }
    }

    /// Where only root and this user may write.
    fn home() -> Option<PathBuf> {
        let homes = [Some("/run".into()), std::env::var_os("HOME").map(PathBuf::from)].into_iter().flatten();
        let fits = |home: &PathBuf| {
            let folder = home.join(format!(".vmtrace-systemtap-{}", std::process::id()));
            fs::create_dir(&folder).is_ok() && {
                let told = refused(&folder);
                fs::remove_dir(&folder).unwrap();
                told.is_none()
            }
        };
        homes.into_iter().find(fits)
    }

    #[test]
    fn what_lies_in_it_decides() {
        let Some(home) = home() else {
            eprintln!("SKIP what_lies_in_it_decides: no folder where only root and this user may write");
            return;
        };
        let folder = home.join(format!(".vmtrace-systemtap-trust-{}", std::process::id()));
        fs::create_dir_all(folder.join("x86_64")).unwrap();
        let (script, below) = (folder.join("a.stp"), folder.join("x86_64/b.stp"));
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        for path in [&script, &below] {
            fs::write(path, "").unwrap();
            mode(path, 0o644);
        }
        symlink(".", folder.join("round")).unwrap();
        symlink("/etc/hostname", folder.join("link.stp")).unwrap();
        let mut seen = vec![refused(&folder)];
        for path in [&script, &below, &folder.join("x86_64"), &folder] {
            mode(path, 0o775);
            seen.push(refused(&folder));
            mode(path, 0o755);
        }
        symlink(std::env::temp_dir(), folder.join("out")).unwrap();
        let out = refused(&folder);
        let real = folder.canonicalize().unwrap();
        fs::remove_dir_all(&folder).unwrap();
        let told =
            ["a.stp", "x86_64/b.stp", "x86_64"].map(|path| Some((real.join(path), WRITABLE))).into_iter();
        let told: Vec<_> = told.chain([Some((real.clone(), WRITABLE))]).collect();
        assert_eq!(seen[0], None);
        assert_eq!(seen[1..], told);
        assert!(out.is_some());
    }
}
