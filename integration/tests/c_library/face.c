/* Every function of vmtrace.h, with what is right and what is not: prints each check that fails. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vmtrace.h>
#include "trace-face.h"

#define CHECK(what) \
    do { \
        if (!(what)) { \
            printf("%d: %s: %s\n", __LINE__, #what, vmtrace_error()); \
        } \
    } while (0)
#define FAILS(what, words) \
    do { \
        CHECK(!(what)); \
        if (strcmp(vmtrace_error(), words) != 0) { \
            printf("%d: %s: `%s`, not `%s`\n", __LINE__, #what, vmtrace_error(), words); \
        } \
    } while (0)

static bool greet(void *opaque, const char *arguments, char **answer)
{
    char room[100];

    snprintf(room, sizeof(room), "{'%s': %s}", (const char *)opaque, arguments);
    *answer = strdup(room);
    return true;
}

static bool refuse(void *opaque, const char *arguments, char **answer)
{
    (void)opaque;
    *answer = strstr(arguments, "why") ? strdup("not today") : NULL;
    return false;
}

static bool confuse(void *opaque, const char *arguments, char **answer)
{
    (void)opaque;
    (void)arguments;
    *answer = strdup("{no JSON");
    return true;
}

static char *say(void *opaque, const char *rest)
{
    (void)opaque;
    return *rest ? strdup(rest) : NULL;
}

static char seen[3][100];

static void see(void *opaque, const VmtraceRecord *record)
{
    (void)opaque;
    for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
        if (!*seen[i]) {
            snprintf(seen[i], sizeof(seen[i]), "%.*s", (int)record->length, record->line);
            CHECK(record->time && record->thread == (uint32_t)getpid());
            return;
        }
    }
}

/* A library that is made for another version of the interface, and an event that would forge lines. */
static void register_strangers(void)
{
    static const VmtraceGroup stranger = { VMTRACE_ABI + 1, 0, "stranger", NULL };
    static VmtraceState state;
    static VmtraceEvent forger = { .event = { 0, "a\nb", true, &state.dstate }, .state = &state, .declared_at = "x:1", .format = "" };
    static VmtraceEvent *const events[] = { &forger };
    static const VmtraceGroup forgers = { VMTRACE_ABI, 1, "forgers", events };

    vmtrace_register_group(&stranger);
    vmtrace_register_group(&forgers);
    vmtrace_register_group(&forgers);
}

static void nothing_is_set_up(void)
{
    const char *lent;

    FAILS(vmtrace_enable("*", NULL) >= 0, "tracing is not set up: call vmtrace_init first");
    FAILS(vmtrace_unavailable(0), "tracing is not set up: call vmtrace_init first");
    FAILS(vmtrace_qmp("{}"), "tracing is not set up: call vmtrace_init first");
    lent = vmtrace_error();
    CHECK(vmtrace_disable(NULL) == -1 && !strcmp(lent, "tracing is not set up: call vmtrace_init first"));
    CHECK(!vmtrace_drain(1));
    trace_face_number(1, 2);
    vmtrace_stop_monitors();
}

