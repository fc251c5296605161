/* What the backend simple calls. */
#ifndef TRACE_SIMPLE_H
#define TRACE_SIMPLE_H

#define MAX_TRACE_STRLEN 512

typedef struct {
    unsigned int tbuf_idx;
    unsigned int rec_off;
} TraceBufferRecord;

/* Not 0 where the record is dropped. */
int trace_record_start(TraceBufferRecord *rec, uint32_t id, size_t arglen);
void trace_record_write_u64(TraceBufferRecord *rec, uint64_t value);
void trace_record_write_str(TraceBufferRecord *rec, const char *text, uint32_t length);
void trace_record_finish(TraceBufferRecord *rec);

#endif
