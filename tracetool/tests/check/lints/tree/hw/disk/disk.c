#include "qemu/osdep.h"
#include "trace.h"

void disk(int x)
{
    trace_disk_read(1, 2);
    trace_disk_write(1); trace_disk_flush(1); trace_disk_reset();
    trace_disk_seek(1);
    trace_disk_mode(1);
    trace_disk_park(1);
    trace_disk_hum();
    trace_disk_label("x");
    trace_disk_dump(1);
    trace_disk_width(1);
    trace_dsik_typo();
    trace_disk_old(); trace_disk_lines(1); trace_disk_open(1);
    trace_disk_trigraph(1);
    trace_disk_direction(1);
    trace_disk_twice();
    if (x) trace_disk_raed(x); /* trace_disk_lonely() */
    trace_net_send(1);
}
