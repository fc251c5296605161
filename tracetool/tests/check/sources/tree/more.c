void g(void) { trace_b(); }
