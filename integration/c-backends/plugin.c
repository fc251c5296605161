/* A library that the program loads when its tracing has long begun. */
#include "qemu/osdep.h"
#include "trace-plugin.h"

void plugin_start(void);

void plugin_start(void)
{
    trace_plugin_loaded(3, "plugin");
}