static void nothing_is_there(void)
{
    VmtraceSetup *setup = vmtrace_setup_new();
    int count = 2;
    char *words[] = { NULL, NULL, NULL };

    FAILS(vmtrace_setup_arguments(NULL, &count, words), "the setup is NULL");
    FAILS(vmtrace_setup_arguments(setup, NULL, words), "argc is NULL");
    FAILS(vmtrace_setup_arguments(setup, &count, NULL), "argv is NULL");
    FAILS(vmtrace_setup_arguments(setup, &count, words), "an argument is NULL");
    count = 0;
    CHECK(vmtrace_setup_arguments(setup, &count, words));
    FAILS(vmtrace_setup_option(setup, NULL, "x") >= 0, "an option's name is NULL");
    FAILS(vmtrace_setup_option(setup, "trace", NULL) >= 0, "an option's value is NULL");
    FAILS(vmtrace_setup_name(setup, NULL, "1"), "the VMM's name is NULL");
    FAILS(vmtrace_setup_name(setup, "x", NULL), "the VMM's version is NULL");
    FAILS(vmtrace_setup_name(setup, "\xff", "1"), "the VMM's name is not UTF-8: \xef\xbf\xbd");
    FAILS(vmtrace_setup_log_file(setup, NULL), "the log's file is NULL");
    FAILS(vmtrace_setup_default_sinks(setup, NULL), "the list of sinks is NULL");
    FAILS(vmtrace_setup_ftrace_instance(setup, NULL), "the tracefs instance is NULL");
    FAILS(vmtrace_setup_command(setup, "x", NULL, NULL), "the function of a command is NULL");
    FAILS(vmtrace_setup_human_command(setup, NULL, "", "", say, NULL), "a command's name is NULL");
    FAILS(vmtrace_setup_help(NULL), "the setup is NULL");
    FAILS(vmtrace_setup_waits_for(NULL, 0), "the setup is NULL");
    FAILS(vmtrace_init(NULL), "the setup is NULL");
    FAILS(vmtrace_setup_sink(setup, "see", false, NULL, NULL), "the function of a sink is NULL");
    vmtrace_setup_free(NULL);
    vmtrace_setup_free(setup);
    vmtrace_register_group(NULL);
    vmtrace_emit(NULL, NULL);
}

static void mistakes(void)
{
    VmtraceSetup *setup = vmtrace_setup_new();
    char program[] = "face", trace[] = "-trace", file[] = "disk", option[] = "a,b";
    char *words[] = { program, file, trace, option, NULL };
    int count = 4;

    FAILS(vmtrace_setup_arguments(setup, &count, words),
          "-trace a,b: `b` is not KEY=VALUE; only the first part may be a bare pattern (give -trace again for another)");
    CHECK(count == 4 && words[1] == file && words[3] == option);
    FAILS(vmtrace_init(setup),
          "-trace a,b: `b` is not KEY=VALUE; only the first part may be a bare pattern (give -trace again for another)");

    setup = vmtrace_setup_new();
    FAILS(vmtrace_setup_option(setup, "qmp", "tcp::1") >= 0,
          "-qmp tcp::1: wants unix:PATH[,server=on][,wait=off] or stdio or fd:N");
    vmtrace_setup_free(setup);

    setup = vmtrace_setup_new();
    CHECK(vmtrace_setup_option(setup, "--trace", "nosuch") == 1);
    CHECK(vmtrace_setup_option(setup, "m", "512") == 0);
    FAILS(vmtrace_init(setup), "-trace nosuch: there is no trace event `nosuch` (-trace help lists them)");

    setup = vmtrace_setup_new();
    FAILS(vmtrace_setup_sink(setup, "log", false, see, NULL), "there are two trace sinks of the name `log`");
    CHECK(vmtrace_setup_sink(setup, "twice", true, see, NULL));
    FAILS(vmtrace_setup_sink(setup, "twice", false, see, NULL), "there are two trace sinks of the name `twice`");
    CHECK(vmtrace_setup_option(setup, "trace", "nosuch,sink=twice") == 1);
    FAILS(vmtrace_init(setup), "-trace nosuch,sink=twice: there is no trace event `nosuch` (-trace help lists them)");

    setup = vmtrace_setup_new();
    CHECK(vmtrace_setup_log_file(setup, "kept") && vmtrace_setup_option(setup, "trace", "*") == 1);
    CHECK(vmtrace_setup_option(setup, "qmp", "unix:/nosuch/folder/qmp,server=on,wait=off") == 1);
    CHECK(!vmtrace_init(setup) && strstr(vmtrace_error(), "/nosuch/folder/qmp"));
    CHECK(access("kept", F_OK) != 0);

    setup = vmtrace_setup_new();
    CHECK(vmtrace_setup_default_sinks(setup, "log,printer"));
    FAILS(vmtrace_init(setup),
          "default_sinks: there is no trace sink `printer` in this program, which has: log, simple, ftrace, syslog, flight");
}

