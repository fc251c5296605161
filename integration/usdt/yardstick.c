/*
 * The yardstick: the probes of the program `probed`, by C's own sys/sdt.h, and what drives them. Compiled twice, the second time
 * with GUARDED, which gives the probes that have semaphores.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef GUARDED
#include "probed.h" /* `dtrace -h` makes it */
#define PROBE(count, name, ...)                                       \
    if (__builtin_expect(probed_guarded_##name##_semaphore, 0)) {     \
        DTRACE_PROBE##count(probed, guarded_##name, ##__VA_ARGS__);   \
    }
#define HIT hit_guarded
#else
#include <sys/sdt.h>
#define PROBE(count, name, ...) DTRACE_PROBE##count(probed, name, ##__VA_ARGS__);
#define HIT hit_plain
#endif

struct values {
    uint8_t u8;
    int8_t i8;
    uint16_t u16;
    int16_t i16;
    uint32_t u32;
    int32_t i32;
    uint64_t u64;
    int64_t i64;
    bool truth;
    size_t size;
    ptrdiff_t difference;
    void *pointer;
    const char *name;
    const char *empty;
    const char *null;
};

void hit_plain(const struct values *v, int32_t n);
void hit_guarded(const struct values *v, int32_t n);
void say_on(void);

void HIT(const struct values *v, int32_t n)
{
    PROBE(, none)
    PROBE(4, narrow, v->u8, v->i8, v->u16, v->i16)
    PROBE(4, wide, v->u32, v->i32, v->u64, v->i64)
    PROBE(4, other, v->truth, v->size, v->difference, v->pointer)
    PROBE(3, texts, v->name, v->empty, v->null)
    PROBE(12, twelve, n, n + 1, n + 2, n + 3, n + 4, n + 5, -n - 6, -n - 7, -n - 8, -n - 9, -n - 10, -n - 11)
}

#ifdef GUARDED

#define SAY(name)                             \
    if (probed_guarded_##name##_semaphore) {  \
        printf(" probed:guarded_" #name);     \
    }

/* which semaphores are up */
void say_on(void)
{
    printf("on");
    SAY(none)
    SAY(narrow)
    SAY(wide)
    SAY(other)
    SAY(texts)
    SAY(twelve)
    printf("\n");
}

#else

static const struct values VALUES[2] = {
    { 200, -100, 60000, -30000, 4000000000u, -2000000000, 0xfedcba9876543210u, -81985529216486896, true,
      0xfedcba9876543210u, -81985529216486896, (void *)0xffff888000001000u, "virtio-disk0", "", NULL },
    { 7, 100, 77, 30000, 777, 2000000000, 7777, 81985529216486896, false,
      7777, 81985529216486896, NULL, "caf\303\251 \"x\"", "", NULL },
};

/* `hit N` hits each probe N times, `on` says which semaphores are up; each is answered by a line */
int main(void)
{
    char line[100];
    int32_t n = 0;

    setlinebuf(stdout);
    while (fgets(line, sizeof(line), stdin)) {
        if (strncmp(line, "hit ", 4) == 0) {
            for (int calls = atoi(line + 4); calls > 0; calls--, n++) {
                const struct values *volatile values = &VALUES[n % 2];
                hit_plain(values, n % 2 * 1000);
                hit_guarded(values, n % 2 * 1000);
            }
            printf("%s", line);
        } else {
            say_on();
        }
    }
    return 0;
}

#endif
