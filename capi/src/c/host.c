/* Telling the user, and what else QEMU has a way of its own for: inside QEMU that is its way. Nothing here takes a member out of
 * QEMU's archives. */
#include "shims.h"
#include <errno.h>
#include <syslog.h>

/* As QEMU 10.2 has them. */
struct location {
    int kind;
    int number;
    const void *what;
    struct location *before;
};
#define FROM_QEMU extern __attribute__((weak))
FROM_QEMU void G_GNUC_PRINTF(1, 2) error_report(const char *format, ...);
FROM_QEMU void G_GNUC_PRINTF(1, 2) warn_report(const char *format, ...);
FROM_QEMU struct location *loc_push_none(struct location *location);
FROM_QEMU struct location *loc_pop(struct location *location);
FROM_QEMU void loc_set_file(const char *name, int line);
FROM_QEMU int G_GNUC_PRINTF(1, 2) qemu_printf(const char *format, ...);
FROM_QEMU void *monitor_cur(void);
FROM_QEMU bool qemu_set_log_filename(const char *name, void **error);
FROM_QEMU void *error_fatal;

extern const char __attribute__((weak)) vmtrace_links_log, vmtrace_links_simple, vmtrace_links_ftrace;

unsigned vmtrace_linked_backends(void);
void vmtrace_report(bool is_warning, const char *option, const char *file, int line, const char *message);
void vmtrace_print(const char *text);
bool vmtrace_is_asked_by_monitor(void);
bool vmtrace_host_set_log_file(const char *name);
void vmtrace_open_syslog(void);

/* The bits of qemu/module.h. */
unsigned vmtrace_linked_backends(void)
{
    return (&vmtrace_links_log != NULL ? 1 : 0) | (&vmtrace_links_simple != NULL ? 2 : 0)
           | (&vmtrace_links_ftrace != NULL ? 4 : 0);
}

/* A message about an option, or a line of a file, either of which may be NULL. QEMU knows itself which option it looks at. */
void vmtrace_report(bool is_warning, const char *option, const char *file, int line, const char *message)
{
    struct location location;

    if (error_report && warn_report && loc_push_none && loc_set_file && loc_pop) {
        if (file) {
            loc_push_none(&location);
            loc_set_file(file, line);
        }
        if (is_warning) {
            warn_report("%s", message);
        } else {
            error_report("%s", message);
        }
        if (file) {
            loc_pop(&location);
        }
        return;
    }
    flockfile(stderr);
    fprintf(stderr, "%s:", program_invocation_short_name);
    if (file && line > 0) {
        fprintf(stderr, "%s:%d:", file, line);
    } else if (file) {
        fprintf(stderr, "%s:", file);
    } else if (option) {
        fprintf(stderr, " -trace %s:", option);
    }
    fprintf(stderr, " %s%s\n", is_warning ? "warning: " : "", message);
    funlockfile(stderr);
}

/* To who asks: the monitor, or standard output. */
void vmtrace_print(const char *text)
{
    if (qemu_printf) {
        qemu_printf("%s", text);
    } else {
        fputs(text, stdout);
        fflush(stdout);
    }
}

bool vmtrace_is_asked_by_monitor(void)
{
    return monitor_cur && monitor_cur() != NULL;
}

/* Has QEMU's own log go on in a file; QEMU exits if it cannot. False if there is no such log. */
bool vmtrace_host_set_log_file(const char *name)
{
    if (!qemu_set_log_filename || !&error_fatal) {
        return false;
    }
    qemu_set_log_filename(name, &error_fatal);
    return true;
}

/* As QEMU's backend does before its first line. */
void vmtrace_open_syslog(void)
{
    openlog(NULL, LOG_PID, LOG_DAEMON);
}
