/* Keeps a library that brings events: events are known for good, and so is what is told of them. */
#include "shims.h"
#include <dlfcn.h>
#include <link.h>

/* A program that is linked statically has none, and needs none. */
extern void *dlopen(const char *name, int flags) __attribute__((weak));

struct search {
    uintptr_t address;
    const char *name;
};

static int look(struct dl_phdr_info *object, size_t size, void *opaque)
{
    struct search *search = opaque;

    (void)size;
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];

        if (segment->p_type == PT_LOAD
            && search->address - (object->dlpi_addr + segment->p_vaddr) < segment->p_memsz) {
            search->name = object->dlpi_name;
            return 1;
        }
    }
    return 0;
}

/* Has dlclose(3) leave the library that an address is in. False if that cannot be. */
bool vmtrace_pin(const void *address)
{
    struct search search = { (uintptr_t)address, NULL };

    dl_iterate_phdr(look, &search);
    /* the program itself has no name */
    if (!dlopen || !search.name || !*search.name) {
        return true;
    }
    return dlopen(search.name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE) != NULL;
}
