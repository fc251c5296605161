//! `cargo xtask bench tracetool`: how fast outputs are made, one process a file and a tree in one process, against
//! writing the same bytes and against QEMU's own tracetool.

use super::{keep, machine};
use anyhow::{Context, Result, bail};
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, iter};
use xshell::{Shell, cmd};

/// How often a tree is made: each time writing, first time, unchanged, in turns.
const ROUNDS: usize = 21;

/// QEMU's own choice, which is what one process a file is measured with; and all.
const BACKENDS: [&str; 2] = ["log", "log,simple,ftrace,syslog,dtrace,ust"];

/// Measures, prints, and puts the figures in their place in the page.
pub(crate) fn run(shell: &Shell) -> Result<()> {
    cmd!(shell, "cargo build --quiet --release --package tracetool").run()?;
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| shell.current_dir().join("target"), PathBuf::from);
    let place = shell.current_dir().join("target/bench-tracetool");
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(&place)?;
    let source = match env::var_os("QEMU_SRC") {
        Some(source) => Source { root: source.into(), python: true },
        None => Source { root: made_tree(&place.join("tree"))?, python: false },
    };
    let bench = Bench { tracetool: target.join("release/tracetool"), place, source };
    let machine = machine()?;
    let tree = bench.tree(BACKENDS[0])?;
    let all = bench.tree(BACKENDS[1])?;
    let every = bench.every_output()?;
    let files = bench.files(tree.unchanged)?;
    let what = if bench.source.python { "QEMU's tree" } else { "a made tree" };
    let measured = format!(
        "{machine}. The events: {what}, {}. Medians of {ROUNDS} rounds in turns.\n\n{}\n{}\n{every}\n{files}",
        tree.summary, tree.table, all.table
    );
    keep(shell, "cargo xtask bench tracetool", &measured)?;
    fs::remove_dir_all(&bench.place)?;
    Ok(())
}

struct Source {
    root: PathBuf,
    /// Whether QEMU's own tracetool is there.
    python: bool,
}

impl Source {
    /// QEMU's lists hold both user emulations, of which a build has one; both declare the same events.
    fn settings(&self) -> &'static [&'static str] {
        if self.python { &["--set=have_bsd_user=false"] } else { &[] }
    }
}

struct Bench {
    tracetool: PathBuf,
    place: PathBuf,
    source: Source,
}

struct Tree {
    table: String,
    unchanged: Duration,
    summary: String,
}

/// An output: its path below the output folder, its bytes.
type Written = (PathBuf, Vec<u8>);

impl Bench {
    /// `tracetool batch` of the tree, and what it says.
    fn batch(&self, output: &Path, backends: &str, more: &[&str]) -> Result<(Duration, String)> {
        let mut command = Command::new(&self.tracetool);
        command.arg("batch").arg("--tree").arg(&self.source.root).arg("--output").arg(output);
        command.args(["--backends", backends]).args(self.source.settings()).args(more);
        timed(command)
    }

    fn tree(&self, backends: &str) -> Result<Tree> {
        let first = self.place.join("first");
        let make = |walk: bool| self.batch(&first, backends, if walk { &[] } else { &[QUIET] });
        let mut tree = self.measure(&format!("a tree in one process, {backends}"), true, &make)?;
        let summary = tree.summary.split(" outputs").next().and_then(|begin| begin.rsplit_once(", "));
        tree.summary = summary.context("the line of figures of `tracetool batch`")?.0.to_owned();
        Ok(tree)
    }

    /// Every format, and for C and Rust several lists of backends: 31 outputs a group, by a list of jobs.
    fn every_output(&self) -> Result<String> {
        let (first, list) = (self.place.join("first"), self.place.join("jobs"));
        let mut jobs = String::new();
        for (group, events) in self.groups()? {
            for (formats, lists) in EVERY_OUTPUT {
                for (format, backends) in
                    formats.iter().flat_map(|format| lists.iter().map(move |list| (format, list)))
                {
                    let output = first.join(format!("{group}.{backends}.{format}"));
                    writeln!(
                        jobs,
                        "--format={format} --backends={backends} --group={group} --binary=/usr/bin/qemu \
                         --probe-prefix=qemu '{}' '{}'",
                        events.display(),
                        output.display()
                    )?;
                }
            }
        }
        fs::write(&list, jobs)?;
        let make = |_walk| {
            fs::create_dir_all(&first)?;
            let mut command = Command::new(&self.tracetool);
            command.args(["batch", "--jobs"]).arg(&list);
            timed(command)
        };
        Ok(self.measure("31 outputs of each group in one process", false, &make)?.table)
    }

