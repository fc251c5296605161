//! A VMM's arguments that are about tracing: `-trace`, `-D`, `-d`, `-msg`, as QEMU has them.

use crate::error::Error;
use crate::log_items::LogItems;
use crate::message_option::MessageOption;
use crate::option::TraceOption;
use crate::setup::{NamedFile, Request, Setup};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// What [`Setup::arguments`] takes, as lines of a VMM's `--help`.
pub const ARGUMENTS_HELP: &str = "\
\x20 -trace [enable=]PATTERN[,events=FILE][,file=FILE][,sink=NAME][,KEY=VALUE]
                  switch on the events whose names match PATTERN, as QEMU does; may be given many times
                  (-trace help lists the events); how sinks work: ring=SIZE, wait=on|off|TIME, log=sync|queued,
                  syslog=sync|queued|journal|rfc3164, flight=FILE
  -D FILE         write the log to FILE, in place of standard error; %d in it is the process's number
  -d ITEM[,...]   switch on log items: trace:PATTERN is the events that match, in the log; tid is a log file a thread, %d
                  in its name being the thread's number (-d help lists the items)
  -msg timestamp=on|off|iso8601
                  begin the log's lines with thread and time (on), the time alone (iso8601), or with the event's name
";

/// What is ours, without dashes, and what its value is called.
const ARGUMENTS: [(&str, &str); 4] =
    [("trace", "[enable=]PATTERN"), ("D", "FILE"), ("d", "ITEM,..."), ("msg", "timestamp=on|off|iso8601")];

impl Setup {
    /// Takes QEMU's `-trace`, `-D`, `-d` and `-msg` out of a VMM's arguments, and leaves the others in their order. One dash
    /// or two, the value as the next argument or after `=`. Nothing is taken from `--` on. What another option has for its
    /// value is not known here: a VMM whose values may look like these options has its own parser call
    /// [`Setup::argument`].
    ///
    /// ```
    /// # use std::ffi::OsString;
    /// let mut args = ["vmm", "-m", "512", "-trace", "kvm_*", "-D", "/tmp/log", "disk"].map(OsString::from).to_vec();
    /// let setup = vmtrace::Setup::new().arguments(&mut args)?;
    /// assert_eq!(args, ["vmm", "-m", "512", "disk"]);
    /// # drop(setup);
    /// # Ok::<(), vmtrace::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Option`] and [`Error::LogItem`] name the option and the part that is wrong; `args` is then as it was.
    pub fn arguments(mut self, args: &mut Vec<OsString>) -> Result<Self, Error> {
        let mut rest = Vec::new();
        let mut given = args.iter();
        while let Some(arg) = given.next() {
            if arg == "--" {
                rest.push(arg.clone());
                rest.extend(given.cloned());
                break;
            }
            let Some(((name, form), value)) = ours(arg) else {
                rest.push(arg.clone());
                continue;
            };
            let Some(value) = value.or_else(|| given.next().map(OsString::as_os_str)) else {
                let option = arg.to_string_lossy().into_owned();
                return Err(Error::Option { option, why: format!("needs a value: {form}") });
            };
            self.argument(name, value)?;
        }
        *args = rest;
        Ok(self)
    }

    /// Takes one argument and its value, for a VMM with a parser of its own. `name` is `trace`, `D`, `d` or `msg`, with or
    /// without dashes; false is for any other, which is not ours.
    ///
    /// # Errors
    /// As [`Setup::arguments`].
    pub fn argument(&mut self, name: &str, value: &OsStr) -> Result<bool, Error> {
        let text = || {
            let wrong = || Error::Option {
                option: format!("-{} {}", undashed(name), value.to_string_lossy()),
                why: "is not UTF-8".to_owned(),
            };
            value.to_str().ok_or_else(wrong)
        };
        match undashed(name) {
            "trace" => self.requests.push(Request::Option(TraceOption::parse(text()?)?)),
            "D" => self.requests.push(Request::LogFile(NamedFile::of_argument(value)?)),
            "d" => {
                let whence = format!("-d {}", text()?);
                let items = LogItems::parse(text()?, &whence)?;
                self.requests.push(Request::Items { items, whence });
            }
            "msg" => self.log_stamp = MessageOption::parse(text()?)?.timestamp.or(self.log_stamp),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn undashed(name: &str) -> &str {
    name.strip_prefix("--").or_else(|| name.strip_prefix('-')).unwrap_or(name)
}

/// What an argument is to us, and its value if that is behind a `=`.
fn ours(arg: &OsStr) -> Option<((&'static str, &'static str), Option<&OsStr>)> {
    let bytes = arg.as_bytes().strip_prefix(b"-")?;
    let bytes = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let (name, value) = match bytes.iter().position(|&byte| byte == b'=') {
        Some(at) => (&bytes[..at], Some(OsStr::from_bytes(&bytes[at + 1..]))),
        None => (bytes, None),
    };
    let known = ARGUMENTS.into_iter().find(|(known, _)| known.as_bytes() == name)?;
    Some((known, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn ours_are_taken_and_the_others_left() {
        for (line, rest, help) in [
            ("", "", None),
            ("vmm -m 512 disk", "vmm -m 512 disk", None),
            ("-trace a --trace=b -m 512 --D=/x -d none -msg timestamp=off", "-m 512", None),
            ("-traces a -dtrace:x -Dx -trac a trace D", "-traces a -dtrace:x -Dx -trac a trace D", None),
            ("-x -- -trace help", "-x -- -trace help", None),
            ("-D -- -trace help", "", Some("")),
            ("-d help -trace ? -y", "-y", Some(&*crate::log_help("-d"))),
            ("-d=trace:help", "", Some("")),
            ("- -- -", "- -- -", None),
        ] {
            let mut args = words(line);
            let setup = Setup::new().arguments(&mut args).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!(args, words(rest), "{line}");
            assert_eq!(setup.help().as_deref(), help, "{line}");
        }
    }

    #[test]
    fn a_mistake_is_named_and_takes_nothing() {
        for (line, expected) in [
            ("-x -trace", "-trace: needs a value: [enable=]PATTERN"),
            ("--D", "--D: needs a value: FILE"),
            ("-D=", "-D: the file has no name"),
            (
                "-trace a,b",
                "-trace a,b: `b` is not KEY=VALUE; only the first part may be a bare pattern (give -trace again for another)",
            ),
            (
                "-trace a -d in_asm",
                "-d in_asm: there is no log item `in_asm`: there are trace:PATTERN, for trace events, tid and none",
            ),
            ("-msg time=on", "-msg time=on: `time` is neither timestamp nor guest-name"),
        ] {
            let mut args = words(line);
            let error = Setup::new().arguments(&mut args).err().expect(line).to_string();
            assert_eq!((error.as_str(), args), (expected, words(line)));
        }
        let not_utf8 = OsStr::from_bytes(b"a\xff");
        let error = Setup::new().argument("--trace", not_utf8).unwrap_err().to_string();
        assert_eq!(error, "-trace a\u{fffd}: is not UTF-8");
        assert!(Setup::new().argument("D", not_utf8).unwrap());
        assert!(!Setup::new().argument("m", not_utf8).unwrap());
    }
}
