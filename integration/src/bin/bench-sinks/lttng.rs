//! LTTng-UST's `tracepoint()`, with a session of its own that records it.

use crate::Result;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// The provider, and a program that prints nanoseconds a call: the median of rounds, as ours.
const PROVIDER: &str = r#"
#undef TRACEPOINT_PROVIDER
#define TRACEPOINT_PROVIDER bench
#undef TRACEPOINT_INCLUDE
#define TRACEPOINT_INCLUDE "./bench.h"
#if !defined(BENCH_H) || defined(TRACEPOINT_HEADER_MULTI_READ)
#define BENCH_H
#include <lttng/tracepoint.h>
TRACEPOINT_EVENT(bench, two, TP_ARGS(int, cpu_index, unsigned long, addr),
    TP_FIELDS(ctf_integer(int, cpu_index, cpu_index) ctf_integer_hex(unsigned long, addr, addr)))
#endif
#include <lttng/tracepoint-event.h>
"#;

const PROGRAM: &str = r#"
#define TRACEPOINT_CREATE_PROBES
#define TRACEPOINT_DEFINE
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
static int order(const void *a, const void *b) { return *(double *)a > *(double *)b ? 1 : -1; }
int main(void) {
    double rounds[31];
    for (int round = 0; round < 31; round++) {
        struct timespec start, end;
        usleep(2000);
        clock_gettime(CLOCK_MONOTONIC, &start);
        for (int call = 0; call < 5000; call++) tracepoint(bench, two, 3, 0xfee000b0ul);
        clock_gettime(CLOCK_MONOTONIC, &end);
        rounds[round] = ((end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec)) / 5000;
    }
    qsort(rounds, 31, sizeof *rounds, order);
    printf("%.2f\n", rounds[15]);
    return 0;
}
"#;

/// Nanoseconds a call.
pub(crate) fn measure() -> Result<f64> {
    let folder = std::env::temp_dir().join(format!("vmtrace-bench-lttng-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let measured = measure_in(&folder);
    let lttng = |args: &[&str]| quiet(Command::new("lttng").env("LTTNG_HOME", &folder).args(args));
    let _ = lttng(&["destroy", "bench"]);
    fs::remove_dir_all(&folder)?;
    measured
}

fn measure_in(folder: &Path) -> Result<f64> {
    fs::write(folder.join("bench.h"), PROVIDER)?;
    fs::write(folder.join("bench.c"), PROGRAM)?;
    let mut cc = Command::new("cc");
    cc.current_dir(folder).args(["-O2", "-I.", "-o", "bench", "bench.c", "-llttng-ust", "-ldl"]);
    quiet(&mut cc)?;
    let output = format!("--output={}", folder.join("out").display());
    let daemon = ["lttng-sessiond", "--daemonize"];
    let _ = quiet(Command::new(daemon[0]).env("LTTNG_HOME", folder).args(&daemon[1..])); // one may run already
    for args in [
        &["create", "bench", &output][..],
        &["enable-channel", "-u", "bench", "--subbuf-size=1M", "--num-subbuf=4"],
        &["enable-event", "-u", "-c", "bench", "bench:two"],
        &["start"],
    ] {
        quiet(Command::new("lttng").env("LTTNG_HOME", folder).args(args))?;
    }
    let told = Command::new(folder.join("bench")).env("LTTNG_HOME", folder).output()?;
    Ok(String::from_utf8(told.stdout)?.trim().parse()?)
}

fn quiet(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{program}: {error}"))?;
    let told = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{program}: {}", told.trim()).into()) }
}
