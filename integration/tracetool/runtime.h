/* The VMM of the tests: a page that has what generated C calls, and writes down what came of it (runtime.c), or that sets up
 * our own library (ours.c).
 *
 * A program that the tests write calls each event. Before a call it says what it wants ("want ..." on standard output,
 * made by C's own printf from the line of the declaration), and what the generated code calls here says what came
 * ("came ..."), or the library's log has it. The test holds one against the other. */
#ifndef RUNTIME_H
#define RUNTIME_H

#include "qemu/osdep.h"
#include "trace/control.h"
#include <limits.h>
#include <stdio.h>

/* What the backends find, and so what is wanted. */
extern bool runtime_drops_records;

/* What there is to do before the first event. */
void runtime_start(void);

/* Sets the state of all registered events; to QEMU's way, those declared `disable` among them. */
void runtime_set_events(bool on);

/* The values that arguments take, turn by turn. */
uint64_t runtime_integer(unsigned turn);
char *runtime_text(unsigned turn);

void G_GNUC_PRINTF(1, 2) runtime_print(const char *format, ...);
/* A text as the backend simple writes it, and as LTTng has it. */
void runtime_print_record_text(const char *text);
void runtime_print_field_text(const char *name, const char *text);
void runtime_print_field(const char *name, size_t size, bool is_signed, uint64_t value);

#define RUNTIME_IS_SIGNED(x)                                                 \
    _Generic((x), char: CHAR_MIN < 0, signed char: true, short: true,        \
             int: true, long: true, long long: true, default: false)
#define RUNTIME_LENGTH(text) ((text) ? MIN(strlen(text), 512) : 0)

#endif
