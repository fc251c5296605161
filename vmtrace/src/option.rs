//! QEMU's option string: `[enable=]PATTERN[,events=FILE][,file=FILE]`, and ours: `sink=NAME`, and how sinks are to work.

use crate::error::Error;
use crate::log_items::is_help;
use crate::settings::Settings;
use std::path::PathBuf;

/// What a `-trace` option says.
///
/// ```
/// let option = vmtrace::TraceOption::parse("kvm_*,sink=ftrace,file=/tmp/a,,b")?;
/// assert_eq!(option.patterns, ["kvm_*"]);
/// assert_eq!(option.sinks, ["ftrace"]);
/// assert_eq!(option.file.unwrap().to_str(), Some("/tmp/a,b")); // a comma is written twice
///
/// let error = vmtrace::TraceOption::parse("kvm_*,snk=ftrace").unwrap_err().to_string();
/// assert_eq!(error, "-trace kvm_*,snk=ftrace: `snk` is none of enable, events, file, sink, ring, wait, log, syslog and flight");
/// # Ok::<(), vmtrace::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceOption {
    /// The option as it was given, for messages.
    pub source: String,
    /// Names or patterns of events to enable; one that begins with `-` disables.
    pub patterns: Vec<String>,
    /// Files of such patterns, one a line.
    pub events: Vec<PathBuf>,
    /// The binary trace's file if this option's events go to the sink `simple`, otherwise the log's.
    pub file: Option<PathBuf>,
    /// The sinks that this option's events go to, in place of the default ones.
    pub sinks: Vec<String>,
    /// How sinks are to work.
    pub settings: Settings,
}

impl TraceOption {
    /// Whether it asks what events there are: `help` or `?`.
    #[must_use]
    pub fn asks_for_help(&self) -> bool {
        matches!(self.patterns.as_slice(), [word] if is_help(word))
    }

    /// Takes an option string apart.
    ///
    /// # Errors
    /// [`Error::Option`], which names the part that is wrong.
    pub fn parse(source: &str) -> Result<Self, Error> {
        let shown = if source.is_empty() { "''" } else { source };
        let wrong = |why: String| Error::Option { option: format!("-trace {shown}"), why };
        let mut option = Self { source: source.to_owned(), ..Self::default() };
        for (index, part) in split(source).into_iter().enumerate() {
            let (key, value) = match part.split_once('=') {
                Some((key, value)) => (key.to_owned(), value.to_owned()),
                None if index == 0 => ("enable".to_owned(), part),
                None => {
                    return Err(wrong(format!(
                        "`{part}` is not KEY=VALUE; only the first part may be a bare pattern (give -trace again for another)"
                    )));
                }
            };
            if source.is_empty() {
                return Err(wrong("wants a pattern, or help".to_owned()));
            }
            if value.is_empty() {
                return Err(wrong(format!("`{key}` has no value")));
            }
            match key.as_str() {
                "enable" => option.patterns.push(value),
                "events" => option.events.push(value.into()),
                "sink" => option.sinks.push(value),
                "file" if option.file.is_some() => return Err(wrong("`file` is given twice".to_owned())),
                "file" => option.file = Some(value.into()),
                _ if option.settings.take(&key, &value).map_err(wrong)? => {}
                _ => {
                    return Err(wrong(format!(
                        "`{key}` is none of enable, events, file, sink, ring, wait, log, syslog and flight"
                    )));
                }
            }
        }
        if !option.sinks.is_empty() && option.patterns.is_empty() && option.events.is_empty() {
            return Err(wrong("`sink` without a pattern or events file to send there".to_owned()));
        }
        Ok(option)
    }
}

/// Splits at commas; two commas are one of the value.
pub(crate) fn split(source: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        if c == ',' && chars.next_if_eq(&',').is_none() {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options() {
        type Case<'a> = (&'a str, &'a [&'a str], &'a [&'a str], Option<&'a str>, &'a [&'a str]);
        let cases: &[Case<'_>] = &[
            ("kvm_*", &["kvm_*"], &[], None, &[]),
            ("enable=kvm_*", &["kvm_*"], &[], None, &[]),
            ("-kvm_run", &["-kvm_run"], &[], None, &[]),
            ("events=/tmp/e", &[], &["/tmp/e"], None, &[]),
            ("file=/tmp/x", &[], &[], Some("/tmp/x"), &[]),
            ("a,enable=b,sink=log,sink=ftrace", &["a", "b"], &[], None, &["log", "ftrace"]),
            ("events=a=b,file=c,,d", &[], &["a=b"], Some("c,d"), &[]),
        ];
        for (source, patterns, events, file, sinks) in cases {
            let option = TraceOption::parse(source).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(option.patterns, *patterns, "{source}");
            assert_eq!(
                option.events.iter().map(|path| path.to_str().unwrap()).collect::<Vec<_>>(),
                *events,
                "{source}"
            );
            assert_eq!(option.file.as_deref().and_then(|path| path.to_str()), *file, "{source}");
            assert_eq!(option.sinks, *sinks, "{source}");
        }
    }

    #[test]
    fn the_wrong_part_is_named() {
        let cases = [
            ("", "wants a pattern"),
            ("a,", "`` is not KEY=VALUE"),
            ("a,b", "`b` is not KEY=VALUE"),
            ("a,events=", "`events` has no value"),
            ("a,file=x,file=y", "`file` is given twice"),
            ("a,=x", "`` is none of"),
            ("sink=log", "`sink` without a pattern"),
        ];
        for (source, expected) in cases {
            let error = TraceOption::parse(source).unwrap_err().to_string();
            assert!(error.contains(expected), "{source}: {error}");
        }
    }
}
