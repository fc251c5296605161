/* Events where nobody expects them, with arguments that nobody should have: before and behind main, in signal handlers, in threads
 * while others switch, in forked children; strings that are NULL, without end, of 70,000 bytes, or no characters. Prints what is not
 * as it should be. */
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vmtrace.h>
#include <vmtrace/event.h>
#include "trace-hostile.h"
#include "qemu/log-for-trace.h"
#include "trace/control.h"
#include "trace/ftrace.h"
#include "trace/simple.h"

/* a compiler would see what is wrong where there is NULL */
static const char *volatile none;

enum { THREADS = 3, EACH = 3000 };

#define CHECK(what) \
    do { \
        if (!(what)) { \
            printf("%d: %s: %s\n", __LINE__, #what, vmtrace_error()); \
        } \
    } while (0)

static void all(int phase)
{
    char unended[] = { 'd', 'i', 's', 'k' };

    trace_hostile_number(phase, -128, UINT64_MAX, 'x', NULL);
    trace_hostile_number(INT_MIN, 127, 0, '\n', (void *)UINTPTR_MAX);
    trace_hostile_text(phase, none, none, -1, none);
    trace_hostile_text(phase, "", "", 0, unended);
    trace_hostile_text(phase, "a\nb\r\033[2J\t\177", unended, 4, unended);
    trace_hostile_text(phase, "%s%n%d \xff\xfe caf\303\251", "four", 3, unended);
    trace_hostile_text(phase, "100%", "x", INT_MIN, "whole");
    trace_hostile_none();
    trace_hostile_never("no");
    trace_hostile_wide(-12, 5, -3, 0xbeefu, none);
    trace_hostile_wide(12, -5, 7, 0xbeefu, "characters");
}

/* before the group is registered, perhaps, and before any set-up */
static void __attribute__((constructor(101))) first(void)
{
    all(-2);
}

static void __attribute__((constructor)) before_main(void)
{
    all(-1);
}

static void __attribute__((destructor)) behind_main(void)
{
    all(101);
}

static void at_exit(void)
{
    all(100);
}

static void on_signal(int number)
{
    trace_hostile_signal(number, "a handler");
}

static void *run(void *thread)
{
    for (unsigned number = 0; number < EACH; number++) {
        trace_hostile_many((unsigned)(uintptr_t)thread, number, number % 7 ? "short" : none);
    }
    return NULL;
}

/* Threads emit, one switches, and a timer interrupts all of them. */
static void storm(void)
{
    const struct itimerval each_millisecond = { { 0, 1000 }, { 0, 1000 } }, never = { { 0, 0 }, { 0, 0 } };
    pthread_t threads[THREADS];

    signal(SIGALRM, on_signal);
    setitimer(ITIMER_REAL, &each_millisecond, NULL);
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, run, (void *)i) == 0);
    }
    for (unsigned i = 0; i < 200; i++) {
        CHECK(vmtrace_disable("hostile_text") == 1);
        trace_event_set_state_dynamic(trace_event_name("hostile_none"), i % 2);
        CHECK(vmtrace_enable("hostile_text", NULL) == 1);
    }
    trace_event_set_state_dynamic(trace_event_name("hostile_none"), true);
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    setitimer(ITIMER_REAL, &never, NULL);
    raise(SIGALRM);
}

/* The sanitizer asks: to a child, what its parent's other threads have in hand looks as if nobody had it. */
static int is_child;
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return is_child;
}

static void child(int number, void (*end)(int))
{
    pid_t pid = fork();
    int status = -1;

    if (pid == 0) {
        is_child = 1;
        trace_hostile_child(number, "has not said that it goes on");
        CHECK(vmtrace_forked());
        trace_hostile_child(number, "goes on");
        CHECK(vmtrace_drain(10000));
        fflush(stdout);
        end(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

/* What generated code never does. */
static void misuse(void)
{
    TraceBufferRecord record = { 0 };
    TraceEventIter events;
    unsigned count = 0;

    vmtrace_emit(NULL, NULL);
    vmtrace_register_group(NULL);
    trace_event_register_group(NULL);
    qemu_log(none, 1);
    ftrace_write(none, 1);
    ftrace_write("%s", none);
    trace_record_finish(&record);
    CHECK(trace_record_start(&record, UINT32_MAX, SIZE_MAX) != 0);
    if (trace_record_start(&record, UINT32_MAX, 8) == 0) {
        trace_record_write_str(&record, none, 0);
        for (unsigned i = 0; i < 20000; i++) {
            trace_record_write_u64(&record, i);
        }
        trace_record_finish(&record);
    }
    CHECK(trace_record_start(NULL, 0, 0) != 0);
    CHECK(trace_event_name("nosuch") == NULL && trace_event_name(none) == NULL);
    trace_event_set_state_dynamic(NULL, true);
    trace_event_iter_init_all(&events);
    while (trace_event_iter_next(&events)) {
        count++;
    }
    CHECK(count == 9);
    trace_event_iter_init_group(&events, 1000000);
    CHECK(trace_event_iter_next(&events) == NULL);
    trace_event_iter_init_pattern(&events, "hostile_n*");
    for (count = 0; trace_event_iter_next(&events); count++) {
    }
    CHECK(count == 3);
}

int main(int argc, char **argv)
{
    VmtraceSetup *setup = vmtrace_setup_new();
    char *longest = malloc(70001);

    all(0);
    misuse();
    CHECK(vmtrace_setup_arguments(setup, &argc, argv));
    CHECK(vmtrace_init(setup));
    CHECK(atexit(at_exit) == 0);
    CHECK(vmtrace_enable("hostile_*", NULL) == 8);
    all(1);
    memset(longest, 'x', 70000);
    longest[70000] = '\0';
    trace_hostile_long(longest);
    free(longest);
    misuse();
    storm();
    child(1, _exit);
    child(2, exit);
    CHECK(vmtrace_drain(10000));
    all(2);
    fflush(stdout);
    return 0;
}
