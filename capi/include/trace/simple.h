/* The binary trace, as the code of the backend `simple` writes it, and its file.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TRACE_SIMPLE_H
#define TRACE_SIMPLE_H

#include "qemu/osdep.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Tells on standard output (in QEMU: on the monitor that asks) whether the file is on. */
void st_print_trace_file_status(void);
/* Makes or empties the file and opens it, or closes it. Whether it was open. */
bool st_set_trace_file_enabled(bool enable);
/* Names the file, `trace-PID` for NULL; one %d in a name is the process's number. If one is open, the trace goes on in this one. */
void st_set_trace_file(const char *file);
/* Waits until what is queued is in the file. */
void st_flush_trace_buffer(void);
/* `trace_init_backends` does what there is to do; then these tell whether there is a binary trace. */
bool st_init(void);
void st_init_group(size_t group);

/* A record that is being made. */
typedef struct {
    unsigned int tbuf_idx;
    unsigned int rec_off;
} TraceBufferRecord;

/* The most bytes of a string. */
#define MAX_TRACE_STRLEN 512

/* Begins the record of an event with so many bytes of arguments: 8 a number, 4 and its bytes a string. Not 0 if it is lost. What
 * comes between this and `trace_record_finish` on the same thread, from a signal handler, has a record of its own. `rec` stays where it
 * is until then. */
int trace_record_start(TraceBufferRecord *rec, uint32_t id, size_t arglen);
void trace_record_write_u64(TraceBufferRecord *rec, uint64_t val);
void trace_record_write_str(TraceBufferRecord *rec, const char *s, uint32_t slen);
void trace_record_finish(TraceBufferRecord *rec);

#ifdef __cplusplus
}
#endif

#ifdef QEMU_MODULE_H
/* Generated C includes this behind its `trace_init`, which runs later than this. */
static void __attribute__((constructor(65000))) vmtrace_note_simple(void)
{
    vmtrace_is_made_for_simple = true;
}
#endif

#endif
