#include "trace.h"
void f(void) { trace_a(); trace_d(); }
