/* A VMM in QEMU's style: each argument is one of -trace. Tells on standard output what it finds. */
#include "qemu/osdep.h"
#include "trace/control.h"
#include "trace-machine.h"
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

static void __attribute__((constructor)) before_main(void)
{
    trace_machine_idle();
}

static void *reads(void *name)
{
    trace_machine_read((void *)0x10, 7, name, 99);
    return NULL;
}

static void print(TraceEventIter *iter, const char *which)
{
    printf("%s:", which);
    for (TraceEvent *event; (event = trace_event_iter_next(iter)) != NULL;) {
        printf(" %s%s", trace_event_get_name(event), trace_event_get_state_dynamic(event) ? "+" : "");
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    TraceEventIter iter;
    TraceEvent *event;
    pthread_t thread;
    void *plugin;

    for (int i = 1; i < argc; i++) {
        trace_opt_parse(argv[i]);
    }
    trace_machine_start("early");
    if (!trace_init_backends()) {
        return 1;
    }
    trace_init_file();

    trace_machine_start("set\nup");
    errno = ENOENT;
    reads(NULL);
    printf("errno %d\n", errno);
    pthread_create(&thread, NULL, reads, (char *)"disk");
    pthread_join(thread, NULL);
    trace_machine_idle();
    trace_machine_off(1);

    plugin = dlopen("./plugin.so", RTLD_NOW);
    if (plugin == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    ((void (*)(void))dlsym(plugin, "plugin_start"))();

    trace_event_iter_init_all(&iter);
    print(&iter, "all");
    trace_event_iter_init_pattern(&iter, "*_?ead");
    print(&iter, "pattern");
    trace_event_iter_init_group(&iter, 1);
    print(&iter, "group");
    event = trace_event_name("machine_start");
    trace_event_set_state_dynamic(event, false);
    trace_event_set_state_dynamic(event, false);
    trace_machine_start("off");
    printf("on: %d %d, there: %d %d\n", trace_events_enabled_count, trace_event_get_state(TRACE_MACHINE_IDLE) != 0,
           trace_event_name("nosuch") != NULL, trace_event_name(NULL) != NULL);
    return 0;
}
