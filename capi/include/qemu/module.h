/* How a group's registration is run before main. */
#ifndef QEMU_MODULE_H
#define QEMU_MODULE_H

#define trace_init(function)                                                 \
static void __attribute__((constructor)) run_ ## function(void)              \
{                                                                            \
    function();                                                              \
}

#endif
