/* The same program, whose `main` is C's: linked with libmixed.a, which has vmtrace in it. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <vmtrace.h>

void mixed_register(void);
void mixed_turn(uint32_t cpu);

int main(int argc, char **argv)
{
    VmtraceSetup *setup = vmtrace_setup_new();
    char line[32];

    setlinebuf(stdout);
    mixed_register();
    vmtrace_setup_name(setup, "mixed", "0.0.0");
    if (!vmtrace_setup_arguments(setup, &argc, argv)) {
        errx(1, "%s", vmtrace_error());
    }
    if (vmtrace_setup_help(setup)) {
        fputs(vmtrace_setup_help(setup), stdout);
        return 0;
    }
    if (!vmtrace_init(setup)) {
        errx(1, "%s", vmtrace_error());
    }
    while (fgets(line, sizeof(line), stdin)) {
        mixed_turn(atoi(line));
        puts("done");
    }
    vmtrace_stop_monitors();
    return 0;
}
