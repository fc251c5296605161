/* What no generated code does. */
#include "qemu/osdep.h"
#include "qemu/log-for-trace.h"
#include "trace/control.h"
#include "trace/ftrace.h"
#include "trace/simple.h"
#include "trace-machine.h"
#include <wchar.h>

#define CHECK(is_so) do { if (!(is_so)) { printf("not so: %s\n", #is_so); } } while (0)

int main(void)
{
    static uint16_t state;
    static TraceEvent nameless = { 0, NULL, true, &state }, stateless = { 0, "stateless", true, NULL };
    static TraceEvent odd = { 0, "od\xff", true, &state }, foreign = { 7, "foreign", true, &state };
    static TraceEvent fine = { 0, "fine", true, &state };
    static TraceEvent *none[] = { NULL }, *some[] = { &nameless, &stateless, &odd, &fine, NULL };
    const char *volatile no_text = NULL;
    static const char *no_format;
    TraceBufferRecord outer, inner;
    TraceEventIter iter;
    char text[600];

    trace_event_register_group(NULL);
    trace_event_register_group(none);
    trace_event_register_group(some);
    CHECK(trace_event_name("fine") == &fine);
    CHECK(trace_event_name("stateless") == NULL);
    CHECK(trace_event_name(NULL) == NULL);
    trace_event_iter_init_all(NULL);
    trace_event_iter_init_pattern(NULL, NULL);
    trace_event_iter_init_group(NULL, 0);
    CHECK(trace_event_iter_next(NULL) == NULL);
    trace_event_iter_init_pattern(&iter, "\xff*");
    CHECK(trace_event_iter_next(&iter) == NULL);
    trace_event_iter_init_group(&iter, 1);
    CHECK(trace_event_iter_next(&iter) == NULL);
    trace_event_iter_init_group(&iter, 2);
    CHECK(trace_event_iter_next(&iter) == &fine);
    CHECK(trace_event_iter_next(&iter) == NULL);
    CHECK(trace_event_iter_next(&iter) == NULL);
    trace_event_set_state_dynamic(NULL, true);
    trace_event_set_state_dynamic(&foreign, true);
    trace_event_set_state_dynamic(&stateless, true);
    CHECK(state == 0 && trace_events_enabled_count == 0);
    trace_enable_events(NULL);
    trace_enable_events("fine");
    trace_enable_events("fine");
    CHECK(state == 1 && trace_events_enabled_count == 1);
    trace_enable_events("-fine");
    trace_list_events(NULL);
    st_set_trace_file_enabled(true);

    trace_opt_parse("machine_*,file=records");
    CHECK(trace_init_backends() && trace_init_backends());
    CHECK(st_init());
    trace_init_file();
    trace_init_file();

    qemu_log(no_format, 1);
    ftrace_write(no_format, 1);
    qemu_log("%.*s|%s|%lc\n", 3, "abcdef", no_text, (wint_t)0x110000);
    memset(text, 'x', sizeof(text));
    qemu_log("%s%s%s%s%.600s%.600s%.600s%.600s%.600s%.600s%.600s\n", "", "", "", "", text, text, text, text, text, text, text);
    ftrace_write("%s", "");

    CHECK(trace_record_start(NULL, 0, 8) != 0);
    CHECK(trace_record_start(&outer, 0, SIZE_MAX) != 0);
    trace_machine_start("first");
    CHECK(trace_record_start(&outer, trace_event_name("machine_start")->id, 4 + 5) == 0);
    CHECK(trace_record_start(&inner, trace_event_name("machine_start")->id, 4 + 5) == 0);
    trace_machine_start("within");
    trace_record_write_str(&inner, "inner", 5);
    trace_record_finish(&inner);
    trace_record_finish(&inner);
    trace_record_write_u64(&inner, 1);
    trace_record_write_str(&outer, "outer", 5);
    trace_record_finish(&outer);
    CHECK(trace_record_start(&outer, UINT32_MAX, 0) == 0);
    trace_record_finish(&outer);
    CHECK(trace_record_start(&outer, 0, 16) == 0);
    trace_record_write_u64(&outer, 1);
    trace_record_finish(&outer);
    CHECK(trace_record_start(&outer, 0, 8) == 0);
    for (int i = 0; i < 2000; i++) {
        trace_record_write_str(&outer, text, sizeof(text));
        trace_record_write_str(&outer, NULL, 0);
    }
    trace_record_finish(&outer);
    trace_record_finish(NULL);
    trace_machine_start("last");

    st_set_trace_file(NULL);
    st_set_trace_file_enabled(false);
    st_set_trace_file("missing/x");
    CHECK(!st_set_trace_file_enabled(true));
    st_print_trace_file_status();
    st_flush_trace_buffer();
    return 0;
}