static void help(void)
{
    VmtraceSetup *setup = vmtrace_setup_new();

    CHECK(!vmtrace_setup_help(setup));
    CHECK(vmtrace_setup_option(setup, "trace", "help") == 1);
    CHECK(!strcmp(vmtrace_setup_help(setup), "face_number\nface_text\n"));
    CHECK(vmtrace_setup_option(setup, "qmp", "unix:x,server=on") == 1);
    CHECK(vmtrace_setup_option(setup, "monitor", "unix:y,server=on,wait=off") == 1);
    CHECK(!strcmp(vmtrace_setup_waits_for(setup, 0), "waiting for connection on: disconnected:unix:x,server=on"));
    CHECK(!vmtrace_setup_waits_for(setup, 1));
    CHECK(strstr(vmtrace_options_help(), "-trace [enable=]PATTERN") && strstr(vmtrace_options_help(), "-qmp ADDRESS"));
    vmtrace_setup_free(setup);
}

static void switching(void)
{
    char *text;

    FAILS(vmtrace_enable(NULL, NULL) >= 0, "the pattern is NULL");
    FAILS(vmtrace_enable("nosuch", NULL) >= 0, "enable: there is no trace event `nosuch`");
    FAILS(vmtrace_enable("*", "printer") >= 0,
          "enable: there is no trace sink `printer` in this program, which has: log, simple, ftrace, syslog, flight, see, later");
    FAILS(vmtrace_enable("*", "") >= 0,
          "the list of sinks is empty");
    FAILS(vmtrace_route("*", NULL) >= 0, "the list of sinks is NULL");
    FAILS(vmtrace_disable("face_[") >= 0, "disable: there is no trace event `face_[`");
    CHECK(vmtrace_enable("face_*", NULL) == 2 && trace_event_get_state(TRACE_FACE_TEXT));
    CHECK(vmtrace_disable("*") == 2 && !trace_event_get_state(TRACE_FACE_TEXT));
    CHECK(vmtrace_route("face_number", "log,simple") == 1 && trace_event_get_state_backends(TRACE_FACE_NUMBER));
    text = vmtrace_human("info trace-events");
    CHECK(!strcmp(text, "face_number : state 1 (log,simple)\r\nface_text : state 0\r\n"));
    free(text);
    CHECK(vmtrace_route("*", "") == 2 && vmtrace_enable("*", "log") == 2);
    text = vmtrace_qmp("{'execute': 'query-version'}");
    CHECK(!strcmp(text, "{\"return\": {\"qemu\": {\"micro\": 3, \"minor\": 2, \"major\": 1}, \"package\": \"face\"}}"));
    free(text);
    text = vmtrace_qmp("{'execute': 'greet', 'arguments': {'n': 2}}");
    CHECK(!strcmp(text, "{\"return\": {\"hello\": {\"n\": 2}}}"));
    free(text);
    text = vmtrace_human("say so");
    CHECK(!strcmp(text, "so"));
    free(text);
    text = vmtrace_qmp("\xff{");
    CHECK(strstr(text, "\"error\""));
    free(text);
    FAILS(vmtrace_human(NULL), "the line is NULL");
    FAILS(vmtrace_set_log_file(NULL), "the log's file is NULL");
    CHECK(!vmtrace_set_log_file("/nosuch/folder/log") && strstr(vmtrace_error(), "/nosuch/folder/log"));
    CHECK(!vmtrace_set_trace_file("/nosuch/folder/trace") || vmtrace_set_trace_file("trace"));
    FAILS(vmtrace_set_trace_file(""), "the trace file's name is empty");
    CHECK(vmtrace_dump("/nosuch/folder/dump") == -1);
}

