//! Options, spelled as `getopt_long(3)` takes them, and those of QEMU's tracetool: up to the first argument that is none, or
//! `--`; a value behind `=` or in the next argument; any beginning that fits one option only.

use std::ffi::{OsStr, OsString};

/// An option, as given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opt {
    Help,
    ListBackends,
    CheckBackends,
    Backends,
    Binary,
    Format,
    Group,
    ProbePrefix,
    TargetName,
    TargetType,
    BugCompatible,
    Cxx,
    Force,
    Version,
}

/// How an option is written.
#[derive(Debug)]
pub(crate) struct Spelling<O> {
    name: &'static str,
    opt: O,
    takes_value: bool,
}

/// An option that is there or not.
pub(crate) const fn flag<O: Copy>(name: &'static str, opt: O) -> Spelling<O> {
    Spelling { name, opt, takes_value: false }
}

/// An option with a value.
pub(crate) const fn value<O: Copy>(name: &'static str, opt: O) -> Spelling<O> {
    Spelling { name, opt, takes_value: true }
}

/// QEMU's.
pub(crate) const QEMUS: &[Spelling<Opt>] = &[
    flag("help", Opt::Help),
    flag("list-backends", Opt::ListBackends),
    flag("check-backends", Opt::CheckBackends),
    value("backends", Opt::Backends),
    value("binary", Opt::Binary),
    value("format", Opt::Format),
    value("group", Opt::Group),
    value("probe-prefix", Opt::ProbePrefix),
];

/// QEMU 5's, and our own: they take no beginning from QEMU's.
pub(crate) const OTHERS: &[Spelling<Opt>] = &[
    value("target-name", Opt::TargetName),
    value("target-type", Opt::TargetType),
    flag("bug-compatible", Opt::BugCompatible),
    flag("c++", Opt::Cxx),
    flag("force", Opt::Force),
    flag("version", Opt::Version),
];

/// What a command line says.
#[derive(Debug)]
pub(crate) struct Parsed<O> {
    pub(crate) options: Vec<(O, String)>,
    pub(crate) operands: Vec<OsString>,
}

/// Takes a command line apart. A beginning is looked for in one table after another.
pub(crate) fn parse<O: Copy>(args: &[OsString], tables: &[&[Spelling<O>]]) -> Result<Parsed<O>, String> {
    let mut parsed = Parsed { options: Vec::new(), operands: Vec::new() };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if arg == "--" {
            break;
        }
        let text = arg.to_string_lossy();
        let Some(long) = text.strip_prefix("--") else {
            if text.len() > 1 && text.starts_with('-') {
                return Err(format!("there is no option {text}: options are written with two dashes"));
            }
            parsed.operands.push(arg.clone());
            break;
        };
        let (name, given) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (long, None),
        };
        let spelling = find(name, tables)?;
        let value = match (spelling.takes_value, given) {
            // lossy text would be another value
            (true, Some(_)) if arg.to_str().is_none() => {
                return Err(format!("the value of --{} is not UTF-8", spelling.name));
            }
            (true, Some(value)) => value,
            (true, None) => {
                let next =
                    args.next().ok_or_else(|| format!("the option --{} needs a value", spelling.name))?;
                OsStr::to_str(next)
                    .map(str::to_owned)
                    .ok_or_else(|| format!("the value of --{} is not UTF-8", spelling.name))?
            }
            (false, None) => String::new(),
            (false, Some(_)) => return Err(format!("the option --{} takes no value", spelling.name)),
        };
        parsed.options.push((spelling.opt, value));
    }
    parsed.operands.extend(args.cloned());
    Ok(parsed)
}

fn find<'a, O>(name: &str, tables: &[&'a [Spelling<O>]]) -> Result<&'a Spelling<O>, String> {
    let mut all = tables.iter().copied().flatten();
    if let Some(exact) = all.find(|spelling| spelling.name == name) {
        return Ok(exact);
    }
    for table in tables {
        let mut fitting = table.iter().filter(|spelling| spelling.name.starts_with(name));
        match (fitting.next(), fitting.next()) {
            (Some(one), None) => return Ok(one),
            (Some(one), Some(other)) => {
                return Err(format!("--{name} may be --{} or --{}: write more of it", one.name, other.name));
            }
            _ => {}
        }
    }
    Err(format!("there is no option --{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    #[test]
    fn beginnings_are_qemus_first() {
        let cases: &[(&str, Result<Opt, &str>)] = &[
            ("--format=h", Ok(Opt::Format)),
            ("--fo=h", Ok(Opt::Format)),
            ("--f=h", Ok(Opt::Format)),
            ("--forc", Ok(Opt::Force)),
            ("--bu", Ok(Opt::BugCompatible)),
            ("--bi=x", Ok(Opt::Binary)),
            ("--c", Ok(Opt::CheckBackends)),
            ("--c+", Ok(Opt::Cxx)),
            ("--target-t=system", Ok(Opt::TargetType)),
            ("--b=log", Err("--b may be --backends or --binary: write more of it")),
            ("--t=x", Err("--t may be --target-name or --target-type: write more of it")),
            ("--help=x", Err("the option --help takes no value")),
            ("--backends", Err("the option --backends needs a value")),
            ("--nosuch", Err("there is no option --nosuch")),
            ("-h", Err("there is no option -h: options are written with two dashes")),
        ];
        for (arg, expected) in cases {
            let parsed = parse(&[OsString::from(arg)], &[QEMUS, OTHERS]);
            let got = parsed.as_ref().map(|parsed| parsed.options[0].0).map_err(String::as_str);
            assert_eq!(got, *expected, "{arg}");
        }
    }

    #[test]
    fn what_is_not_utf8_is_an_operand_and_nothing_else() {
        let bytes = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        let cases: [(&[&[u8]], &str); 5] = [
            (&[b"--group=\xff"], "the value of --group is not UTF-8"),
            (&[b"--group", b"\xff"], "the value of --group is not UTF-8"),
            (&[b"--gro\xffup=a"], "there is no option --gro\u{fffd}up"),
            (&[b"--force=\xff"], "the option --force takes no value"),
            (&[b"-\xff"], "there is no option -\u{fffd}: options are written with two dashes"),
        ];
        for (args, expected) in cases {
            let args: Vec<OsString> = args.iter().map(|arg| bytes(arg)).collect();
            assert_eq!(parse(&args, &[QEMUS, OTHERS]).unwrap_err(), expected, "{args:?}");
        }
        let operands = [bytes(b"\xff"), bytes(b"--\xfe")];
        assert_eq!(parse(&operands, &[QEMUS, OTHERS]).unwrap().operands, operands);
    }
}
