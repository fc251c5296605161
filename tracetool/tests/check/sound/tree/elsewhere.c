#include "another/trace.h"
void f(void) { trace_of_a_group_that_is_not_here(1); }