/* As QEMU's control-target.c does, which counts what it sees. */
static void set_as_qemu_does(TraceEvent *event, bool on)
{
    if ((*event->dstate != 0) != on) {
        trace_events_enabled_count += on ? 1 : -1;
        *event->dstate = on;
    }
}

static void switching_in_qemu(void)
{
    for (int i = 0; i < 3; i++) {
        CHECK(vmtrace_enable("face_*", "log") == 2);
        set_as_qemu_does(trace_event_name("face_text"), false);
        CHECK(!trace_event_get_state(TRACE_FACE_TEXT) && trace_event_get_state(TRACE_FACE_NUMBER));
        set_as_qemu_does(trace_event_name("face_number"), false);
        set_as_qemu_does(trace_event_name("face_number"), true);
        CHECK(trace_event_get_state(TRACE_FACE_NUMBER));
    }
    CHECK(vmtrace_enable("*", "log") == 2);
}

static void emitting(void)
{
    char unended[] = { 'd', 'i', 's', 'k' };

    trace_face_number(-1, UINT64_MAX);
    trace_face_text("setup", 2, unended, unended);
    trace_face_text(NULL, -1, "whole", "four and more");
    trace_face_text("a\nb", 0, NULL, NULL);
    CHECK(vmtrace_drain(10000));
}

static void seeing(void)
{
    CHECK(vmtrace_route("face_number", "see,later") == 1);
    trace_face_number(1, 2);
    CHECK(vmtrace_drain(10000) && vmtrace_route("face_number", "log") == 1);
    CHECK(!strcmp(seen[0], "face_number a 1 b 2") && !strcmp(seen[1], seen[0]) && !*seen[2]);
}

/* A thread of little stack: that of a signal handler's is no larger. */
static void *emits(void *opaque)
{
    (void)opaque;
    trace_face_number(2, 2);
    return NULL;
}

