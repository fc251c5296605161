/* What the backend `log` calls. QEMU has its own. */
#include "shims.h"
#include "qemu/log-for-trace.h"
#include <errno.h>

const char vmtrace_links_log;
unsigned qemu_loglevel = LOG_TRACE;

void qemu_log(const char *format, ...)
{
    char room[VMTRACE_FRONT + VMTRACE_ROOM];
    va_list arguments;
    size_t length;
    int error = errno;

    va_start(arguments, format);
    length = vmtrace_format(room, format, arguments);
    va_end(arguments);
    vmtrace_log_line(room, length);
    errno = error;
}
