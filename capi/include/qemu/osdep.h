/* What generated C takes for granted. A VMM that has a `qemu/osdep.h` of its own puts that before this one.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef QEMU_OSDEP_H
#define QEMU_OSDEP_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#ifndef G_GNUC_PRINTF
#define G_GNUC_PRINTF(format, arguments) __attribute__((__format__(__printf__, format, arguments)))
#endif
#ifndef MIN
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#endif
#ifndef unlikely
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif

#endif
