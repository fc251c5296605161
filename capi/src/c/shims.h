/* Between the objects of this folder and Rust.
 *
 * Each object is one that a program may do without: a linker takes those out of the archive that something refers to, and QEMU, for
 * one, has a qemu_log of its own. */
#ifndef VMTRACE_SHIMS_H
#define VMTRACE_SHIMS_H

#include "qemu/osdep.h"
#include <stdarg.h>

/* A line of 4000 bytes, and what shows that it had more; and, before it, what the log puts there. There is one such room for all that
 * becomes of a line: what has no deep stack (a signal handler, a thread) emits events too. As in src/qemu/text.rs. */
#define VMTRACE_FRONT 64
#define VMTRACE_ROOM 4096

/* What vsnprintf makes of it, from VMTRACE_FRONT on, cut at the room's end and without a newline there; of what it cannot format, what
 * it has made so far. The number of bytes. */
size_t vmtrace_format(char room[VMTRACE_FRONT + VMTRACE_ROOM], const char *format, va_list arguments);

/* Rust's: such a room, and the number. */
void vmtrace_log_line(char *room, size_t length);
void vmtrace_marker(char *room, size_t length);
int vmtrace_record_start(void *rec, uint32_t id, size_t arglen);
void vmtrace_set_state(void *ev, bool state);

/* That the object is linked is the backend's mark. */
extern const char vmtrace_links_log, vmtrace_links_simple, vmtrace_links_ftrace;

#endif
