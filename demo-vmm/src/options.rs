//! The command line, but for what `vmtrace` and `monitor` have taken out of it.

use crate::Error;
use std::ffi::OsString;
use std::num::NonZeroU32;

/// Two threads and a VM each is enough.
const MAX_GUESTS: u32 = 64;

/// What `--help` prints.
pub(crate) fn help() -> String {
    format!(
        "\
Runs a small guest on /dev/kvm, or a script of its accesses where there is none. What the guest prints goes to
standard output, and its VMM's events to where -trace says.

usage: demo-vmm [OPTION]...

{}{}  --rounds N      have the guest do its work N times (1)
  --guests N      run so many guests at once, each on a vcpu's thread of its own (1)
  --no-kvm        run the script even if there is /dev/kvm
  --help          print this
",
        vmtrace::ARGUMENTS_HELP,
        monitor::ARGUMENTS_HELP
    )
}

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) rounds: NonZeroU32,
    pub(crate) guests: NonZeroU32,
    pub(crate) kvm: bool,
    pub(crate) help: bool,
}

impl Options {
    /// Reads the arguments that follow the program's name. An option may be written with one dash or two, and its value
    /// after `=` or as the next argument.
    pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Self, Error> {
        let usage = |what: String| Error::Usage { what };
        let mut args = args
            .into_iter()
            .map(|arg| arg.into_string().map_err(|arg| usage(format!("{} is not UTF-8", arg.display()))));
        let mut options = Self { rounds: NonZeroU32::MIN, guests: NonZeroU32::MIN, kvm: true, help: false };
        while let Some(arg) = args.next().transpose()? {
            let (name, value) = match arg.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (arg.as_str(), None),
            };
            let bare = name.strip_prefix("--").or_else(|| name.strip_prefix('-'));
            match (bare, value) {
                (Some("no-kvm"), None) => options.kvm = false,
                (Some("help" | "h"), None) => options.help = true,
                (Some(number @ ("rounds" | "guests")), value) => {
                    let next = || args.next().unwrap_or_else(|| Err(usage(format!("{name} needs a value"))));
                    let value = value.map_or_else(next, Ok)?;
                    let (place, most) = match number {
                        "rounds" => (&mut options.rounds, u32::MAX),
                        _ => (&mut options.guests, MAX_GUESTS),
                    };
                    let wanted = || usage(format!("{name} {value}: wants a number from 1 to {most}"));
                    let parsed = value.parse().ok().filter(|parsed: &NonZeroU32| parsed.get() <= most);
                    *place = parsed.ok_or_else(wanted)?;
                }
                _ => return Err(usage(format!("unknown option {arg}"))),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, Error> {
        Options::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn accepts() {
        for (line, rounds, guests, kvm, help) in [
            ("", 1, 1, true, false),
            ("--rounds 7 --no-kvm", 7, 1, false, false),
            ("-rounds=7 --guests 2", 7, 2, true, false),
            ("-h", 1, 1, true, true),
        ] {
            let number = |number| NonZeroU32::new(number).unwrap();
            let expected = Options { rounds: number(rounds), guests: number(guests), kvm, help };
            assert_eq!(parse(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn refuses_and_names_the_part() {
        for (line, part) in [
            ("--rounds", "--rounds needs a value"),
            ("--rounds 0", "--rounds 0: "),
            ("--rounds 4294967296", "--rounds 4294967296: "),
            ("--rounds x", "--rounds x: "),
            ("--guests 65", "--guests 65: wants a number from 1 to 64"),
            ("--no-kvm=1", "unknown option --no-kvm=1"),
            ("disk.img", "unknown option disk.img"),
        ] {
            let error = parse(line).unwrap_err().to_string();
            assert!(error.starts_with(part), "{line}: {error}");
        }
    }
}
