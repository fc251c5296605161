/* What QEMU is told of `-trace`'s keys. The layout is that of QEMU 10.2's QemuOptsList. */
#include "qemu/osdep.h"
#include "trace/control.h"

enum { KIND_STRING };

/* The head of a list whose end is known: of none, the end is the head. */
struct link {
    void *next;
    struct link *end;
};

struct description {
    const char *name;
    int kind;
    const char *help;
    const char *usual;
};

struct QemuOptsList {
    const char *name;
    const char *implied_opt_name;
    bool merge_lists;
    struct link head;
    struct description keys[];
};

#define KEY(key, what) { .name = key, .kind = KIND_STRING, .help = what }

QemuOptsList qemu_trace_opts = {
    .name = "trace",
    .implied_opt_name = "enable",
    .head = { .next = NULL, .end = &qemu_trace_opts.head },
    .keys = {
        KEY("enable", "events, by name or pattern"),
        KEY("events", "a file of such, one a line"),
        KEY("file", "the file of the trace"),
        KEY("sink", "where the events go"),
        KEY("ring", "bytes of a thread's ring"),
        KEY("wait", "how long an event may hold its thread up"),
        KEY("log", "sync or queued"),
        KEY("syslog", "sync, queued, journal or rfc3164"),
        KEY("flight", "the flight recorder's file"),
        { .name = NULL },
    },
};
