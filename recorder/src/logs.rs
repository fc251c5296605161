//! The VMM's own logs, and how they come into the recording.

use recording::{LogFile, LogForm, Recording};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// So many files of one template at most; there is one for each thread.
const MOST: usize = 4096;

/// Where the threads' files begin, before their numbers.
const PER_THREAD: &str = "log.";

/// A log of the command's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Log {
    /// Its file, absolute. A `%d` in the last part is where QEMU puts the number of each thread (or of the process).
    pub(crate) template: PathBuf,
    /// How its lines look.
    pub(crate) form: LogForm,
    /// Whether it is written into the recording's folder; otherwise it is copied there when recording ends.
    pub(crate) inside: bool,
}

impl Log {
    /// What the manifest says of it while it is being written; `None` for one that has yet to be copied.
    pub(crate) fn expected(&self, recording: &Recording) -> Option<LogFile> {
        let file = match self.form {
            LogForm::Qemu => self.template.clone(),
            LogForm::QemuPerThread => recording.log_dir().join(PER_THREAD),
        };
        self.inside.then(|| log_file(recording, file, self.form))
    }

    /// Finds the files that came of it, copies those that lie elsewhere, and tells what the manifest should say. Files
    /// that were last written before `since` are an earlier run's, and empty ones tell nothing.
    ///
    /// # Errors
    /// What could not be found or copied, for the operator.
    pub(crate) fn collect(&self, recording: &Recording, since: SystemTime) -> Result<Vec<LogFile>, String> {
        let files = self
            .files(since)
            .map_err(|error| format!("the log {} could not be found: {error}", self.template.display()))?;
        let mut kept = Vec::new();
        for Found { path, number } in files {
            let name = match (self.form, &number) {
                (LogForm::Qemu, None) => "qemu.log".into(),
                (LogForm::Qemu, Some(number)) => format!("qemu.{number}.log"),
                (LogForm::QemuPerThread, number) => {
                    format!("{PER_THREAD}{}", number.as_deref().unwrap_or_default())
                }
            };
            let file = if self.inside { path.clone() } else { recording.log_dir().join(name) };
            if !self.inside {
                copy(&path, &file)
                    .map_err(|error| format!("the log {} could not be copied: {error}", path.display()))?;
            }
            let file = match self.form {
                LogForm::Qemu => file,
                LogForm::QemuPerThread => recording.log_dir().join(PER_THREAD),
            };
            let log = log_file(recording, file, self.form);
            if !kept.contains(&log) {
                kept.push(log);
            }
        }
        Ok(kept)
    }

    fn files(&self, since: SystemTime) -> io::Result<Vec<Found>> {
        let is_ours = |path: &Path| {
            let about = fs::metadata(path)?;
            Ok::<_, io::Error>(about.is_file() && about.len() > 0 && about.modified()? >= since)
        };
        let Some((folder, before, after)) = self.split() else {
            return match is_ours(&self.template) {
                Ok(true) => Ok(vec![Found { path: self.template.clone(), number: None }]),
                Ok(false) => Ok(Vec::new()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
                Err(error) => Err(error),
            };
        };
        let mut found = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let number = path
                .file_name()
                .and_then(|name| name.as_bytes().strip_prefix(before)?.strip_suffix(after))
                .filter(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
                .map(|number| String::from_utf8_lossy(number).into_owned());
            if number.is_some() && found.len() < MOST && is_ours(&path)? {
                found.push(Found { path, number });
            }
        }
        Ok(found)
    }

    /// The folder, and the last part of the name before and after the `%d`.
    fn split(&self) -> Option<(&Path, &[u8], &[u8])> {
        let (folder, name) = (self.template.parent()?, self.template.file_name()?.as_bytes());
        let at = name.windows(2).position(|two| two == b"%d")?;
        Some((folder, &name[..at], &name[at + 2..]))
    }
}

/// The manifest's word for `file`, which is in the recording's folder.
fn log_file(recording: &Recording, file: PathBuf, form: LogForm) -> LogFile {
    LogFile { path: file.strip_prefix(recording.dir()).map(Path::to_path_buf).unwrap_or(file), form }
}

/// A file that came of a log.
struct Found {
    path: PathBuf,
    /// What stands for the `%d`.
    number: Option<String>,
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let mut source = fs::File::open(from).map_err(|error| error.to_string())?;
    let mut target = Recording::create_file(to).map_err(|error| error.to_string())?;
    io::copy(&mut source, &mut target).map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn logs_are_found_and_copied() {
        let scratch = std::env::temp_dir().join(format!("recorder-logs-{}", std::process::id()));
        let since = SystemTime::now() - Duration::from_secs(60);
        let stale = since - Duration::from_secs(60);
        let elsewhere = scratch.join("elsewhere");
        fs::create_dir_all(&elsewhere).unwrap();
        for (name, old) in [
            ("one.log", false),
            ("old.log", true),
            ("t.7", false),
            ("t.8", true),
            ("t.x", false),
            ("t.9", false),
        ] {
            let file = fs::File::create(elsewhere.join(name)).unwrap();
            io::Write::write_all(&mut &file, name.as_bytes()).unwrap();
            if old {
                file.set_modified(stale).unwrap();
            }
        }
        fs::create_dir(elsewhere.join("t.10")).unwrap();
        fs::write(elsewhere.join("t.11"), "").unwrap();

        let cases = [
            ("one.log", LogForm::Qemu, vec!["log/qemu.log"], vec![("qemu.log", "one.log")]),
            ("old.log", LogForm::Qemu, vec![], vec![]),
            ("none.log", LogForm::Qemu, vec![], vec![]),
            ("t.%d", LogForm::QemuPerThread, vec!["log/log."], vec![("log.7", "t.7"), ("log.9", "t.9")]),
            (
                "t.%d",
                LogForm::Qemu,
                vec!["log/qemu.7.log", "log/qemu.9.log"],
                vec![("qemu.7.log", "t.7"), ("qemu.9.log", "t.9")],
            ),
        ];
        for (template, form, manifest, files) in cases {
            let recording = Recording::create(&scratch.join("recording")).unwrap();
            let log = Log { template: elsewhere.join(template), form, inside: false };
            let mut told = log.collect(&recording, since).unwrap();
            told.sort_by(|a, b| a.path.cmp(&b.path));
            let expect: Vec<_> =
                manifest.iter().map(|path| LogFile { path: PathBuf::from(path), form }).collect();
            assert_eq!(told, expect, "{template}");
            for (name, text) in &files {
                assert_eq!(fs::read(recording.log_dir().join(name)).unwrap(), text.as_bytes(), "{template}");
            }
            assert_eq!(fs::read_dir(recording.log_dir()).unwrap().count(), files.len(), "{template}");
        }

        let recording = Recording::create(&scratch.join("recording")).unwrap();
        for (template, form, expect) in
            [("log.%d", LogForm::QemuPerThread, "log/log."), ("qemu.log", LogForm::Qemu, "log/qemu.log")]
        {
            let template = recording.log_dir().join(template);
            fs::write(template.to_str().unwrap().replace("%d", "3"), "line").unwrap();
            let log = Log { template, form, inside: true };
            assert_eq!(
                log.collect(&recording, since),
                Ok(vec![LogFile { path: PathBuf::from(expect), form }])
            );
        }
        fs::remove_dir_all(scratch).unwrap();
    }
}