static void emitting_on_a_small_stack(void)
{
    pthread_attr_t small;
    pthread_t thread;

    pthread_attr_init(&small);
    CHECK(pthread_attr_setstacksize(&small, 32768) == 0);
    CHECK(vmtrace_route("face_number", "log,simple") == 1);
    CHECK(pthread_create(&thread, &small, emits, NULL) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(vmtrace_drain(10000) && vmtrace_route("face_number", "log") == 1);
    pthread_attr_destroy(&small);
}

/* A library that is loaded later, and stays when it is closed. */
static void loading(void)
{
    static const VmtraceGroup stranger = { VMTRACE_ABI + 1, 0, "later", NULL };
    const char *why = "the trace events of the group `later` cannot be had: it was made for version 2 of the library's interface, "
                      "which is 1: make it anew";
    char *text;
    void *library = dlopen("./late.so", RTLD_NOW);
    void (*call)(void);

    CHECK(library);
    if (library) {
        *(void **)&call = dlsym(library, "call");
        call();
        CHECK(vmtrace_enable("late_*", NULL) == 1);
        call();
        CHECK(vmtrace_drain(10000) && vmtrace_disable("late_*") == 1);
        dlclose(library);
        text = vmtrace_human("info trace-events late*");
        CHECK(!strcmp(text, "late_event : state 0\r\n") && dlopen("./late.so", RTLD_NOW) == library);
        free(text);
        call();
    }
    vmtrace_register_group(&stranger);
    CHECK(!strcmp(vmtrace_error(), why) && !strcmp(vmtrace_unavailable(1), why) && !vmtrace_unavailable(2));
}

static bool has_handlers;

static void before_a_fork(void)
{
    CHECK(!has_handlers || vmtrace_enable("face_text", "log") == 1);
}

static void in_a_child(void)
{
    CHECK(!has_handlers || (vmtrace_disable("face_text") == 1 && vmtrace_forked()));
}

static void *switch_on_and_off(void *opaque)
{
    while (!__atomic_load_n((bool *)opaque, __ATOMIC_RELAXED)) {
        trace_enable_events("face_text");
        trace_enable_events("-face_text");
    }
    return NULL;
}

/* Children that switch at once, while a thread of the parent does so. */
static void forking_while_others_switch(void)
{
    bool ends = false;
    pthread_t thread;

    pthread_create(&thread, NULL, switch_on_and_off, &ends);
    for (unsigned i = 0; i < 100; i++) {
        pid_t child = fork();
        int status = -1;

        if (child == 0) {
            alarm(20);
            trace_enable_events("face_text");
            vmtrace_stop_monitors();
            _exit(vmtrace_disable("*") == 3 ? 0 : 1);
        }
        CHECK(waitpid(child, &status, 0) == child && status == 0);
    }
    __atomic_store_n(&ends, true, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    CHECK(vmtrace_disable("face_text") == 1);
    has_handlers = true;
}

/* A child that goes on as the VMM. */
static void forking(void)
{
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        CHECK(vmtrace_forked());
        trace_face_number(7, 7);
        CHECK(vmtrace_drain(10000));
        fflush(stdout);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

int main(int argc, char **argv)
{
    static char hello[] = "hello";
    VmtraceSetup *setup = vmtrace_setup_new();
    const char *program = argv[0];
    char line[8];

    setlinebuf(stdout);
    pthread_atfork(before_a_fork, NULL, in_a_child);
    nothing_is_set_up();
    nothing_is_there();
    mistakes();
    help();

    CHECK(vmtrace_setup_name(setup, "face", "1.2.3"));
    CHECK(vmtrace_setup_command(setup, "greet", greet, hello));
    CHECK(vmtrace_setup_command(setup, "refuse", refuse, NULL));
    CHECK(vmtrace_setup_command(setup, "confuse", confuse, NULL));
    CHECK(vmtrace_setup_human_command(setup, "say", "text", "say it", say, NULL));
    CHECK(vmtrace_setup_ftrace_instance(setup, "/nosuch/instance"));
    CHECK(vmtrace_setup_default_sinks(setup, "log"));
    CHECK(vmtrace_setup_option(setup, "trace", "face_number,sink=ftrace") == 1);
    CHECK(vmtrace_setup_log_file(setup, "face.log"));
    CHECK(vmtrace_setup_drain_at_crash(setup));
    CHECK(vmtrace_setup_more_groups(setup));
    CHECK(vmtrace_setup_sink(setup, "see", false, see, NULL) && vmtrace_setup_sink(setup, "later", true, see, NULL));
    CHECK(vmtrace_setup_option(setup, "trace", "log=queued") == 1);
    /* -m 512 -qmp ... -monitor=... disk -trace=-face_text -- -trace x */
    CHECK(vmtrace_setup_arguments(setup, &argc, argv));
    CHECK(argc == 7 && argv[0] == program && !strcmp(argv[1], "-m") && !strcmp(argv[3], "disk") && !argv[7]);
    CHECK(!strcmp(argv[4], "--") && !strcmp(argv[5], "-trace") && !strcmp(argv[6], "x"));
    register_strangers();
    FAILS(vmtrace_init(vmtrace_setup_new()),
          "the trace events of the group `stranger` cannot be had: it was made for version 2 of the library's interface, "
          "which is 1: make it anew; the trace events of the group `forgers` cannot be had: `a\nb` is no name of an event");
    CHECK(vmtrace_init(setup));
    CHECK(strstr(vmtrace_unavailable(0), "trace sink `ftrace` is not available: ") && !vmtrace_unavailable(1));
    FAILS(vmtrace_init(vmtrace_setup_new()), "tracing is set up already: a program calls vmtrace's init once");
    switching();
    switching_in_qemu();
    emitting();
    seeing();
    emitting_on_a_small_stack();
    loading();
    forking_while_others_switch();
    forking();
    puts("ready");
    fflush(stdout);
    CHECK(!fgets(line, sizeof(line), stdin));
    vmtrace_stop_monitors();
    vmtrace_stop_monitors();
    return 0;
}
