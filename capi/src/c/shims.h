/* Between the objects of this folder and Rust.
 *
 * Each object is one that a program may do without: a linker takes those out of the archive that something refers to, and QEMU, for
 * one, has a qemu_log of its own. */
#ifndef VMTRACE_SHIMS_H
#define VMTRACE_SHIMS_H

#include "qemu/osdep.h"
#include <stdarg.h>

/* A line of 4000 bytes, and what shows that it had more. */
#define VMTRACE_ROOM 4096

/* What vsnprintf makes of it, cut at the room's end and without a newline there; of what it cannot format, what it has made so far.
 * The number of bytes. */
size_t vmtrace_format(char room[VMTRACE_ROOM], const char *format, va_list arguments);

/* Rust's. Bytes and their number; none is NUL-terminated. */
void vmtrace_log_line(const char *text, size_t length);
void vmtrace_marker(const char *text, size_t length);
int vmtrace_record_start(void *rec, uint32_t id, size_t arglen);
void vmtrace_set_state(void *ev, bool state);

/* That the object is linked is the backend's mark. */
extern const char vmtrace_links_log, vmtrace_links_simple, vmtrace_links_ftrace;

#endif
