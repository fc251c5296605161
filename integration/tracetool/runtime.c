/* The VMM in whose place the backends of QEMU write down what they are given. */
#include "runtime.h"
#include "qemu/log-for-trace.h"
#include "qemu/module.h"
#include "trace/ftrace.h"
#include "trace/simple.h"
#include <stdarg.h>

int trace_events_enabled_count;
unsigned qemu_loglevel;
bool runtime_drops_records;

static TraceEvent *events[8192];
static uint32_t count;

void vmtrace_trace_init(void (*register_events)(void), const char *name, unsigned backends)
{
    (void)name;
    (void)backends;
    register_events();
}

void trace_event_register_group(TraceEvent **group)
{
    for (; *group != NULL && count < sizeof(events) / sizeof(events[0]); group++) {
        (*group)->id = count;
        events[count++] = *group;
    }
}

void runtime_start(void)
{
}

void runtime_set_events(bool on)
{
    for (uint32_t i = 0; i < count; i++) {
        *events[i]->dstate = on;
    }
    trace_events_enabled_count = on;
}

/* The backend log. */
void qemu_log(const char *format, ...)
{
    va_list arguments;

    printf("came log ");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
}

/* The backend ftrace. */
void ftrace_write(const char *format, ...)
{
    va_list arguments;

    printf("came ftrace ");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
}

/* The backend syslog: this definition goes before that of the C library. */
void syslog(int priority, const char *format, ...);
void syslog(int priority, const char *format, ...)
{
    va_list arguments;

    printf("came syslog %d ", priority);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

/* The backend simple: an event's name, the bytes that it asked for, and what it wrote. */
static size_t asked, written;

int trace_record_start(TraceBufferRecord *rec, uint32_t id, size_t arglen)
{
    rec->tbuf_idx = id;
    asked = arglen;
    written = 0;
    if (runtime_drops_records) {
        return -1;
    }
    printf("came simple %s", events[id]->name);
    return 0;
}

void trace_record_write_u64(TraceBufferRecord *rec, uint64_t value)
{
    (void)rec;
    written += sizeof(value);
    printf(" %" PRIu64, value);
}

void trace_record_write_str(TraceBufferRecord *rec, const char *text, uint32_t length)
{
    (void)rec;
    written += sizeof(length) + length;
    printf(" %" PRIu32 ":%.*s", length, (int)length, text ? text : "");
}

void trace_record_finish(TraceBufferRecord *rec)
{
    (void)rec;
    if (written == asked) {
        printf("\n");
    } else {
        printf(" (%zu bytes, and asked for %zu)\n", written, asked);
    }
}
