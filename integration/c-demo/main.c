/* A program that is traced, and switched from outside: docs/c.md makes it step by step. */
#define _DEFAULT_SOURCE /* usleep, with -std=c11 too */
#include <err.h>
#include <stdio.h>
#include <unistd.h>
#include <vmtrace.h>
#include "trace-demo.h"

int main(int argc, char **argv)
{
    VmtraceSetup *setup = vmtrace_setup_new();

    vmtrace_setup_name(setup, "demo", "1.2.3");
    if (!vmtrace_setup_arguments(setup, &argc, argv)) {
        errx(1, "%s", vmtrace_error());
    }
    if (vmtrace_setup_help(setup)) {
        fputs(vmtrace_setup_help(setup), stdout);
        return 0;
    }
    if (argc > 1) {
        errx(1, "%s is no option; there are:\n%s", argv[1], vmtrace_options_help());
    }
    for (unsigned i = 0; vmtrace_setup_waits_for(setup, i); i++) {
        warnx("%s", vmtrace_setup_waits_for(setup, i));
    }
    if (!vmtrace_init(setup)) {
        errx(1, "%s", vmtrace_error());
    }
    for (unsigned i = 0; vmtrace_unavailable(i); i++) {
        warnx("%s", vmtrace_unavailable(i));
    }

    for (unsigned i = 0;; i++) {
        static const char *const states[] = { "setup", "active", "completed" };

        trace_migrate_set_state_user(states[i % 3]);
        usleep(100000);
    }
}
