/* An event of C's: what `tracetool --backends=vmtrace` makes code of.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Generated code has, for each event, a state word, a description of the event and its text, and a function that tests the
 * word and hands the arguments over. Nobody else needs what is here; <vmtrace.h> is for a VMM's own code. */
#ifndef VMTRACE_EVENT_H
#define VMTRACE_EVENT_H

#include "trace/control.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The layouts below. A library that has another refuses the group. */
#define VMTRACE_ABI 1

/* Who wants an event; 0 is nobody. Bits 0-30 are a sink each, bit 31 is the kernel's, bits 32-47 count tracers. Others change
 * their bits at any time: it is never stored to. QEMU's `dstate` is the part of it that the built-in sinks have. */
typedef union VmtraceState {
    uint64_t word;
    uint16_t dstate;
} VmtraceState;

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the sinks' bits are the first two bytes of the state word"
#endif

/* Lies where tracers look for what they count in. */
#define VMTRACE_STATE_SECTION __attribute__((section(".probes")))

/* A function that is called only while someone wants its event. */
#define VMTRACE_COLD __attribute__((cold, noinline))

/* What an argument is. */
enum {
    VMTRACE_NUMBER = -1,      /* an integer or an address: a string's too, if the text has its address (%p) */
    VMTRACE_STRING = -2,      /* up to its NUL */
    /* from 0 on: a string of at most so many bytes, as a precision has it */
    VMTRACE_STRING_OF = -16   /* and below: a string of at most so many bytes as argument (VMTRACE_STRING_OF - kind) says;
                                 below zero, up to its NUL */
};

typedef struct VmtraceArgument {
    const char *name;
    const char *type;         /* as declared */
    int32_t kind;
} VmtraceArgument;

/* A flag of a conversion. */
enum {
    VMTRACE_LEFT = 1,         /* - */
    VMTRACE_PLUS = 2,         /* + */
    VMTRACE_SPACE = 4,        /* a blank */
    VMTRACE_ALTERNATE = 8,    /* # */
    VMTRACE_ZERO = 16,        /* 0 */
    VMTRACE_WIDTH = 32,       /* the width is the next argument */
    VMTRACE_PRECISION = 64    /* the precision is the next argument */
};

/* A part of an event's text: bytes that stand for themselves, or a conversion of the next argument. */
typedef struct VmtracePart {
    const char *literal;      /* NULL for a conversion */
    uint32_t length;          /* of the literal, in bytes: it may hold a NUL */
    char conversion;          /* d u o x X c s p */
    uint8_t bits;             /* of the argument that count: 8, 16, 32, 64 */
    uint8_t flags;
    uint32_t width;
    int32_t precision;        /* -1: none */
} VmtracePart;

#define VMTRACE_LITERAL(text) { text, sizeof(text) - 1, 0, 0, 0, 0, -1 }
#define VMTRACE_CONVERSION(conversion, bits, flags, width, precision) \
    { NULL, 0, conversion, bits, flags, width, precision }

typedef struct VmtraceEvent {
    TraceEvent event;         /* as QEMU's code knows it; `dstate` is the state's */
    VmtraceState *state;
    const char *declared_at;  /* FILE:LINE */
    const char *format;       /* as declared, quotes and macros and all */
    const VmtraceArgument *arguments;
    const VmtracePart *parts;
    uint32_t argument_count;
    uint32_t part_count;
    const void *runtime;      /* the library's, once the group is registered */
} VmtraceEvent;

typedef struct VmtraceGroup {
    uint32_t abi;             /* VMTRACE_ABI */
    uint32_t event_count;
    const char *name;
    VmtraceEvent *const *events;   /* those that are declared `disable` too: their `sstate` says so */
} VmtraceGroup;

/* Whether anyone wants an event: one load. */
static inline bool vmtrace_is_on(const VmtraceState *state)
{
    return __atomic_load_n(&state->word, __ATOMIC_RELAXED) != 0;
}

/* Makes a group known, for good. Before or after the set-up; a library that is loaded later may do it then, and stays: dlclose(3)
 * does not unload it any more. One that cannot be had fails vmtrace_init(); later, vmtrace_unavailable() tells. The first group keeps
 * `trace_events_enabled_count` above zero for good: QEMU's trace_event_get_state() looks at that first, and these events are
 * switched by others too, who do not count there. */
void vmtrace_register_group(const VmtraceGroup *group);

/* Hands an event to who wants it. An argument is 64 bits, a number's extended as C extends it, of a string the address. */
void vmtrace_emit(const VmtraceEvent *event, const uint64_t *arguments);

#ifdef __cplusplus
}
#endif

#endif
