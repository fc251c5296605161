/* vmtrace for a VMM's own code: set-up, switching, the end. Events come from the headers that `tracetool` makes.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 *     VmtraceSetup *setup = vmtrace_setup_new();
 *     if (!vmtrace_setup_arguments(setup, &argc, argv)) {
 *         errx(1, "%s", vmtrace_error());
 *     }
 *     if (vmtrace_setup_help(setup)) {
 *         fputs(vmtrace_setup_help(setup), stdout);
 *         return 0;
 *     }
 *     for (unsigned i = 0; vmtrace_setup_waits_for(setup, i); i++) {
 *         warnx("%s", vmtrace_setup_waits_for(setup, i));
 *     }
 *     if (!vmtrace_init(setup)) {
 *         errx(1, "%s", vmtrace_error());
 *     }
 *     for (unsigned i = 0; vmtrace_unavailable(i); i++) {
 *         warnx("%s", vmtrace_unavailable(i));
 *     }
 *
 * It never prints and never exits: what a user is to be told is given back. A function that fails gives back false, -1 or
 * NULL, and vmtrace_error() says why. A text that is NULL where there must be one is a failure. A text that is given back
 * as `const char *` is lent, until the same thread calls the same function again, or gives up the setup that it is of. One
 * given back as `char *` is for free(3).
 *
 * A setup is one thread's at a time. All else may be called on any thread. For signal handlers there are the events themselves
 * and vmtrace_drain(). Handlers of pthread_atfork(3) may call all of it if they are registered in main() or later; those that a
 * constructor has registered before the first group of events, events alone.
 *
 * An event takes 7 KB of stack at most: 16 KB do for a thread, and for a handler's (sigaltstack(2)) with what the kernel puts
 * there, but 8 KB do not.
 *
 * What the VMM gives to be called (a command, a sink) returns: no C++ exception leaves it, nor longjmp(3), or the process is
 * aborted. */
#ifndef VMTRACE_H
#define VMTRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Why the last of the thread's calls that failed did so; "" if none has. */
const char *vmtrace_error(void);

/* ---- Set-up: before the VMM makes threads and jails itself, after it forks ---- */

typedef struct VmtraceSetup VmtraceSetup;

/* What is to be set up: nothing yet. Groups of events register themselves. It is never NULL. */
VmtraceSetup *vmtrace_setup_new(void);

/* Gives it up. vmtrace_init() does so itself. */
void vmtrace_setup_free(VmtraceSetup *setup);

/* Takes -trace, -D, -d, -msg, -qmp and -monitor out of main's arguments, as QEMU has them, and leaves the others in their
 * order: one dash or two, the value as the next argument or after `=`, nothing from `--` on. A mistake leaves them as they are. */
bool vmtrace_setup_arguments(VmtraceSetup *setup, int *argc, char **argv);

/* Takes one of these options, for a VMM with a parser of its own: its name with or without dashes, and its value. 1, or 0 if
 * it is none of ours, or -1. This is also how a VMM says itself what is to be:
 *
 *     vmtrace_setup_option(setup, "trace", "ring=16M,syslog=journal");
 *     vmtrace_setup_option(setup, "qmp", "unix:/run/vmm.qmp,server=on,wait=off"); */
int vmtrace_setup_option(VmtraceSetup *setup, const char *name, const char *value);

/* The lines of a VMM's --help for these options. */
const char *vmtrace_options_help(void);

/* What a user who asks (-trace help, -d help, -d trace:help) is to be shown before the VMM exits with success, or NULL. */
const char *vmtrace_setup_help(VmtraceSetup *setup);

/* The VMM's name, as the monitor tells it, and its version: three numbers with dots between, and what else there is to say. A number
 * that is not there is told as 0: `1.2` is 1.2.0. */
bool vmtrace_setup_name(VmtraceSetup *setup, const char *name, const char *version);

/* The log's file where no option names one, in place of standard error; one `%d` in it is the process's number. */
bool vmtrace_setup_log_file(VmtraceSetup *setup, const char *path);

/* The sinks of events that are enabled without `sink=`, with commas between; usually `log`. */
bool vmtrace_setup_default_sinks(VmtraceSetup *setup, const char *sinks);

/* The tracefs instance of the sink ftrace, by name or path, in place of the top level's ring. */
bool vmtrace_setup_ftrace_instance(VmtraceSetup *setup, const char *instance);

/* What a sink is given, for as long as the call lasts. */
typedef struct VmtraceRecord {
    const char *line;         /* `NAME TEXT`: no NUL at its end, no control byte but tab in it */
    size_t length;            /* in bytes, 4000 at most */
    uint64_t time;            /* of the event, CLOCK_MONOTONIC in nanoseconds */
    uint32_t thread;          /* where it happened, gettid(2) */
} VmtraceRecord;

