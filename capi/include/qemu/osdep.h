/* What generated C expects of the VMM that it is compiled into, and nothing else. */
#ifndef QEMU_OSDEP_H
#define QEMU_OSDEP_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#define G_GNUC_PRINTF(format, arguments) __attribute__((__format__(__printf__, format, arguments)))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define unlikely(x) __builtin_expect(!!(x), 0)

#endif