    /// Makes the same outputs again and again: first time, unchanged, unchanged with a walk through the tree; and writes
    /// their bytes in between.
    fn measure(
        &self,
        what: &str,
        walks: bool,
        make: &dyn Fn(bool) -> Result<(Duration, String)>,
    ) -> Result<Tree> {
        let (first, bare) = (self.place.join("first"), self.place.join("bare"));
        let (_, summary) = make(false)?;
        let outputs = read_all(&first)?;
        let mut times: [Vec<Duration>; 4] = Default::default();
        for _ in 0..ROUNDS {
            for folder in [&first, &bare] {
                fs::remove_dir_all(folder).or_else(|error| match error.kind() {
                    std::io::ErrorKind::NotFound => Ok(()),
                    _ => Err(error),
                })?;
            }
            times[0].push(write_all(&bare, &outputs)?);
            times[1].push(make(false)?.0);
            times[2].push(make(false)?.0);
            if walks {
                times[3].push(make(true)?.0);
            }
        }
        fs::remove_dir_all(&first)?;
        let bytes: usize = outputs.iter().map(|(_, bytes)| bytes.len()).sum();
        let (count, bytes) = (outputs.len(), to_f64(bytes) / 1e6);
        let mut table = format!(
            "| {what}: {count} outputs, {bytes:.1} MB | ms | of the writing |\n| --- | --- | --- |\n"
        );
        let rows = [
            "creating, writing, renaming the same bytes, one thread",
            "first time",
            "nothing has changed",
            "nothing has changed, with a walk for folders that are not listed",
        ];
        let medians: Vec<Duration> =
            times.into_iter().filter(|times| !times.is_empty()).map(median).collect();
        for (what, &took) in rows.iter().zip(&medians) {
            writeln!(table, "| {what} | {:.1} | {:.2} |", millis(took), ratio(took, medians[0]))?;
        }
        let unchanged = medians[2];
        Ok(Tree { table, unchanged, summary })
    }

    /// One process a file: `h` and `c` of every group.
    fn files(&self, unchanged: Duration) -> Result<String> {
        let groups = self.groups()?;
        // an old file that is replaced costs more than a new one
        let fresh = |name: &str| {
            let folder = self.place.join(name);
            fs::create_dir_all(&folder).map(|()| folder)
        };
        let ours = |name| one_process_a_file(&mut || Command::new(&self.tracetool), &groups, &fresh(name)?);
        let before = ours("files-1")?;
        let python = if self.source.python {
            let script = self.source.root.join("scripts/tracetool.py");
            let mut command = || {
                let mut command = Command::new("python3");
                command.arg(&script);
                command
            };
            Some(one_process_a_file(&mut command, &groups, &fresh("files-python")?)?)
        } else {
            eprintln!("SKIP QEMU's own tracetool: QEMU_SRC names no tree of QEMU's");
            None
        };
        let took = median(vec![before, ours("files-2")?, ours("files-3")?]);
        let count = groups.len() * 2;
        let mut table =
            format!("| one process a file: {count} outputs | s | files a second |\n| --- | --- | --- |\n");
        let mut row = |what: &str, took: Duration| {
            let seconds = took.as_secs_f64();
            writeln!(table, "| {what} | {seconds:.2} | {:.0} |", to_f64(count) / seconds)
        };
        row("`tracetool`", took)?;
        if let Some(python) = python {
            row("QEMU's, in Python", python)?;
            writeln!(
                table,
                "\nAgainst QEMU's: {:.0} times as fast one process a file; {:.0} times for a tree of which nothing has \
                 changed.",
                ratio(python, took),
                ratio(python, unchanged)
            )?;
        }
        Ok(table)
    }

    /// Groups and their events, of the outputs that a tree has.
    fn groups(&self) -> Result<Vec<(String, PathBuf)>> {
        let output = self.place.join("list");
        let depfile = self.place.join("list.d");
        let depfile_option = format!("--depfile={}", depfile.display());
        self.batch(&output, BACKENDS[0], &[QUIET, "--formats=d", &depfile_option])?;
        let text = fs::read_to_string(&depfile)?;
        let (_, inputs) = text.split_once(':').context("a depfile")?;
        let inputs = inputs.split_whitespace().filter(|word| word.ends_with("trace-events"));
        let root = fs::canonicalize(&self.source.root)?;
        inputs
            .map(|input| {
                let folder = fs::canonicalize(Path::new(input).parent().context("a folder")?)?;
                let name = folder.strip_prefix(&root)?.to_string_lossy().replace(['/', '-'], "_");
                Ok((if name.is_empty() { "root".to_owned() } else { name }, input.into()))
            })
            .collect()
    }
}

