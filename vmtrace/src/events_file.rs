//! An events file: a name or pattern a line, `-` before one to disable it, `#` before a comment.

use crate::error::Error;
use std::path::Path;

/// A line of an events file that says something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventsLine {
    /// Which, from 1 on.
    pub line: usize,
    /// A name or pattern; one that begins with `-` disables.
    pub pattern: String,
}

/// Reads an events file, as `-trace events=FILE` names it: for a VMM that switches events itself.
///
/// # Errors
/// [`Error::EventsFile`] if it cannot be read.
pub fn read(path: &Path) -> Result<Vec<EventsLine>, Error> {
    let source =
        std::fs::read(path).map_err(|source| Error::EventsFile { path: path.to_path_buf(), source })?;
    Ok(parse(&source))
}

pub(crate) fn parse(source: &[u8]) -> Vec<EventsLine> {
    String::from_utf8_lossy(source)
        .lines()
        .enumerate()
        .map(|(index, line)| EventsLine { line: index + 1, pattern: line.trim().to_owned() })
        .filter(|entry| !entry.pattern.is_empty() && !entry.pattern.starts_with('#'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_long_lines_and_a_missing_final_newline() {
        let long = "x".repeat(5000);
        let source = format!("# one\n\nkvm_*\r\n  -kvm_run \n#-no\n{long}\nlast");
        let read: Vec<(usize, String)> =
            parse(source.as_bytes()).into_iter().map(|entry| (entry.line, entry.pattern)).collect();
        let expected = [(3, "kvm_*"), (4, "-kvm_run"), (6, long.as_str()), (7, "last")];
        assert_eq!(read, expected.map(|(line, pattern)| (line, pattern.to_owned())));
    }
}
