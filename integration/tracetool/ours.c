/* The VMM that has our own library: what its events print is in the log, `log` in the current folder. */
#include "runtime.h"
#include "vmtrace.h"
#include <stdlib.h>

static void check(bool done)
{
    if (!done) {
        fprintf(stderr, "%s\n", vmtrace_error());
        exit(1);
    }
}

void runtime_start(void)
{
    VmtraceSetup *setup = vmtrace_setup_new();

    check(vmtrace_setup_log_file(setup, "log"));
    check(vmtrace_setup_option(setup, "msg", "timestamp=off") == 1);
    check(vmtrace_init(setup));
}

void runtime_set_events(bool on)
{
    /* that there are none but disabled ones is a failure, of which no lines come */
    if (on) {
        vmtrace_enable("*", NULL);
    } else {
        vmtrace_disable("*");
    }
}
