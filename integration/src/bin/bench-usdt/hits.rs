//! Hit: the same sites while a tracer counts their hits.

use crate::Result;
use crate::rest::chain;
use crate::rivals;
use crate::sites::{self, GUARDED, GUARDED_NOP5, Site};
use integration::measuring::{Case, Measured, measure};
use integration::{bench, succeeds, tied, within_patience};
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, process, thread};
use usdt::{Attachment, Target};

const CALLS: u32 = 5_000;
const C: &str = "C's `sys/sdt.h`";

/// What it is, provider and name, the function.
const CASES: &[(&str, &str, &str, Site)] = &[
    (C, "bench", "c", sites::bench_c_site),
    ("crate `probe`: `probe!`", "bench", "probe", rivals::probe_crate),
    ("crate `usdt`", "bench", "oxide", rivals::oxide_crate),
    ("ours, 1-byte `nop`", "bench", "nop1", sites::nop1),
    ("ours, `nop` and 10-byte `nop`", "bench", "nop10", sites::nop10),
    ("ours, 5-byte `nop`", "bench", "nop5", sites::nop5),
    ("ours, `nop` and 10-byte `nop`, with a semaphore", "bench", "guarded", sites::guarded),
    ("ours, 5-byte `nop`, with a semaphore", "bench", "guarded_nop5", sites::guarded_nop5),
    ("an event", "qemu", "bench_two", sites::event),
];

/// Measures under each tracer that is there, and prints a table for each.
pub(crate) fn measure_all() -> Result<()> {
    let path = env::current_exe()?;
    let notes = usdt::probes(&path)?;
    let sites: Vec<&usdt::Probe> = CASES
        .iter()
        .map(|&(_, provider, name, _)| {
            notes.iter().find(|note| (&*note.provider, &*note.name) == (provider, name))
        })
        .collect::<Option<_>>()
        .ok_or("a site has no note")?;

    let own = Target::Process(process::id());
    let attached: Result<Vec<Attachment>> =
        sites.iter().map(|site| Ok(Attachment::new(&path, site, own)?)).collect();
    match attached {
        Ok(attachments) => {
            let long_nops = usdt::long_nops()?;
            println!(
                "\nThis kernel turns a 5-byte nop into a call: {}; a 10-byte one: {}.",
                if long_nops.five { "yes" } else { "no" },
                if long_nops.ten { "yes" } else { "no" }
            );
            let measured = hit_all();
            let uncounted =
                attachments.iter().filter(|attachment| attachment.hits() < u64::from(CALLS)).count();
            if uncounted > 0 {
                return Err(format!("{uncounted} sites were not hit").into());
            }
            print("a uprobe with a counter (`usdt::Attachment`)", &measured);
        }
        Err(error) => eprintln!("uprobes are not measured: {error}"),
    }
    match bpftrace(&path) {
        Ok(mut bpftrace) => {
            let measured = hit_all();
            print("bpftrace, `{ @ = count(); }`", &measured);
            end(&mut bpftrace)?;
        }
        Err(error) => eprintln!("bpftrace is not measured: {error}"),
    }
    Ok(())
}

fn print(tracer: &str, measured: &[Measured]) {
    println!("\n| {tracer} | ns a hit | of {C} | of ours, 1-byte `nop` |\n| --- | --- | --- | --- |");
    let ns = |what: &str| measured.iter().find(|one| one.what == what).map_or(f64::NAN, |one| one.ns);
    let (c, nop1) = (ns(C), ns("ours, 1-byte `nop`"));
    for one in measured {
        println!("| {} | {:.0} | {:.3} | {:.3} |", one.what, one.ns, one.ns / c, one.ns / nop1);
    }
}

/// Starts bpftrace on all sites of this process.
fn bpftrace(path: &Path) -> Result<Child> {
    let mut script = String::new();
    for (_, provider, name, _) in CASES {
        writeln!(script, "usdt:{}:{provider}:{name} {{ @{name} = count(); }}", path.display())?;
    }
    let mut command = tied(Path::new("bpftrace"));
    command.args(["-e", &script, "-p", &process::id().to_string()]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut ended = None;
    within_patience(|| {
        ended = child.try_wait().ok().flatten();
        ended.is_some() || GUARDED.is_on() && GUARDED_NOP5.is_on() && bench::trace_bench_two_enabled()
    });
    if let Some(status) = ended {
        return Err(format!("it ended, {status}").into());
    }
    // those without a semaphore may come after; `end` looks whether all hits were counted
    thread::sleep(Duration::from_secs(1));
    Ok(child)
}

/// Ends it, and looks at what it counted.
fn end(bpftrace: &mut Child) -> Result<()> {
    succeeds(Command::new("kill").args(["-INT", &bpftrace.id().to_string()]), b"");
    let mut said = String::new();
    bpftrace.stdout.take().ok_or("a pipe")?.read_to_string(&mut said)?;
    bpftrace.wait()?;
    let count = |name: &str| said.lines().find_map(|line| line.strip_prefix(&format!("@{name}: ")));
    let counts: Vec<_> = CASES.iter().map(|(_, _, name, _)| count(name)).collect();
    if counts[0].is_none() || counts.iter().any(|count| count != &counts[0]) {
        return Err(format!("bpftrace has not counted all hits: {said}").into());
    }
    Ok(())
}

fn hit_all() -> Vec<Measured> {
    let mut runs: Vec<_> =
        CASES.iter().map(|&(what, _, _, site)| (what, move |calls| chain(site, calls))).collect();
    let mut cases: Vec<Case<'_>> =
        runs.iter_mut().map(|(what, run)| (*what, run as &mut dyn FnMut(u32))).collect();
    measure(CALLS, &|| {}, &mut cases)
}
