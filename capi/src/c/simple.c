/* What the backend `simple` calls first: the rest is Rust's. */
#include "shims.h"
#include "trace/simple.h"

const char vmtrace_links_simple;

int trace_record_start(TraceBufferRecord *rec, uint32_t id, size_t arglen)
{
    return vmtrace_record_start(rec, id, arglen);
}
