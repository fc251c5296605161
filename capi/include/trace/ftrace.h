/* What the backend ftrace calls. */
#ifndef TRACE_FTRACE_H
#define TRACE_FTRACE_H

void G_GNUC_PRINTF(1, 2) ftrace_write(const char *format, ...);

#endif
