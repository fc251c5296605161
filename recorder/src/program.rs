//! Which file a command's name means, found before anything is made for it.

use crate::Error;
use nix::unistd::{AccessFlags, access};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Where `execvp` of glibc looks if there is no `PATH` (execvp(3), `confstr(_CS_PATH)`).
const PATH_WITHOUT_PATH: &str = "/bin:/usr/bin";

/// The file that `execvp` would run: `program` itself if it holds a slash, otherwise the first executable one in `path`.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotExecutable`] if there are only files that cannot be run.
pub(crate) fn find(program: &OsStr, path: Option<&OsStr>) -> Result<PathBuf, Error> {
    if program.as_bytes().contains(&b'/') {
        return executable(Path::new(program)).map_err(|source| refusal(program, program.into(), source));
    }
    let mut refused = None;
    for folder in std::env::split_paths(path.unwrap_or(OsStr::new(PATH_WITHOUT_PATH))) {
        if program.is_empty() {
            break;
        }
        // An empty entry is the current folder (environ(7)); joined with "." so that a slash is in what we exec.
        let file =
            if folder.as_os_str().is_empty() { Path::new(".").join(program) } else { folder.join(program) };
        match executable(&file) {
            Ok(found) => return Ok(found),
            Err(source) if is_absent(&source) => {}
            Err(source) => refused = refused.or(Some((file, source))),
        }
    }
    match refused {
        Some((path, source)) => Err(Error::NotExecutable { path, source }),
        None => Err(Error::NotFound { program: program.into() }),
    }
}

/// The error for `path`, which could not be run because of `source`.
pub(crate) fn refusal(program: &OsStr, path: PathBuf, source: io::Error) -> Error {
    if is_absent(&source) {
        Error::NotFound { program: program.into() }
    } else {
        Error::NotExecutable { path, source }
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn executable(path: &Path) -> io::Result<PathBuf> {
    if std::fs::metadata(path)?.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    access(path, AccessFlags::X_OK)?;
    Ok(path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn finds_what_execvp_would_run() {
        let scratch = std::env::temp_dir().join(format!("recorder-program-{}", std::process::id()));
        let (first, second) = (scratch.join("first"), scratch.join("second"));
        for (folder, mode) in [(&first, 0o644), (&second, 0o755)] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join("both"), "").unwrap();
            fs::set_permissions(folder.join("both"), fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::write(first.join("only"), "").unwrap();
        fs::set_permissions(first.join("only"), fs::Permissions::from_mode(0o644)).unwrap();
        fs::create_dir(first.join("folder")).unwrap();
        let path = std::env::join_paths([&first, &second]).unwrap();

        let status = |program: &str| find(OsStr::new(program), Some(&path)).map_err(|error| error.status());
        assert_eq!(status("both"), Ok(second.join("both")), "one that cannot be run is passed over");
        assert_eq!(status("only"), Err(126));
        assert_eq!(status("folder"), Err(126));
        assert_eq!(status("neither"), Err(127));
        assert_eq!(status(""), Err(127));
        assert_eq!(status(first.join("only").to_str().unwrap()), Err(126));
        assert_eq!(status("/nonexistent/program"), Err(127));
        assert_eq!(find(OsStr::new("sh"), None).unwrap().file_name(), Some(OsStr::new("sh")));
        fs::remove_dir_all(scratch).unwrap();
    }
}
