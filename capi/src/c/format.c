#include "shims.h"

size_t vmtrace_format(char room[VMTRACE_FRONT + VMTRACE_ROOM], const char *format, va_list arguments)
{
    char *text = room + VMTRACE_FRONT;
    size_t length;
    int wanted;

    if (format == NULL) {
        return 0;
    }
    text[0] = '\0';
    wanted = vsnprintf(text, VMTRACE_ROOM, format, arguments);
    if (wanted >= VMTRACE_ROOM) {
        return VMTRACE_ROOM - 1;
    }
    /* a conversion that fails leaves the text before it, with or without a NUL */
    text[VMTRACE_ROOM - 1] = '\0';
    length = wanted < 0 ? strlen(text) : (size_t)wanted;
    return length > 0 && text[length - 1] == '\n' ? length - 1 : length;
}
