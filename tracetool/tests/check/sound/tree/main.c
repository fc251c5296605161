#include "trace/trace-root.h"
#define NOTE(event, ...) (trace_##event)(__VA_ARGS__)

/* trace_in_a_comment(1) */
// trace_in_another(1)
static void trace_local(int x) { puts("trace_in_a_string(1)"); }
static inline char *trace_pointer(void);
#define trace_macro(x) ((void)(x))
static int
trace_gnu_style(int x)
{
    trace_main_called();
    if (x)
        return trace_main_split
            ();
    if (trace_event_get_state(TRACE_MAIN_STATE) && TRACE_MAIN_MACRO_ENABLED) {
        trace_local(1); trace_pointer(); trace_macro(x); trace_gnu_style(2);
        trace_main_enabled();
    }
#ifdef X
    trace_from_a_header(1);
#endif
    ops->trace_member(1); ops.trace_other_member(1);
    NOTE(main_bare);
    trace_main_pasted_##x();
    OF_A_HEADER(main_of_a_header);
    trace__main_underscored();
    trace_event_init_something(1);
    return 0;
}
