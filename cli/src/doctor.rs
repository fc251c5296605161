//! `vmtrace doctor`

use anyhow::Result;
use recorder::doctor::{Check, Role, State, examine};
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

pub(crate) fn run() -> Result<ExitCode> {
    match write(&examine(), &mut std::io::stdout().lock()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn write(checks: &[Check], out: &mut dyn Write) -> std::io::Result<()> {
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let mut told: Vec<(&str, &str)> = Vec::new();
    for (role, heading) in
        [(Role::Source, "Where events come from"), (Role::Sink, "Where a VMM's events can go")]
    {
        writeln!(out, "{heading}:")?;
        for check in checks.iter().filter(|check| check.role == role) {
            let state = match check.state {
                State::Works => "works",
                State::Partly => "partly",
                State::Missing => "missing",
            };
            writeln!(out, "  {state:<8} {:<width$}  {}", check.name, check.finding)?;
            if let Some(fix) = &check.fix {
                write!(out, "  {:<8} {:<width$}  -> ", "", "")?;
                if let Some((_, name)) = told.iter().find(|(before, _)| before == fix) {
                    writeln!(out, "as for {name}")?;
                } else {
                    writeln!(out, "{fix}")?;
                    told.push((fix, check.name));
                }
            }
        }
    }
    Ok(())
}