fn timed(mut command: Command) -> Result<(Duration, String)> {
    let start = Instant::now();
    let came = command.stdin(Stdio::null()).output()?;
    let took = start.elapsed();
    if !came.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&came.stderr));
    }
    Ok((took, String::from_utf8(came.stdout)?))
}

/// Formats, and the lists of backends that each is made with.
const EVERY_OUTPUT: &[(&[&str], &[&str])] = &[
    (
        &["h", "c"],
        &[
            "nop",
            "log",
            "simple",
            "ftrace",
            "syslog",
            "dtrace",
            "ust",
            "log,ftrace",
            "dtrace,ust",
            "log,simple,ftrace,syslog,dtrace",
        ],
    ),
    (&["rs"], &["log", "simple", "ftrace", "syslog", "log,simple,ftrace,syslog"]),
    (&["d", "stap", "log-stap", "simpletrace-stap"], &["dtrace"]),
    (&["ust-events-h", "ust-events-c"], &["ust"]),
];

/// A walk through the whole tree is measured by itself.
const QUIET: &str = "--unlisted=ignore";

fn one_process_a_file(
    command: &mut dyn FnMut() -> Command,
    groups: &[(String, PathBuf)],
    output: &Path,
) -> Result<Duration> {
    let start = Instant::now();
    for (group, events) in groups {
        for format in ["h", "c"] {
            let mut command = command();
            command.arg(format!("--backends={}", BACKENDS[0])).arg(format!("--group={group}"));
            command.arg(format!("--format={format}")).arg(events);
            command.arg(output.join(format!("trace-{group}.{format}")));
            let came = command.stdin(Stdio::null()).output()?;
            if !came.status.success() {
                bail!("{command:?}: {}", String::from_utf8_lossy(&came.stderr));
            }
        }
    }
    Ok(start.elapsed())
}

/// Every file below a folder.
fn read_all(top: &Path) -> Result<Vec<Written>> {
    let (mut files, mut open) = (Vec::new(), vec![top.to_path_buf()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.push((path.strip_prefix(top)?.to_path_buf(), fs::read(&path)?));
            }
        }
    }
    Ok(files)
}

/// What making a tree cannot do without: its folders are there already.
fn write_all(top: &Path, outputs: &[Written]) -> Result<Duration> {
    for (path, _) in outputs {
        fs::create_dir_all(top.join(path).parent().context("a folder")?)?;
    }
    let start = Instant::now();
    for (path, bytes) in outputs {
        let path = top.join(path);
        let temporary = path.with_extension("tmp");
        OpenOptions::new().write(true).create_new(true).open(&temporary)?.write_all(bytes)?;
        fs::rename(&temporary, &path)?;
    }
    Ok(start.elapsed())
}

/// 100 folders with 50 events each, as QEMU's are.
fn made_tree(top: &Path) -> Result<PathBuf> {
    let kinds = [
        "(void *opaque, uint64_t offset, unsigned size) \"opaque %p offset 0x%\" PRIx64 \" size %u\"",
        "(const char *name, int ret) \"%s: %d\"",
        "(uint32_t addr, uint32_t val) \"addr 0x%08x val 0x%08x\"",
        "(void) \"\"",
        "(const char *id, size_t len, bool more) \"id=%s len=%zu more=%d\"",
    ];
    let folders: Vec<String> = (0..100).map(|folder| format!("hw/device-{folder}")).collect();
    for folder in &folders {
        let mut text = format!("# {folder}.c\n");
        for (event, kind) in iter::repeat(kinds).flatten().enumerate().take(50) {
            writeln!(text, "{}_register_access_{event}{kind}", folder.replace(['/', '-'], "_"))?;
        }
        fs::create_dir_all(top.join(folder))?;
        fs::write(top.join(folder).join("trace-events"), text)?;
    }
    let listed: Vec<String> = folders.iter().map(|folder| format!("  '{folder}',\n")).collect();
    fs::write(top.join("meson.build"), format!("trace_events_subdirs = [\n{}]\n", listed.concat()))?;
    Ok(top.to_path_buf())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

#[allow(clippy::cast_precision_loss)] // for a table
fn to_f64(count: usize) -> f64 {
    count as f64
}
