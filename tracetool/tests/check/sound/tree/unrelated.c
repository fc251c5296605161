#include "tracepoint.h"
void f(void) { trace_of_someone_else(1); }