/* A sink of the VMM's own, for `sink=NAME`. It is called on the event's thread, which may be in a signal handler, many at a
 * time; or, if `is_queued`, on the writer's thread, one after the other in the order of their times. It emits no events. A mistake, such as a name that another sink has, leaves the setup as it was. */
typedef void VmtraceEmit(void *opaque, const VmtraceRecord *record);
bool vmtrace_setup_sink(VmtraceSetup *setup, const char *name, bool is_queued, VmtraceEmit *emit, void *opaque);

/* Has a crash (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT) wait until what is queued is written, ten seconds at most. */
bool vmtrace_setup_drain_at_crash(VmtraceSetup *setup);

/* The VMM loads libraries with events later: a name or pattern of an option that matches none yet is no mistake, and what comes and
 * matches is switched. vmtrace_unavailable() tells of those that match nothing so far. */
bool vmtrace_setup_more_groups(VmtraceSetup *setup);

/* A monitor's socket or terminal for which vmtrace_init() will wait until a client comes (`wait=on`), in QEMU's words: the
 * user is to be told. By index, from 0 on; NULL behind the last. */
const char *vmtrace_setup_waits_for(VmtraceSetup *setup, unsigned index);

/* A command of the VMM's own in QMP, or one of ours replaced. `arguments` is a JSON object. `*answer` is NULL and may be made
 * text of malloc(3): JSON if true is given back ({} without it), the error's words if false. It runs on the monitor's thread,
 * or on that which calls vmtrace_qmp(): what takes long is only started here. */
typedef bool VmtraceCommand(void *opaque, const char *arguments, char **answer);
bool vmtrace_setup_command(VmtraceSetup *setup, const char *name, VmtraceCommand *run, void *opaque);

/* The same in the human monitor: `rest` is the rest of the line; what is given back, text of malloc(3), is printed; NULL is
 * nothing. `params` and `help` are what `help` shows. */
typedef char *VmtraceHumanCommand(void *opaque, const char *rest);
bool vmtrace_setup_human_command(VmtraceSetup *setup, const char *name, const char *params, const char *help,
                                 VmtraceHumanCommand *run, void *opaque);

/* Opens the sinks, starts the writer, switches what the options say, and serves the monitors that they name: once in a
 * process. Gives the setup up, also where it fails: the VMM tells its user then, and ends. A sink that cannot be had is no
 * failure. */
bool vmtrace_init(VmtraceSetup *setup);

/* A sink that was asked for and cannot be had, with the reason, events of a library that cannot be had, or what an option names and
 * no event has so far: the VMM tells its user, and goes on. By index, from 0 on; NULL behind the last. */
const char *vmtrace_unavailable(unsigned index);

/* ---- Switching, once it is set up ---- */

/* Sends the events of a name or pattern to these sinks as well, with commas between; NULL is the default ones. How many events
 * there are, or -1: none, or a sink that there is not. */
long vmtrace_enable(const char *pattern, const char *sinks);

/* Takes them off every sink. */
long vmtrace_disable(const char *pattern);

/* Sends them to these sinks and no others. */
long vmtrace_route(const char *pattern, const char *sinks);

/* Has the log go on in another file, which is made or emptied. */
bool vmtrace_set_log_file(const char *path);

/* Has the binary trace go on in another file. */
bool vmtrace_set_trace_file(const char *path);

/* Writes what the flight recorder holds as a binary trace. How many records that are, or -1. */
int64_t vmtrace_dump(const char *path);

/* Answers a QMP command, one of the VMM's own too, for a VMM with a server of its own. NULL only if nothing is set up. For free(3). */
char *vmtrace_qmp(const char *command);

/* What a line of the human monitor prints. NULL only if nothing is set up. For free(3). */
char *vmtrace_human(const char *line);

/* ---- The process ---- */

/* Waits until all that was queued before is where it belongs, so many milliseconds at most. False if it is not; that leaves
 * vmtrace_error() as it is. exit(3) and a return from main do it themselves. */
bool vmtrace_drain(unsigned milliseconds);

/* In a forked child that goes on as the VMM: has its queues again, and a trace file and a flight recorder of its own where the name
 * that was given has %d in it. */
bool vmtrace_forked(void);

/* Ends the monitors: their clients are gone, and their sockets. Events and sinks go on. */
void vmtrace_stop_monitors(void);

#ifdef __cplusplus
}
#endif

#endif
