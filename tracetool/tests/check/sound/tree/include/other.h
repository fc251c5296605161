void trace_from_a_header(int x);
#define OF_A_HEADER(event) trace_ ## event()
