/* What the backend `ftrace` calls. */
#include "shims.h"
#include "trace/ftrace.h"
#include <errno.h>

const char vmtrace_links_ftrace;

void ftrace_write(const char *format, ...)
{
    char room[VMTRACE_FRONT + VMTRACE_ROOM];
    va_list arguments;
    size_t length;
    int error = errno;

    va_start(arguments, format);
    length = vmtrace_format(room, format, arguments);
    va_end(arguments);
    vmtrace_marker(room, length);
    errno = error;
}
