//! A VMM's arguments that name endpoints.

use super::endpoint::{ADDRESSES, Endpoint, Protocol};
use crate::Error;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// What [`Endpoint::arguments`] takes, as lines of a VMM's `--help`.
pub const ARGUMENTS_HELP: &str = "\
\x20 -qmp ADDRESS    control by QEMU's machine protocol: unix:PATH,server=on,wait=off or stdio or fd:N
  -monitor ADDRESS
                  the human monitor, for people: addresses as above
";

impl Endpoint {
    /// Takes the arguments `-qmp ADDRESS` and `-monitor ADDRESS` out of a VMM's arguments, and leaves the others in their
    /// order: one dash or two, the address as the next argument or after `=`. Nothing is taken from `--` on. `none` is no
    /// monitor. [`ARGUMENTS_HELP`] is for the VMM's `--help`.
    ///
    /// # Errors
    /// [`Error::Argument`], which names the part that is wrong; [`Error::Descriptor`]. `arguments` is then as it was.
    pub fn arguments(arguments: &mut Vec<OsString>) -> Result<Vec<Self>, Error> {
        let (mut endpoints, mut left) = (Vec::new(), Vec::new());
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if argument == "--" {
                left.push(argument.clone());
                break;
            }
            let Some((protocol, address)) = ours(argument) else {
                left.push(argument.clone());
                continue;
            };
            let name = if protocol == Protocol::Qmp { "-qmp" } else { "-monitor" };
            let wrong = |address: &OsStr, why: String| Error::Argument {
                argument: format!("{name} {}", address.to_string_lossy()).trim_end().to_owned(),
                why,
            };
            let Some(address) = address.or_else(|| rest.next().map(OsString::as_os_str)) else {
                return Err(wrong(OsStr::new(""), format!("needs a value: {ADDRESSES} or none")));
            };
            match address.to_str() {
                Some("none") => {}
                Some(text) => match Self::parse(protocol, text) {
                    Err(Error::Address { why, .. }) => return Err(wrong(address, why)),
                    endpoint => endpoints.push(endpoint?),
                },
                None => return Err(wrong(address, "is not UTF-8".to_owned())),
            }
        }
        left.extend(rest.cloned());
        *arguments = left;
        Ok(endpoints)
    }
}

/// The protocol of one of our arguments, and the address if it is in the same one.
fn ours(argument: &OsStr) -> Option<(Protocol, Option<&OsStr>)> {
    let argument = argument.as_bytes().strip_prefix(b"-")?;
    let argument = argument.strip_prefix(b"-").unwrap_or(argument);
    let (name, address) = match argument.iter().position(|&byte| byte == b'=') {
        Some(at) => (&argument[..at], Some(OsStr::from_bytes(&argument[at + 1..]))),
        None => (argument, None),
    };
    match name {
        b"qmp" => Some((Protocol::Qmp, address)),
        b"monitor" => Some((Protocol::Human, address)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    #[test]
    fn arguments_are_taken_out_of_a_line() {
        let mut line: Vec<OsString> = "-m 1 -qmp stdio -monitor none --qmp=unix:/q,server=on -x -- -qmp y"
            .split(' ')
            .map(Into::into)
            .collect();
        let endpoints = Endpoint::arguments(&mut line).unwrap();
        assert_eq!(endpoints.len(), 2);
        assert_eq!(line, ["-m", "1", "-x", "--", "-qmp", "y"]);
        for (wrong, told) in [
            ("-qmp", "-qmp: needs a value: unix:PATH[,server=on][,wait=off] or stdio or fd:N or none"),
            ("-qmp fd:x", "-qmp fd:x: wants the number of a descriptor after `fd:`"),
            ("-qmp fd:-1", "-qmp fd:-1: wants the number of a descriptor after `fd:`"),
            ("-qmp fd:99999", "monitor descriptor 99999: Bad file descriptor (os error 9)"),
            ("--monitor=unix:", "-monitor unix:: wants a path after `unix:`"),
            ("-qmp tcp::1", "-qmp tcp::1: wants unix:PATH[,server=on][,wait=off] or stdio or fd:N"),
        ] {
            let mut line = wrong.split(' ').map(Into::into).collect();
            assert_eq!(Endpoint::arguments(&mut line).unwrap_err().to_string(), told);
        }
        // another file than was meant would be made
        let not_utf8 = OsString::from_vec(b"--qmp=unix:/a\xff,server=on".to_vec());
        let error = Endpoint::arguments(&mut vec![not_utf8]).unwrap_err().to_string();
        assert_eq!(error, "-qmp unix:/a\u{fffd},server=on: is not UTF-8");
    }
}
